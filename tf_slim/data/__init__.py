"""Data: what a data set is, where its records are, and how they become batches."""

from tf_slim.data import datasets, preprocessing
from tf_slim.data.checks import check
from tf_slim.data.errors import DataError, DataNotFoundError
from tf_slim.data.from_files import from_tfrecords
from tf_slim.data.labels import read_labels, write_labels
from tf_slim.data.pipeline import Pipeline
from tf_slim.data.registry import get_dataset, names, register, splits
from tf_slim.data.spec import DatasetSpec
from tf_slim.data.writer import image_example, write_examples

__all__ = [
    "DataError",
    "DataNotFoundError",
    "DatasetSpec",
    "Pipeline",
    "check",
    "datasets",
    "from_tfrecords",
    "get_dataset",
    "image_example",
    "names",
    "preprocessing",
    "read_labels",
    "register",
    "splits",
    "write_examples",
    "write_labels",
]
