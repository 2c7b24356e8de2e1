"""slim.Model: one function, the same variables in every mode and at every call."""

from __future__ import annotations

import collections
import contextlib
import copy
import threading

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.ops.nets import TOWER_NAMES, dense, tower
from tf_slim.ops.variables import model_variable

X = np.linspace(-1, 1, 10, dtype=np.float32).reshape(2, 5)


def built() -> slim.Model:
    return slim.Model(tower).build(tf.TensorSpec([None, 5]))


def reference(model: slim.Model, x: np.ndarray) -> np.ndarray:
    w = {name: v.numpy() for name, v in model.named_variables.items()}
    net = x @ w["tower/fc/weights"] @ w["tower/fc_1/weights"]
    net = net @ w["tower/shared/weights"] @ w["tower/shared/weights"] * w["tower/raw/alpha"]
    return net @ w["fc/weights"]


MODES = {
    "eager": lambda model: model,
    "function": tf.function,
    "xla": lambda model: tf.function(model, jit_compile=True),
    "no_autograph": lambda model: tf.function(model, autograph=False),
}


@pytest.mark.parametrize("mode", MODES)
def test_calls_agree_with_numpy_and_make_nothing_new(mode):
    model = built()
    call = MODES[mode](model)
    for batch in (2, 1, 2):
        np.testing.assert_allclose(call(tf.constant(X[:batch])), reference(model, X[:batch]), 1e-5)
    assert list(model.named_variables) == TOWER_NAMES


@pytest.mark.parametrize("mode", MODES)
def test_first_call_makes_the_variables(mode):
    model = slim.Model(tower)
    MODES[mode](model)(tf.constant(X))
    assert [v.name for v in model.variables] == [f"{name}:0" for name in TOWER_NAMES]
    assert [v.name for v in model.non_trainable_variables] == ["tower/mean:0"]
    assert len(model.model_variables) == 5  # all but the raw one


def test_names_in_a_v1_graph_are_the_same_and_collections_as_ever():
    with tf.Graph().as_default():
        model = slim.Model(tower)
        x = tf.compat.v1.placeholder(tf.float32, [None, 5])
        first, second = model(x), model(x)
        assert [v.op.name for v in tf.compat.v1.global_variables()] == TOWER_NAMES
        assert list(model.named_variables) == TOWER_NAMES
        losses = tf.compat.v1.get_collection(tf.compat.v1.GraphKeys.REGULARIZATION_LOSSES)
        assert len(losses) == len(model.losses) == 4
        with tf.compat.v1.Session() as session:
            session.run(tf.compat.v1.global_variables_initializer())
            a, b = session.run([first, second], {x: X})
    np.testing.assert_array_equal(a, b)


def test_names_do_not_depend_on_where_a_model_is_called():
    model = built()
    expected = model(X)
    dense(tf.constant(X), 3)
    dense(tf.constant(X), 3)
    with slim.scope("elsewhere"):
        np.testing.assert_array_equal(model(X), expected)
    with tf.name_scope("named"):
        np.testing.assert_array_equal(model(X), expected)
    assert list(model.named_variables) == TOWER_NAMES


def test_a_model_made_inside_a_scope_keeps_its_prefix():
    with slim.scope("left"):
        model = slim.Model(tower)
    model(X)
    assert list(model.named_variables) == [f"left/{name}" for name in TOWER_NAMES]


def test_models_do_not_share():
    one, two = built(), built()
    assert not {id(v) for v in one.variables} & {id(v) for v in two.variables}


def test_arg_scope_is_kept_from_construction_also_for_other_threads():
    @slim.add_arg_scope
    def layer(x, units=2):
        return dense(x, units)

    with slim.arg_scope([layer], units=7):
        model = slim.Model(lambda x: layer(x))
    shapes = []
    thread = threading.Thread(target=lambda: shapes.append(model(X).shape))
    thread.start()
    thread.join()
    assert shapes == [(2, 7)] == [model(X).shape]


def test_fixed_keywords_and_what_the_net_accepts():
    def net(x, units, is_training=True):
        return dense(x, units + is_training)

    model = slim.Model(net, units=3)
    assert model(X, is_training=False).shape == (2, 3)
    assert model.accepts("is_training") and not model.accepts("units")
    assert not slim.Model(net, units=3, is_training=False).accepts("is_training")


def test_build_traces_in_training_mode_without_running_or_losing_parts():
    def net(x, is_training=False):
        if is_training:
            dense(x, 2, "auxiliary")
        return dense(x, 2, "main")

    model = slim.Model(net).build([None, 5])
    assert list(model.named_variables) == ["auxiliary/weights", "main/weights"]


def test_end_points_that_the_net_returns():
    def net(x):
        hidden = dense(x, 3, "hidden")
        return dense(hidden, 2, "out"), {"hidden": hidden}

    model = slim.Model(net)
    outputs, end_points = model(X)
    assert outputs.shape == (2, 2)
    np.testing.assert_array_equal(model.end_points["hidden"], end_points["hidden"])
    model.build([None, 5])
    assert model.end_points == {"hidden": tf.TensorSpec([None, 3], tf.float32)}

    @tf.function
    def inside(x):
        model(x)
        return model.end_points["hidden"]

    np.testing.assert_array_equal(inside(X), end_points["hidden"])


def test_gradients_reach_all_trainable_variables():
    model = built()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(X) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    assert all(g is not None for g in gradients)


def test_collect_adds_task_loss_and_weight_decay():
    model = built()
    with slim.collect() as got:
        got.losses.append(tf.reduce_sum(model(X)))
        total = got.total_loss()
        without = got.total_loss(add_regularization_losses=False)
    decay = sum(
        0.05 * np.sum(v.numpy() ** 2)
        for n, v in model.named_variables.items()
        if n.endswith("weights")
    )
    np.testing.assert_allclose(total - without, decay, rtol=1e-5)


def test_total_loss_of_nothing_says_what_to_do():
    with slim.collect() as got, pytest.raises(ValueError, match=r"slim.losses"):
        got.total_loss()


@pytest.mark.parametrize("run", [lambda m: m(X), lambda m: m.build([None, 5])])
def test_name_made_twice(run):
    def net(x):
        dense(x, 3, "same")
        return dense(x, 3, "same")

    with pytest.raises(ValueError, match=r"'same/weights' is made twice.*reuse=True"):
        run(slim.Model(net))


def test_name_made_twice_in_a_raw_scope_is_found_when_built():
    def net(x):
        for _ in range(2):
            with tf.compat.v1.variable_scope("raw"):
                out = dense(x, 3, "same")
        return out

    with pytest.raises(ValueError, match="made twice"):
        slim.Model(net).build([None, 5])


def test_reuse_of_what_does_not_exist():
    with pytest.raises(ValueError, match=r"'none/weights' does not exist"):
        slim.Model(lambda x: dense(x, 3, "none", reuse=True))(X)


def test_shape_mismatch_names_both_shapes():
    model = built()
    with pytest.raises(ValueError, match=r"'tower/fc/weights'.*\(5, 3\).*\(6, 3\)"):
        model(tf.zeros([2, 6]))


def test_dtype_mismatch():
    def net(x, dtype):
        return model_variable("v", [2], dtype=dtype)

    model = slim.Model(net)
    model(X, tf.float32)
    with pytest.raises(ValueError, match=r"dtype float32.*float64"):
        model(X, tf.float64)


def test_users_custom_getter_is_asked():
    def halved(getter, *args, **kwargs):
        return 0.5 * getter(*args, **kwargs)

    def net(x, half):
        with tf.compat.v1.variable_scope("s", custom_getter=halved if half else None):
            return dense(x, 2, "d")

    model = slim.Model(net)
    np.testing.assert_allclose(2 * model(X, True), model(X, False), rtol=1e-6)


def test_two_replicas_read_mirrored_and_per_replica_variables(strategy2):
    with strategy2.scope():
        model = built()
    assert list(model.named_variables) == TOWER_NAMES
    mean = model.named_variables["tower/mean"]
    assert mean.synchronization == tf.VariableSynchronization.ON_READ
    outputs = strategy2.run(tf.function(model), (tf.constant(X),))
    for output in strategy2.experimental_local_results(outputs):
        np.testing.assert_allclose(output, reference(model, X), rtol=1e-5)


def test_replica_share_of_the_total_loss(strategy2):
    with strategy2.scope():
        model = built()

    @tf.function
    def losses():
        def replica():
            with slim.collect() as got:
                got.losses.append(tf.reduce_sum(model(X)))
                return got.total_loss()

        return strategy2.reduce(tf.distribute.ReduceOp.SUM, strategy2.run(replica), axis=None)

    with slim.collect() as got:
        got.losses.append(tf.reduce_sum(model(X)))
        np.testing.assert_allclose(losses(), got.total_loss(), rtol=1e-5)


def test_variables_must_exist_before_the_replicas_run(strategy2):
    model = slim.Model(tower)
    with pytest.raises(RuntimeError, match=r"strategy.scope\(\)"):
        strategy2.run(tf.function(model), (tf.constant(X),))


def test_saved_model_round_trip(tmp_path):
    model = built()
    expected = model(X)
    serve = tf.function(model).get_concrete_function(tf.TensorSpec([None, 5]))
    tf.saved_model.save(model, str(tmp_path), signatures=serve)
    loaded = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    np.testing.assert_allclose(next(iter(loaded(tf.constant(X)).values())), expected, rtol=1e-6)


def test_object_based_checkpoint_round_trip(tmp_path):
    one, two = built(), built()
    path = tf.train.Checkpoint(model=one).save(str(tmp_path / "ckpt"))
    tf.train.Checkpoint(model=two).restore(path).assert_consumed()
    np.testing.assert_array_equal(one(X), two(X))


def test_a_model_called_by_a_model_belongs_to_it():
    inner = slim.Model(tower)

    def net(x):
        return dense(inner(x), 2, "outer")

    model = slim.Model(net).build([None, 5])
    assert list(model.named_variables) == ["outer/weights", *TOWER_NAMES]
    with slim.collect() as got:
        model(X)
        assert len(got.regularization_losses()) == len(model.losses) == 5


def test_copying_says_what_to_do_instead():
    with pytest.raises(TypeError, match=r"model.save\(path\)"):
        copy.deepcopy(built())


@pytest.mark.parametrize("mode", MODES)
def test_a_call_that_fails_leaves_no_half_made_net(mode):
    def net(x, fail):
        out = dense(x, 3)
        if fail:
            raise KeyError("broken")
        return out

    model = slim.Model(net)
    call = MODES[mode](model)
    with pytest.raises(KeyError):
        call(tf.ones([2, 9]), True)
    assert model.variables == ()
    assert model(X, False).shape == (2, 3)


def test_variables_made_only_in_a_later_trace_say_what_to_do():
    def net(x, is_training):
        if is_training:
            dense(x, 2, "auxiliary")
        return dense(x, 2, "main")

    call = tf.function(slim.Model(net))
    call(X, False)
    with pytest.raises(RuntimeError, match=r"'auxiliary/weights'.*model\.build"):
        call(X, True)


@pytest.mark.parametrize("bad", [None, 3, "lenet"])
def test_not_a_function(bad):
    with pytest.raises(TypeError, match="function"):
        slim.Model(bad)


@pytest.mark.parametrize("action", ["save", "restore"])
def test_saving_before_building(action, tmp_path):
    with pytest.raises(ValueError, match="Build it first"):
        getattr(slim.Model(tower), action)(tmp_path / "x")


# ------------------------------------------------------------------ what build takes

Pair = collections.namedtuple("Pair", "a b")

STRUCTURES = {
    "dict": ({"a": tf.TensorSpec([None, 3]), "b": [None, 4]}, lambda x: (x["a"], x["b"])),
    "list of specs": ([tf.TensorSpec([None, 3]), tf.TensorSpec([2, 4])], tuple),
    "list of shapes": ([[None, 3], (None, 4)], tuple),
    "tuple": ((tf.TensorShape([None, 3]), np.zeros([2, 4], np.float32)), tuple),
    "named tuple": (Pair([None, 3], [None, 4]), lambda x: (x.a, x.b)),
    "nested": ({"x": [[None, 3], {"y": [None, 4]}]}, lambda x: (x["x"][0], x["x"][1]["y"])),
}


@pytest.mark.parametrize("in_graph", [False, True])
@pytest.mark.parametrize("case", STRUCTURES)
def test_build_takes_structures(case, in_graph):
    given, parts_of = STRUCTURES[case]

    def net(inputs):
        one, other = parts_of(inputs)
        return dense(one, 2, "one") + dense(other, 2, "other")

    with tf.Graph().as_default() if in_graph else contextlib.nullcontext():
        model = slim.Model(net).build(given)
        assert [v.shape.as_list() for v in model.variables] == [[3, 2], [4, 2]]


def branching(x, is_training=False):
    x = dense(x, 3)
    if tf.reduce_sum(x) > 0:
        x = x * 2.0
    for _ in tf.range(2):
        x += 1.0
    return x


def test_an_if_and_a_loop_over_tensors_are_built_as_they_are_trained():
    model = slim.Model(branching).build(tf.TensorSpec([None, 4]))
    assert [v.name for v in model.variables] == ["fc/weights:0"]
    step = slim.learning.make_train_step(
        model, lambda outputs, _: tf.reduce_mean(outputs), tf.keras.optimizers.SGD(0.0)
    )
    x = np.ones([2, 4], np.float32)
    np.testing.assert_allclose(step(x, x), np.mean(model(x)) + model.losses[0], rtol=1e-6)
    product = x @ model.variables[0].numpy()
    np.testing.assert_allclose(
        model(x), product * (2.0 if product.sum() > 0 else 1.0) + 2.0, rtol=1e-6
    )


def test_an_error_of_the_net_is_not_hidden_by_a_second_try():
    def net(x):
        if tf.reduce_sum(x) > 0:
            raise KeyError("mine")
        return dense(x, 2)

    with pytest.raises(KeyError, match="mine"):
        slim.Model(net).build([None, 4])


def test_how_a_model_is_shown():
    model = slim.Model(tower, name="small")
    assert repr(model) == "<slim.Model small, not built>"

    def net(x):
        slim.variable("fixed", [7], trainable=False)
        return dense(x, 2)

    model = slim.Model(net, precision="mixed_bfloat16").build([None, 1000])
    assert repr(model) == (
        "<slim.Model net: 2 variables, 2,007 parameters (2,000 trainable), mixed_bfloat16>"
    )


@pytest.mark.parametrize(
    ("name", "shape", "dtype", "text"),
    [
        ("fc/weight", [3, 2], tf.float32, "fc/weights"),
        ("fc/weights", [2, 3], tf.float32, r"\(3, 2\).*\(2, 3\)"),
        ("fc/weights", [3, 2], tf.float64, "float32.*float64"),
    ],
)
def test_a_variable_is_replaced_by_one_like_it_only(name, shape, dtype, text):
    inner = slim.Model(lambda x: dense(x, 2))
    model = slim.Model(lambda x: inner(x)).build([None, 3])
    with pytest.raises(ValueError, match=text):
        model.replace_variable(name, tf.Variable(tf.zeros(shape, dtype)))
    model.replace_variable("fc/weights", tf.Variable(tf.zeros([3, 2])))
    np.testing.assert_array_equal(model(np.ones([1, 3], np.float32)), np.zeros([1, 2]))


def sized(images):
    net = slim.conv2d(images, 2, 3, scope="conv")
    return slim.fully_connected(slim.flatten(net), 3, scope="logits")


@pytest.mark.parametrize("size, channels, name", [(9, 1, "logits"), (8, 3, "conv")])
def test_inputs_of_another_size_than_those_it_was_built_for(size, channels, name):
    model = slim.Model(sized).build([None, 8, 8, 1])
    with pytest.raises(ValueError, match=f"'{name}/weights' .*An earlier call made it, for inputs"):
        model(tf.zeros([2, size, size, channels]))


def test_layers_of_one_call_that_share_variables_need_as_many_channels():
    def net(images):
        hidden = slim.conv2d(images, 2, 3, scope="conv")
        return slim.conv2d(hidden, 2, 3, scope="conv", reuse=True)

    with pytest.raises(ValueError, match="share variables must have inputs with as many channels"):
        slim.Model(net)(tf.zeros([2, 8, 8, 3]))


@pytest.mark.parametrize(
    "dtype, remedy",
    [
        (tf.float16, r"tf.cast\(x, tf.float32\). To compute in .*precision='mixed_float16'"),
        (tf.float64, r"tf.cast\(x, tf.float32\).$"),
    ],
)
def test_inputs_of_another_type_than_those_it_was_built_for(dtype, remedy):
    model = slim.Model(sized).build([None, 8, 8, 1])
    with pytest.raises(ValueError, match=f"exists with dtype float32.*{remedy}"):
        model(tf.zeros([2, 8, 8, 1], dtype))


@pytest.mark.parametrize(
    "given, remedy",
    [
        (tf.data.Dataset.from_tensors((np.full([8], 0.12345), 1)), r"dataset.element_spec\[0\]"),
        (tf.data.Dataset.from_tensors(np.full([8], 0.12345)), r"dataset.element_spec\)`"),
        (iter([np.full([8], 0.12345)]), r"tf.TensorSpec\(\[None, height"),
    ],
)
def test_build_of_a_dataset_is_told_how_and_does_not_show_what_is_in_it(given, remedy):
    with pytest.raises(TypeError, match=f"build: expected as spec.*{remedy}") as caught:
        slim.Model(sized).build(given)
    assert caught.value.__cause__ is None
    assert "0.12345" not in str(caught.value)
