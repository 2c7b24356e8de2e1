"""Batches of inputs and labels, as training and evaluation read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.data.service import watched
from tf_slim.learning.in_memory import how_to_hand_over
from tf_slim.learning.together import shares, workers
from tf_slim.ops.arguments import describe

_OF_PIPELINES = (
    *("batch_size", "is_training", "num_epochs", "preprocessing", "image_size"),
    *("_shuffle", "_augmentation_seed", "_mixing_seed"),
)


class Source:
    """Batches from a given step on, from a Pipeline or a Dataset.

    Args:
      dataset: of `(inputs, labels)`, or, where `weighted`, of `(inputs, labels, weights)` too.
      strategy: under which the batches are used.
      weighted: whether batches may have weights of the examples.
      whole: whether, of several workers, each takes whole batches in turn; otherwise its share of
        each.

    Attributes:
      first_batch: what distinguishes the first batch from others, once it was read by one of
        several workers; None if that is not known.
    """

    def __init__(
        self,
        dataset: Any,
        strategy: tf.distribute.Strategy,
        *,
        weighted: bool = False,
        whole: bool = False,
    ):
        self._dataset = dataset
        self._strategy = strategy
        self._workers = workers.of(strategy)
        self._whole = whole
        self.first_batch: list[int] | None = None
        self._made: tuple[int, tf.data.Dataset] | None = None
        expected = "(inputs, labels)" + " or (inputs, labels, weights)" * weighted
        spec = getattr(dataset, "element_spec", None)
        if spec is None:
            raise ValueError(
                f"dataset: expected a tf.data.Dataset or slim.data.Pipeline of {expected}; "
                f"got {describe(dataset)}. {how_to_hand_over(dataset)}"
            )
        if not isinstance(spec, tuple) or len(spec) not in ((2, 3) if weighted else (2,)):
            remedy = "`dataset.map(lambda row: (row['image'], row['label']))`"
            if isinstance(spec, tuple) and len(spec) == 3:
                remedy = "`dataset.map(lambda inputs, labels, weights: (inputs, labels))`"
            raise ValueError(
                f"dataset: expected a tf.data.Dataset or slim.data.Pipeline of {expected}; "
                f"got elements {spec}. Map it: {remedy}."
            )
        self._spec = spec

    @property
    def dataset(self) -> Any:
        """The Pipeline, or the Dataset, repeated as often as it was asked for."""
        return self._dataset

    def prepare_specs(self) -> tuple:
        """What to trace a step with, before there are data."""
        if self._strategy.num_replicas_in_sync == 1:
            return self._spec
        return self._distributed(self._at(0)).element_spec

    @property
    def is_served(self) -> bool:
        """Whether a tf.data service makes the batches: a call that waits for one cannot be left."""
        return getattr(self._dataset, "service", None) is not None

    def never_ends(self) -> bool:
        """Whether the batches are known to have no end."""
        return int(self._at(0).cardinality()) == tf.data.INFINITE_CARDINALITY

    @property
    def how_to_repeat(self) -> str:
        """What to write for more than one epoch."""
        if hasattr(self._dataset, "dataset"):
            return "slim.data.Pipeline(..., is_training=True), without num_epochs"
        return "dataset.repeat(), after shuffle() and before batch()"

    def length(self) -> int | None:
        """How many batches there are; None if they never end, or nobody knows."""
        if hasattr(self._dataset, "dataset"):
            return None
        count = int(self._dataset.cardinality())
        return None if count < 0 else count

    @property
    def labels_spec(self) -> Any:
        """The spec of the labels of a batch."""
        return self._spec[1]

    def epoch_length(self) -> int | None:
        """How many batches one pass over the data has; None if nobody knows."""
        if hasattr(self._dataset, "dataset"):
            return self._dataset.steps_per_epoch
        return self.length()

    def repeat(self, epochs: int) -> None:
        """Makes a Dataset of one epoch one of several. A Pipeline knows itself how often."""
        if not hasattr(self._dataset, "dataset"):
            self._dataset = self._dataset.repeat(epochs)

    def batches(self, step: int = 0) -> Iterator:
        """The batches after the first `step` ones."""
        return watched(self.iterator(step), getattr(self._dataset, "service", None))

    def iterator(self, step: int = 0) -> Iterator:
        """The same as an iterator of TensorFlow, which compiled functions may take."""
        dataset = self._at(step)
        if self._strategy.num_replicas_in_sync > 1:
            dataset = self._distributed(dataset)
        return iter(dataset)

    def _see(self, digests: np.ndarray) -> None:
        self.first_batch = digests.tolist()

    def facts(self) -> dict[str, Any]:
        """What must be the same on all workers."""
        data: Any = self._dataset
        described = [f"{key} {getattr(data, key)}" for key in _OF_PIPELINES if hasattr(data, key)]
        return {"batches": str(self._spec), "data": [*described, f"{self.epoch_length()} batches"]}

    def _at(self, step: int) -> tf.data.Dataset:
        if hasattr(self._dataset, "dataset"):
            # Kept: to make it is to trace all that reads and prepares a batch.
            if self._made is None or self._made[0] != step:
                context = {}
                if self._is_cut_by_itself():
                    context["context"] = shares.context(self._strategy, self._workers)
                self._made = step, self._dataset.dataset(start=step, **context)
            return self._made[1]
        return self._dataset.skip(step) if step else self._dataset

    def _is_cut_by_itself(self) -> bool:
        """Whether this is a Pipeline, which gives each of several workers its parts alone."""
        return self._workers.count > 1 and hasattr(self._dataset, "dataset")

    def _distributed(self, dataset: tf.data.Dataset):
        if self._is_cut_by_itself():
            size = self._dataset.batch_size
            return shares.of_pipeline(dataset, self._strategy, self._workers, size)
        if self._workers.count > 1:
            return shares.of_worker(dataset, self._strategy, self._workers, self._whole, self._see)
        return self._strategy.experimental_distribute_dataset(dataset)

    def explained(self, error: Exception) -> Exception:
        """The error, with the name of the broken file where the source can tell."""
        diagnose = getattr(self._dataset, "diagnose", None)
        return error if diagnose is None else diagnose(error)
