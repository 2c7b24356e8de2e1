"""What each worker of a `tf.distribute.ParameterServerStrategy` reads: a stream of its own.

Nobody tells such workers in which order they take their steps, so no stream of batches can be
theirs together, in order. What can be: that no two read the same. Of a Pipeline each has a shuffle
of its own, and reads nothing that it does not train on. Of another data set nobody knows how to
shuffle it anew: its batches are dealt out.
"""

from __future__ import annotations

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
      make: a function that makes the stream of the worker which runs it.

    Raises:
      ValueError: the batches are made by Python in this process.
    """

    def __init__(self, dataset: Any, step: int, workers: int):
        self.left: int | None = None
        self.may_end = False
        if _shuffles_anew(dataset):
            apart = _APART * dataset.num_samples  # whole epochs, which are skipped by arithmetic
            places = [step // workers + apart * worker for worker in range(workers)]
            streams, is_dealt = [dataset.dataset(start=place) for place in places], False
        else:
            whole = dataset.dataset(start=step) if _is_pipeline(dataset) else dataset.skip(step)
            count = int(whole.cardinality())
            self.may_end = count != tf.data.INFINITE_CARDINALITY
            self.left = count if count >= 0 else None
            policy = whole.options().experimental_distribute.auto_shard_policy
            is_dealt = policy != tf.data.experimental.AutoShardPolicy.OFF
            streams, is_dealt = [whole], is_dealt and not 0 <= count < workers
        # Datasets made in the function itself would take seconds to be begun.
        graphs, spec = tf.stack([_graph(stream) for stream in streams]), streams[0].element_spec

        def make():
            worker = tf.distribute.coordinator.experimental_get_current_worker_index()
            graph = graphs[worker] if len(streams) > 1 else graphs[0]
            made = tf.raw_ops.DatasetFromGraph(graph_def=graph)
            stream = tf.data.experimental.from_variant(made, spec)
            # A fast worker comes to the end of its share before the others do.
            return (stream.shard(workers, worker) if is_dealt else stream).repeat()

        self.make = tf.function(make, autograph=False).get_concrete_function()


def _is_pipeline(dataset: Any) -> bool:
    return hasattr(dataset, "dataset")


def _shuffles_anew(dataset: Any) -> bool:
    return _is_pipeline(dataset) and dataset.is_training and dataset.num_epochs is None


def _graph(dataset: tf.data.Dataset) -> tf.Tensor:
    """A data set as a text that another process can make it from.

    Raises:
      ValueError: it calls functions of Python in this process.
    """
    graph = tf.raw_ops.DatasetToGraphV2(
        input_dataset=tf.data.experimental.to_variant(dataset),
        external_state_policy=1,  # what is random there is no reason to refuse it
        strip_device_assignment=True,
    )
    content = tf.compat.v1.GraphDef.FromString(graph.numpy())
    functions = content.library.function
    nodes = [*content.node, *(node for function in functions for node in function.node_def)]
    if any(node.op in _OF_PYTHON for node in nodes):
        raise ValueError(
            "dataset: expected one that workers in other processes can read; got one whose batches "
            "are made by Python in this process (a generator, tf.numpy_function, tf.py_function, "
            "slim.data.from_arrays). Read them from files, as `tf-slim data convert` writes them; "
            "or hand over tensors: tf.data.Dataset.from_tensor_slices((images, labels))."
        )
    return graph
