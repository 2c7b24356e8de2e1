"""Profiles: defaults that go together, each with its reason, which a run's config file repeats.

Without a profile the defaults are those of `config`, made for the digits that come with TF-Slim.
"""

from __future__ import annotations

from typing import Any

_BOTH: dict[str, tuple[Any, str]] = {
    "model.name": ("mobilenet_v2", "small and quick, and there are published checkpoints of it"),
    "data.batch_size": (32, "steps enough an epoch, where there are a few hundred pictures"),
    "optimizer.schedule": ("cosine", "ends low, with no steps to choose (arXiv:1608.03983)"),
    "optimizer.warmup_share": (0.1, "so for any number of steps (arXiv:1706.02677)"),
    "train.clip_global_norm": (1.0, "one odd batch does not undo the steps before it"),
    "train.label_smoothing": (0.1, "a few wrong labels cost less (arXiv:1512.00567)"),
    "train.average_decay": (0.99, "averages of late weights are better; of some hundred steps"),
    "validation.while_training": (True, "the result is the best of it, not the last"),
}

# Each table: key of the configuration -> value, and why.
PROFILES: dict[str, dict[str, tuple[Any, str]]] = {
    "fine_tuning": {
        **_BOTH,
        "train.epochs": (10, "what was known is adapted soon, and small data are learned by heart"),
        "train.head_epochs": (2, "a head of random weights would spoil what is below it"),
        "train.rate_after_head": (0.05, "what was trained is to change little, or it is lost"),
        "train.freeze_batch_norm": (True, "those of few pictures are worse than those it has"),
        "optimizer.learning_rate": (0.02, "of a new head alone"),
    },
    "from_scratch": {
        **_BOTH,
        "train.epochs": (100, "all has to be learned from the pictures"),
        "optimizer.learning_rate": (0.05, "for momentum and 32 pictures a step"),
    },
}
