"""The old path of the queue readers of TensorFlow 1."""

from tf_slim.legacy.parallel_reader import (
    ParallelReader,
    get_data_files,
    parallel_read,
    single_pass_read,
)

__all__ = ["ParallelReader", "get_data_files", "parallel_read", "single_pass_read"]
