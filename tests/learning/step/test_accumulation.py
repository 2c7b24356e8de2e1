"""A step in parts: the numbers of the whole batch at once, of every loss, mode and size."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy

WEIGHTS = np.random.RandomState(2).choice([0.0, 0.0, 0.5, 1.0, 3.0], 64).astype(np.float32)
IGNORED = -1


def net(x, is_training=False, own=None, decay=0.01):
    """Two layers with weight decay; `own` adds a loss of the net itself."""
    with (
        slim.scope("net"),
        slim.arg_scope([slim.fully_connected], weights_regularizer=slim.l2_regularizer(decay)),
    ):
        hidden = slim.fully_connected(x, 6, tf.nn.tanh)
        if own is not None and is_training:
            own(hidden)
        return slim.fully_connected(hidden, 2, None, scope="logits")


def built(fn=net, precision=None, **kwargs):
    model = slim.Model(fn, precision=precision, **kwargs).build([None, 5])
    for index, variable in enumerate(model.trainable_variables):
        variable.assign(0.3 * np.random.RandomState(index).randn(*variable.shape))
    return model


def taken(accumulate, feeds, loss=None, optimizer="keras_sgd", strategy=None, **options):
    """What some steps come to: (losses, all variables by name)."""
    model_options = {key: options.pop(key) for key in ("precision", "own", "fn") if key in options}
    with strategy.scope() if strategy else tf.distribute.get_strategy().scope():
        step = slim.learning.make_train_step(
            built(**model_options),
            loss or slim.losses.sparse_softmax_cross_entropy,
            toy.OPTIMIZERS[optimizer](),
            accumulate=accumulate,
            **options,
        )
    data = batches(feeds)
    if strategy:
        data = strategy.experimental_distribute_dataset(data)
    losses = [float(step(*feed)) for feed in data]
    named = {name: tf.convert_to_tensor(v).numpy() for name, v in step.named_variables().items()}
    return losses, named


def batches(feeds):
    """Data of these batches; all are of an unknown size, so that a step is traced once."""
    each = [tf.data.Dataset.from_tensor_slices(feed).batch(len(feed[0])) for feed in feeds]
    return functools.reduce(tf.data.Dataset.concatenate, each)


def assert_same(one, other, rtol=1e-5, atol=1e-6):
    np.testing.assert_allclose(one[0], other[0], rtol=rtol, atol=atol)
    assert one[1].keys() == other[1].keys()
    for name, value in one[1].items():
        np.testing.assert_allclose(value, other[1][name], rtol, atol, err_msg=name)


def feeds(*sizes, weighted=False):
    rows = [np.arange(64)[-size:] for size in sizes]
    return [(toy.X[r], toy.Y[r], *([WEIGHTS[r]] if weighted else [])) for r in rows]


# ------------------------------------------------------------------------------ losses


def own_mean(logits, labels):
    return toy.loss(logits, labels)


def ignoring(logits, labels):
    """Weights that are made from the labels, as those of pixels to ignore are."""
    labels = tf.where(tf.range(tf.size(labels)) % 3 == 0, labels, labels)
    kept = tf.cast(labels != 0, tf.float32)
    return slim.losses.sparse_softmax_cross_entropy(logits, labels, kept)


def two_counts(logits, labels):
    """Two losses, whose weights leave out different examples; what is collected counts."""
    slim.losses.sparse_softmax_cross_entropy(logits, labels, tf.cast(labels != 0, tf.float32))
    slim.losses.mean_squared_error(
        logits, tf.zeros_like(logits), tf.cast(tf.reduce_sum(logits, 1) > 0, tf.float32)
    )


def total(logits, labels):
    """Regularization is in what it returns."""
    slim.losses.sparse_softmax_cross_entropy(logits, labels)
    return slim.losses.get_total_loss()


def total_without_decay(logits, labels):
    slim.losses.sparse_softmax_cross_entropy(logits, labels, tf.cast(labels != 1, tf.float32))
    return slim.losses.get_total_loss(add_regularization_losses=False)


def twice_weighted(logits, labels, weights):
    return 2.0 * slim.losses.sparse_softmax_cross_entropy(logits, labels, weights)


def of_elements(logits, labels):
    targets = tf.one_hot(labels, 2)
    weights = tf.where(targets > 0, 1.0, tf.constant([[0.0, 0.5]]))
    return slim.losses.mean_squared_error(logits, targets, weights)


def a_mean(hidden):
    slim.losses.add_loss(tf.reduce_mean(hidden**2))


def a_weighted_mean(hidden):
    slim.losses.compute_weighted_loss(hidden**2, tf.cast(hidden[:, :1] > 0, tf.float32))


LOSSES = {
    "a mean of another make": {"loss": own_mean},
    "weights of the batch": {"weighted": True, "loss": twice_weighted},
    "weights from the labels": {"loss": ignoring},
    "weights of elements": {"loss": of_elements},
    "two counts": {"loss": two_counts},
    "total": {"loss": total},
    "total without regularization": {"loss": total_without_decay},
    "one of the net": {"own": a_mean},
    "a weighted one of the net": {"own": a_weighted_mean, "loss": ignoring},
}


# Of each way to count one, for it takes time.
ON_TWO = ["a mean of another make", "weights of the batch", "two counts"]


@pytest.mark.parametrize("case", LOSSES)
def test_every_kind_of_loss(case):
    options = dict(LOSSES[case])
    given = feeds(16, 13, 3, weighted=options.pop("weighted", False))
    assert_same(taken(4, given, **options), taken(1, given, **options))


@pytest.mark.parametrize("case", ON_TWO)
def test_two_replicas(case, strategy2):
    """They have 7 and 6 examples in the second step; in the last one fewer than parts, and none."""
    options = {**LOSSES[case], "strategy": strategy2}
    given = feeds(16, 13, 1, weighted=options.pop("weighted", False))
    assert_same(taken(4, given, **options), taken(1, given, **options))


OPTIONS = {
    "v1 optimizer": {"optimizer": "v1_momentum"},
    "adam": {"optimizer": "keras_adam"},
    "clipped": {"clip_gradient_norm": 0.05, "clip_global_norm": 0.06},
    "multipliers": {"gradient_multipliers": {"net/l*": 0.1}},
    "averages": {"average_decay": 0.9},
    "frozen": {"frozen": ["net/logits/*"]},
    "unchecked": {"check_numerics": False},
    "xla": {"jit_compile": True},
}


@pytest.mark.parametrize("case", OPTIONS)
def test_every_option(case):
    given = feeds(16, 13, weighted=True)
    assert_same(taken(4, given, **OPTIONS[case]), taken(1, given, **OPTIONS[case]))


def test_an_optimizer_of_tensorflow_1_and_limits_on_two_replicas(strategy2):
    options = {**OPTIONS["v1 optimizer"], **OPTIONS["clipped"], "strategy": strategy2}
    given = feeds(16, 13)
    assert_same(taken(4, given, **options), taken(1, given, **options))


def new_step(accumulate):
    return slim.learning.make_train_step(
        built(),
        slim.losses.sparse_softmax_cross_entropy,
        tf.keras.optimizers.SGD(0.1),
        accumulate=accumulate,
    )


@pytest.mark.parametrize("size", [15, 13])
def test_a_size_that_is_known(size):
    x, y = toy.X[:size], toy.Y[:size]
    steps = [new_step(accumulate) for accumulate in (5, 1)]
    np.testing.assert_allclose(*(step(x, y) for step in steps), rtol=1e-6)
    np.testing.assert_allclose(*(step.model.variables[0] for step in steps), rtol=1e-5, atol=1e-6)


def test_every_size_and_several_steps_a_call():
    """Also fewer examples than parts, and none; within one call of a function."""
    given = feeds(16, 13, 4, 3, 1) + [(toy.X[:0], toy.Y[:0])] + feeds(5)
    data = tf.data.Dataset.from_generator(
        lambda: given,
        output_signature=(tf.TensorSpec([None, 5]), tf.TensorSpec([None], tf.int64)),
    )
    steps = [new_step(accumulate) for accumulate in (5, 1)]
    losses = [slim.learning.SeveralSteps(step, len(given))(iter(data)) for step in steps]
    assert len(losses[0]) == len(given)
    np.testing.assert_allclose(*losses, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(*(step.model.variables[0] for step in steps), rtol=1e-5, atol=1e-6)


PRECISIONS = {
    "mixed_bfloat16": {"rtol": 2e-2, "atol": 2e-3},
    "mixed_float16": {"rtol": 2e-3, "atol": 5e-4},
}


@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_precision(precision):
    given = feeds(16, 13, weighted=True)
    runs = [taken(many, given, precision=precision) for many in (4, 1)]
    assert_same(*runs, **PRECISIONS[precision])


def test_a_scaled_loss_that_overflows_in_one_part_changes_the_scale_alone():
    (x, y), *_ = feeds(16)
    x = x.copy()
    x[-1] = 6e4  # in the last part
    model = built(precision="mixed_float16")
    step = slim.learning.make_train_step(
        model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.1), accumulate=4,
        check_numerics=False,
    )  # fmt: skip
    assert step.loss_scale is not None
    before, scale = model.variables[0].numpy(), float(step.loss_scale.scale)
    x[-1] = np.inf
    step(x, y)
    np.testing.assert_array_equal(model.variables[0].numpy(), before)
    assert float(step.loss_scale.scale) == scale / 2


def test_the_head_first():
    def steps(accumulate):
        head = slim.learning.HeadFirst(1, ["net/logits/*"], tf.keras.optimizers.SGD(0.2))
        return taken(accumulate, feeds(16, 16, 16), head_first=head)

    assert_same(steps(4), steps(1))


def test_sparse_gradients_stay_sparse():
    """An optimizer of TensorFlow 1 moves by momentum what has a gradient, if that is sparse."""

    def embedding(x):
        table = slim.variable("table", [9, 3], initializer=tf.ones_initializer())
        return slim.fully_connected(
            tf.reduce_sum(tf.nn.embedding_lookup(table, x), 1), 2, None, scope="logits",
            weights_initializer=tf.ones_initializer(),
        )  # fmt: skip

    def run(accumulate, decay):
        def decayed(logits, labels):
            loss = slim.losses.sparse_softmax_cross_entropy(logits, labels)
            return loss + decay * tf.reduce_sum(model.variables[0] ** 2)

        model = slim.Model(embedding).build(tf.TensorSpec([None, 2], tf.int64))
        step = slim.learning.make_train_step(
            model, decayed if decay else slim.losses.sparse_softmax_cross_entropy,
            toy.OPTIMIZERS["v1_momentum"](), accumulate=accumulate,
        )  # fmt: skip
        rows = np.array([[0, 1], [1, 2], [2, 2], [3, 0], [0, 5]])
        for shift in (0, 1, 0):
            step(rows + shift, np.array([0, 1, 0, 1, 1]))
        return model.variables[0].numpy()

    for decay in (0.0, 0.1):
        np.testing.assert_allclose(run(3, decay), run(1, decay), rtol=1e-5)
    assert np.all(run(3, 0.0)[7:] == 1.0)


# ------------------------------------------------------------------------------ what a part is


def test_the_net_sees_one_part_at_a_time():
    seen = []

    def noting(x):
        seen.append(x.shape[0])
        return net(x)

    taken(4, feeds(16), fn=noting)
    assert set(seen[1:]) == {4}


def test_each_part_draws_numbers_of_its_own_and_a_step_draws_them_again():
    def noise(x):
        scale = slim.variable("scale", [1], initializer=tf.ones_initializer())
        return scale * slim.dropout(x, 0.5, is_training=True)

    drawn = []
    for seed in (1, 1, 2):
        step = slim.learning.make_train_step(
            slim.Model(noise).build([None, 64]),
            lambda outputs, _: tf.reduce_mean(outputs * 2.0 ** tf.range(4.0)[:, None]),
            tf.keras.optimizers.SGD(0.0),
            accumulate=4,
            seed=seed,
        )
        rows = np.zeros([16, 64], np.float32)
        # One loss of one part tells what that part has drawn.
        found = []
        for part in range(4):
            rows[:] = 0.0
            rows[4 * part : 4 * part + 4] = 1.0
            step.global_step.assign(0)
            found.append(float(step(rows, np.zeros(16))))
        drawn.append(found)
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) > 1


def test_batch_norm_moves_its_averages_part_by_part():
    def normed(x):
        return slim.fully_connected(
            slim.batch_norm(x, decay=0.8, scope="norm"), 2, None, scope="logits"
        )

    step = slim.learning.make_train_step(
        slim.Model(normed).build([None, 5]), slim.losses.sparse_softmax_cross_entropy,
        tf.keras.optimizers.SGD(0.1), accumulate=4, warm_up_averages=False,
    )  # fmt: skip
    (feed,) = feeds(16, weighted=True)  # the counts of the weights need a second look at the net
    step(*feed)
    mean = np.zeros(5)
    for part in np.split(feed[0], 4):
        mean = 0.8 * mean + 0.2 * part.mean(0)
    found = step.model.named_variables["norm/moving_mean"]
    np.testing.assert_allclose(found.numpy(), mean, rtol=1e-4, atol=1e-6)


def test_a_refused_step_leaves_the_averages_alone():
    def normed(x):
        return slim.fully_connected(slim.batch_norm(x, scope="norm"), 2, None, scope="logits")

    step = slim.learning.make_train_step(
        slim.Model(normed).build([None, 5]), slim.losses.sparse_softmax_cross_entropy,
        tf.keras.optimizers.SGD(0.1), accumulate=4,
    )  # fmt: skip
    x, y = toy.X[:16].copy(), toy.Y[:16]
    before = {name: v.numpy() for name, v in step.model.named_variables.items()}
    x[9] = np.nan
    with pytest.raises(tf.errors.InvalidArgumentError, match="loss is not finite"):
        step(x, y)
    for name, variable in step.model.named_variables.items():
        np.testing.assert_array_equal(variable.numpy(), before[name], err_msg=name)
    assert int(step.global_step) == 0


def test_a_fit_in_parts_goes_on_as_if_never_stopped(tmp_path):
    def run(folder, number_of_steps, many=1):
        _, step = toy.step(accumulate=3)
        slim.learning.fit(step, toy.data(), tmp_path / folder, number_of_steps, hooks=[],
                          steps_per_call=many)  # fmt: skip
        return {name: tf.convert_to_tensor(v).numpy() for name, v in step.named_variables().items()}

    whole = run("one", 7)
    run("two", 3)
    for name, value in run("two", 7, many=2).items():
        np.testing.assert_array_equal(value, whole[name], err_msg=name)


# ------------------------------------------------------------------------------ refusals

REFUSED = [0, -1, 1.5, "2", None]


@pytest.mark.parametrize("accumulate", REFUSED)
def test_what_is_no_number_of_parts(accumulate):
    with pytest.raises(ValueError, match="accumulate: expected a whole number"):
        toy.step(accumulate=accumulate)


@pytest.mark.parametrize(
    ("labels", "error", "said"),
    [
        (toy.Y[:3], ValueError, "tensors of 3 and 8 examples"),
        (tf.ragged.constant([[1]] * 8), TypeError, "RaggedTensor"),
        (tf.sparse.eye(8), TypeError, "SparseTensor"),
    ],
)
def test_a_batch_that_cannot_be_cut(labels, error, said):
    with pytest.raises(error, match=said):
        toy.step(accumulate=2)[1](toy.X[:8], labels)


def test_batch_norm_cannot_ask_other_replicas_from_within_a_part(strategy2):
    def normed(x):
        return slim.fully_connected(slim.batch_norm(x, synchronized=True, scope="norm"), 2, None)

    with pytest.raises(ValueError, match="'norm' has synchronized=True.*accumulate"):
        taken(2, feeds(16), fn=normed, strategy=strategy2)


def test_a_loss_in_a_condition_counts_by_its_part():
    def conditional(logits, labels, weights):
        return tf.cond(
            tf.reduce_sum(logits) > 1e9,
            lambda: 0.0,
            lambda: slim.losses.sparse_softmax_cross_entropy(logits, labels, weights),
        )

    with pytest.warns(UserWarning, match="within a condition"):
        taken(2, feeds(16, weighted=True), loss=conditional)
