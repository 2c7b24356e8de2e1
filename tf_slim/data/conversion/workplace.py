"""Where a conversion works until all of it is done, so that it can be stopped at any moment."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import filelock

from tf_slim.data import labels
from tf_slim.data.manifest import FILE_NAME, Manifest, ManifestFile, read_manifest, write_manifest
from tf_slim.ops import downloads, files, paths
from tf_slim.ops.data_errors import DataError
from tf_slim.ops.wording import first_few

FOLDER = ".converting"
"""The folder in the output that holds what is not finished. It goes when all is."""

_PLAN = "plan.json"
_JOURNAL = "done.jsonl"
_SHARDS = "shards"
_SCRATCH = "scratch"
_LOCK = "lock"

_ELSEWHERE = "Give another folder, or empty this one."


class InUseError(OSError):
    """Another conversion is going on in the folder."""


@dataclasses.dataclass(frozen=True)
class Done:
    """A shard that is finished.

    Attributes:
        file: What the manifest says of it.
        classes: Number of its records of each class.
        skipped: `(path, reason)` of what was left out of it.
    """

    file: ManifestFile
    classes: Mapping[int, int]
    skipped: tuple[tuple[str, str], ...]


class Workplace:
    """The unfinished part of a conversion.

    Finished shards wait in a hidden folder of the output and are moved to their places when all are
    there; the manifest comes last. So whoever looks at the output sees nothing, or everything. For
    an output that is far away, they wait in a cache of this machine.

    Attributes:
        out: The folder of the output.
        shards: The folder in which shards are written.
        scratch: A folder for what is needed while converting.
    """

    def __init__(self, out: str):
        """Takes note of the folder; `opened` makes it.

        Args:
            out: The folder of the output.
        """
        self.out = out
        self._folder = _workplace(out)
        self.shards = os.path.join(self._folder, _SHARDS)
        self.scratch = os.path.join(self._folder, _SCRATCH)
        self._guard = threading.Lock()

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Makes the folders, and keeps other conversions out of them.

        Yields:
            None.

        Raises:
            InUseError: Another conversion is going on there.
            OSError: The folders cannot be made.
        """
        made = [path for path in (self.out, self._folder) if not paths.is_folder(path)]
        paths.make_folders(self.out)
        os.makedirs(self._folder, exist_ok=True)
        lock = filelock.FileLock(os.path.join(self._folder, _LOCK))
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise InUseError(
                f"Another conversion is going on in {self.out!r}: wait for its end, or give "
                "another folder."
            ) from None
        try:
            shutil.rmtree(self.scratch, ignore_errors=True)
            for path in (self.shards, self.scratch):
                os.makedirs(path, exist_ok=True)
            yield
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)
            kept = os.path.exists(os.path.join(self._folder, _PLAN))
            lock.release()
            if not kept:
                shutil.rmtree(self._folder, ignore_errors=True)
                for path in made[:1]:  # nothing was done: leave it as it was found
                    with contextlib.suppress(OSError):
                        if not paths.is_far(path):
                            os.rmdir(path)

    def found(self) -> Manifest | None:
        """The manifest that is there already, or None.

        Raises:
            DataError: If it is none.
        """
        if not paths.exists(os.path.join(self.out, FILE_NAME)):
            return None
        return read_manifest(self.out)

    def plan(self) -> dict[str, Any] | None:
        """The plan of the conversion that was begun here, or None."""
        try:
            with open(os.path.join(self._folder, _PLAN), encoding="utf-8") as file:
                plan = json.load(file)
        except (OSError, ValueError):
            return None
        return plan if isinstance(plan, dict) else None

    def begin(self, plan: Mapping[str, Any]) -> None:
        """Notes what is to be done, and forgets what was done for another plan."""
        shutil.rmtree(self.shards, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self._folder, _JOURNAL))
        os.makedirs(self.shards)
        files.replace_text(os.path.join(self._folder, _PLAN), json.dumps(plan))

    def check_output(self, names: Iterable[str]) -> None:
        """Sees that the output holds nothing but what a conversion has put there.

        Args:
            names: The names of the files that this conversion makes.

        Raises:
            DataError: If it holds something else.
        """
        ours = {*names, labels.FILE_NAME} if self.plan() else set()
        found = paths.names(self.out)
        others = [name for name in found if name not in ours and not name.startswith(".")]
        if others:
            raise DataError(
                f"this folder holds something else: {first_few(map(repr, others), 3)}.",
                path=self.out,
                remedy=_ELSEWHERE,
            )

    def done(self) -> dict[str, Done]:
        """The finished shards, by the names of their files."""
        finished: dict[str, Done] = {}
        with contextlib.suppress(FileNotFoundError):
            with open(os.path.join(self._folder, _JOURNAL), encoding="utf-8") as journal:
                for line in journal:
                    with contextlib.suppress(ValueError, KeyError, TypeError):
                        one = _read(json.loads(line))
                        if self._size(one.file.name) == one.file.bytes:
                            finished[one.file.name] = one
        # What a process that was killed had begun, and nobody goes on with.
        for name in os.listdir(self.shards):
            if name not in finished:
                os.unlink(os.path.join(self.shards, name))
        return finished

    def note(self, one: Done) -> None:
        """Notes that a shard is finished, so that this survives whatever comes.

        Raises:
            OSError: It cannot be noted.
        """
        path = os.path.join(self._folder, _JOURNAL)
        line = {
            **dataclasses.asdict(one.file),
            "classes": {str(label): count for label, count in one.classes.items()},
            "skipped": one.skipped,
        }
        # The line end before it closes one that a killed process has left behind.
        with self._guard, open(path, "a", encoding="utf-8") as journal:
            journal.write(f"\n{json.dumps(line)}\n")
            journal.flush()
            os.fsync(journal.fileno())

    def publish(self, manifest: Manifest) -> None:
        """Moves everything to its place, the manifest last.

        Raises:
            OSError: It cannot be moved. What was moved is found by the next attempt.
        """
        for split in manifest.splits.values():
            for one in split.files:
                staged = os.path.join(self.shards, one.name)
                if os.path.exists(staged):
                    files.publish(staged, os.path.join(self.out, one.name))
        with files.replacing(os.path.join(self.out, labels.FILE_NAME)) as part:
            # A label file has a line for each class.
            labels.write_labels(
                part, {label: " ".join(name.split()) for label, name in manifest.labels.items()}
            )
        files.flush(self.out)
        write_manifest(self.out, manifest)
        self.clear()

    def clear(self) -> None:
        """Forgets the plan: what is left of the conversion goes."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self._folder, _PLAN))

    def _size(self, name: str) -> int:
        for folder in (self.shards, self.out):
            with contextlib.suppress(OSError):
                return paths.size(os.path.join(folder, name))
        return -1


def is_unfinished(folder: str) -> bool:
    """Whether a conversion into a folder was begun and not ended."""
    return os.path.isfile(os.path.join(_workplace(folder), _PLAN))


def _workplace(out: str) -> str:
    """The folder in the output; for one that is far away, a folder here that is found again."""
    if not paths.is_far(out):
        return os.path.join(out, FOLDER)
    name = hashlib.blake2b(out.rstrip("/").encode(), digest_size=8).hexdigest()
    return os.path.join(downloads.cache_folder("converting"), name)


def _read(line: Mapping[str, Any]) -> Done:
    return Done(
        ManifestFile(line["name"], line["records"], line["bytes"], line["sha256"]),
        {int(label): count for label, count in line["classes"].items()},
        tuple((path, reason) for path, reason in line["skipped"]),
    )
