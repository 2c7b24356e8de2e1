"""`Dataset`: where the records of a data set are, and how they are read and decoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["Dataset"]


class Dataset:
    """A description of a data set, for `slim.dataset_data_provider.DatasetDataProvider`.

    Nothing is looked up or read. See `slim.data.DatasetSpec` for what `tf.data` pipelines read.

    Args:
      data_sources: files, see `slim.parallel_reader.get_data_files`.
      reader: a reader such as `tf.compat.v1.TFRecordReader`.
      decoder: a `slim.data_decoder.DataDecoder`, usually a `TFExampleDecoder`.
      num_samples: how many examples there are.
      items_to_descriptions: what each item is, by its name.
      **kwargs: kept as attributes too; by convention `num_classes` and `labels_to_names`.

    Examples: see `slim.dataset_data_provider.DatasetDataProvider`.
    """

    def __init__(
        self,
        data_sources: Any,
        reader: Any,
        decoder: Any,
        num_samples: int | None,
        items_to_descriptions: Mapping[str, str] | None,
        **kwargs: Any,
    ):
        kwargs.update(
            data_sources=data_sources,
            reader=reader,
            decoder=decoder,
            num_samples=num_samples,
            items_to_descriptions=items_to_descriptions,
        )
        self.__dict__.update(kwargs)
