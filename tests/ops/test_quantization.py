"""slim.quantize: rounded weights and outputs, ranges that training moves, batch norm folded."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.ops import quantization

v1 = tf.compat.v1

IMAGES = np.random.RandomState(0).uniform(-1, 1, [6, 7, 7, 3]).astype(np.float32)
SPEC = tf.TensorSpec([None, 7, 7, 3])


def rounded(values, low, high, bits=8, narrow=False):
    """Jacob et al., section 3: a step, a zero that is exact, and nothing outside."""
    lowest, highest = (1 if narrow else 0), 2**bits - 1
    step = (high - low) / (highest - lowest)
    zero = np.round(np.clip(lowest - low / step, lowest, highest))
    low, high = (lowest - zero) * step, (highest - zero) * step
    return low + step * np.floor((np.clip(values, low, high) - low) / step + 0.5)


def rounded_weights(weights, per_channel, bits=8):
    axes = tuple(range(weights.ndim - 1)) if per_channel and weights.ndim > 2 else None
    most = np.abs(weights).max(axes) * (1 + 1e-6)
    return rounded(weights, -most, most, bits, narrow=True)


def convolved(images, weights):
    return tf.nn.conv2d(images, weights, 1, "SAME").numpy()


def close(left, right, **kwargs):
    np.testing.assert_allclose(left, right, **{"rtol": 1e-5, "atol": 1e-5, **kwargs})


def conv(images):
    return slim.conv2d(images, 4, 3, scope="conv")


def normed(images):
    with slim.arg_scope([slim.batch_norm], scale=True, decay=0.5):
        return slim.conv2d(
            images, 4, 3, normalizer_fn=slim.batch_norm, activation_fn=None, scope="conv"
        )


def dense(images):
    return slim.fully_connected(slim.flatten(images), 4, scope="dense")


def depthwise(images):
    return slim.separable_conv2d(
        images, None, 3, normalizer_fn=slim.batch_norm, activation_fn=None, scope="conv"
    )


def named(model, *names):
    return [model.named_variables[name].numpy() for name in names]


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("bits", [8, 4])
def test_weights_and_outputs_are_rounded(per_channel, bits):
    def net(images):
        with slim.quantize(per_channel=per_channel, weight_bits=bits, activation_bits=bits):
            return conv(images)

    model = slim.Model(net).build(SPEC)
    outputs = model(IMAGES, is_training=True)
    (weights,) = named(model, "conv/weights")
    exact = np.maximum(convolved(IMAGES, rounded_weights(weights, per_channel, bits)), 0)
    low, high = named(model, "conv/act_quant/min", "conv/act_quant/max")
    assert low == 0
    close(high, exact.max())
    expected = rounded(exact, 0.0, exact.max(), bits)
    step = exact.max() / (2**bits - 1)
    # Sums of floats in another order fall to the other side of a half now and then.
    assert np.mean(np.abs(outputs - expected) > step / 2) < 0.01
    assert len(np.unique(outputs)) <= 2**bits < len(np.unique(exact))


def test_the_range_is_an_average_that_begins_with_the_first_batch():
    def net(values):
        return slim.fake_quant(values, scope="here")

    model = slim.Model(net, quantize={"decay": 0.6}).build([None, 2])
    seen = [tf.constant([[-1.0, 2.0]]), tf.constant([[3.0, 5.0]]), tf.constant([[-4.0, 0.0]])]
    lows, highs = [-1.0, 0.0, -4.0], [2.0, 5.0, 0.0]
    ends = {"min": lows[0], "max": highs[0]}
    for index, values in enumerate(seen):
        model(values, is_training=True)
        rate = max(0.4, 1 / (index + 1))
        for name, found in (("min", lows), ("max", highs)):
            ends[name] += (found[index] - ends[name]) * rate
    close(named(model, "input_quant/min", "input_quant/max"), list(ends.values()))
    before = [v.numpy() for v in model.variables]
    model(seen[0] * 100)
    model(tf.constant([[np.nan, np.inf]]), is_training=True)
    after = dict(zip(model.named_variables, (v.numpy() for v in model.variables), strict=True))
    for name, value in zip(model.named_variables, before, strict=True):
        assert after[name] == value + (1 if name.endswith("updates") else 0)


@pytest.mark.parametrize("net", [normed, depthwise])
@pytest.mark.parametrize("per_channel", [True, False])
def test_batch_norm_is_folded_into_what_is_rounded(net, per_channel):
    model = slim.Model(net, quantize={"per_channel": per_channel}).build(SPEC)
    random = np.random.RandomState(1)
    for name, variable in model.named_variables.items():
        if "BatchNorm" in name:
            variable.assign(random.uniform(0.5, 2.0, variable.shape))
    for _ in range(4):
        model(IMAGES, is_training=True)
    found = {name.rpartition("/")[2]: v.numpy() for name, v in model.named_variables.items()}
    images = rounded(IMAGES, *named(model, "input_quant/min", "input_quant/max"))
    factor = found.get("gamma", 1.0) / np.sqrt(found["moving_variance"] + 0.001)
    offset = found["beta"] - found["moving_mean"] * factor
    if net is normed:
        weights = found["weights"] * factor
        exact = convolved(images, rounded_weights(weights, per_channel)) + offset
    else:
        weights = found["depthwise_weights"] * factor[:, np.newaxis]
        flat = rounded_weights(weights.reshape(3, 3, -1), per_channel).reshape(weights.shape)
        exact = tf.nn.depthwise_conv2d(images, flat, [1] * 4, "SAME").numpy() + offset
    low, high = named(model, "conv/act_quant/min", "conv/act_quant/max")
    step = (high - low) / 255
    difference = np.abs(model(IMAGES) - rounded(exact, low, high))
    assert difference.max() < 1.01 * step
    assert np.mean(difference > step / 2) < 0.01


@pytest.mark.parametrize("per_channel", [True, False])
def test_training_normalizes_by_the_batch_what_inference_will_compute(per_channel):
    model = slim.Model(normed, quantize={"per_channel": per_channel}).build(SPEC)
    random = np.random.RandomState(1)
    gamma, variance = random.uniform(0.5, 2.0, [2, 4]).astype(np.float32)
    model.named_variables["conv/BatchNorm/gamma"].assign(gamma)
    model.named_variables["conv/BatchNorm/moving_variance"].assign(variance)
    outputs = model(IMAGES, is_training=True)
    images = rounded(IMAGES, *named(model, "input_quant/min", "input_quant/max"))
    factor = gamma / np.sqrt(variance + 0.001)
    (weights,) = named(model, "conv/weights")
    product = convolved(images, rounded_weights(weights * factor, per_channel) / factor)
    mean, spread = product.mean((0, 1, 2)), product.var((0, 1, 2))
    exact = (product - mean) / np.sqrt(spread + 0.001) * gamma
    step = (exact.max() - exact.min()) / 255
    close(outputs, exact, atol=0.51 * step)
    # And this is what moved the averages, from 0 and by half.
    close(named(model, "conv/BatchNorm/moving_mean")[0], mean / 2)


def test_a_channel_that_is_scaled_to_nothing_still_learns():
    model = slim.Model(normed, quantize={"per_channel": False}).build(SPEC)
    gamma = model.named_variables["conv/BatchNorm/gamma"]
    gamma.assign([0.0, 1.0, 1.0, 1e-7])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(IMAGES, is_training=True) ** 3)
    gradient, of_weights = tape.gradient(loss, [gamma, model.named_variables["conv/weights"]])
    assert np.all(np.isfinite(gradient)) and np.all(np.isfinite(of_weights))
    model.named_variables["conv/BatchNorm/beta"].assign([1.0] * 4)
    with tf.GradientTape() as tape:
        upstream = np.random.RandomState(2).normal(size=[6, 7, 7, 4])
        loss = tf.reduce_sum(model(IMAGES, is_training=True) * upstream)
    assert np.all(np.abs(tape.gradient(loss, gamma)) > 1e-3)


@pytest.mark.parametrize("net", [conv, dense])
def test_gradients_pass_by_the_rounding(net):
    exact, model = slim.Model(net).build(SPEC), slim.Model(net, quantize=True).build(SPEC)
    for name, variable in exact.named_variables.items():
        variable.assign(model.named_variables[name])
    model(IMAGES, is_training=True)

    def gradients(of):
        upstream = np.random.RandomState(2).normal(size=of(IMAGES).shape)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(of(IMAGES) * upstream)
        return tape.gradient(loss, of.trainable_variables)

    for ours, theirs in zip(gradients(model), gradients(exact), strict=True):
        angle = np.sum(ours * theirs) / np.linalg.norm(ours) / np.linalg.norm(theirs)
        assert angle > 0.99


def test_it_begins_after_the_delay_in_training_and_at_once_elsewhere():
    exact, model = slim.Model(normed).build(SPEC), slim.Model(normed, quantize={"delay": 2})
    model.build(SPEC)
    for name, variable in exact.named_variables.items():
        variable.assign(model.named_variables[name])
    same = []
    for _ in range(3):
        same.append(np.allclose(model(IMAGES, is_training=True), exact(IMAGES, is_training=True)))
    assert same == [True, True, False]
    assert named(model, "conv/act_quant/updates") == [3]
    assert not np.allclose(model(IMAGES), exact(IMAGES), atol=1e-6)


def test_outside_of_it_nothing_changes():
    with slim.quantize():
        with slim.quantize(False):
            model = slim.Model(conv).build(SPEC)
            assert quantization.current() is None
        assert slim.Model(conv).quantization == {}
    assert model.quantization is None and len(model.variables) == 2
    values = tf.constant([1.0])
    assert slim.fake_quant(values) is values


def test_part_of_a_net_can_be_left_out():
    def net(images):
        images = conv(images)
        with slim.quantize(False):
            return slim.fully_connected(tf.reduce_mean(images, [1, 2]), 2, scope="logits")

    names = slim.Model(net, quantize=True).build(SPEC).named_variables
    assert {n.rpartition("/")[0] for n in names} == {
        "input_quant", "conv", "conv/act_quant", "logits",
    }  # fmt: skip


def test_a_v1_graph_goes_by_the_arg_scope():
    for is_training, count in ((True, 6), (False, 0)):
        with tf.Graph().as_default():
            with slim.arg_scope([slim.batch_norm], is_training=is_training), slim.quantize():
                normed(tf.constant(IMAGES))
            updates = v1.get_collection(v1.GraphKeys.UPDATE_OPS)
            assert len(updates) == (count and 5)


def test_is_training_may_be_a_tensor():
    with tf.Graph().as_default(), v1.Session() as session:
        flag = v1.placeholder(tf.bool, [])
        with slim.quantize(is_training=flag, delay=1):
            conv(tf.constant(IMAGES))
        session.run(v1.global_variables_initializer())
        updates = v1.get_collection(v1.GraphKeys.UPDATE_OPS)
        variables = {v.op.name: v for v in v1.global_variables()}
        seen = []
        for value in (False, True, True):
            session.run(updates, {flag: value})
            seen.append(session.run(variables["conv/act_quant/updates"]))
        assert seen == [0, 1, 2]
        assert session.run(variables["conv/act_quant/min"]) == 0


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"weight_bits": 1}, ValueError, "weight_bits"),
        ({"weight_bits": True}, ValueError, "weight_bits"),
        ({"activation_bits": 17}, ValueError, "integer from 2 to 16"),
        ({"activation_bits": 8.0}, ValueError, "activation_bits"),
        ({"per_channel": "yes"}, ValueError, "True or False"),
        ({"delay": -1}, ValueError, "number of steps"),
        ({"decay": 1}, ValueError, "decay"),
        ({"delays": 3}, ValueError, "delay"),
        ("int8", TypeError, "mapping of options"),
    ],
)
def test_wrong_options(options, kind, words):
    with pytest.raises(kind, match=words):
        slim.Model(conv, quantize=options)
    with pytest.raises(kind, match=words):
        slim.nets.create("lenet", quantize=options)


def test_integers_cannot_be_rounded():
    with slim.quantize(), pytest.raises(TypeError, match="'here'.*int32"):
        slim.fake_quant(tf.constant([[1, 2]]), scope="here")


def test_a_checkpoint_of_before_it_will_do(tmp_path):
    float_net = slim.nets.create("cifarnet", 4).build(tf.TensorSpec([None, 32, 32, 3]))
    path = float_net.save(str(tmp_path / "float"))
    model = slim.nets.create("cifarnet", 4, checkpoint=path, quantize=True, precision="float32")
    assert model.quantization == {} and "quantized" in repr(model)
    theirs = float_net.named_variables
    for name, variable in model.named_variables.items():
        if name in theirs:
            assert np.array_equal(variable, theirs[name])
        else:
            assert name.rpartition("/")[2] in ("min", "max", "updates")
    assert set(theirs) < set(model.named_variables)


def test_in_mixed_precision():
    model = slim.Model(normed, quantize=True, precision="mixed_bfloat16").build(SPEC)
    outputs = model(IMAGES, is_training=True)
    assert {v.dtype for v in model.variables} == {tf.float32} == {outputs.dtype}
    exact = slim.Model(normed, quantize=True).build(SPEC)
    for name, variable in exact.named_variables.items():
        variable.assign(model.named_variables[name])
    close(outputs, exact(IMAGES, is_training=True), atol=0.1)
