"""Published checkpoints: looked up by name, fetched, unpacked, found again in the cache."""

from __future__ import annotations

import contextlib
import glob
import os
import pathlib
from collections.abc import Callable

from tf_slim import checkpoints
from tf_slim.nets import _registry
from tf_slim.nets._published import PUBLISHED, Checkpoint
from tf_slim.ops import downloads
from tf_slim.ops.wording import unknown_name


def published(
    found: _registry.NetSpec, checkpoint: bool | str | os.PathLike | None
) -> Checkpoint | None:
    """What `checkpoint` of `create` stands for, if it is a published one.

    Raises:
      ValueError: none was published for the net, or it is one of another net.
    """
    if checkpoint is True:
        if not found.checkpoints:
            raise ValueError(
                f"No checkpoint of {found.name!r} was published. Pass the path of one, or train "
                f"it. Published: {', '.join(sorted({one.net for one in PUBLISHED.values()}))}."
            )
        return found.checkpoints[0]
    known = PUBLISHED.get(checkpoint) if isinstance(checkpoint, str) else None
    if known is not None and known.net != found.name:
        raise ValueError(
            f"The checkpoint {known.name!r} is one of the net {known.net!r}, not of {found.name!r}."
            f" Its own: {', '.join(one.name for one in found.checkpoints) or 'none'}."
        )
    return known


def checkpoint(name: str) -> Checkpoint:
    """What there is to know of a published checkpoint.

    Args:
      name: its own name, such as "mobilenet_v2_1.0_96", or that of a net, for its first one.

    Returns:
      Its address, classes, image size, preprocessing and published accuracy.

    Raises:
      ValueError: there is no such checkpoint or net, or none of the net was published.

    Examples:
      >>> found = slim.nets.checkpoint("resnet_v1_50")
      >>> found.net, found.num_classes, found.image_size, found.preprocessing, found.top_1
      ('resnet_v1_50', 1000, 224, 'vgg', 75.2)
    """
    if name in PUBLISHED:
        return PUBLISHED[name]
    if name in _registry.names():
        found = published(_registry.spec(name), True)
        if found is not None:
            return found
    raise ValueError(unknown_name("published checkpoint", name, [*PUBLISHED, *_registry.names()]))


def fetch(
    name: str,
    folder: str | os.PathLike | None = None,
    *,
    progress: Callable[[int, int | None], object] | None = None,
) -> str:
    """Fetches a published checkpoint, unless it is there already.

    `model.restore(slim.nets.fetch("resnet_v1_50"))` restores it.

    A transfer that was cut off goes on where it was, also by another call. Where there is no
    network, the archive may be put into the folder by hand: the error says which one, and where.

    Args:
      name: see `checkpoint`.
      folder: where checkpoints are kept; by default "checkpoints" in the cache, which is
        `$TF_SLIM_CACHE` or `~/.cache/tf_slim`.
      progress: called now and then with the bytes that are there and their number in the end or
        None; by default a line on standard error tells.

    Returns:
      The path of the checkpoint, for `restore`.

    Raises:
      ValueError: see `checkpoint`.
      OSError: it cannot be fetched, or the archive is not what it should be.
    """
    known = checkpoint(name)
    kept = downloads.private_folder("checkpoints") if folder is None else pathlib.Path(folder)
    unpacked = kept / known.name
    if unpacked.is_dir():
        return _find(unpacked)
    archive = kept / known.address.rpartition("/")[2]
    by_hand = archive.exists()
    if not by_hand:
        try:
            downloads.download(
                known.address,
                archive,
                sha256=known.sha256,
                progress=progress or downloads.ProgressLine(known.name),
                archive=True,
            )
        except OSError as error:
            raise downloads.DownloadError(
                f"{error} To do without the network, put {known.address} at {archive}."
            ) from error
    try:
        downloads.extract(archive, unpacked)
    finally:
        if not by_hand:
            with contextlib.suppress(OSError):
                archive.unlink()
    return _find(unpacked)


def _find(folder: pathlib.Path) -> str:
    """The checkpoint in an unpacked archive. Some are in a folder of it, some are of format V1."""
    inside = glob.escape(str(folder)) + "/**/"
    v2 = [path.removesuffix(".index") for path in glob.glob(inside + "*.index", recursive=True)]
    v1 = [path for path in glob.glob(inside + "*.ckpt", recursive=True) if os.path.isfile(path)]
    found = sorted(v2 or v1, key=lambda path: (_is_average(path), checkpoints.step_of(path), path))
    if not found:
        raise downloads.DownloadError(
            f"There is no checkpoint in {folder}. Remove that folder to fetch it again."
        )
    return found[-1]


def _is_average(path: str) -> bool:
    """Some archives hold the weights of the last step and, in a folder of this name, averages."""
    return "ema" in pathlib.Path(path).parts
