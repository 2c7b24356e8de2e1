"""The old path of `accuracy` and `f1_score`."""

from tf_slim.metrics import accuracy, f1_score

__all__ = ["accuracy", "f1_score"]
