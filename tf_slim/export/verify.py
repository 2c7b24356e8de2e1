"""Verification: an exported file is run by its own engine, and compared with its source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_slim.data import DatasetSpec, preprocessing
from tf_slim.export import engines, samples, timing
from tf_slim.export.comparison import Comparison, Counter
from tf_slim.export.errors import ExportError
from tf_slim.export.formats import Tolerance
from tf_slim.export.source import Source

PICTURES = 128
"""How many pictures to compare on, unless it is said."""

MADE_UP = "made-up images, since it is not known where its pictures are"

_BATCH = 16
_LATENCIES = (1, 16)
_ANY_SIZE = 64


class VerificationError(ExportError):
    """An exported file does not do what its source does.

    Attributes:
      comparison: all that was measured; None if it could not be run.
    """

    def __init__(self, message: str, comparison: Comparison | None = None):
        super().__init__(message)
        self.comparison = comparison


class Pictures(NamedTuple):
    """What a file is run on.

    Attributes:
      images: float32 `[pictures, height, width, channels]`, as the net is given them.
      labels: see `samples.Samples`; None if nobody knows them.
      name: what they are.
    """

    images: np.ndarray
    labels: np.ndarray | None
    name: str


def pictures(source: Source, data: DatasetSpec | None, count: int) -> Pictures:
    """The pictures to compare on: of a split, or where nobody knows one made-up ones.

    Args:
      source: the model.
      data: the split; None if nobody knows it.
      count: how many to take at most.

    Raises:
      slim.data.DataError: a picture cannot be read.
    """
    way = source.preprocessing or source.preprocess
    if data is None or way is None:
        return Pictures(_made_up(source, count), None, MADE_UP)
    found = samples.read(data, count, way, source.image_size)
    labels = found.labels if _are_ours(data, source.labels) else None
    return Pictures(found.images, labels, f"{data.name}, {data.split}")


def verify(
    source: Source,
    path: str,
    on: Pictures,
    tolerance: Tolerance,
    *,
    size: int,
    progress: Callable[[str, int, int], None],
) -> Comparison:
    """Runs an exported file by its own engine and compares it with its source.

    Args:
      source: what it was made from.
      path: of the file.
      on: pictures.
      tolerance: what is accepted.
      size: of the file, in bytes.
      progress: is called with what is being done, how much of it is, and how much there is.

    Raises:
      VerificationError: the file cannot be run, gives other outputs, or is beyond the tolerance.
      MissingExtraError: its engine is not installed.
    """
    counter = Counter(source.multi_label)
    reference = source.reference()
    try:
        engine = engines.open(path)
        done = 0
        for images, labels in _batches(on):
            expected = {name: value.numpy() for name, value in reference(images).items()}
            found = engine(images)
            _check_outputs(expected, found)
            counter.add(expected, found, labels)
            done += len(images)
            progress("comparing", done, len(on.images))
        batches = {n: _repeated(on.images, n) for n in _LATENCIES}
        latency = {n: timing.median_ms(lambda b=b: engine(b)) for n, b in batches.items()}
    except ImportError:
        raise
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
        if isinstance(error, VerificationError):
            raise
        raise VerificationError(f"The exported file cannot be run: {error}") from error
    ours = {n: timing.median_ms(lambda b=b: _waited(reference(b))) for n, b in batches.items()}
    comparison = counter.result(
        data=on.name,
        source_latency=ours,
        latency=latency,
        source_size=source.size,
        size=size,
        tolerance=tolerance,
    )
    if comparison.problem is not None:
        raise VerificationError(
            f"The exported file is not what it was made from: {comparison.problem}, on "
            f"{comparison.pictures} pictures ({comparison.data}). Nothing was written.",
            comparison,
        )
    return comparison


def _batches(on: Pictures) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    for first in range(0, len(on.images), _BATCH):
        part = slice(first, first + _BATCH)
        yield on.images[part], None if on.labels is None else on.labels[part]


def _repeated(images: np.ndarray, count: int) -> np.ndarray:
    return np.resize(images, (count, *images.shape[1:]))


def _waited(outputs: dict[str, tf.Tensor]) -> None:
    for value in outputs.values():
        value.numpy()


def _check_outputs(expected: dict[str, np.ndarray], found: dict[str, np.ndarray]) -> None:
    for name, value in expected.items():
        if name not in found:
            raise VerificationError(
                f"The exported file gives no output {name!r}; it gives {', '.join(found)}."
            )
        if found[name].shape != value.shape:
            raise VerificationError(
                f"The exported file gives {name!r} of the shape {list(found[name].shape)}; "
                f"expected {list(value.shape)}."
            )


def _are_ours(data: DatasetSpec, labels: tuple[str, ...] | None) -> bool:
    """Whether a number means the same class in the data as in the model."""
    names = data.labels_to_names
    if not names or labels is None:
        return True
    return all(number < len(labels) and labels[number] == name for number, name in names.items())


def _made_up(source: Source, count: int) -> np.ndarray:
    """Images with areas and edges in them, of the range of the preprocessing; always the same."""
    height, width = source.image_size or (_ANY_SIZE, _ANY_SIZE)
    name, found = source.preprocessing, None
    if name is not None and name in preprocessing.names():
        found = preprocessing.get_pixel_range(name, source.channels)
    black, white = (-1.0, 1.0) if found is None else found
    rng = np.random.RandomState(0)
    coarse = rng.uniform(size=[count, 4, 4, source.channels]).astype(np.float32)
    images = tf.image.resize(coarse, [height, width]).numpy()
    images += 0.1 * rng.uniform(-1, 1, images.shape).astype(np.float32)
    share = np.clip(images, 0, 1)
    return (np.asarray(black) + share * (np.asarray(white) - np.asarray(black))).astype(np.float32)
