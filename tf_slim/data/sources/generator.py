"""`from_generator`: pictures that a function of yours makes, one after the other."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.data.sources.labelled import as_names
from tf_slim.data.sources.pixels import as_pixels, checked_picture
from tf_slim.data.sources.protocol import Loaded, Place, RecordSource
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops.arguments import checked, describe
from tf_slim.ops.data_errors import DataError

_AGAIN = (
    "Give the function itself: it is called anew for each epoch and each restart, and must give "
    "the same pictures in the same order each time."
)


class Generated(RecordSource):
    """The pictures of a generator function: one shard, which is read from its start."""

    portable = False

    def __init__(
        self,
        function: Callable[[], Any],
        num_classes: int,
        channels: int,
        *,
        count: int | None,
        multi_label: bool,
        weighted: bool,
        encoded: bool,
    ):
        """Takes note of the function.

        Args:
            function: Called without arguments, it gives the pictures.
            num_classes: Number of classes.
            channels: Channels of the pictures.
            count: Number of pictures, or None.
            multi_label: Whether a label is any number of labels.
            weighted: Whether weights come as well.
            encoded: Whether pictures are files (bytes or paths), and not pixels.
        """
        self._function = function
        self._num_classes = num_classes
        self._channels = channels
        self._count = count
        self._multi_label = multi_label
        self._weighted = weighted
        self.encoded = encoded
        shape = tf.TensorSpec([3], tf.int32)
        self.picture_spec = (tf.TensorSpec([], tf.string), shape)
        label = (
            tf.TensorSpec([num_classes], tf.float32) if multi_label else tf.TensorSpec([], tf.int64)
        )
        self._signature = (
            tf.TensorSpec([], tf.string),
            shape,
            label,
            tf.TensorSpec([], tf.float32),
        )

    def count(self) -> int:
        if self._count is None:
            self._count = sum(1 for _ in self._function())
        return self._count

    @property
    def known_count(self) -> int | None:
        return self._count

    def shards(self) -> Sequence[int]:
        return range(1)

    def read(self, shard: tf.Tensor) -> tf.data.Dataset:
        del shard
        return self.read_all()

    def read_all(self) -> tf.data.Dataset:
        return tf.data.Dataset.from_generator(self._converted, output_signature=self._signature)

    def load(self, records: Any) -> Loaded:
        contents, shapes, labels, weights = records
        return Loaded((contents, shapes), labels, weights if self._weighted else None)

    def fetch(self, picture: Any) -> tf.Tensor:
        content, shape = picture
        if self.encoded:
            return content
        image = tf.reshape(tf.io.decode_raw(content, tf.uint8), shape)
        image.set_shape([None, None, self._channels])
        return image

    def filenames(self, positions: Sequence[int]) -> list[str | None]:
        names: list[str | None] = []
        last = max(positions, default=-1)
        for position, record in enumerate(self._function()):
            if position > last:
                break
            found = record[0] if isinstance(record, (tuple, list)) else None
            names.append(os.fspath(found) if isinstance(found, (str, os.PathLike)) else None)
        return [names[position] for position in positions]

    def described(self) -> str:
        return f"the generator {_called(self._function)}"

    def place(self, part: Any, record: int) -> Place:
        return Place(self.described(), record)

    def damage(self, part: Any, record: int, error: tf.errors.OpError) -> Exception | None:
        """The generator's own error, and what is wrong with a record, are seen by running it."""
        records = iter(self._function())
        for position in range(record + 1):
            try:
                found = next(records, None)
                if found is not None:
                    self._record(position, found)
            except DataError as fault:
                return fault
            except Exception as fault:
                return DataError(
                    f"it fails by {type(fault).__name__}: {fault}.",
                    path=self.described(),
                    record=position,
                )
        return None

    def explain(self, part: Any, record: int) -> bytes | None:
        for position, found in enumerate(self._function()):
            if position == record and self.encoded:
                return self._record(position, found)[0]
        return None

    def _converted(self) -> Iterator[tuple]:
        for position, record in enumerate(self._function()):
            yield self._record(position, record)

    def _record(self, position: int, record: Any) -> tuple:
        size = 3 if self._weighted else 2
        if not isinstance(record, (tuple, list)) or len(record) != size:
            what = "(image, label, weight)" if self._weighted else "(image, label)"
            raise self._fault(position, f"expected {what}, received {describe(record)}.")
        image, label = record[:2]
        if self.encoded:
            content, shape = self._file(position, image), (0, 0, 0)
        else:
            content, shape = self._pixels(position, image)
        weight = float(record[2]) if self._weighted else 1.0
        if not 0 <= weight < float("inf"):
            raise self._fault(position, f"its weight is {weight}, but must be 0 or more.")
        return content, np.asarray(shape, np.int32), self._label(position, label), weight

    def _file(self, position: int, image: Any) -> bytes:
        if isinstance(image, bytes):
            return image
        if not isinstance(image, (str, os.PathLike)):
            raise self._fault(
                position, f"the first picture was a file, but this is {describe(image)}."
            )
        try:
            with tf.io.gfile.GFile(os.fspath(image), "rb") as file:
                return file.read()
        except (tf.errors.OpError, OSError):
            raise self._fault(position, f"its file {os.fspath(image)!r} cannot be read.") from None

    def _pixels(self, position: int, image: Any) -> tuple[bytes, tuple[int, ...]]:
        try:
            (picture,), channels = checked_picture([image])
        except (TypeError, ValueError) as error:
            raise self._fault(position, str(error).replace("images[0]", "the picture")) from None
        if channels != self._channels:
            raise self._fault(
                position, f"the picture has {channels} channels, the first has {self._channels}."
            )
        pixels = as_pixels(picture)
        return pixels.tobytes(), pixels.shape

    def _label(self, position: int, label: Any) -> Any:
        given = np.asarray(label)
        if given.dtype.kind not in "iub" and given.size:
            raise self._fault(
                position, f"its label must be an integer, received {describe(label)}."
            )
        if self._multi_label != (given.ndim == 1):
            expected = "a list of labels" if self._multi_label else "one label"
            raise self._fault(position, f"expected {expected}, received {describe(label)}.")
        values = given.reshape(-1).astype(np.int64)
        bad = values[(values < 0) | (values >= self._num_classes)]
        if bad.size:
            raise self._fault(
                position, f"its label is {bad[0]}, but must be in [0, {self._num_classes})."
            )
        if not self._multi_label:
            return values[0]
        hot = np.zeros([self._num_classes], np.float32)
        hot[values] = 1
        return hot

    def _fault(self, position: int, problem: str) -> DataError:
        return DataError(problem, path=self.described(), record=position)


@checked
def from_generator(
    function: Callable[[], Any],
    num_classes: int,
    *,
    num_samples: int | None = None,
    multi_label: bool = False,
    weighted: bool = False,
    labels_to_names: Mapping[int, str] | Sequence[str] | None = None,
    name: str | None = None,
    split: str = "all",
    image_channels: int | None = None,
    image_size: int | Sequence[int] | None = None,
    preprocessing: str = "none",
) -> DatasetSpec:
    """Describes the pictures that a function makes.

    The function is called anew for each epoch, and must make the same pictures in the same order
    each time. A training that goes on skips those that it has seen: they are made, but not
    preprocessed. Python makes one picture at a time, so files are read faster by `from_folder` and
    `from_table`.

    Args:
        function: A function without parameters that yields `(image, label)`, or returns something
            that can be iterated over. An image is uint8 `[height, width, channels]` (or what
            `from_arrays` takes), or the bytes or the path of a file; the first one says which.
        num_classes: Number of classes.
        num_samples: How many pictures it makes. If None, they are counted when first needed, by
            running it once.
        multi_label: Whether a label is a list of any number of labels.
        weighted: Whether it yields `(image, label, weight)`.
        labels_to_names: Name of each class.
        name: Name of the data set. If None, the name of the function.
        split: Name of the split.
        image_channels: Channels of the pictures: 1 (grey), 3 (RGB) or 4 (RGBA). If None, those of
            the first array, and 3 of files.
        image_size: Size in pixels to hand to the preprocessing: one integer or `(height, width)`.
        preprocessing: Name of the preprocessing to use unless a pipeline is given another.

    Returns:
        The spec.

    Raises:
        TypeError: If it is no function, or cannot be called anew.
        DataError: If it yields nothing, or the first is no picture with a label.

    Examples:
        >>> def drawn():
        ...     for number in range(100):
        ...         yield np.full([8, 8, 1], number, np.uint8), number % 10
        >>> spec = slim.data.from_generator(drawn, num_classes=10, num_samples=100)
        >>> images, labels = next(iter(slim.data.Pipeline(spec, 4).dataset()))
        >>> images.shape, labels.numpy().tolist()
        (TensorShape([4, 8, 8, 1]), [0, 1, 2, 3])
    """
    if inspect.isgenerator(function) or not callable(function):
        raise TypeError(
            f"from_generator takes a function without parameters, received {describe(function)}. "
            f"{_AGAIN}"
        )
    records = function()
    if not isinstance(records, Iterable):
        raise TypeError(
            f"{_called(function)} must yield (image, label), it returns {describe(records)}."
        )
    if isinstance(records, Iterator) and records is function():
        raise TypeError(f"{_called(function)} returns the same iterator each time. {_AGAIN}")
    first = next(iter(records), None)
    if first is None:
        raise DataError("it yields nothing.", path=f"the generator {_called(function)}")
    image = first[0] if isinstance(first, (tuple, list)) and first else None
    encoded = isinstance(image, (bytes, str, os.PathLike))
    channels = image_channels
    if channels is None:
        channels = 3 if encoded or image is None else _channels_of(image)
    source = Generated(
        function,
        num_classes,
        channels,
        count=num_samples,
        multi_label=multi_label,
        weighted=weighted,
        encoded=encoded,
    )
    source._record(0, first)
    return DatasetSpec(
        name=name or _called(function),
        split=split,
        data_sources=(),
        num_classes=num_classes,
        num_samples=num_samples,
        labels_to_names=None if labels_to_names is None else as_names(labels_to_names),
        image_channels=channels,
        image_size=image_size,
        preprocessing=preprocessing,
        multi_label=multi_label,
        weighted=weighted,
        source=source,
    )


def _channels_of(image: Any) -> int:
    shape = np.shape(image)
    return int(shape[2]) if len(shape) == 3 else 1


def _called(function: Callable) -> str:
    return getattr(function, "__name__", type(function).__name__)
