"""Losses: closed forms in every mode, where they are collected, and what they refuse.

The numbers of the original are replayed by tests/goldens.
"""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

RNG = np.random.RandomState(3)
LOGITS = RNG.randn(6, 4).astype(np.float32)
CLASSES = np.array([0, 3, 1, 1, 2, 0])
ONE_HOT = np.eye(4, dtype=np.float32)[CLASSES]
TARGETS = RNG.rand(6, 4).astype(np.float32)
WEIGHTS = np.float32([1, 0, 2, 0, 0.5, 1])


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def sigmoid_losses(x, z):
    return np.maximum(x, 0) - x * z + np.log1p(np.exp(-np.abs(x)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def focal(x, z, alpha=0.25, gamma=2.0):
    p = np.where(z == 1, sigmoid(x), 1 - sigmoid(x))
    return -np.where(z == 1, alpha, 1 - alpha) * (1 - p) ** gamma * np.log(p)


def regions(x):
    """Two regions of two pixels for each example."""
    return tf.reshape(tf.sigmoid(x), [-1, 2, 2])


def dice(x, z, epsilon):
    p, z = sigmoid(x).reshape(-1, 2, 2), z.reshape(-1, 2, 2)
    squares = (p**2).sum(1) + (z**2).sum(1)
    return 1 - (2 * (p * z).sum(1) + epsilon) / (squares + epsilon)


CROSS_ENTROPIES = -log_softmax(LOGITS)[np.arange(6), CLASSES]
SMOOTH = 0.8 * ONE_HOT + 0.2 / 4

# name -> (function of (logits, weights), the losses before reduction)
TABLE = {
    "sparse": (
        lambda x, w: slim.losses.sparse_softmax_cross_entropy(x, CLASSES, w),
        CROSS_ENTROPIES,
    ),
    "softmax": (lambda x, w: slim.losses.softmax_cross_entropy(x, ONE_HOT, w), CROSS_ENTROPIES),
    "smoothed": (
        lambda x, w: slim.losses.softmax_cross_entropy(x, ONE_HOT, w, label_smoothing=0.2),
        -(SMOOTH * log_softmax(LOGITS)).sum(-1),
    ),
    "smoothed sparse": (
        lambda x, w: slim.losses.smoothed_sparse_softmax_cross_entropy(x, CLASSES, w, 0.2),
        -(SMOOTH * log_softmax(LOGITS)).sum(-1),
    ),
    "sparse, not smoothed": (
        lambda x, w: slim.losses.smoothed_sparse_softmax_cross_entropy(
            x, CLASSES[:, None], w, label_smoothing=0
        ),
        CROSS_ENTROPIES,
    ),
    "sigmoid": (
        lambda x, w: slim.losses.sigmoid_cross_entropy(x, ONE_HOT, w),
        sigmoid_losses(LOGITS, ONE_HOT),
    ),
    "of classes": (lambda x, w: slim.losses.label_cross_entropy(x, CLASSES, w), CROSS_ENTROPIES),
    "of classes, smoothed": (
        lambda x, w: slim.losses.label_cross_entropy(x, CLASSES, w, 0.2),
        -(SMOOTH * log_softmax(LOGITS)).sum(-1),
    ),
    "of distributions": (
        lambda x, w: slim.losses.label_cross_entropy(x, SMOOTH, w),
        -(SMOOTH * log_softmax(LOGITS)).sum(-1),
    ),
    "of distributions, smoothed": (
        lambda x, w: slim.losses.label_cross_entropy(x, ONE_HOT, w, 0.2),
        -(SMOOTH * log_softmax(LOGITS)).sum(-1),
    ),
    "of several classes": (
        lambda x, w: slim.losses.label_cross_entropy(x, TARGETS, w, multi_label=True),
        sigmoid_losses(LOGITS, TARGETS),
    ),
    "of several classes, smoothed": (
        lambda x, w: slim.losses.label_cross_entropy(x, TARGETS, w, 0.2, multi_label=True),
        sigmoid_losses(LOGITS, 0.8 * TARGETS + 0.1),
    ),
    "focal": (lambda x, w: slim.losses.focal_loss(x, ONE_HOT, w), focal(LOGITS, ONE_HOT)),
    "focal, of other settings": (
        lambda x, w: slim.losses.focal_loss(x, ONE_HOT, w, alpha=0.9, gamma=0.5),
        focal(LOGITS, ONE_HOT, 0.9, 0.5),
    ),
    "focal without focus": (
        lambda x, w: slim.losses.focal_loss(x, ONE_HOT, w, alpha=None, gamma=0),
        sigmoid_losses(LOGITS, ONE_HOT),
    ),
    "dice": (
        lambda x, w: slim.losses.dice_loss(regions(x), ONE_HOT.reshape(6, 2, 2), w, epsilon=0.1),
        dice(LOGITS, ONE_HOT, 0.1),
    ),
    "log loss": (
        lambda x, w: slim.losses.log_loss(tf.sigmoid(x), ONE_HOT, w, epsilon=0.0),
        sigmoid_losses(LOGITS, ONE_HOT),
    ),
    "hinge": (
        lambda x, w: slim.losses.compute_weighted_loss(slim.losses.hinge_loss(x, ONE_HOT), w),
        np.maximum(0, 1 - (2 * ONE_HOT - 1) * LOGITS),
    ),
    "cosine": (
        lambda x, w: slim.losses.cosine_distance(x, TARGETS, 1, w),
        1 - (LOGITS * TARGETS).sum(1),
    ),
    "mean squared error": (
        lambda x, w: slim.losses.mean_squared_error(x, TARGETS, w),
        (LOGITS - TARGETS) ** 2,
    ),
    "absolute difference": (
        lambda x, w: slim.losses.absolute_difference(x, TARGETS, w),
        np.abs(LOGITS - TARGETS),
    ),
    "weighted": (lambda x, w: slim.losses.compute_weighted_loss(x, w), LOGITS),
}


def reduced(losses, weights):
    weights = np.broadcast_to(np.reshape(weights, (-1,) + (1,) * (losses.ndim - 1)), losses.shape)
    count = np.count_nonzero(weights)
    return (losses * weights).sum() / count if count else 0.0


def in_graph(loss, shape=(None, 4)):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.compat.v1.placeholder(tf.float32, shape)
        value = loss(x)
        assert tf.compat.v1.losses.get_losses() == slim.losses.get_losses() == [value]
        return session.run(value, {x: LOGITS})


def collected(loss, x):
    with slim.collect() as got:
        value = loss(x)
        assert len(got.losses) == len(slim.losses.get_losses()) == 1
        total = slim.losses.get_total_loss()
    return value, total


def elsewhere(wrap):
    def run(loss):
        value, total = wrap(lambda x: collected(loss, x))(tf.constant(LOGITS))
        np.testing.assert_array_equal(value, total)
        return value.numpy()

    return run


MODES = {
    "v1": in_graph,
    "eager": elsewhere(lambda f: f),
    "function": elsewhere(tf.function),
    "xla": elsewhere(lambda f: tf.function(f, jit_compile=True)),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize(
    "weights", [1.0, 3.0, WEIGHTS, np.zeros(6, np.float32)], ids=["one", "scalar", "batch", "zeros"]
)
def test_closed_form(mode, name, weights):
    loss, losses = TABLE[name]
    value = MODES[mode](lambda x: loss(x, weights))
    np.testing.assert_allclose(value, reduced(losses, weights), rtol=1e-5, atol=1e-6)


# Rows whose `x` is what the table makes of it, or the labels: the way there has NaN of its own.
OF_PROBABILITIES = {
    "log loss": lambda x, w: slim.losses.log_loss(x, ONE_HOT, w, epsilon=0.0),
    "dice": lambda x, w: slim.losses.dice_loss(
        tf.reshape(x, [-1, 2, 2]), ONE_HOT.reshape(6, 2, 2), w
    ),
    "pairwise": lambda x, w: slim.losses.mean_pairwise_squared_error(x, TARGETS, w),
    "labels": lambda x, w: slim.losses.mean_squared_error(TARGETS, x, w),
    "both": lambda x, w: slim.losses.absolute_difference(x, 2.0 * x, w),
    "smoothed labels": lambda x, w: (
        slim.losses.softmax_cross_entropy(LOGITS, x, w, label_smoothing=0.1)
        + tf.reduce_sum(0.0 * x[:1])
    ),
}


NAN_ROWS = [
    *((name, mode, WEIGHTS) for name in {**TABLE, **OF_PROBABILITIES} for mode in ("v1", "eager")),
    *((name, "xla", WEIGHTS) for name in ("weighted", "sparse", "log loss")),
    *((name, "v1", 0.0 * WEIGHTS) for name in ("sparse", "mean squared error", "dice")),
    *((name, "v1", WEIGHTS[:, None]) for name in ("softmax", "focal", "weighted")),
]


def value_and_gradient(loss, x, weights, mode):
    """The gradient with respect to `x`; in a v1 graph no size is known."""
    v1 = tf.compat.v1
    if mode == "v1":
        with tf.Graph().as_default(), v1.Session() as session:
            fed = v1.placeholder(tf.float32, [None, 4])
            w = v1.placeholder(tf.float32, [None] * weights.ndim)
            value = loss(fed, w)
            return session.run([value, tf.gradients(value, fed)[0]], {fed: x, w: weights})

    def both(x, w):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = loss(x, w)
        return value, tape.gradient(value, x)

    call = tf.function(both, jit_compile=True) if mode == "xla" else both
    return call(tf.constant(x), tf.constant(weights))


@pytest.mark.parametrize(("name", "mode", "weights"), NAN_ROWS)
def test_a_nan_of_weight_zero_is_nothing(name, mode, weights):
    """Neither in the value nor in the gradient, which are those of the other examples."""
    loss = OF_PROBABILITIES.get(name) or TABLE[name][0]
    inputs = sigmoid(LOGITS) if name in OF_PROBABILITIES else LOGITS
    ignored = weights.reshape(6) == 0
    with_nan = np.where(ignored[:, None], np.float32(np.nan), inputs)
    value, gradient = value_and_gradient(loss, with_nan, weights, mode)
    expected, its_gradient = value_and_gradient(loss, inputs, weights, "eager")
    np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gradient, its_gradient, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(np.asarray(gradient)[ignored], 0.0)


def test_an_infinite_loss_of_weight_zero_is_nothing_when_it_is_one_for_all():
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        losses = tf.compat.v1.placeholder(tf.float32, [None])
        weight = tf.compat.v1.placeholder(tf.float32, [])
        value = slim.losses.compute_weighted_loss(losses, weight)
        assert session.run(value, {losses: [np.inf, np.nan], weight: 0.0}) == 0.0
        assert session.run(value, {losses: [1.0, 3.0], weight: 2.0}) == 4.0
        wide = slim.losses.compute_weighted_loss([[1.0], [np.nan]], [[1.0, 2.0], [0.0, 0.0]])
        assert session.run(wide) == 1.5


@pytest.mark.usefixtures("v1_shapes")
@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("shape", [[None], [None, 1], [None, None]], ids=str)
def test_weights_of_unknown_batch_with_v1_shapes(name, shape):
    loss, losses = TABLE[name]
    array = WEIGHTS if len(shape) == 1 else WEIGHTS[:, None]

    def weighted(x):
        return loss(x, tf.compat.v1.placeholder_with_default(array, shape))

    value = in_graph(weighted, [None, None])
    np.testing.assert_allclose(value, reduced(losses, WEIGHTS), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16])
@pytest.mark.parametrize("name", TABLE)
def test_low_precision_is_computed_in_float32(name, dtype):
    value = TABLE[name][0](tf.cast(LOGITS, dtype), 1.0)
    assert value.dtype == tf.float32
    np.testing.assert_allclose(value, reduced(TABLE[name][1], 1.0), rtol=0.05, atol=0.05)


def test_without_a_frame_a_loss_is_simply_returned():
    assert slim.losses.mean_squared_error(LOGITS, TARGETS).shape == ()
    for read in (
        slim.losses.get_losses,
        slim.losses.get_total_loss,
        slim.losses.get_regularization_losses,
    ):
        with pytest.raises(ValueError, match=r"slim\.collect\(\)"):
            read()


def test_add_loss_in_a_scope_and_in_another_collection():
    with slim.collect() as got:
        with slim.arg_scope([slim.losses.add_loss], loss_collection=None):
            slim.losses.mean_squared_error(LOGITS, TARGETS)
        slim.losses.add_loss(tf.constant(1.0), loss_collection="mine")
        slim.losses.add_loss(tf.constant(2.0))
        assert [float(loss) for loss in got.losses] == [2.0]
        assert [float(loss) for loss in slim.losses.get_losses(loss_collection="mine")] == [1.0]


def test_total_loss_of_a_graph_without_losses():
    with tf.Graph().as_default(), pytest.raises(ValueError, match="no losses"):
        slim.losses.get_total_loss()


def test_replicas_each_have_their_frame(strategy2):
    def replica():
        with slim.collect() as got:
            slim.losses.mean_squared_error(LOGITS, TARGETS)
            return got.total_loss(), tf.constant(len(got.losses))

    total, count = strategy2.run(tf.function(replica))
    assert [int(n) for n in strategy2.experimental_local_results(count)] == [1, 1]
    whole = strategy2.reduce(tf.distribute.ReduceOp.SUM, total, axis=None)
    np.testing.assert_allclose(whole, np.mean((LOGITS - TARGETS) ** 2), rtol=1e-5)


BAD = {
    "shapes differ": lambda x: slim.losses.mean_squared_error(x, TARGETS[:, :3]),
    "weights do not fit": lambda x: slim.losses.mean_squared_error(x, TARGETS, np.ones(5)),
    "no weights": lambda x: slim.losses.mean_squared_error(x, TARGETS, None),
    "one-hot of other classes": lambda x: slim.losses.softmax_cross_entropy(x, ONE_HOT[:, :3]),
    "smoothing out of range": lambda x: slim.losses.softmax_cross_entropy(
        x, ONE_HOT, label_smoothing=1.5
    ),
    "sparse smoothing out of range": lambda x: slim.losses.smoothed_sparse_softmax_cross_entropy(
        x, CLASSES, label_smoothing=-0.1
    ),
    "of labels without a class": lambda x: slim.losses.label_cross_entropy(x, ONE_HOT[:, :3]),
    "no mixture": lambda x: slim.losses.focal_loss(x, ONE_HOT, alpha=1.5),
    "focus on the easy": lambda x: slim.losses.focal_loss(x, ONE_HOT, gamma=-1),
    "focal labels of other classes": lambda x: slim.losses.focal_loss(x, ONE_HOT[:, :3]),
    "regions without pixels": lambda x: slim.losses.dice_loss(x, ONE_HOT),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", BAD)
def test_bad_input(mode, case):
    with pytest.raises(ValueError):
        MODES[mode](BAD[case])


def test_weights_of_examples_count_for_all_of_their_classes():
    weights = np.array([0.0, 1.0, 2.0, 0.5, 1.0, 3.0], np.float32)
    targets = np.float32(TARGETS)
    got = slim.losses.label_cross_entropy(
        tf.constant(LOGITS, tf.float32), targets, tf.constant(weights), multi_label=True
    )
    expected = (sigmoid_losses(LOGITS, targets) * weights[:, None]).sum()
    assert float(got) == pytest.approx(expected / (5 * len(targets.T)), rel=1e-5)


@pytest.mark.parametrize("mode", ["v1", "eager", "function"])
@pytest.mark.parametrize("wrong", [4, -1])
def test_a_label_out_of_range_is_an_error(mode, wrong):
    labels = np.append(CLASSES[:5], wrong)
    for loss in (
        slim.losses.sparse_softmax_cross_entropy,
        slim.losses.smoothed_sparse_softmax_cross_entropy,
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match="labels must be class indices"):
            MODES[mode](lambda x, loss=loss: loss(x, labels))


def test_errors_tell_the_scope():
    with tf.name_scope("tower_7"), pytest.raises(ValueError, match="In tower_7/focal_loss"):
        slim.losses.focal_loss([1.0], [1.0], gamma=-1.0)


def test_the_focal_loss_has_a_finite_gradient_for_every_score():
    logits = tf.Variable([-200.0, -20.0, 0.0, 20.0, 200.0])
    for labels in (tf.zeros([5]), tf.ones([5])):
        with tf.GradientTape() as tape:
            loss = slim.losses.focal_loss(logits, labels, gamma=0.5)
        assert np.isfinite(tape.gradient(loss, logits)).all()


def test_empty_regions_are_equal_and_other_shapes_do_not_matter():
    nothing = tf.zeros([2, 3, 3, 1])
    np.testing.assert_allclose(slim.losses.dice_loss(nothing, nothing), 0.0)
    np.testing.assert_allclose(slim.losses.dice_loss(nothing + 1, nothing), 1.0, atol=1e-5)


@pytest.mark.parametrize(
    "loss",
    [
        slim.losses.focal_loss,
        slim.losses.dice_loss,
        slim.losses.sparse_softmax_cross_entropy,
        slim.losses.smoothed_sparse_softmax_cross_entropy,
    ],
)
def test_labels_are_needed(loss):
    with pytest.raises(AttributeError, match="labels are missing"):
        loss(tf.zeros([2, 3, 1]), None)


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: slim.losses.sparse_softmax_cross_entropy(x, tf.zeros([0], tf.int64)),
        lambda x: slim.losses.smoothed_sparse_softmax_cross_entropy(x, tf.zeros([0], tf.int64)),
        lambda x: slim.losses.softmax_cross_entropy(x, x),
        lambda x: slim.losses.focal_loss(x, x),
        lambda x: slim.losses.dice_loss(x[:, None], x[:, None]),
        lambda x: slim.losses.mean_pairwise_squared_error(x, x),
        lambda x: slim.losses.log_loss(x, x),
    ],
)
def test_an_empty_batch_has_no_loss(loss):
    assert float(loss(tf.zeros([0, 4]))) == 0.0
