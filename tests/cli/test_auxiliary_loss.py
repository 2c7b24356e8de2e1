"""`train.aux_loss`: the loss of the auxiliary head of a net that has one."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.cli.conftest import tf_slim
from tf_slim.cli import build, training_step
from tf_slim.cli.config import load

IMAGES = np.random.RandomState(0).rand(8, 8, 8, 3).astype(np.float32)
LABELS = np.arange(8) % 3


@pytest.fixture
def nets(own_registry):
    """Two small nets: "forked" has an auxiliary head in training, "straight" none."""

    def scope(weight_decay=0.0):
        with slim.arg_scope(
            [slim.fully_connected],
            activation_fn=None,
            weights_regularizer=slim.l2_regularizer(weight_decay),
        ) as made:
            return made

    for name in ("forked", "straight"):

        def net(images, num_classes=3, is_training=True, scope=name):
            end_points = {}
            with slim.scope(scope):
                flat = slim.flatten(images)
                if is_training and scope == "forked":
                    end_points["AuxLogits"] = slim.fully_connected(flat, num_classes, scope="aux")
                return slim.fully_connected(flat, num_classes, scope="logits"), end_points

        slim.nets.register(arg_scope=scope, image_size=8, name=name)(net)


def _step(name, *settings):
    config = load(
        None,
        [f"model.name={name}", "model.num_classes=3", "optimizer.warmup_steps=0", *settings],
    )
    model = build.model(config, tf.TensorSpec([8, 8, 8, 3]))
    return model, training_step.train_step(config, model)


def _cross_entropies(model, examples=slice(None)):
    """Of the two heads, by NumPy."""
    images, labels = IMAGES[examples], LABELS[examples]
    named = {name.partition("/")[2]: v.numpy() for name, v in model.named_variables.items()}
    for head in ("logits", "aux"):
        if f"{head}/weights" in named:
            logits = (
                images.reshape([len(images), -1]) @ named[f"{head}/weights"]
                + named[f"{head}/biases"]
            )
            log_sum = np.log(np.sum(np.exp(logits), axis=1))
            yield np.mean(log_sum - logits[np.arange(len(labels)), labels])


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize("share", [None, 1.5, 0.0])
@pytest.mark.parametrize("how", [[], ["train.accumulate=2"], ["model.precision=mixed_bfloat16"]])
def test_it_counts_with_its_weight(share, how):
    given = how if share is None else [*how, f"train.aux_loss={share}"]
    model, step = _step("forked", *given)
    main, auxiliary = _cross_entropies(model)
    expected = main + (0.4 if share is None else share) * auxiliary
    before = model.named_variables["forked/aux/weights"].numpy()
    rtol = 0.02 if "precision" in str(how) else 1e-5
    np.testing.assert_allclose(step(IMAGES, LABELS), expected, rtol=rtol)
    moved = np.any(model.named_variables["forked/aux/weights"].numpy() != before)
    assert moved == (share != 0)


@pytest.mark.usefixtures("nets")
def test_a_net_without_one_has_its_own_loss_alone():
    model, step = _step("straight")
    (expected,) = _cross_entropies(model)
    np.testing.assert_allclose(step(IMAGES, LABELS), expected, rtol=1e-5)


@pytest.mark.usefixtures("nets")
def test_on_two_replicas(strategy2):
    with strategy2.scope():
        model, step = _step("forked")
    main, auxiliary = _cross_entropies(model)
    data = tf.data.Dataset.from_tensors((IMAGES, LABELS))
    images, labels = next(iter(strategy2.experimental_distribute_dataset(data.unbatch().batch(8))))
    np.testing.assert_allclose(step(images, labels), main + 0.4 * auxiliary, rtol=1e-5)


@pytest.mark.usefixtures("nets")
def test_with_weights_of_the_examples():
    model, step = _step("forked", "train.aux_loss=1")
    expected = sum(_cross_entropies(model, slice(1)))
    weights = np.float32([1, 0, 0, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(step(IMAGES, LABELS, weights), expected, rtol=1e-5)


def test_the_flag():
    assert "aux_loss = 0.25" in tf_slim("train", "--aux-loss", "0.25", "--print-config").out
    assert "aux_loss must be" in tf_slim("train", "--aux-loss", "-1", "--print-config").err
