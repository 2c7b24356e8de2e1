"""New hyperparameters at a restart count, those of before go on, and what changed is said."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy
from tf_slim import checkpoints

keras = tf.keras.optimizers
v1 = tf.compat.v1.train
decay = keras.schedules.CosineDecay

# How an optimizer was made, how it is made at the restart, and what is said.
CHANGES = {
    "nothing": (lambda: keras.SGD(0.1), lambda: keras.SGD(0.1), None),
    "rate": (
        lambda: keras.SGD(0.1),
        lambda: keras.SGD(0.001),
        "learning_rate was 0.1 and is 0.001",
    ),
    "momentum": (
        lambda: keras.SGD(0.1, momentum=0.9),
        lambda: keras.SGD(0.1, momentum=0.5),
        "momentum was 0.9 and is 0.5",
    ),
    "momentum is new": (
        lambda: keras.SGD(0.1),
        lambda: keras.SGD(0.1, momentum=0.5),
        "momentum was 0 and is 0.5",
    ),
    "a schedule": (
        lambda: keras.SGD(0.1),
        lambda: keras.SGD(decay(0.2, 9)),
        "kind of learning_rate was unset and is CosineDecay",
    ),
    "no schedule": (lambda: keras.SGD(decay(0.2, 9)), lambda: keras.SGD(0.1), "and is 0.1"),
    "another schedule": (
        lambda: keras.SGD(decay(0.2, 9)),
        lambda: keras.SGD(decay(0.2, 20)),
        "decay_steps of learning_rate was 9 and is 20",
    ),
    "wrapped": (
        lambda: keras.LossScaleOptimizer(keras.SGD(0.1)),
        lambda: keras.LossScaleOptimizer(keras.SGD(0.01)),
        "learning_rate of inner_optimizer was 0.1 and is 0.01",
    ),
    "rate of TensorFlow 1": (
        lambda: v1.MomentumOptimizer(0.1, 0.9),
        lambda: v1.MomentumOptimizer(0.01, 0.9),
        "learning_rate was 0.1 and is 0.01",
    ),
}


def fit(optimizer, logdir, number_of_steps, hooks=()):
    step = slim.learning.make_train_step(toy.model(), toy.loss, optimizer)
    return slim.learning.fit(step, toy.data(), logdir, number_of_steps, hooks=list(hooks))


@pytest.mark.parametrize("case", CHANGES)
def test_what_is_new_counts_and_is_said(case, tmp_path, capsys):
    before, now, said = CHANGES[case]
    run = fit(before(), tmp_path, 2)
    values = {name: v.numpy() for name, v in run.train_step.model.named_variables.items()}
    run = fit(now(), tmp_path, 3, [slim.hooks.ProgressLines()])
    printed = capsys.readouterr().err
    if said is None:
        assert run.changed is None and "changed" not in printed
    else:
        changed = run.changed or ""
        assert said in changed and "since model.ckpt-2" in changed
        assert changed in printed and len(printed.splitlines()) == 1
    # The step taken since is one of the new optimizer, with its slots as they were before.
    anew = slim.learning.make_train_step(toy.model(), toy.loss, now())
    anew.prepare(*toy.data().element_spec)
    state = {
        name: v
        for name, v in anew.named_variables().items()
        if name in checkpoints.Reader(tmp_path / "model.ckpt-2") and "learning_rate" not in name
    }
    checkpoints.restore(tmp_path / "model.ckpt-2", state)
    for name, value in values.items():
        np.testing.assert_array_equal(value, anew.model.named_variables[name])
    anew(*next(iter(toy.data().skip(2))))
    for name, variable in anew.model.named_variables.items():
        np.testing.assert_array_equal(variable, run.train_step.model.named_variables[name], name)


class Lower(slim.hooks.Hook):
    """Sets a lower rate after the first step, as a plateau would."""

    def after_step(self, run):
        run.train_step.optimizer.learning_rate = 0.025


def test_what_a_run_made_of_its_rate_goes_on(tmp_path):
    fit(keras.SGD(0.1), tmp_path, 2, [Lower()])
    run = fit(keras.SGD(0.1), tmp_path, 3)
    assert float(run.train_step.optimizer.learning_rate) == np.float32(0.025)
    assert run.changed is None
    run = fit(keras.SGD(0.2), tmp_path, 4)
    assert float(run.train_step.optimizer.learning_rate) == np.float32(0.2)
    assert "learning_rate was 0.1 and is 0.2" in (run.changed or "")


def test_a_checkpoint_without_a_note(tmp_path):
    run = fit(keras.SGD(0.1), None, 2)
    checkpoints.save(tmp_path / "model.ckpt-2", run.train_step.named_variables())
    run = fit(keras.SGD(0.5), tmp_path, 3)
    assert float(run.train_step.optimizer.learning_rate) == 0.5
    assert "learning_rate was 0.1 and is 0.5" in (run.changed or "")


# ------------------------------------------------------------ all optimizers that Keras has

_NO_OPTIMIZERS = {"Optimizer", "OptimizerMap", "MultiOptimizer", "LossScaleOptimizer"}
OPTIMIZERS = {
    name: getattr(keras, name)
    for name in dir(keras)
    if name[0].isupper() and name not in _NO_OPTIMIZERS
}
OPTIMIZERS["LossScaleOptimizer"] = lambda: keras.LossScaleOptimizer(keras.SGD(0.1))
OPTIMIZERS["averages"] = lambda: keras.SGD(0.1, momentum=0.9, use_ema=True)
OPTIMIZERS["accumulates"] = lambda: keras.Adam(0.01, gradient_accumulation_steps=2)
OPTIMIZERS["amsgrad"] = lambda: keras.Adam(0.01, amsgrad=True)


# They ask for what only variables of Keras have: a name without "/", a path.
REFUSED = {"Adafactor", "Muon"} & set(OPTIMIZERS)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_an_optimizer_that_takes_variables_of_keras_only_is_refused(name):
    try:
        fit(OPTIMIZERS[name](), None, 2)
    except TypeError as error:
        assert name in str(error) and "as_keras_layer" in str(error)
    else:
        pytest.skip(f"this Keras has mended {name}")


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name not in REFUSED])
def test_stopped_and_started_again_is_as_never_stopped(name, tmp_path):
    whole = fit(OPTIMIZERS[name](), None, 5).train_step
    fit(OPTIMIZERS[name](), tmp_path, 3)
    parts = fit(OPTIMIZERS[name](), tmp_path, 5).train_step
    others = parts.named_variables()
    start = toy.model().named_variables
    assert any(not np.array_equal(v, whole.named_variables()[n]) for n, v in start.items())
    for key, variable in whole.named_variables().items():
        np.testing.assert_array_equal(variable.numpy(), others[key].numpy(), err_msg=key)
