"""A model that is served: pictures go in by many requests, and out of batches."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from tf_slim.evaluation.pictures import encoded
from tf_slim.evaluation.prediction import Prediction
from tf_slim.evaluation.predictor import Predictor
from tf_slim.evaluation.reading import Read
from tf_slim.ops.arguments import describe
from tf_slim.serving.batching import Batcher
from tf_slim.serving.limits import Limits, Places, Refused
from tf_slim.serving.metrics import Metrics

_THE_ONE = re.compile("^picture 0: it(?= )")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


class Served:
    """A predictor whose pictures come from many requests at the same time.

    Pictures are read by as many threads as there are cores; one more gives them to the model, in
    batches.

    Args:
      predictor: what to serve.
      name: of the model in addresses.
      version: of the model in addresses.
      limits: what to take upon itself.

    Attributes:
      predictor, name, version, limits: the same.
      places: those of accepted pictures.
      metrics: what is counted.
      heat_maps: whether the model can tell where it looks, which `warm_up` finds out.
      is_closing: whether it takes no new work soon.

    Raises:
      ValueError: the name cannot stand in an address.

    Examples:
      >>> served = slim.serving.Served(slim.Predictor("runs/digits"), "digits")
      >>> served.warm_up() is None
      True
      >>> served.close()
    """

    def __init__(
        self,
        predictor: Predictor,
        name: str,
        *,
        version: int = 1,
        limits: Limits | None = None,
    ):
        if not _NAME.fullmatch(name):
            raise ValueError(
                "name: expected letters, digits, '-', '_' and '.', since it stands in addresses; "
                f"got {describe(name)}."
            )
        self.predictor, self.name, self.version = predictor, name, version
        self.limits = limits = limits or Limits()
        self.places = Places(limits)
        self.metrics = Metrics()
        self.heat_maps = False
        self.is_closing = False
        self._readers = concurrent.futures.ThreadPoolExecutor(
            os.cpu_count() or 1, thread_name_prefix="tf_slim-reading"
        )
        self._batcher = Batcher(self._compute, limits.batch_size, self._note)
        self.metrics.watch(
            "accepted_pictures", "Pictures accepted, not answered yet.", lambda: self.places.taken
        )
        self.metrics.watch(
            "waiting_pictures", "Pictures that wait for a batch.", lambda: self._batcher.waiting
        )

    def warm_up(self) -> str | None:
        """Computes something once, so that the first request need not wait for tracing.

        Returns:
          Why there are no heat maps; None if there are.

        Raises:
          ValueError: the model does not tell classes apart, or its labels do not fit.
        """
        height, width, channels = (
            64 if side is None else side for side in self.predictor.image_spec.shape
        )
        image = np.zeros([height, width, channels], np.float32)
        self._read(encoded(np.zeros([height, width, 1], np.uint8)), 0)
        for count in sorted({1, self.limits.batch_size}):
            self.predictor.compute([image] * count)
        try:
            self.predictor.compute([image], heat_maps=True)
        except ValueError as error:
            return str(error)
        self.heat_maps = True
        return None

    def close(self) -> None:
        """Computes what was accepted, and stops its threads."""
        self.is_closing = True
        self._readers.shutdown()
        self._batcher.close()

    async def in_thread(self, function: Any, *args: Any) -> Any:
        """Runs what takes a while in one of the reading threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, function, *args)

    async def predict(
        self, contents: Sequence[bytes], *, heat_maps: bool = False
    ) -> list[Prediction]:
        """What the model says of encoded pictures, whose places are taken already.

        Args:
          contents: the files.
          heat_maps: whether to tell where the model looks, if it can.

        Raises:
          Refused: one of them is no picture, or too large.
        """
        heat_maps = heat_maps and self.heat_maps
        reads = await asyncio.gather(
            *(self.in_thread(self._read, content, i) for i, content in enumerate(contents))
        )
        for read in reads:
            if read.error is not None:
                said = str(read.error)
                # Of one alone nobody asks which.
                raise Refused(400, _THE_ONE.sub("The picture", said) if len(reads) == 1 else said)
        values = await self._computed([read.image for read in reads], heat_maps)
        return [
            Prediction(
                path=None,
                names=self.predictor.labels,
                image=read.image if heat_maps else None,
                **one,
            )
            for read, one in zip(reads, values)
        ]

    async def predict_arrays(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """What the model says of images that were prepared elsewhere.

        Args:
          images: float32 `[height, width, channels]` each, as the net takes them.
        """
        values = await self._computed(images, False)
        return [Prediction(path=None, names=self.predictor.labels, **one) for one in values]

    async def _computed(self, images: Sequence[np.ndarray], heat_maps: bool) -> list[Any]:
        futures = [self._batcher.submit(image, heat_maps) for image in images]
        values = await asyncio.gather(*map(asyncio.wrap_future, futures))
        if not all(np.isfinite(one["probabilities"]).all() for one in values):
            raise Refused(500, f"{self.name} computes no finite probabilities of this.")
        return values

    def _read(self, content: bytes, number: int) -> Read:
        read = self.predictor.read(content, number)
        return read if read.error is not None else read._replace(image=np.asarray(read.image))

    def _compute(self, images: list[np.ndarray], heat_maps: Any) -> Any:
        return self.predictor.compute(images, heat_maps=heat_maps)

    def _note(self, count: int, seconds: float) -> None:
        self.metrics.batches.observe(count)
        self.metrics.busy.observe(seconds)
        self.places.learn(seconds / count)
