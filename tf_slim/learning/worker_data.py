"""What each worker of a `tf.distribute.ParameterServerStrategy` reads: a stream of its own.

Nobody tells such workers in which order they take their steps, so no stream of batches can be
theirs together, in order. What can be: that no two read the same. Of a Pipeline each has a shuffle
of its own, and reads nothing that it does not train on. Of another data set nobody knows how to
shuffle it anew: its batches are dealt out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

# How many epochs of a stream lie between what two workers read of it, for each example of a batch.
_APART = 1024

# Operations that call a function of Python in the process that has made them.
_OF_PYTHON = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}


class WorkerData:
    """The streams of the workers, from a step of the run on.

    Args:
      dataset: a Pipeline or a Dataset.
      step: how many batches have been taken, by all workers together.
      workers: how many there are.

    Attributes:
      left: how many batches there are for all together; None for no end, or where nobody knows.
      may_end: whether there is an end, as far as is known.
      element_spec: of a batch.
      make: a function that makes the stream of the worker which runs it.

    Raises:
      ValueError: the batches are made by Python in this process.
    """

    def __init__(self, dataset: Any, step: int, workers: int):
        self.left: int | None = None
        self.may_end = False
        self.element_spec = dataset.element_spec
        if _shuffles_anew(dataset):
            stream = _shuffled(dataset, step, workers)
        else:
            whole = dataset.dataset(start=step) if _is_pipeline(dataset) else dataset.skip(step)
            count = int(whole.cardinality())
            self.may_end = count != tf.data.INFINITE_CARDINALITY
            self.left = count if count >= 0 else None
            stream = _dealt(whole, workers, count)
        self.make = tf.function(stream, autograph=False).get_concrete_function()
        _refuse_python(self.make.graph.as_graph_def())


def _is_pipeline(dataset: Any) -> bool:
    return hasattr(dataset, "dataset")


def _shuffles_anew(dataset: Any) -> bool:
    return _is_pipeline(dataset) and dataset.is_training and dataset.num_epochs is None


def _worker() -> tf.Tensor:
    """The number of the worker that runs the function which is being traced."""
    return tf.distribute.coordinator.experimental_get_current_worker_index()


def _shuffled(pipeline: Any, step: int, workers: int) -> Callable[[], tf.data.Dataset]:
    """The stream of the pipeline at a place of each worker's own: epochs that no other comes to."""
    apart = _APART * pipeline.num_samples  # whole epochs, which are skipped by arithmetic

    def stream():
        return pipeline.dataset(start=step // workers + apart * _worker())

    return stream


def _dealt(whole: tf.data.Dataset, workers: int, count: int) -> Callable[[], tf.data.Dataset]:
    """Of each round of batches one to each worker; to each all, where the data set asks for it."""
    policy = whole.options().experimental_distribute.auto_shard_policy
    is_dealt = policy != tf.data.experimental.AutoShardPolicy.OFF and not 0 <= count < workers
    graph = tf.raw_ops.DatasetToGraphV2(
        input_dataset=tf.data.experimental.to_variant(whole),
        external_state_policy=1,  # what is random there is no reason to refuse it
        strip_device_assignment=True,
    )
    content = tf.compat.v1.GraphDef.FromString(graph.numpy())
    _refuse_python(content)

    def stream():
        made = tf.raw_ops.DatasetFromGraph(graph_def=graph)
        dataset = tf.data.experimental.from_variant(made, whole.element_spec)
        # A fast worker comes to the end of its share before the others do.
        return (dataset.shard(workers, _worker()) if is_dealt else dataset).repeat()

    return stream


def _refuse_python(graph: Any) -> None:
    nodes = [*graph.node, *(node for one in graph.library.function for node in one.node_def)]
    if any(node.op in _OF_PYTHON for node in nodes):
        raise ValueError(
            "dataset: expected one that workers in other processes can read; got one whose batches "
            "are made by Python in this process (a generator, tf.numpy_function, tf.py_function, "
            "slim.data.from_arrays). Read them from files, as `tf-slim data convert` writes them; "
            "or hand over tensors: tf.data.Dataset.from_tensor_slices((images, labels))."
        )
