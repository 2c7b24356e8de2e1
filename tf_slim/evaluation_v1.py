"""What `slim.evaluation` offers for the graphs of TensorFlow 1."""

from tf_slim.legacy.eval_hooks import StopAfterNEvalsHook, SummaryAtEndHook, get_or_create_eval_step
from tf_slim.legacy.evaluation import evaluate_once, evaluate_repeatedly, evaluation_loop
from tf_slim.legacy.new_checkpoints import checkpoints_iterator, wait_for_new_checkpoint

__all__ = [
    "StopAfterNEvalsHook",
    "SummaryAtEndHook",
    "checkpoints_iterator",
    "evaluate_once",
    "evaluate_repeatedly",
    "evaluation_loop",
    "get_or_create_eval_step",
    "wait_for_new_checkpoint",
]
