"""Evaluation in the graphs of TensorFlow 1 by sessions with hooks."""

from tf_slim.legacy.eval_hooks import StopAfterNEvalsHook, SummaryAtEndHook, get_or_create_eval_step
from tf_slim.legacy.evaluation import evaluate_checkpoint as evaluate_once
from tf_slim.legacy.evaluation import evaluate_repeatedly
from tf_slim.legacy.new_checkpoints import checkpoints_iterator, wait_for_new_checkpoint

__all__ = [
    "StopAfterNEvalsHook",
    "SummaryAtEndHook",
    "checkpoints_iterator",
    "evaluate_once",
    "evaluate_repeatedly",
    "get_or_create_eval_step",
    "wait_for_new_checkpoint",
]
