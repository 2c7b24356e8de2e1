"""`inspect`: looks at every picture of a source."""

from __future__ import annotations

import collections
import dataclasses
import functools
import hashlib
import os
import threading
from collections.abc import Mapping, Sequence

import numpy as np

from tf_slim.data.conversion.looking import plan_to_look_at
from tf_slim.data.conversion.plan import Plan
from tf_slim.data.conversion.probing import Probe, Unreadable
from tf_slim.data.conversion.reading import Shard, Stored
from tf_slim.data.conversion.side_by_side import Counter, Progress, Together
from tf_slim.data.conversion.writing import usable
from tf_slim.data.inspection import Inspection, PictureId, Sample, SplitContent, is_misnamed
from tf_slim.data.sources.folder import VALIDATION_SHARE
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops.arguments import checked_by

_SAMPLES = 240
"""About how many pictures to keep for a page."""

_MOST_OF_A_CLASS = 8
_MOST_DOUBLED = 24

# Position of a picture: its split, shard and place there. Threads end in any order.
_Position = tuple[int, int, int]


@checked_by(source=None)
def inspect(
    source: str | os.PathLike | DatasetSpec | Mapping[str, DatasetSpec],
    *,
    splits: Sequence[str] | None = None,
    columns: Mapping[str, str] | None = None,
    validation_share: float = VALIDATION_SHARE,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Inspection:
    """Reads and decodes every picture of a source, and tells what speaks against training on it.

    Args:
        source: What `from_source` and `convert` take.
        splits: Names of the splits to look at. None is all of them.
        columns: What columns are called in a table, as in `from_table`.
        validation_share: The share of the pictures that are for validation, where the source does
            not say it.
        workers: Number of threads. None is the number of cores.
        progress: Called with `("reading", done, total)`, from several threads.

    Returns:
        What was found. A picture that cannot be read is no error, but is listed with its reason.

    Raises:
        DataError: For what `from_source` raises it, such as a folder without classes.
        OSError: If a file of records cannot be read.

    Examples:
        >>> found = slim.data.inspect("pets")
        >>> {name: split.pictures for name, split in found.splits.items()}
        {'train': 57, 'validation': 15}
        >>> found.without_pictures, found.duplicates
        ([], ())
    """
    with plan_to_look_at(
        source, splits=splits, columns=columns, validation_share=validation_share
    ) as plan:
        counter = Counter("reading", plan.pictures, progress)
        together = Together(workers)
        look = _Look(plan, together, counter)
        together.run(functools.partial(look.at, shard) for _, shard in plan.tasks())
        return look.found()


@dataclasses.dataclass(frozen=True)
class _Seen:
    position: _Position
    picture: PictureId
    digest: bytes
    size: int
    probe: Probe


class _Look:
    """What was seen so far, by all threads."""

    def __init__(self, plan: Plan, together: Together, counter: Counter):
        self._plan, self._together, self._counter = plan, together, counter
        self._splits = {split: number for number, split in enumerate(plan.shards)}
        self._guard = threading.Lock()
        self._seen: list[_Seen] = []
        self._skipped: dict[str, list[tuple[str, str]]] = {
            split: list(spec.listing.skipped) if spec.listing is not None else []
            for split, spec in plan.specs.items()
        }
        if not plan.specs:
            self._skipped = {split: [] for split in plan.shards}
            self._skipped[next(iter(plan.shards))] += plan.about.skipped
        share = max(1, _SAMPLES // max(1, len(plan.about.labels)))
        self._most = min(_MOST_OF_A_CLASS, share)
        self._samples: dict[int, list[tuple[_Position, Sample]]] = collections.defaultdict(list)
        self._digests: set[bytes] = set()
        self._doubled: dict[bytes, bytes] = {}

    def at(self, shard: Shard) -> None:
        """Looks at the pictures of a shard."""
        for place, stored in enumerate(shard.read()):
            self._together.check()
            position = (self._splits[shard.split], shard.number, place)
            try:
                self._note(
                    position,
                    shard.split,
                    stored,
                    usable(stored, self._plan.about.labels, decode=True),
                )
            except Unreadable as error:
                with self._guard:
                    self._skipped[shard.split].append((stored.called, str(error)))
            self._counter.add(1)

    def found(self) -> Inspection:
        """All that was seen."""
        about = self._plan.about
        self._seen.sort(key=lambda one: one.position)
        groups = collections.defaultdict(list)
        for one in self._seen:
            groups[one.digest].append(one.picture)
        doubled = {digest: group for digest, group in groups.items() if len(group) > 1}
        return Inspection(
            name=about.name,
            labels=about.labels,
            multi_label=about.multi_label,
            splits={split: self._content(split) for split in self._splits},
            duplicates=tuple(map(tuple, doubled.values())),
            samples={
                label: [sample for _, sample in samples]
                for label, samples in sorted(self._samples.items())
            },
            doubled={doubled[digest][0]: content for digest, content in self._doubled.items()},
        )

    def _note(self, position: _Position, split: str, stored: Stored, found: Probe) -> None:
        picture = PictureId(split, stored.called, stored.labels)
        digest = hashlib.blake2b(found.encoded, digest_size=16).digest()
        small = found._replace(encoded=b"")
        seen = _Seen(position, picture, digest, len(found.encoded), small)
        with self._guard:
            self._seen.append(seen)
            if digest in self._digests and len(self._doubled) < _MOST_DOUBLED:
                self._doubled[digest] = found.encoded
            self._digests.add(digest)
            for label in stored.labels:
                samples = self._samples[label]
                if len(samples) < self._most or position < samples[-1][0]:
                    samples.append((position, Sample(picture, found.encoded)))
                    samples.sort(key=lambda one: one[0])
                    del samples[self._most :]

    def _content(self, split: str) -> SplitContent:
        seen = [one for one in self._seen if one.picture.split == split]
        classes = dict.fromkeys(self._plan.about.labels, 0)
        for one in seen:
            for label in one.picture.labels:
                classes[label] += 1
        formats = collections.Counter(one.probe.format for one in seen)
        return SplitContent(
            classes=classes,
            formats=dict(formats.most_common()),
            heights=np.array([one.probe.height for one in seen], np.int32),
            widths=np.array([one.probe.width for one in seen], np.int32),
            bytes=np.array([one.size for one in seen], np.int64),
            skipped=tuple(sorted(self._skipped[split])),
            misnamed=tuple(
                (one.picture.path, one.probe.format)
                for one in seen
                if is_misnamed(one.picture.path, one.probe.format)
            ),
        )
