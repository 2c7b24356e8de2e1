"""`convert`: any source of pictures becomes TFRecord files with a manifest."""

from __future__ import annotations

import errno
import functools
import os
from collections.abc import Mapping, Sequence

from tf_slim.data.conversion.plan import Plan, plan_of
from tf_slim.data.conversion.reading import Shard
from tf_slim.data.conversion.side_by_side import Counter, Progress, Together
from tf_slim.data.conversion.workplace import Done, Workplace
from tf_slim.data.conversion.writing import ShardWriter
from tf_slim.data.converted import check_file
from tf_slim.data.layouts import LAYOUTS, Layout
from tf_slim.data.manifest import Manifest
from tf_slim.data.sources.checking import check_on_error
from tf_slim.data.sources.folder import VALIDATION_SHARE
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops import files, paths
from tf_slim.ops.arguments import checked_by
from tf_slim.ops.data_errors import DataError
from tf_slim.ops.wording import unknown_name


@checked_by(source=None)
def convert(
    source: str | os.PathLike | DatasetSpec | Mapping[str, DatasetSpec],
    out: str | os.PathLike,
    *,
    splits: Sequence[str] | None = None,
    on_error: str = "fail",
    layout: str | None = None,
    columns: Mapping[str, str] | None = None,
    validation_share: float = VALIDATION_SHARE,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Manifest:
    """Writes pictures as TFRecord files, with the names of their classes and a manifest.

    A pipeline gives the same batches of the converted data as of the source itself, bit for bit.
    The same source always gives the same files. A conversion that was stopped, in whatever way,
    goes on when it is called again: the shards that were finished are kept, and until all are there
    nothing is to be seen in the folder but a hidden one. One that was finished is left as it is.

    Args:
        source: What `from_source` takes, such as a folder of class folders; the archives of MNIST,
            CIFAR-10, ImageNet and COCO (a folder with them, or the file), or a tar or zip archive
            of class folders; a spec; or the specs of several splits. All may be far away
            (`gs://bucket/pets.zip`): archives, and other files that hold many pictures, are copied
            into the cache of this machine, once.
        out: The folder to write to. It is made if need be, and must hold nothing else.
        splits: Names of the splits to convert. None is all of them.
        on_error: What to do about a picture that cannot be read. `fail` raises an error before
            anything is written. `skip` leaves it out, and lists it in the manifest.
        layout: The name of a data set of research/slim (`mnist`, `cifar10`, `flowers`, `imagenet`,
            `visualwakewords`), to call files and number classes as it does, for programs that look
            for that. None is the layout of TF-Slim: shards of up to 1,024 pictures.
        columns: What columns are called in a table, as in `from_table`.
        validation_share: The share of the pictures that are for validation, where the source does
            not say it.
        workers: Number of shards to write at the same time. None is the number of cores.
        progress: Called with `("checking" or "writing", done, total)`, from several threads.

    Returns:
        The manifest.

    Raises:
        DataError: If a picture cannot be read and `on_error` is `fail`; if `out` holds something
            else; or for what `from_source` raises it.
        OSError: If a file cannot be read or written, such as on a full disk. What was finished by
            then is kept.
        ValueError: If an argument is none of what it may be.

    Examples:
        >>> manifest = slim.data.convert("pets", "pets-records")
        >>> manifest.num_classes, sorted(manifest.splits)
        (3, ['train', 'validation'])
        >>> train = slim.data.from_source("pets-records", "train")
        >>> train.labels_to_names
        {0: 'cat', 1: 'dog', 2: 'fox'}
    """
    check_on_error(on_error)
    out = paths.user(out)
    _check_places(source, out)
    place = Workplace(out)
    with place.opened():
        found = plan_of(
            source,
            place.scratch,
            splits=splits,
            layout=_known_layout(layout),
            columns=columns,
            validation_share=validation_share,
            on_error=on_error,
        )
        finished = place.found()
        if finished is not None:
            _check_same(finished, found, out)
            place.clear()
            return finished
        plan = _begun(found, place, on_error, progress)
        done = place.done()
        _check_room(plan, done, place.shards, out)
        try:
            _write_all(plan, place, done, on_error == "skip", workers, progress)
            manifest = plan.manifest(done)
            place.publish(manifest)
        except OSError as error:
            raise _explained(error, out, len(done), len(list(plan.tasks()))) from error
        return manifest


def _begun(plan: Plan, place: Workplace, on_error: str, progress: Progress | None) -> Plan:
    """The plan without the pictures that cannot be read, which may have been found before."""
    before = place.plan()
    if before is not None and before.get("source") == plan.digest:
        if before.get("on_error") == on_error:
            kept = plan.without(before["left_out"])
            place.check_output(name for name, _ in kept.tasks())
            return kept
    place.check_output([])
    check = None if progress is None else functools.partial(progress, "checking")
    kept = plan.checked(on_error, check)
    place.begin({"source": plan.digest, "on_error": on_error, "left_out": kept.left_out(plan)})
    return kept


def _write_all(
    plan: Plan,
    place: Workplace,
    done: dict[str, Done],
    skip: bool,
    workers: int | None,
    progress: Progress | None,
) -> None:
    """Writes what is not done yet, several shards at once, and notes it in `done`."""
    before = sum(shard.pictures for name, shard in plan.tasks() if name in done)
    counter = Counter("writing", plan.pictures, progress, before)
    together = Together(workers)
    writer = ShardWriter(
        place.shards, plan.about.labels, not plan.is_checked, skip, together.check, counter.add
    )

    def write(name: str, shard: Shard) -> None:
        one = writer.write(shard, name)
        place.note(one)
        done[name] = one

    together.run(
        functools.partial(write, name, shard) for name, shard in plan.tasks() if name not in done
    )


def _known_layout(name: str | None) -> Layout | None:
    if name is None:
        return None
    if name not in LAYOUTS:
        raise ValueError(unknown_name("layout", name, LAYOUTS, repr))
    return LAYOUTS[name]


def _check_places(source: object, out: str) -> None:
    if paths.exists(out) and not paths.is_folder(out):
        raise DataError(
            "this is a file, not a folder to write to.", path=out, remedy="Give another name."
        )
    if not isinstance(source, (str, os.PathLike)):
        return
    path = paths.user(source)
    far = paths.is_far(path) or paths.is_far(out)
    path, target = (one if far else os.path.realpath(one) for one in (path, out))
    if paths.is_folder(path) and f"{target}/".startswith(f"{path.rstrip('/')}/"):
        raise DataError(
            f"the folder to write to is in the source {path!r}, and would become part of it.",
            path=out,
            remedy="Give a folder elsewhere.",
        )


def _check_same(finished: Manifest, plan: Plan, out: str) -> None:
    """The output is there already: is it that of this source?"""
    if finished.source != plan.digest:
        raise DataError(
            "this folder holds a conversion already, of other data or with other options (or the "
            "source has changed since).",
            path=out,
            remedy="Give another folder, or remove this one.",
        )
    for split in finished.splits.values():
        for one in split.files:
            check_file(os.path.join(out, one.name), one.bytes)


def _check_room(plan: Plan, done: Mapping[str, Done], folder: str, out: str) -> None:
    need = plan.bytes - sum(one.file.bytes for one in done.values())
    lack = files.missing_room(folder, need)
    if lack:
        raise OSError(
            errno.ENOSPC, f"{out}: nothing was written. There is not enough room: about {lack}"
        )


def _explained(error: OSError, out: str, done: int, total: int) -> OSError:
    if error.errno != errno.ENOSPC:
        return error
    return OSError(
        errno.ENOSPC,
        f"The disk is full. {done} of {total} files are finished and kept: make room and do the "
        "same again, it goes on there",
        out,
    )
