"""Pictures read, decoded and prepared as evaluation does it: several at a time, in their order."""

from __future__ import annotations

import collections
import concurrent.futures
import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import tensorflow as tf

from tf_slim.checkpoints.errors import reason
from tf_slim.data import images
from tf_slim.evaluation.pictures import Picture, encoded
from tf_slim.ops.data_errors import DataError, DataNotFoundError
from tf_slim.ops.tracing import TracedFunction, UserFunction


class Read(NamedTuple):
    """A picture that was read, or why it was not.

    Attributes:
      path: its path; None if it has none.
      image: what the net is given, float32 `[height, width, channels]`; None if there is an error.
      error: what is wrong with it; None if nothing is.
    """

    path: str | None
    image: Any
    error: DataError | None


class Reader:
    """Reads, decodes and prepares one picture, by a function that is traced once.

    Args:
      preprocess: `fn(image, *, is_training, seed)`.
      channels: to decode to.
      max_pixels: the most pixels that a picture may have.

    Attributes:
      image_spec: of what it makes of a picture.
    """

    def __init__(self, preprocess: Callable, channels: int, *, max_pixels: int = images.MAX_PIXELS):
        def prepare(content: tf.Tensor) -> tf.Tensor:
            image = images.decode(content, channels, max_pixels=max_pixels)
            return preprocess(image, is_training=False, seed=tf.constant([0, 0]))

        self._channels = channels
        self._max_pixels = max_pixels
        preprocess = UserFunction(preprocess)
        function = TracedFunction(prepare, input_signature=[tf.TensorSpec([], tf.string)])
        # Traced now: several threads would do so at a time.
        self._prepare = function.get_concrete_function()
        made = self._prepare.structured_outputs
        self.image_spec = tf.TensorSpec(made.shape, made.dtype)

    def __call__(self, number: int, picture: Picture) -> Read:
        """Reads a picture, whose place in the order is its name where it has no path."""
        path, content = picture.path, b""
        where = f"picture {number}" if path is None else path
        try:
            content = encoded(picture.content)
            if not content:
                raise DataError("it is empty.")
            with tf.device("CPU:0"):
                return Read(path, self._prepare(tf.constant(content)), None)
        except (FileNotFoundError, tf.errors.NotFoundError):
            problem = f"there is no such file (looked from {os.getcwd()})."
            return Read(path, None, DataNotFoundError(problem, path=where))
        except OSError as error:
            why = error.strerror or str(error)
            return Read(path, None, DataError(f"it cannot be read: {why}.", path=where))
        except DataError as error:
            return Read(path, None, DataError(str(error), path=where))
        except (tf.errors.OpError, ValueError) as error:
            fault = images.fault(content, self._channels, max_pixels=self._max_pixels)
            said = (
                f"it {fault}." if fault else f"it decodes, but not for the net: {_reason(error)}."
            )
            return Read(path, None, DataError(said, path=where))


def _reason(error: Exception) -> str:
    """What TensorFlow says is wrong, in a line."""
    return reason(error).removeprefix("assertion failed: ").strip()


def read_in_parallel(pictures: Iterator[Picture], reader: Reader, ahead: int) -> Iterator[Read]:
    """Reads pictures by several threads, in their order.

    Args:
      pictures: which; taken one after the other as there is room.
      reader: what reads one.
      ahead: how many to have at hand.
    """
    workers = os.cpu_count() or 1
    pool = concurrent.futures.ThreadPoolExecutor(workers, thread_name_prefix="tf_slim-reading")
    try:
        at_hand: collections.deque = collections.deque()
        for number, picture in enumerate(pictures):
            at_hand.append(pool.submit(reader, number, picture))
            if len(at_hand) >= max(ahead, workers):
                yield at_hand.popleft().result()
        while at_hand:
            yield at_hand.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
