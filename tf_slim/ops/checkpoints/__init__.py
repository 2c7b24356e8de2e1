"""Checkpoints by variable name: saved whole or not at all, read in every usual format.

TensorFlow 1.15 and TF-Slim 2 read each other's files: those of `tf.compat.v1.train.Saver` (V2).

    model.save("run/model.ckpt")
    report = model.restore("run/model.ckpt", exclude=["net/logits/*"])
    slim.checkpoints.convert("run/model.ckpt", "model.safetensors")
"""

from tf_slim.ops.checkpoints.averaging import average
from tf_slim.ops.checkpoints.comparing import Changed, Difference, diff
from tf_slim.ops.checkpoints.converting import convert, load, rename
from tf_slim.ops.checkpoints.errors import CheckpointError
from tf_slim.ops.checkpoints.notes import Best, best, mark_best, write_state
from tf_slim.ops.checkpoints.places import (
    latest,
    prefixes,
    remove,
    remove_leftovers,
    resolve,
    step_of,
)
from tf_slim.ops.checkpoints.reader import Reader
from tf_slim.ops.checkpoints.renaming import averages
from tf_slim.ops.checkpoints.report import Report
from tf_slim.ops.checkpoints.restoring import assign, part_of, restore
from tf_slim.ops.checkpoints.saving import save

__all__ = [
    "Best",
    "Changed",
    "CheckpointError",
    "Difference",
    "Reader",
    "Report",
    "assign",
    "average",
    "averages",
    "best",
    "convert",
    "diff",
    "latest",
    "load",
    "mark_best",
    "part_of",
    "prefixes",
    "remove",
    "remove_leftovers",
    "rename",
    "resolve",
    "restore",
    "save",
    "step_of",
    "write_state",
]
