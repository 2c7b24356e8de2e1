"""Frozen variables stay, and batch norms among them infer, in nets as people fine-tune them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

RNG = np.random.RandomState(0)
IMAGES = RNG.rand(4, 32, 32, 3).astype(np.float32)
LABELS = np.array([0, 1, 2, 1])
LOSS = slim.losses.sparse_softmax_cross_entropy


def values(model):
    return {name: v.numpy() for name, v in model.named_variables.items()}


def shaken(model):
    """The model with averages by which inference differs from training."""
    rng = np.random.RandomState(1)
    for variable in model.non_trainable_variables:
        if variable.dtype.is_floating:
            variable.assign(rng.uniform(0.5, 1.5, variable.shape))
    return model


def copied(source, target):
    for name, variable in target.named_variables.items():
        variable.assign(source.named_variables[name])


def make_step(model, optimizer=None, **options):
    optimizer = optimizer or tf.keras.optimizers.SGD(0.1, momentum=0.9)
    return slim.learning.make_train_step(model, LOSS, optimizer, **options)


# ------------------------------------------------------------------------------ nets of the package

NETS = {
    "resnet_v1_50": ({}, "resnet_v1_50/logits/*", ["*/conv1/*", "*/block*"]),
    "mobilenet_v1_025": (
        {"dropout_keep_prob": 1.0},
        "MobilenetV1/Logits/*",
        ["MobilenetV1/Conv2d_*"],
    ),
}


@pytest.mark.parametrize("name", NETS)
def test_a_frozen_trunk_is_one_in_inference(name):
    """Against the same net called for inference, of which the head is trained."""
    options, head, frozen = NETS[name]
    nets = []
    for fixed in ({}, {"is_training": False}):
        net = slim.nets.create(name, 3, **options, **fixed)
        nets.append(net.build(tf.TensorSpec([None, 32, 32, 3])))
    net, reference = nets
    shaken(net)
    copied(net, reference)
    before = values(net)
    step = make_step(net, frozen=frozen)
    wanted = make_step(reference, variables_to_train=[head])
    for _ in range(2):
        np.testing.assert_allclose(step(IMAGES, LABELS), wanted(IMAGES, LABELS), rtol=1e-4)
    after, expected = values(net), values(reference)
    for one, value in after.items():
        if one.startswith(head[:-1]):
            assert np.any(value != before[one]), one
            np.testing.assert_allclose(value, expected[one], rtol=1e-3, atol=1e-6, err_msg=one)
        else:
            np.testing.assert_array_equal(value, before[one], err_msg=one)
    assert list(step.named_variables()) == list(wanted.named_variables())  # no slots of the trunk


# ------------------------------------------------------------------------- every kind of batch norm

NORMS = {
    "fused": dict,
    "in steps": lambda: {"fused": False},
    "renorm": lambda: {"renorm": True},
    "zero debias": lambda: {"zero_debias_moving_mean": True},
    "synchronized": lambda: {"synchronized": True},
    "told to train": lambda: {"is_training": True},
    "told by a tensor": lambda: {"is_training": tf.constant(True)},
    "keras": None,
}


def two_layers(norm, **lower):
    def batch_norm(x, scope, **kwargs):
        if NORMS[norm] is None:
            layer = slim.keras_layer(tf.keras.layers.BatchNormalization, scope=scope)
            return layer(x, **({"training": False} if kwargs else {}))
        return slim.batch_norm(x, scope=scope, scale=True, **{**NORMS[norm](), **kwargs})

    def net(x):
        with slim.scope("net"):
            x = slim.conv2d(x, 3, 3, activation_fn=None, scope="lower")
            x = batch_norm(x, "lower/norm", **lower)
            x = slim.conv2d(tf.nn.relu(x), 3, 3, activation_fn=None, scope="upper")
            x = batch_norm(x, "upper/norm")
            return slim.fully_connected(tf.reduce_mean(x, [1, 2]), 3, None, scope="fc")

    return slim.Model(net).build(tf.TensorSpec([None, 8, 8, 3]))


@pytest.mark.parametrize("norm", NORMS)
def test_frozen_below_trained_above(norm):
    """Against a net of which the lower batch norm is called for inference."""
    net, reference = two_layers(norm), two_layers(norm, is_training=False)
    shaken(net)
    copied(net, reference)
    before = values(net)
    step = make_step(net, frozen=["net/lower/*"])
    wanted = make_step(reference, variables_to_train=["net/upper/*", "net/fc/*"])
    images = IMAGES[:, :8, :8]
    for _ in range(2):
        np.testing.assert_allclose(step(images, LABELS), wanted(images, LABELS), rtol=1e-5)
    after, expected = values(net), values(reference)
    for name, value in after.items():
        if name.startswith("net/lower/"):
            np.testing.assert_array_equal(value, before[name], err_msg=name)
        elif name in expected:
            np.testing.assert_allclose(value, expected[name], rtol=1e-4, atol=1e-6, err_msg=name)
    assert np.any(after["net/upper/norm/moving_mean"] != before["net/upper/norm/moving_mean"])


def test_two_replicas(strategy2):
    net = shaken(two_layers("fused"))
    with strategy2.scope():
        both = two_layers("fused")
        copied(net, both)
        step = make_step(both, frozen=["net/lower/*"])
    before = values(both)
    data = tf.data.Dataset.from_tensors((IMAGES[:, :8, :8], LABELS)).unbatch().batch(4)
    step(*next(iter(strategy2.experimental_distribute_dataset(data))))
    changed = {name for name, value in values(both).items() if np.any(value != before[name])}
    assert changed == {name for name in before if not name.startswith("net/lower/")}


def test_in_xla():
    net, compiled = shaken(two_layers("in steps")), two_layers("in steps")
    copied(net, compiled)
    one, other = (
        make_step(net, frozen=["net/lower/*"]),
        make_step(compiled, frozen=["net/lower/*"], jit_compile=True),
    )
    images = IMAGES[:, :8, :8]
    np.testing.assert_allclose(one(images, LABELS), other(images, LABELS), rtol=1e-5)
    for name, value in values(net).items():
        np.testing.assert_allclose(value, values(compiled)[name], rtol=1e-4, atol=1e-5)


def test_recomputed_layers_are_frozen_when_they_are_computed_again():
    def net(x):
        @slim.recompute_grad
        def block(x):
            return slim.conv2d(x, 3, 3, normalizer_fn=slim.batch_norm, scope="block")

        return slim.fully_connected(tf.reduce_mean(block(slim.conv2d(x, 3, 3)), [1, 2]), 3, None)

    models = [slim.Model(net).build(tf.TensorSpec([None, 8, 8, 3])) for _ in range(2)]
    shaken(models[0])
    copied(*models)
    infers = slim.Model(net, is_training=False).build(tf.TensorSpec([None, 8, 8, 3]))
    copied(models[0], infers)
    step = make_step(models[0], frozen=["block/*"])
    wanted = make_step(infers, variables_to_train=["Conv/*", "fully_connected/*"])
    step(IMAGES[:, :8, :8], LABELS)
    wanted(IMAGES[:, :8, :8], LABELS)
    for name, value in values(models[0]).items():
        np.testing.assert_allclose(
            value, infers.named_variables[name].numpy(), rtol=1e-4, atol=1e-6, err_msg=name
        )


def test_weights_alone_are_frozen_without_their_batch_norm():
    net = two_layers("fused")
    before = values(net)
    make_step(net, frozen=["*/weights"])(IMAGES[:, :8, :8], LABELS)
    changed = {name for name, value in values(net).items() if np.any(value != before[name])}
    assert "net/lower/norm/moving_mean" in changed
    assert not {name for name in changed if name.endswith("/weights")}


REFUSALS = {
    "nothing of that name": ({"frozen": ["net/lowest/*"]}, ValueError, "frozen.*lowest.*Near"),
    "one pattern": ({"frozen": "net/*"}, TypeError, "frozen"),
    "all": ({"frozen": ["*"]}, ValueError, "nothing to train: frozen"),
    "no head": ({"head_first": 3}, TypeError, "head_first.*HeadFirst"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be(case):
    options, error, said = REFUSALS[case]
    with pytest.raises(error, match=said):
        make_step(two_layers("fused"), **options)


# --------------------------------------------------------------------------------------- head first


def head_first(kind="adam", steps=3, **options):
    optimizers = {
        "adam": lambda rate: tf.keras.optimizers.Adam(rate),
        "v1": lambda rate: tf.compat.v1.train.MomentumOptimizer(rate, 0.9),
    }[kind]
    net = shaken(two_layers("fused"))
    weights = np.random.RandomState(5)
    for variable in net.trainable_variables:
        variable.assign(0.3 * weights.randn(*variable.shape))
    first = slim.learning.HeadFirst(steps, ["net/fc/*"], optimizers(0.1))
    return net, make_step(net, optimizers(0.01), head_first=first, **options)


BATCH = IMAGES[:, :8, :8], LABELS


@pytest.mark.parametrize("kind", ["adam", "v1"])
def test_the_head_first_and_then_all(kind):
    net, step = head_first(kind)
    step.prepare(*BATCH)
    states = [{name: v.numpy() for name, v in step.named_variables().items()}]
    for _ in range(5):
        step(*BATCH)
        states.append({name: v.numpy() for name, v in step.named_variables().items()})
    assert all(list(state) == list(states[0]) for state in states)

    def changed(one, other):
        return {name for name in one if np.any(one[name] != other[name])}

    own = {name for name in states[0] if name.startswith("head_first/")}
    head = {"net/fc/weights", "net/fc/biases"}
    steps = list(itertools.pairwise(states))
    for before, after in steps[:3]:
        moved = changed(before, after)
        assert head <= moved <= head | own | {"global_step"}
    for before, after in steps[3:]:
        moved = changed(before, after)
        assert not moved & own
        # biases before a batch norm have no gradient
        assert {name for name in net.named_variables if not name.endswith("/biases")} <= moved


def test_all_begin_as_if_no_step_had_been_taken():
    """Adam divides by what it has seen of a gradient: steps of others must not count."""
    net, step = head_first()
    for _ in range(3):
        step(*BATCH)
    alone = two_layers("fused")
    copied(net, alone)
    fresh = make_step(alone, tf.keras.optimizers.Adam(0.01), warm_up_averages=False)
    for _ in range(2):
        np.testing.assert_allclose(step(*BATCH), fresh(*BATCH), rtol=1e-5)
    for name, variable in net.named_variables.items():
        if "moving" not in name:
            np.testing.assert_allclose(
                variable.numpy(), alone.named_variables[name].numpy(), rtol=1e-4, atol=1e-6
            )


def test_the_head_learns_as_it_does_where_the_rest_is_frozen():
    net, step = head_first(average_decay=0.9)
    alone = two_layers("fused")
    copied(net, alone)
    trunk = ["net/lower/*", "net/upper/*"]
    frozen = make_step(alone, tf.keras.optimizers.Adam(0.1), frozen=trunk, average_decay=0.9)
    for _ in range(3):
        np.testing.assert_allclose(step(*BATCH), frozen(*BATCH), rtol=1e-6)
    ours, theirs = step.named_variables(), frozen.named_variables()
    for name in (*alone.named_variables, "net/fc/weights/ExponentialMovingAverage"):
        np.testing.assert_array_equal(ours[name].numpy(), theirs[name].numpy(), err_msg=name)


@pytest.mark.parametrize(("kind", "stop"), [("adam", 3), ("v1", 2)])
def test_a_run_goes_on_exactly_in_either_phase(kind, stop, tmp_path):
    def run(folder, *ends):
        for end in ends:
            _, step = head_first(kind, average_decay=0.9)
            data = tf.data.Dataset.from_tensors(BATCH).repeat()
            slim.learning.fit(step, data, folder, end, hooks=[])
        return {name: v.numpy() for name, v in step.named_variables().items()}

    whole, stopped = run(tmp_path / "whole", 5), run(tmp_path / "stopped", stop, 5)
    assert list(whole) == list(stopped)
    for name, value in whole.items():
        np.testing.assert_array_equal(value, stopped[name], err_msg=name)


def test_two_replicas_train_the_head_first(strategy2):
    net, alone = head_first(steps=1)
    with strategy2.scope():
        both, step = head_first(steps=1)
    copied(net, both)
    split = tf.data.Dataset.from_tensors(BATCH).unbatch().batch(4)
    feed = next(iter(strategy2.experimental_distribute_dataset(split)))
    np.testing.assert_allclose(alone(*BATCH), step(*feed), rtol=1e-5)
    for name in ("net/fc/weights", "net/lower/weights", "net/lower/norm/moving_mean"):
        np.testing.assert_allclose(
            net.named_variables[name].numpy(), both.named_variables[name].numpy(), rtol=1e-4
        )
    before = values(both)
    step(*feed)
    assert np.any(values(both)["net/lower/weights"] != before["net/lower/weights"])


def test_the_rate_is_that_of_the_optimizer_in_force():
    _, step = head_first(steps=1)
    assert step.learning_rate == pytest.approx(0.1)
    step(*BATCH)
    assert step.learning_rate == pytest.approx(0.01)


def test_a_step_within_a_function_knows_its_phase():
    net, step = head_first(steps=1)
    step.prepare(*BATCH)
    before = values(net)
    take = tf.function(lambda: step(*BATCH))
    take()
    assert np.all(values(net)["net/lower/weights"] == before["net/lower/weights"])
    take()
    assert np.any(values(net)["net/lower/weights"] != before["net/lower/weights"])


BAD_HEADS = {
    "no steps": (
        lambda: slim.learning.HeadFirst(0, ["*"], tf.keras.optimizers.SGD()),
        "at least 1",
    ),
    "no optimizer": (lambda: slim.learning.HeadFirst(1, ["*"], "sgd"), "optimizer"),
    "no such head": (
        lambda: make_step(
            two_layers("fused"),
            head_first=slim.learning.HeadFirst(1, ["head/*"], tf.keras.optimizers.SGD()),
        ),
        "head_first.head.*'head/",
    ),
    "frozen": (
        lambda: make_step(
            two_layers("fused"),
            frozen=["net/fc/*"],
            head_first=slim.learning.HeadFirst(1, ["net/fc/*"], tf.keras.optimizers.SGD()),
        ),
        "is trained",
    ),
}


@pytest.mark.parametrize("case", BAD_HEADS)
def test_a_head_that_cannot_be(case):
    call, said = BAD_HEADS[case]
    with pytest.raises((TypeError, ValueError), match=said):
        call()


def test_one_optimizer_cannot_do_both():
    optimizer = tf.keras.optimizers.SGD(0.1)
    first = slim.learning.HeadFirst(1, ["net/fc/*"], optimizer)
    with pytest.raises(ValueError, match="must be another one"):
        make_step(two_layers("fused"), optimizer, head_first=first)
