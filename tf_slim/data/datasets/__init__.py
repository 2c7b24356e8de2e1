"""The data sets that come with TF-Slim. Importing this registers them; one file each."""

from tf_slim.data.datasets import digits

__all__ = ["digits"]
