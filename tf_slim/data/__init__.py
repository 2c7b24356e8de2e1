"""Data: what a data set is, where its records are, and how they become batches."""

import importlib as _importlib
import typing as _typing

from tf_slim.data import (
    data_decoder,
    data_provider,
    dataset,
    datasets,
    preprocessing,
    tfexample_decoder,
)
from tf_slim.data.checks import check
from tf_slim.data.errors import DataError, DataNotFoundError
from tf_slim.data.from_files import from_tfrecords
from tf_slim.data.labels import read_labels, write_labels
from tf_slim.data.pipeline import Pipeline
from tf_slim.data.registry import get_dataset, names, register, splits
from tf_slim.data.spec import DatasetSpec
from tf_slim.data.writer import image_example, write_examples

if _typing.TYPE_CHECKING:
    from tf_slim.data import dataset_data_provider, parallel_reader, prefetch_queue

# They stand on the room for TensorFlow 1, which stands on this one: not before they are asked for.
_OLD_PATHS = ("dataset_data_provider", "parallel_reader", "prefetch_queue")

__all__ = [
    "DataError",
    "DataNotFoundError",
    "DatasetSpec",
    "Pipeline",
    "check",
    "data_decoder",
    "data_provider",
    "dataset",
    "dataset_data_provider",
    "datasets",
    "from_tfrecords",
    "get_dataset",
    "image_example",
    "names",
    "parallel_reader",
    "prefetch_queue",
    "preprocessing",
    "read_labels",
    "register",
    "splits",
    "tfexample_decoder",
    "write_examples",
    "write_labels",
]


def __getattr__(name: str):
    if name in _OLD_PATHS:
        return _importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
