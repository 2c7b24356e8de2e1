"""The queue runners of TensorFlow 1."""

from tf_slim.legacy.queue_runners import NestedQueueRunnerError, QueueRunners

__all__ = ["NestedQueueRunnerError", "QueueRunners"]
