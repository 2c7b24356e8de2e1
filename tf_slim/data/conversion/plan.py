"""What a conversion has to do: the shards of each split, their pictures, and their names."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tf_slim.data.archives import opening
from tf_slim.data.archives.archive import Archive, Packed
from tf_slim.data.conversion import reading
from tf_slim.data.conversion.reading import Shard, Stored
from tf_slim.data.conversion.workplace import Done
from tf_slim.data.layouts import Layout, same_split
from tf_slim.data.manifest import Manifest, ManifestFile, ManifestSplit
from tf_slim.data.sources import checking, kinds, ordering
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops import paths
from tf_slim.ops.data_errors import DataError
from tf_slim.ops.wording import unknown_name

_OVERHEAD = 300
"""About how many bytes a record has besides the picture."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a conversion has to do.

    Attributes:
        about: The manifest, but for its splits.
        specs: The spec of each split, where there are such.
        layout: How research/slim calls the files, or None.
        shards: The shards of each split.
        digest: Of paths, sizes, labels, weights and splits.
        bytes: About how many bytes the files will have, or 0 if nobody knows.
    """

    about: Manifest
    specs: Mapping[str, DatasetSpec]
    layout: Layout | None
    shards: Mapping[str, Sequence[Shard]]
    digest: str
    bytes: int

    @property
    def pictures(self) -> int:
        """Number of pictures in all splits."""
        return sum(shard.pictures for _, shard in self.tasks())

    @property
    def is_checked(self) -> bool:
        """Whether each picture has been decoded by the time that shards are written."""
        return all(spec.listing is not None for spec in self.specs.values()) and bool(self.specs)

    def tasks(self) -> Iterator[tuple[str, Shard]]:
        """Each shard, and the name of its file."""
        for split, shards in self.shards.items():
            for shard in shards:
                yield self._file_name(split, shard.number, len(shards)), shard

    def checked(self, on_error: str, progress: Callable[[int, int], None] | None) -> Plan:
        """Decodes the pictures of folders and tables, to find those that cannot be read.

        Returns:
            The plan without these.

        Raises:
            DataError: If there are such, and `on_error` is `fail`.
        """
        total = sum(len(spec.listing) for spec in self.specs.values() if spec.listing is not None)
        before = 0
        kept = {}
        for split, spec in self.specs.items():
            done = None
            if progress is not None:
                done = _moved(progress, before, total)
            kept[split] = checking.checked(spec, on_error, done)
            before += 0 if spec.listing is None else len(spec.listing)
        return self._with(kept)

    def left_out(self, before: Plan) -> dict[str, list[tuple[str, str]]]:
        """What another plan has, and this one has not, by splits: `(path, reason)`."""
        return {
            split: list(spec.listing.skipped[len(before.specs[split].listing.skipped) :])
            for split, spec in self.specs.items()
            if spec.listing is not None
        }

    def without(self, left_out: Mapping[str, Sequence[Sequence[str]]]) -> Plan:
        """The plan without some pictures.

        Args:
            left_out: What `left_out` gave.
        """
        kept = {}
        for split, spec in self.specs.items():
            gone = {path: reason for path, reason in left_out.get(split, ())}
            if gone:
                listing = spec.listing
                places = [i for i, path in enumerate(listing.paths) if path not in gone]
                spec = checking.with_listing(spec, listing.taken(places, list(gone.items())))
            kept[split] = spec
        return self._with(kept)

    def manifest(self, done: Mapping[str, Done]) -> Manifest:
        """The manifest of what was done.

        Args:
            done: Each finished shard by the name of its file.
        """
        files: dict[str, list[ManifestFile]] = {split: [] for split in self.shards}
        classes: dict[str, dict[int, int]] = {
            split: dict.fromkeys(self.about.labels, 0) for split in self.shards
        }
        skipped = [*self.about.skipped]
        for name, shard in self.tasks():
            one = done[name]
            files[shard.split].append(one.file)
            for label, count in one.classes.items():
                classes[shard.split][label] += count
            skipped += one.skipped
        return dataclasses.replace(
            self.about,
            splits={
                split: ManifestSplit(
                    sum(one.records for one in files[split]), tuple(files[split]), classes[split]
                )
                for split in self.shards
            },
            skipped=tuple(sorted(set(skipped))),
        )

    def _with(self, specs: Mapping[str, DatasetSpec]) -> Plan:
        about = dataclasses.replace(self.about, skipped=_skipped(specs))
        shards = {**self.shards, **_shards(specs, self.layout)} if specs else self.shards
        return dataclasses.replace(self, about=about, specs=specs, shards=shards)

    def _file_name(self, split: str, shard: int, shards: int) -> str:
        if self.layout is not None:
            return self.layout.file_name(_split_of_layout(split, self.layout), shard, shards)
        return f"{split}-{shard:05d}-of-{shards:05d}.tfrecord"


def plan_of(
    source: str | os.PathLike | DatasetSpec | Mapping[str, DatasetSpec],
    scratch: str,
    *,
    splits: Sequence[str] | None,
    layout: Layout | None,
    columns: Mapping[str, str] | None,
    validation_share: float,
    on_error: str,
    with_digest: bool = True,
) -> Plan:
    """Finds out what there is to convert. No picture is read yet.

    Args:
        source: As in `convert`.
        scratch: A folder for what archives unpack to.
        splits: Names of the splits, or None for all.
        layout: How research/slim calls the files, or None.
        columns: As in `convert`.
        validation_share: As in `convert`.
        on_error: What to do about files that a table names and that are not there.
        with_digest: Whether to look at sizes; of arrays and generators at everything.

    Returns:
        The plan.

    Raises:
        DataError: For what `from_source` raises it, or the layout does not fit.
        ValueError: If there is no such split.
    """
    if isinstance(source, (str, os.PathLike)):
        path = os.path.expanduser(os.fspath(source))
        opened = opening.open_archive(path, scratch)
        if isinstance(opened, Archive):
            return _of_archive(opened, splits, layout)
        path = path if opened is None else opened
        specs = {
            split: kinds.from_source(
                path,
                split,
                columns=columns,
                validation_share=validation_share,
                on_error=on_error,
                check=False,
            )
            for split in _chosen(splits, kinds.source_splits(path, columns=columns))
        }
    else:
        given = {source.split: source} if isinstance(source, DatasetSpec) else dict(source)
        specs = {split: given[split] for split in _chosen(splits, given)}
    return _of_specs(specs, layout, with_digest)


def _of_specs(specs: Mapping[str, DatasetSpec], layout: Layout | None, with_digest: bool) -> Plan:
    one = next(iter(specs.values()))
    for split, other in specs.items():
        if other.num_classes != one.num_classes or other.multi_label != one.multi_label:
            raise DataError(
                f"the split {split!r} has {other.num_classes} classes and multi_label="
                f"{other.multi_label}, the split {one.split!r} {one.num_classes} and "
                f"{one.multi_label}: they do not belong together."
            )
    names = {label: str(label) for label in range(one.num_classes)} | dict(
        one.labels_to_names or {}
    )
    labels = _labels_of_layout(names, layout)
    if layout is not None and any(spec.listing is None for spec in specs.values()):
        raise DataError(
            f"the layout {layout.name!r} is for pictures and archives; what are records or arrays "
            "already keep their own.",
            remedy="Convert it without a layout.",
        )
    about = Manifest(
        splits={},
        labels=labels,
        multi_label=one.multi_label,
        skipped=_skipped(specs),
        name=one.name,
        image_channels=one.image_channels,
        image_size=one.image_size,
        preprocessing=one.preprocessing,
        weighted=any(spec.weighted for spec in specs.values()),
    )
    digest = hashlib.blake2b(digest_size=16)
    total = 0
    for split, spec in specs.items() if with_digest else ():
        _update(digest, [split])
        for row, size in _rows(spec):
            _update(digest, [*row, size])
            total += size + _OVERHEAD
    _update(digest, [sorted(labels.items()), about.multi_label, layout and layout.name])
    shards = _shards(specs, layout)
    digest = digest.hexdigest()
    about = dataclasses.replace(about, source=digest)
    return Plan(about, specs, layout, shards, digest, total)


def _of_archive(archive: Archive, splits: Sequence[str] | None, layout: Layout | None) -> Plan:
    known = archive.layout
    if layout is not None and layout is not known:
        raise DataError(
            f"the layout {layout.name!r} is not that of this archive, which is {known.name}."
        )
    digest = hashlib.blake2b(digest_size=16)
    total = 0
    shards = {}
    for split in _chosen(splits, archive.splits):
        pictures = archive.splits[split]
        order = ordering.ordered([one.path for one in pictures])
        pictures = [pictures[place] for place in order]
        _update(digest, [split])
        for one in pictures:
            _update(digest, [one.path, one.label, one.size])
            total += one.size + _OVERHEAD
        bounds = _bounds(len(pictures), split, layout)
        shards[split] = [
            Shard(split, number, end - begin, _PackedReader(pictures[begin:end]))
            for number, (begin, end) in enumerate(itertools.pairwise(bounds))
        ]
    _update(digest, [sorted(archive.labels.items()), layout and layout.name])
    about = Manifest(
        splits={},
        labels=archive.labels,
        skipped=archive.skipped,
        name=known.name,
        image_channels=known.image_channels,
        image_size=known.image_size,
        preprocessing=known.preprocessing,
        source=digest.hexdigest(),
    )
    return Plan(about, {}, layout, shards, about.source, total)


@dataclasses.dataclass(frozen=True)
class _PackedReader:
    pictures: Sequence[Packed]

    def __call__(self) -> Iterator[Stored]:
        for one in self.pictures:
            content, problem = None, None
            try:
                content = one.read()
            except (DataError, OSError) as error:
                problem = str(error)
            yield Stored(one.path, one.where, (one.label,), None, content, problem)


@dataclasses.dataclass(frozen=True)
class _Renumbered:
    read: Callable[[], Iterator[Stored]]
    offset: int

    def __call__(self) -> Iterator[Stored]:
        for one in self.read():
            yield one._replace(labels=tuple(label + self.offset for label in one.labels))


def _shards(specs: Mapping[str, DatasetSpec], layout: Layout | None) -> dict[str, Sequence[Shard]]:
    found: dict[str, Sequence[Shard]] = {}
    for split, spec in specs.items():
        if layout is None:
            shards = reading.shards_of(spec)
        else:
            bounds = _bounds(len(spec.listing), split, layout)
            shards = [
                dataclasses.replace(one, read=_Renumbered(one.read, layout.first_label))
                for one in reading.of_listing(split, spec.listing, bounds)
            ]
        # The name under which a split is given may be another than that in its spec.
        found[split] = [dataclasses.replace(one, split=split) for one in shards]
    return found


def _bounds(count: int, split: str, layout: Layout | None) -> list[int]:
    if layout is None:
        return ordering.shard_bounds(count)
    shards = max(1, min(count, layout.shards_of(_split_of_layout(split, layout))))
    return [count * shard // shards for shard in range(shards + 1)]


def _split_of_layout(split: str, layout: Layout) -> str:
    name = same_split(split, layout.splits)
    if name not in layout.splits:
        raise ValueError(
            unknown_name(f"split of the layout {layout.name!r} called", split, layout.splits)
        )
    return name


def _labels_of_layout(names: Mapping[int, str], layout: Layout | None) -> dict[int, str]:
    if layout is None:
        return dict(names)
    moved = {label + layout.first_label: name for label, name in names.items()}
    if layout.first_label:
        moved = {0: "background", **moved}
    if len(moved) != layout.num_classes:
        raise DataError(
            f"the layout {layout.name!r} has {layout.num_classes - layout.first_label} classes, "
            f"but the source has {len(names)}.",
            remedy="Convert it without a layout.",
        )
    return moved


def _chosen(wanted: Sequence[str] | None, known: Any) -> list[str]:
    if wanted is None:
        return list(known)
    for split in wanted:
        if split not in known:
            raise ValueError(unknown_name("split called", split, known, repr))
    return [split for split in known if split in wanted]


def _skipped(specs: Mapping[str, DatasetSpec]) -> tuple[tuple[str, str], ...]:
    listings = [spec.listing for spec in specs.values() if spec.listing is not None]
    return tuple(sorted({one for listing in listings for one in listing.skipped}))


def _rows(spec: DatasetSpec) -> Iterator[tuple[list[Any], int]]:
    """What tells the pictures of a split from others, and their sizes."""
    listing = spec.listing
    if listing is not None:
        sizes = _sizes([listing.opened(path) for path in listing.paths])
        for (path, label, weight), size in zip(listing.rows, sizes):
            yield [ordering.normalized(path), label, weight], size
        return
    if spec.source is None:
        for path in spec.files():
            yield [os.path.basename(path)], _size(path)
        return
    # Nothing but the pictures themselves can tell these from others.
    for shard in reading.shards_of(spec):
        for one in shard.read():
            content = one.content
            raw = content.tobytes() if isinstance(content, np.ndarray) else content or b""
            row = [one.path, one.labels, one.weight, hashlib.blake2b(raw).hexdigest()]
            yield row, len(raw)


def _sizes(found: Sequence[str]) -> list[int]:
    try:
        return [size for size, _ in paths.versions(found)]
    except OSError:
        return [_size(path) for path in found]


def _size(path: str) -> int:
    try:
        return paths.size(path)
    except OSError:  # one that cannot be read is found when it is checked
        return 0


def _update(digest: Any, values: Sequence[Any]) -> None:
    digest.update(json.dumps(values, default=list).encode() + b"\n")


def _moved(
    progress: Callable[[int, int], None], before: int, total: int
) -> Callable[[int, int], None]:
    return lambda done, _: progress(before + done, total)
