"""What must be the same on all workers, compared before the first step."""

from __future__ import annotations

import functools
import hashlib
import json
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.learning.step import hyperparameters
from tf_slim.learning.step.compiled_step import TrainStep
from tf_slim.learning.together.workers import Workers
from tf_slim.ops.wording import first_few


def require(workers: Workers, facts: Mapping[str, Any]) -> None:
    """Compares facts with all workers.

    Args:
      workers: of the training.
      facts: by name: anything that prints the same where it is the same. Of a list of texts only
        those are told that differ.

    Raises:
      WorkerError: on all workers, which differ in a fact: who, and in what.
    """
    if workers.count == 1:
        return
    texts = {name: json.dumps(_plain(fact)) for name, fact in facts.items()}
    digests = {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in texts.items()}
    told = [json.loads(one) for one in workers.arrival(json.dumps(digests))]
    names = dict.fromkeys(name for one in told for name in one)
    different = [name for name in names if len({one.get(name) for one in told}) > 1]
    if not different:
        return
    mine = {name: texts.get(name, "null") for name in different}
    all_of_them = [json.loads(one) for one in workers.texts(json.dumps(mine))]
    lines = [
        _difference(name, [json.loads(one[name]) for one in all_of_them], workers.names)
        for name in different
    ]
    raise workers.agreed(
        "The workers are not alike, so they would not train the same net on the same data. What "
        "differs:\n" + "\n".join(lines) + "\nStart all of them with the same program and settings."
    )


def of_program() -> dict[str, Any]:
    """The versions of what computes."""
    return {
        "version of TensorFlow": tf.__version__,
        "version of Python": platform.python_version(),
        "version of tf_slim": sys.modules["tf_slim"].__version__,
        "code of tf_slim": _code(),
    }


def of_values(step: TrainStep) -> dict[str, Any]:
    """What a training begins with, as far as each worker has it in the same way."""
    named = step.named_variables()
    digests = {
        name: hashlib.sha256(np.asarray(tf.convert_to_tensor(variable)).tobytes()).hexdigest()[:8]
        for name, variable in named.items()
        if variable.synchronization != tf.VariableSynchronization.ON_READ
    }
    return {"values of variables": [f"{name} ({digest})" for name, digest in digests.items()]}


def of_step(step: TrainStep) -> dict[str, Any]:
    """How a step is taken, and of what."""
    named = step.model.named_variables
    return {
        "make_train_step": step._settings,
        "optimizer": [hyperparameters.of(phase.optimizer) for phase in step._phases],
        "head_first": [phase.until for phase in step._phases[:-1]],
        "variables": [f"{name} {v.shape} {v.dtype}" for name, v in named.items()],
        "trained variables": [name for phase in step._phases for name in phase.trained],
        "precision": step.model.precision,
    }


def _plain(fact: Any) -> Any:
    if isinstance(fact, (list, tuple)):
        return [item if isinstance(item, str) else str(item) for item in fact]
    return fact if fact is None or isinstance(fact, str) else str(fact)


def _difference(name: str, facts: list[Any], workers: list[str]) -> str:
    """The chief's fact, and that of the first worker which has another."""
    other = next(index for index, fact in enumerate(facts) if fact != facts[0])
    said = []
    for mine, yours in ((facts[0], facts[other]), (facts[other], facts[0])):
        if isinstance(mine, list) and isinstance(yours, list):
            only = [item for item in mine if item not in yours]
            mine = first_few(only) if only else "nothing more"
        said.append(mine)
    return f"  {name}: {said[0]} on {workers[0]}, {said[1]} on {workers[other]}"


@functools.lru_cache
def _code() -> str:
    """A digest of the code of this package."""
    root, digest = Path(__file__).parents[1], hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
