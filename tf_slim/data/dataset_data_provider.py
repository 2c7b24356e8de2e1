"""The old path of `DatasetDataProvider`."""

from tf_slim.legacy.dataset_data_provider import DatasetDataProvider

__all__ = ["DatasetDataProvider"]
