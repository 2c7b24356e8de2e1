"""Fetching a file by its address: resumed, checked, whole or not at all; and unpacking archives."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import lzma
import os
import pathlib
import shutil
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator

__all__ = ["DownloadError", "ProgressLine", "cache_folder", "download", "extract"]

_CHUNK = 1 << 18
_SECONDS_TO_ANSWER = 30.0
_ATTEMPTS = 4
_DAMAGE = (tarfile.TarError, EOFError, ValueError, zlib.error, lzma.LZMAError)


class DownloadError(OSError):
    """A file that cannot be fetched, or that is not what it should be."""


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
) -> str:
    """Fetches a file over HTTP. A transfer that was cut off goes on where it was.

    What has come so far is in `path` + ".part", also after a failure; `path` itself appears when
    all is there and its checksum is right. A second process waits for the first one.

    Args:
      address: beginning with http:// or https://.
      path: the file to make. What is there already is not fetched again.
      sha256: the checksum in hexadecimal, if it is known.
      progress: called now and then with the bytes that are there and their number in the end, or
        None where the server does not say.
      wait: seconds before the second attempt, doubled for each further one.

    Returns:
      `path`, as a string.

    Raises:
      DownloadError: the address is wrong, the server or the network fails, or the checksum is
        another one.
    """
    path = os.fspath(path)
    if os.path.exists(path):
        return path
    if not address.startswith(("http://", "https://")):
        raise DownloadError(
            f"Cannot fetch {address!r}: it does not begin with http:// or https://."
        )
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with _locked(path + ".lock"):
        if not os.path.exists(path):
            _transfer(address, path + ".part", progress, wait)
            _check(address, path + ".part", sha256)
            os.replace(path + ".part", path)
            _forget_version(path + ".part")
    return path


def extract(archive: str | os.PathLike, folder: str | os.PathLike) -> str:
    """Unpacks a tar archive, compressed or not, into a new folder, which appears whole or not.

    Args:
      archive: a file.
      folder: the folder to make.

    Returns:
      `folder`, as a string.

    Raises:
      DownloadError: the archive is damaged, or holds anything but files and folders with names
        below `folder`. Nothing is left of it then.
    """
    archive, folder = os.fspath(archive), os.path.abspath(os.fspath(folder))
    parent, base = os.path.split(folder)
    os.makedirs(parent, exist_ok=True)
    staging = tempfile.mkdtemp(prefix=f".{base}.part-", dir=parent)
    try:
        with tarfile.open(archive) as members:
            for member in members:
                _extract_member(archive, members, member, staging)
        os.chmod(staging, 0o755)
        try:
            os.replace(staging, folder)
        except OSError:
            if not os.path.isdir(folder):  # else another process was faster, with the same files
                raise
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, DownloadError):
            raise
        raise DownloadError(
            f"Cannot unpack {archive}: {error}. If it is damaged, remove it to fetch it again."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def _extract_member(
    archive: str, members: tarfile.TarFile, member: tarfile.TarInfo, staging: str
) -> None:
    target = os.path.realpath(os.path.join(staging, member.name))
    inside = target == os.path.realpath(staging) or target.startswith(
        os.path.realpath(staging) + os.sep
    )
    if not inside or not (member.isfile() or member.isdir()):
        kind = "is neither a file nor a folder" if inside else "lies outside its folder"
        raise DownloadError(
            f"Refused to unpack {archive}: {member.name!r} in it {kind}. Nothing was written."
        )
    if member.isdir():
        os.makedirs(target, exist_ok=True)
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    source = members.extractfile(member)
    if source is not None:
        with source, open(target, "wb") as file:
            shutil.copyfileobj(source, file, _CHUNK)


# ------------------------------------------------------------------------------- the transfer


def _transfer(address: str, part: str, progress, wait: float) -> None:
    failure: Exception = OSError("no attempt was made")
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(wait * 2 ** (attempt - 1))
        try:
            _receive(address, part, progress)
            return
        except urllib.error.HTTPError as error:
            if error.code == 416:  # nothing comes after what is there
                if error.headers.get("Content-Range") == f"bytes */{os.path.getsize(part)}":
                    return
                _forget(part)
            elif error.code < 500 and error.code != 429:
                raise DownloadError(
                    f"The server answered {error.code} {error.reason} for {address}."
                ) from error
            failure = error
        except (OSError, http.client.HTTPException) as error:
            failure = error
    there = os.path.getsize(part) if os.path.exists(part) else 0
    kept = f" {there} bytes are there; the next attempt goes on after them." if there else ""
    raise DownloadError(
        f"Cannot fetch {address}: {_reason(failure)} ({_ATTEMPTS} attempts).{kept}"
    ) from failure


def _receive(address: str, part: str, progress) -> None:
    """One attempt. Raises OSError if the connection ends too early."""
    version = _known_version(part)
    start = os.path.getsize(part) if version and os.path.exists(part) else 0
    headers = {"User-Agent": "tf-slim", "Accept-Encoding": "identity"}
    if start and version:
        headers |= {"Range": f"bytes={start}-", "If-Range": version}
    request = urllib.request.Request(address, headers=headers)
    with urllib.request.urlopen(request, timeout=_SECONDS_TO_ANSWER) as answer:
        # Only 206 is a part; a server that knows no ranges, or has another file by now, sends all.
        goes_on = answer.status == 206 and _first_byte(answer) == start
        if answer.status == 206 and not goes_on:
            _forget(part)
            raise OSError("the server sent another part than the one asked for")
        start = start if goes_on else 0
        length = answer.headers.get("Content-Length")
        total = None if length is None else start + int(length)
        if not goes_on:
            _note_version(part, answer)
        with open(part, "ab" if goes_on else "wb") as file:
            done = start
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
    if total is not None and done != total:
        raise OSError(f"the connection ended after {done} of {total} bytes")


def _first_byte(answer) -> int:
    given = answer.headers.get("Content-Range", "")
    first = given.removeprefix("bytes ").partition("-")[0]
    return int(first) if first.isdigit() else -1


def _known_version(part: str) -> str | None:
    """What identifies the file on the server that `part` is the beginning of."""
    try:
        return pathlib.Path(part + ".version").read_text(encoding="utf-8") or None
    except OSError:
        return None


def _note_version(part: str, answer) -> None:
    tag = answer.headers.get("ETag") or ""
    # A weak tag does not promise the same bytes.
    version = answer.headers.get("Last-Modified") if tag.startswith("W/") or not tag else tag
    pathlib.Path(part + ".version").write_text(version or "", encoding="utf-8")


def _forget_version(part: str) -> None:
    pathlib.Path(part + ".version").unlink(missing_ok=True)


def _forget(part: str) -> None:
    pathlib.Path(part).unlink(missing_ok=True)
    _forget_version(part)


def _check(address: str, part: str, sha256: str | None) -> None:
    if sha256 is None:
        return
    digest = hashlib.sha256()
    with open(part, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    if digest.hexdigest() != sha256.lower():
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


@contextlib.contextmanager
def _locked(path: str) -> Iterator[None]:
    """Keeps other processes out, where the system can."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    # The file stays: if it were deleted, one process could hold its lock and another a new one's.
    with open(path, "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
