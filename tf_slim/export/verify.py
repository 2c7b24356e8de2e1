"""Verification: an exported file is run by its own engine, and compared with its source."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_slim.data import preprocessing
from tf_slim.export import engines, samples, timing
from tf_slim.export.comparison import Comparison, Counter
from tf_slim.export.errors import ExportError
from tf_slim.export.formats import Tolerance
from tf_slim.export.source import IMAGES, Source
from tf_slim.ops import shapes
from tf_slim.ops.wording import without_nodes

PICTURES = 128
"""How many pictures to compare on, unless it is said."""

MADE_UP = "made-up images, since it is not known where its pictures are"

_NO_KERNEL = re.compile(
    r"No OpKernel was registered to support Op '(\w+)' used by {{node ([^}]*)}}"
)

_BATCH = 16
_LATENCIES = (1, 16)
_ANY_SIZE = 64


class VerificationError(ExportError):
    """An exported file does not do what its source does.

    Attributes:
      comparison: all that was measured; None if it could not be run.

    Examples:
      >>> try:
      ...     slim.export.save("runs/digits", "digits.pb", tolerance=0.0, pictures=50)
      ... except slim.export.VerificationError as error:
      ...     print(error.comparison.pictures, error.comparison.difference > 0)
      50 True
    """

    def __init__(self, message: str, comparison: Comparison | None = None):
        super().__init__(message)
        self.comparison = comparison


class Pictures(NamedTuple):
    """What a file is run on.

    Attributes:
      inputs: arrays by the names of the inputs, `[pictures, ...]`, as the net is given them; for
        most `images`, float32 `[pictures, height, width, channels]`.
      labels: see `samples.Samples`; None if nobody knows them.
      name: what they are.
    """

    inputs: Mapping[str, np.ndarray]
    labels: np.ndarray | None
    name: str

    @property
    def count(self) -> int:
        """How many there are."""
        return len(next(iter(self.inputs.values())))


def pictures(source: Source, count: int) -> Pictures:
    """The pictures to compare on: of a split, or where nobody knows one made-up ones.

    Args:
      source: the model.
      count: how many to take at most.

    Raises:
      slim.data.DataError: a picture cannot be read.
    """
    key = "pictures", id(source.test), count
    return source.once(key, lambda: _pictures(source, count))


def _pictures(source: Source, count: int) -> Pictures:
    way, data = source.preprocessing or source.preprocess, source.test
    if data is None or way is None or not source.takes_images:
        made_up = {name: _made_up(source, spec, count) for name, spec in source.inputs.items()}
        return Pictures(made_up, None, MADE_UP)
    found = samples.read(data, count, way, source.image_size)
    return Pictures({IMAGES: found.images}, found.labels, f"{data.name}, {data.split}")


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
        for inputs, labels in _batches(on):
            expected = _waited(reference(*inputs.values()))
            found = engine(inputs)
            _check_outputs(expected, found)
            counter.add(expected, found, labels)
            done += len(next(iter(inputs.values())))
            progress("comparing", done, on.count)
        batches = {n: _repeated(on, n) for n in _LATENCIES}
        latency = {n: timing.median_ms(lambda b=b: engine(b)) for n, b in batches.items()}
    except (ImportError, VerificationError):
        raise
    except Exception as error:  # whatever a library may raise
        raise VerificationError(f"The exported file cannot be run: {_reason(error)}") from error
    ours = {
        n: timing.median_ms(lambda b=b: _waited(reference(*b.values()))) for n, b in batches.items()
    }
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


def _batches(on: Pictures) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray | None]]:
    for first in range(0, on.count, _BATCH):
        part = slice(first, first + _BATCH)
        inputs = {name: value[part] for name, value in on.inputs.items()}
        yield inputs, None if on.labels is None else on.labels[part]


def _repeated(on: Pictures, count: int) -> dict[str, np.ndarray]:
    return {k: np.resize(value, (count, *value.shape[1:])) for k, value in on.inputs.items()}


def _waited(outputs: Mapping[str, tf.Tensor]) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in outputs.items()}


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


def _reason(error: Exception) -> str:
    """What an engine says is wrong, in a line, with the layer where it is."""
    said = str(error).strip() or type(error).__name__
    found = _NO_KERNEL.search(said)
    if found is not None:
        operation, node = found.groups()
        layer = node.split("PartitionedCall/")[-1]
        return (
            f"this machine has nothing to compute the operation {operation} (layer {layer}) by, in "
            "that precision."
        )
    return without_nodes(said).splitlines()[0]


def _made_up(source: Source, spec: tf.TensorSpec, count: int) -> np.ndarray:
    """Inputs that are always the same: images have areas and edges in them, in the usual range."""
    rng = np.random.RandomState(0)
    shape = [count, *(_ANY_SIZE if side is None else side for side in shapes.of(spec)[1:])]
    if not spec.dtype.is_floating:
        return rng.randint(0, 2, shape).astype(spec.dtype.as_numpy_dtype)
    if len(shape) != 4:
        return rng.uniform(-1, 1, shape).astype(spec.dtype.as_numpy_dtype)
    name, found = source.preprocessing, None
    if name is not None and name in preprocessing.names():
        found = preprocessing.get_pixel_range(name, shape[-1])
    black, white = (-1.0, 1.0) if found is None else found
    coarse = rng.uniform(size=[count, 4, 4, shape[-1]]).astype(np.float32)
    images = tf.image.resize(coarse, shape[1:3]).numpy()
    images += 0.1 * rng.uniform(-1, 1, images.shape).astype(np.float32)
    share = np.clip(images, 0, 1)
    return (np.asarray(black) + share * (np.asarray(white) - np.asarray(black))).astype(np.float32)
