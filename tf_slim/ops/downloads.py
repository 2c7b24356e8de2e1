"""Fetching a file by its address: resumed, checked, whole or not at all.

`pooch` would not go on where a transfer was cut off, nor keep two processes apart, nor refuse to be
led from https to http.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import pathlib
import stat
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import warnings
from collections.abc import Callable
from typing import IO, Any

from tf_slim.ops.unpacking import DownloadError, extract, is_archive

__all__ = [
    "DownloadError",
    "ProgressLine",
    "cache_folder",
    "download",
    "extract",
    "private_folder",
]

_CHUNK = 1 << 18
_SECONDS_TO_ANSWER = 30.0
_ATTEMPTS = 4
_MOST_SECONDS = 6 * 3600.0
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)


def cache_folder(*parts: str) -> pathlib.Path:
    """Where what was fetched or computed is kept, to be found there the next time.

    Args:
      *parts: names of folders in it.

    Returns:
      The folder, which need not exist: below `$TF_SLIM_CACHE` if that is set, else below
      `$XDG_CACHE_HOME/tf_slim` or `~/.cache/tf_slim`.
    """
    own = os.environ.get("TF_SLIM_CACHE")
    if own:
        return pathlib.Path(own).expanduser().joinpath(*parts)
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return pathlib.Path(caches).expanduser().joinpath("tf_slim", *parts)


def private_folder(*parts: str) -> pathlib.Path:
    """The same folder, made if need be, and nobody else's: what is found there is trusted.

    Raises:
      DownloadError: it, or a folder between it and the cache, is of another user, or of all.
    """
    folder = cache_folder(*parts)
    chain = [folder.parents[index] for index in reversed(range(len(parts)))] + [folder]
    for path in chain:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for found in (os.lstat(path), os.stat(path)):
            own = not hasattr(os, "getuid") or found.st_uid in (0, os.getuid())
            if not own or (found.st_mode & stat.S_IWOTH and not stat.S_ISLNK(found.st_mode)):
                raise DownloadError(
                    f"The cache {path} can be written by others, who could put anything there. Set "
                    f"TF_SLIM_CACHE to a folder of your own, or repair it: chmod 700 {path}"
                )
    return folder


class ProgressLine:
    """Says how far a download is: a line that moves in a terminal, one every 5 s elsewhere."""

    def __init__(self, title: str, stream=None):
        self._title = title
        self._stream = sys.stderr if stream is None else stream
        self._moves = self._stream.isatty()
        self._next = time.monotonic() + (0.0 if self._moves else 5.0)
        self._shown = False

    def __call__(self, done: int, total: int | None) -> None:
        """Shows that `done` of `total` bytes are there."""
        now = time.monotonic()
        finished = done == total
        if now < self._next and not (finished and self._shown):
            return
        self._next = now + (0.2 if self._moves else 5.0)
        self._shown = True
        text = f"{self._title}: {done / 1e6:.1f} MB"
        if total:
            text += f" of {total / 1e6:.1f} MB ({done / total:.0%})"
        end = "\n" if finished or not self._moves else ""
        print(("\r" if self._moves else "") + text, end=end, file=self._stream, flush=True)


def download(
    address: str,
    path: str | os.PathLike,
    *,
    sha256: str | None = None,
    progress: Callable[[int, int | None], object] | None = None,
    wait: float = 1.0,
    archive: bool = False,
    most_seconds: float = _MOST_SECONDS,
) -> str:
    """Fetches a file over HTTP. A transfer that was cut off goes on where it was.

    What has come so far is in `path` + ".part", also after a failure; `path` itself appears when
    all is there and its checksum is right. A second process waits for the first one.

    Args:
      address: beginning with http:// or https://.
      path: the file to make. What is there already is not fetched again.
      sha256: the checksum in hexadecimal, if it is known. If not, a warning says what it is.
      progress: called now and then with the bytes that are there and their number in the end, or
        None where the server does not say.
      wait: seconds before the second attempt, doubled for each further one.
      archive: whether it has to be a tar archive, not the page of a portal or an error.
      most_seconds: how long it may take in all; what has come by then is kept.

    Returns:
      `path`, as a string.

    Raises:
      DownloadError: the address is wrong, the server or the network fails or takes too long, or
        what came is not what it should be.
    """
    import filelock

    path = os.fspath(path)
    if os.path.exists(path):
        return path
    if not address.startswith(("http://", "https://")):
        raise DownloadError(
            f"Cannot fetch {address!r}: it does not begin with http:// or https://."
        )
    deadline = time.monotonic() + most_seconds
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    _opened(path + ".lock", "ab").close()  # Which refuses links.
    with filelock.FileLock(path + ".lock"):
        if not os.path.exists(path):
            _transfer(address, path + ".part", progress, wait, deadline)
            _check(address, path + ".part", sha256, archive)
            os.replace(path + ".part", path)
            _forget_version(path + ".part")
    return path


# ------------------------------------------------------------------------------- the transfer


def _transfer(address: str, part: str, progress, wait: float, deadline: float) -> None:
    failure: Exception = OSError("no attempt was made")
    announced = None
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(wait * 2 ** (attempt - 1))
        try:
            _receive(address, part, progress, deadline)
            return
        except DownloadError:
            raise
        except urllib.error.HTTPError as error:
            if error.code == 416:  # nothing comes after what is there
                there = os.path.getsize(part)
                whole = error.headers.get("Content-Range") == f"bytes */{there}"
                if whole and announced in (None, there):
                    return
                _forget(part)
            elif error.code < 500 and error.code not in (408, 425, 429):
                raise DownloadError(
                    f"The server answered {error.code} {error.reason} for {address}."
                ) from error
            if not isinstance(failure, _CutShort):
                failure = error
        except _CutShort as error:
            failure, announced = error, error.announced
        except (OSError, http.client.HTTPException) as error:
            failure = error
        except (ValueError, LookupError) as error:  # of addresses that are none
            raise DownloadError(f"Cannot fetch {address!r}: {error}.") from error
    there = os.path.getsize(part) if os.path.exists(part) else 0
    kept = f" {there} bytes are there; the next attempt goes on after them." if there else ""
    raise DownloadError(
        f"Cannot fetch {address}: {_reason(failure)} ({_ATTEMPTS} attempts).{kept}"
    ) from failure


def _receive(address: str, part: str, progress, deadline: float) -> None:
    """One attempt. Raises OSError if the connection ends too early."""
    version = _known_version(part)
    start = os.path.getsize(part) if version and os.path.exists(part) else 0
    headers = {"User-Agent": "tf-slim", "Accept-Encoding": "identity"}
    if start and version:
        headers |= {"Range": f"bytes={start}-", "If-Range": version}
    request = urllib.request.Request(address, headers=headers)
    opener = urllib.request.build_opener(_Redirects)
    with opener.open(request, timeout=_SECONDS_TO_ANSWER) as answer:
        # Only 206 is a part; a server that knows no ranges, or has another file by now, sends all.
        goes_on = answer.status == 206 and _first_byte(answer) == start
        if answer.status == 206 and not goes_on:
            _forget(part)
            raise OSError("the server sent another part than the one asked for")
        if goes_on and _version(answer) not in (version, ""):
            _forget(part)
            raise OSError("the server sent a part of another version")
        if answer.status not in (200, 206):
            raise OSError(f"the server answered {answer.status} {answer.reason}")
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise OSError(f"the server sent it as {answer.headers['Content-Encoding']}")
        start = start if goes_on else 0
        total = _total(answer, start)
        if not goes_on:
            with _opened(part + ".version", "wb") as file:
                file.write(_version(answer).encode("utf-8", "surrogateescape"))
        with _opened(part, "ab" if goes_on else "wb") as file:
            done = start
            while chunk := answer.read1(_CHUNK):
                file.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
                if time.monotonic() > deadline:
                    raise DownloadError(
                        f"Cannot fetch {address}: it takes too long. {done} bytes are there; the "
                        "next attempt goes on after them."
                    )
    if total is not None and done > total:
        _forget(part)
        raise OSError(f"there came {done} bytes, where {total} were announced")
    if total is not None and done != total:
        raise _CutShort(done, total)


class _CutShort(OSError):
    """Less came than the server had announced."""

    def __init__(self, done: int, announced: int):
        super().__init__(f"the connection ended after {done} of {announced} bytes")
        self.announced = announced


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to no other protocol, and from a safe one to no unsafe one."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        allowed = ("https",) if req.full_url.startswith("https:") else ("http", "https")
        if urllib.parse.urlsplit(newurl).scheme not in allowed:
            raise DownloadError(f"Cannot fetch {req.full_url}: it leads to {newurl}.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _total(answer, start: int) -> int | None:
    """How many bytes the whole file has, by what the server says."""
    length = answer.headers.get("Content-Length")
    if length is not None and not _is_number(length):
        raise OSError(f"the server says that it has {length!r} bytes")
    whole = answer.headers.get("Content-Range", "").rpartition("/")[2]
    if _is_number(whole):
        return int(whole)
    return None if length is None else start + int(length)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _first_byte(answer) -> int:
    given = answer.headers.get("Content-Range", "")
    first = given.removeprefix("bytes ").partition("-")[0]
    return int(first) if _is_number(first) else -1


def _opened(path: str, mode: str) -> IO[Any]:
    """Opens a file for writing, but not what a link points to that somebody has put there."""

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | _NO_LINKS, 0o666)

    try:
        return open(path, mode, opener=opener)
    except OSError as error:
        if os.path.islink(path):
            raise DownloadError(f"Refused to write to {path}: it is a link. Remove it.") from error
        raise


def _known_version(part: str) -> str | None:
    """What identifies the file on the server that `part` is the beginning of."""
    try:
        version = pathlib.Path(part + ".version").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    return version if version.isascii() and version.isprintable() and version else None


def _version(answer) -> str:
    tag = answer.headers.get("ETag") or ""
    # A weak tag does not promise the same bytes.
    return (answer.headers.get("Last-Modified") if tag.startswith("W/") or not tag else tag) or ""


def _forget_version(part: str) -> None:
    pathlib.Path(part + ".version").unlink(missing_ok=True)


def _forget(part: str) -> None:
    pathlib.Path(part).unlink(missing_ok=True)
    _forget_version(part)


def _check(address: str, part: str, sha256: str | None, archive: bool) -> None:
    digest = hashlib.sha256()
    with open(part, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    if sha256 is None:
        if archive and not is_archive(part):
            with open(part, "rb") as file:
                begin = file.read(40)
            _forget(part)
            raise DownloadError(
                f"What came from {address} is no archive; it begins with {begin!r}. It was not "
                "kept. Is there a portal between this machine and the network?"
            )
        warnings.warn(
            f"No checksum of {address} is known, so what came could not be checked. It has the "
            f"SHA-256 {digest.hexdigest()}.",
            stacklevel=4,
        )
    elif digest.hexdigest() != sha256.lower():
        _forget(part)
        raise DownloadError(
            f"What came from {address} has the SHA-256 {digest.hexdigest()}, not {sha256}: it was "
            "altered on the way, or is another file by now. It was not kept."
        )


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    return str(error) or type(error).__name__
