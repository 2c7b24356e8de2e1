"""One training at a time in a run folder of an object store, as well as that can be had there.

Such a store locks nothing, and TensorFlow cannot ask it to make a file only where there is none. So
the holder writes a file again and again, and a newcomer watches whether that goes on. Two that
begin within the same second may both take it; one of them finds the other's name in the file at
its next beat, or before it writes a checkpoint, and ends.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import socket
import threading
import time
import warnings

from tf_slim.learning import run_lock
from tf_slim.learning.run_lock import LOCK, Holder, RunInUseError
from tf_slim.ops import files, paths

_BEAT_SECONDS = 10.0
# Some stores, and TensorFlow's own memory of them, show a change only after seconds.
_SILENCE_SECONDS = 45.0
_SETTLING_SECONDS = 1.0


@dataclasses.dataclass(frozen=True)
class FarHolder(Holder):
    """Who trains in a folder, and what can be known of that from elsewhere.

    Attributes:
      token: tells this training from every other.
      machine: what only processes of the same machine and container have in common; "" if unknown.
      started: when the process was started, as that machine counts; "" if unknown.
      beats: how often it has given a sign of life.
      beat: when it last did, in UTC by its own clock.
    """

    token: str
    machine: str
    started: str
    beats: int
    beat: str


class FarLock:
    """The lock of a far run folder, held from here until `release`.

    It is the file `training.lock`, which the holder writes every 10 s. A newcomer that finds one
    watches it for 45 s: if it was written in that time, training goes on there, and if not, its
    holder is gone. Of a holder on the same machine the system tells at once. Clocks are not
    compared.

    Args:
      folder: where.

    Raises:
      RunInUseError: another training holds it.
      OSError: the file cannot be written, or is no lock.
    """

    def __init__(self, folder: str):
        self.path = os.path.join(folder, LOCK)
        self._folder = folder
        self._me = _myself()
        self._pid = os.getpid()
        self._lost = False
        self._guard = threading.Lock()
        with run_lock.only_one(self.path, self._me, folder):
            self._acquire()
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._beat_now_and_then, daemon=True)
        self._thread.start()

    @property
    def mark(self) -> str:
        """What stands in the file."""
        return str(self._me)

    def check(self, now: bool = False) -> None:
        """Sees whether the lock is still there, and with it the folder.

        Args:
          now: whether to look; without it, this tells what was found at the last beat.

        Raises:
          RunLostError: it is not.
        """
        if now:
            with contextlib.suppress(OSError):  # a network that is away for a moment
                self._look()
        if self._lost:
            raise run_lock.lost(self._folder)

    def release(self) -> None:
        """Gives the folder back. A file that is another one's by now stays."""
        self._released.set()
        if os.getpid() != self._pid:  # a child has neither the thread nor the lock
            return
        self._thread.join()
        with contextlib.suppress(OSError):
            self._look()
            if not self._lost:
                paths.remove(self.path)
        run_lock.give_back(self.path)

    def _beat_now_and_then(self) -> None:
        while not self._released.wait(_BEAT_SECONDS):
            with contextlib.suppress(OSError):
                self._look()
                if not self._lost:
                    self._write()

    def _look(self) -> None:
        """Finds out whether the file is another one's, or gone."""
        with self._guard:
            found = _read(self.path)
            if found is None:
                time.sleep(_SETTLING_SECONDS)  # it may be in the middle of being replaced
                found = _read(self.path)
            self._lost = self._lost or found is None or found.token != self._me.token

    def _acquire(self) -> None:
        before = _read(self.path)
        if before is not None:
            lives = _lives_here(before)
            if lives:
                raise RunInUseError(_in_use(self._folder, before))
            if lives is None:
                self._require_silence(before)
        self._write()
        time.sleep(_SETTLING_SECONDS)
        winner = _read(self.path)
        if winner is None or winner.token != self._me.token:
            raise RunInUseError(_in_use(self._folder, winner))

    def _write(self) -> None:
        beat = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
        self._me = dataclasses.replace(self._me, beats=self._me.beats + 1, beat=beat)
        files.replace_text(self.path, json.dumps(dataclasses.asdict(self._me)) + "\n")

    def _require_silence(self, holder: FarHolder) -> None:
        """Waits until it is clear that the holder is gone."""
        warnings.warn(
            f"{self._folder}: training was begun here by {holder}, and did not end in order; its "
            f"last sign of life is of {holder.beat}. Watching for {_SILENCE_SECONDS:.0f} s whether "
            "it goes on.",
            stacklevel=2,
        )
        end = time.monotonic() + _SILENCE_SECONDS
        while time.monotonic() < end:
            time.sleep(min(_BEAT_SECONDS / 5, _SILENCE_SECONDS / 10))
            found = _read(self.path)
            if found is None:
                return  # it has ended by now
            if (found.token, found.beats) != (holder.token, holder.beats):
                raise RunInUseError(_in_use(self._folder, found))


def seen_mark(folder: str) -> str | None:
    """The mark of the lock that a folder has, as it is seen from here; None if there is none."""
    with contextlib.suppress(OSError):
        found = _read(os.path.join(folder, LOCK))
        return None if found is None else str(found)
    return None


def _read(path: str) -> FarHolder | None:
    try:
        content = files.read_text(path, "replace").strip("\0\n ")
    except FileNotFoundError:
        return None
    if not content:
        return None
    try:
        return FarHolder(**json.loads(content))
    except (ValueError, TypeError):
        raise run_lock.no_lock(path) from None


def _in_use(folder: str, holder: FarHolder | None) -> str:
    if holder is None:
        return run_lock.in_use(folder, None)
    return run_lock.in_use(folder, f"{holder}, which last gave a sign of life at {holder.beat}")


def _myself() -> FarHolder:
    pid = os.getpid()
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    started = _started(pid) or ""
    return FarHolder(
        socket.gethostname(), pid, since, secrets.token_hex(8), _machine(), started, 0, ""
    )


def _machine() -> str:
    """What tells this machine, since it was started, and this container from every other."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return f"{file.read().strip()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """When a process was started, as the system counts; None if there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            state, *rest = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state in "ZX" else rest[18]


def _lives_here(holder: FarHolder) -> bool | None:
    """Whether a process of this machine lives; None for one of another machine."""
    if not holder.machine or holder.machine != _machine():
        return None
    return _started(holder.pid) == holder.started
