"""`verify`: decodes everything, and holds what there is against the manifest."""

from __future__ import annotations

import collections
import dataclasses
import functools
import os
import re
import threading
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tf_slim.data import converted, labels
from tf_slim.data.conversion import reading
from tf_slim.data.conversion.looking import plan_to_look_at
from tf_slim.data.conversion.probing import Unreadable
from tf_slim.data.conversion.reading import Shard
from tf_slim.data.conversion.side_by_side import Counter, Progress, Together
from tf_slim.data.conversion.writing import sha256_of, usable
from tf_slim.data.manifest import FILE_NAME, ManifestFile
from tf_slim.data.sources.folder import VALIDATION_SHARE
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops import paths
from tf_slim.ops.arguments import checked_by
from tf_slim.ops.data_errors import DataError

_OF_RECORDS = re.compile(r".*(\.tfrecords?|-\d{5}-of-\d{5})")


class Fault(NamedTuple):
    """Something that is not as it should be.

    Attributes:
        where: A file, or a record of one.
        reason: What is wrong.
    """

    where: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Verification:
    """What `verify` found.

    Attributes:
        records: Number of pictures that are in order, of each split.
        faults: What is not in order.
        skipped: `(path, reason)` of what is no part of the data, such as a text among pictures.
        has_manifest: Whether there was a manifest to hold the data against.

    Examples: see `slim.data.verify`.
    """

    records: Mapping[str, int]
    faults: tuple[Fault, ...]
    skipped: tuple[tuple[str, str], ...]
    has_manifest: bool

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


@checked_by(source=None)
def verify(
    source: str | os.PathLike | DatasetSpec | Mapping[str, DatasetSpec],
    *,
    columns: Mapping[str, str] | None = None,
    validation_share: float = VALIDATION_SHARE,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Decodes every picture of a source, and holds converted data against their manifest.

    Args:
        source: What `from_source` and `convert` take.
        columns: What columns are called in a table, as in `from_table`.
        validation_share: The share of the pictures that are for validation, where the source does
            not say it. A picture that cannot be read is named whichever split it is in.
        workers: Number of threads. None is the number of cores.
        progress: Called with `("verifying", done, total)`, from several threads.

    Returns:
        What is wrong, all of it.

    Raises:
        DataError: If nothing of it can be read, for what `from_source` or `from_converted` raises
            it: there is no such folder, it has no classes, its manifest is none.

    Examples:
        >>> slim.data.verify("pets").is_right
        True
    """
    if isinstance(source, (str, os.PathLike)):
        path = os.path.expanduser(os.fsdecode(source))
        if converted.is_converted(path):
            return _Converted(path).verified(workers, progress)
    with plan_to_look_at(source, columns=columns, validation_share=validation_share) as plan:
        tally = _Tally(plan.about.labels, workers, progress, plan.pictures)
        tally.together.run(functools.partial(tally.shard, shard) for _, shard in plan.tasks())
        return tally.result(plan.about.skipped, has_manifest=False)


class _Tally:
    """What was found so far, by all threads."""

    def __init__(
        self,
        names: Mapping[int, str],
        workers: int | None,
        progress: Progress | None,
        pictures: int,
    ):
        self.names = names
        self.together = Together(workers)
        self.counter = Counter("verifying", pictures, progress)
        self._guard = threading.Lock()
        self._faults: list[Fault] = []
        self._records: collections.Counter[str] = collections.Counter()

    def fault(self, where: str, reason: str) -> None:
        with self._guard:
            self._faults.append(Fault(where, reason))

    def shard(self, shard: Shard) -> tuple[int, collections.Counter[int]] | None:
        """Decodes the pictures of a shard.

        Returns:
            The number of its records and that of each class; None if it is cut off or damaged.
        """
        records = 0
        classes: collections.Counter[int] = collections.Counter()
        try:
            for stored in shard.read():
                self.together.check()
                records += 1
                classes.update(stored.labels)
                try:
                    usable(stored, self.names, decode=True)
                except Unreadable as error:
                    self.fault(stored.where, str(error))
                else:
                    with self._guard:
                        self._records[shard.split] += 1
                self.counter.add(1)
        except DataError as error:
            self.fault("", str(error))
            return None
        return records, classes

    def result(self, skipped: Sequence[tuple[str, str]], *, has_manifest: bool) -> Verification:
        return Verification(
            dict(self._records), tuple(sorted(self._faults)), tuple(skipped), has_manifest
        )


class _Converted:
    """A converted folder, and what its manifest says."""

    def __init__(self, path: str):
        self._folder, self._manifest = converted.read_converted(path)

    def verified(self, workers: int | None, progress: Progress | None) -> Verification:
        manifest = self._manifest
        pictures = sum(split.records for split in manifest.splits.values())
        tally = _Tally(manifest.labels, workers, progress, pictures)
        counted: dict[str, collections.Counter[int]] = {
            split: collections.Counter() for split in manifest.splits
        }
        whole = dict.fromkeys(manifest.splits, True)

        def verify_file(split: str, number: int, file: ManifestFile) -> None:
            found = self._file(tally, split, number, file)
            if found is None:
                whole[split] = False
            else:
                counted[split].update(found)

        tally.together.run(
            functools.partial(verify_file, split, number, file)
            for split, content in manifest.splits.items()
            for number, file in enumerate(content.files)
        )
        for split, content in manifest.splits.items():
            for label in sorted({*content.classes, *counted[split]}) if whole[split] else ():
                said, found = content.classes.get(label, 0), counted[split][label]
                if said != found:
                    name = manifest.labels.get(label, str(label))
                    tally.fault(
                        os.path.join(self._folder, FILE_NAME),
                        f"it says that {split} has {said} records of {name!r}, but there are "
                        f"{found}",
                    )
        self._check_others(tally)
        return tally.result(manifest.skipped, has_manifest=True)

    def _file(
        self, tally: _Tally, split: str, number: int, file: ManifestFile
    ) -> collections.Counter[int] | None:
        path = os.path.join(self._folder, file.name)
        if not paths.is_file(path):
            tally.fault(path, "it is missing")
            return None
        size = paths.size(path)
        if size != file.bytes:
            tally.fault(path, f"it has {size} bytes, but the manifest says {file.bytes}")
        elif sha256_of(path) != file.sha256:
            tally.fault(path, "its content was changed: its sha256 is not that of the manifest")
        found = tally.shard(Shard(split, number, file.records, reading.of_file(path)))
        if found is None:
            return None
        records, classes = found
        if records != file.records:
            tally.fault(path, f"it has {records} records, but the manifest says {file.records}")
        return classes

    def _check_others(self, tally: _Tally) -> None:
        known = {one.name for split in self._manifest.splits.values() for one in split.files}
        for name in paths.names(self._folder):
            if name not in known and _OF_RECORDS.fullmatch(name):
                tally.fault(os.path.join(self._folder, name), "the manifest does not name it")
        path = os.path.join(self._folder, labels.FILE_NAME)
        if not paths.exists(path):
            tally.fault(path, "it is missing")
            return
        try:
            names = labels.read_labels(path)
        except DataError as error:
            tally.fault("", str(error))
            return
        said = {label: " ".join(name.split()) for label, name in self._manifest.labels.items()}
        if names != said:
            tally.fault(path, "it names other classes than the manifest does")
