"""One training at a time in a run folder: a lock that a killed one loses.

`filelock` would not say who holds it and since when, nor notice a holder on another machine, nor
that the folder has gone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import socket
import threading
import time
import warnings
import weakref
from collections.abc import Iterator

LOCK = "training.lock"

_BEAT_SECONDS = 5.0
_BEATS_MISSED = 3
# Where a file system has no locks, the last of several that write at once is the holder.
_SETTLING_SECONDS = 1.0
_HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}
_NO_LOCKS = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL}


class RunInUseError(OSError):
    """Another training is going on in the run folder."""


class RunLostError(OSError):
    """The run folder went while training was going on."""


@dataclasses.dataclass(frozen=True)
class Holder:
    """Who trains in a folder."""

    host: str
    pid: int
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"


class RunLock:
    """The lock of a run folder, held from here until `release`.

    It is the file `training.lock`: locked by the system, which frees the lock of a process that
    has died, and with the holder's host and process in it. A lock of the system may reach no
    farther than one machine, though, or be missing, as on some network folders. So the holder
    touches the file every 5 s, and where the system cannot tell, a newcomer watches for 15 s
    whether that goes on. Clocks are not compared.

    Args:
      folder: an existing folder.

    Raises:
      RunInUseError: another training holds it; at once, if it is one of this machine.
      OSError: the file cannot be made, or is no lock.
    """

    def __init__(self, folder: str):
        self.path = os.path.join(folder, LOCK)
        self._folder = folder
        self._real = os.path.realpath(self.path)
        self._handle = -1
        me = Holder(socket.gethostname(), os.getpid(), time.strftime("%Y-%m-%d %H:%M:%S"))
        # The system may not tell one thread of a process from another.
        with only_one(self._real, me, folder):
            self._handle = self._acquired(me)
        _locks.add(self)
        self._released = threading.Event()
        self._beat = threading.Thread(target=self._touch_now_and_then, daemon=True)
        self._beat.start()

    @property
    def mark(self) -> str:
        """What stands in the file."""
        return str(self._read(self._handle))

    def check(self, now: bool = True) -> None:
        """Sees whether the lock is still there, and with it the folder.

        Args:
          now: without effect: on a disk, to look costs nothing.

        Raises:
          RunLostError: it is not.
        """
        try:
            if os.path.samestat(os.stat(self.path), os.fstat(self._handle)):
                return
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ESTALE, errno.ENOTDIR):
                return  # a network that is away for a moment
        raise lost(self._folder)

    def release(self) -> None:
        """Gives the folder back. A file that is another one's by now stays."""
        self._released.set()
        self._beat.join()
        with contextlib.suppress(OSError):
            if os.path.samestat(os.stat(self.path), os.fstat(self._handle)):
                if os.name == "nt":  # which removes no open file
                    self._close()
                os.unlink(self.path)  # while it is locked: nobody else can have begun to use it
        self._close()
        give_back(self._real)

    def _close(self) -> None:
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    def _touch_now_and_then(self) -> None:
        while not self._released.wait(_BEAT_SECONDS):
            with contextlib.suppress(OSError):
                os.utime(self._handle if os.utime in os.supports_fd else self.path)

    def _acquired(self, me: Holder) -> int:
        while True:
            handle = self._opened()
            try:
                locked = _system_lock(handle)
                before = self._read(handle)
                if locked is False:
                    raise RunInUseError(in_use(self._folder, before))
                if not self._is_current(handle):
                    os.close(handle)
                    continue
                unsure = locked is None or (before is not None and before.host != me.host)
                if before is not None and unsure:
                    self._require_no_beat(before)
                self._write(handle, me)
                if unsure:
                    time.sleep(_SETTLING_SECONDS)
                    winner = self._read(handle)
                    if winner != me or not self._is_current(handle):
                        raise RunInUseError(in_use(self._folder, winner))
                return handle
            except BaseException:
                with contextlib.suppress(OSError):
                    os.close(handle)
                raise

    def _opened(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        try:
            return os.open(self.path, flags, 0o666)
        except OSError as error:
            raise OSError(
                error.errno,
                f"Cannot open the lock {self.path!r} ({error.strerror}). Move it away if it is "
                "nobody's, or choose another folder",
            ) from error

    def _is_current(self, handle: int) -> bool:
        """Whether the file is not one that its holder has removed on leaving."""
        try:
            return os.path.samestat(os.stat(self.path), os.fstat(handle))
        except FileNotFoundError:
            return False

    def _read(self, handle: int) -> Holder | None:
        os.lseek(handle, 0, os.SEEK_SET)
        content = os.read(handle, 4096).strip(b"\0\n ")
        if not content:
            return None
        try:
            return Holder(**json.loads(content))
        except (ValueError, TypeError):
            raise no_lock(self.path) from None

    def _write(self, handle: int, me: Holder) -> None:
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, json.dumps(dataclasses.asdict(me)).encode() + b"\n")

    def _require_no_beat(self, holder: Holder) -> None:
        """Waits until it is clear that the holder is gone."""
        patience = _BEATS_MISSED * _BEAT_SECONDS
        warnings.warn(
            f"{self._folder}: training was begun here by {holder}, and did not end in order. "
            f"Watching for {patience:.0f} s whether it goes on.",
            stacklevel=2,
        )
        first, end = self._touched(), time.monotonic() + patience
        while time.monotonic() < end:
            time.sleep(_BEAT_SECONDS / 10)
            if self._touched() != first:
                raise RunInUseError(in_use(self._folder, holder))

    def _touched(self) -> int:
        # Opened anew, since a network folder may answer from memory otherwise.
        with open(self.path, "rb") as file:
            return os.fstat(file.fileno()).st_mtime_ns


def _system_lock(handle: int) -> bool | None:
    """Locks a file. False if another has locked it; None where there are no locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        if error.errno in _NO_LOCKS:
            return None
        raise
    return True


def seen_mark(folder: str) -> str | None:
    """The mark of the lock that a folder has, as it is seen from here; None if there is none."""
    try:
        with open(os.path.join(folder, LOCK), encoding="utf-8") as file:
            return str(Holder(**json.load(file)))
    except (OSError, ValueError, TypeError):
        return None


@contextlib.contextmanager
def only_one(place: str, me: Holder, folder: str) -> Iterator[None]:
    """Takes a lock for this process, unless a training of it holds that; gives it back on failure.

    Raises:
      RunInUseError: another one of this process holds it.
    """
    before = _of_this_process.setdefault(place, me)
    if before is not me:
        raise RunInUseError(in_use(folder, before))
    try:
        yield
    except BaseException:
        give_back(place)
        raise


def give_back(place: str) -> None:
    """Lets another training of this process have a lock."""
    _of_this_process.pop(place, None)


def in_use(folder: str, holder: Holder | str | None) -> str:
    """What is said of a folder that is in use."""
    who = "" if holder is None else f" by {holder}"
    return (
        f"Another training is going on in the run folder {folder!r}{who}. Two in one folder would "
        "take each other's checkpoints away. Stop that one, or wait for its end, or choose another "
        "folder."
    )


def lost(folder: str) -> RunLostError:
    """The error of a folder that went."""
    return RunLostError(
        f"The run folder {folder!r} is no longer what it was: it, or {LOCK} in it, was "
        "removed, moved or replaced while training went on. Training has ended, and nothing "
        "was written after that."
    )


def no_lock(path: str) -> OSError:
    """The error of a file that is in the place of a lock."""
    return OSError(
        f"{path!r} is there and is no lock of TF-Slim. Move it away, or choose another folder."
    )


_of_this_process: dict[str, Holder] = {}
_locks: weakref.WeakSet[RunLock] = weakref.WeakSet()


def _let_go_in_child() -> None:
    """A child that outlives its parent must not hold the parent's lock."""
    _of_this_process.clear()
    for lock in list(_locks):
        lock._close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_child)
