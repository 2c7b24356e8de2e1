"""`deployment.model_deploy` of research/slim: clones train as one net on the whole batch would."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.v1 import linear
from tf_slim.legacy.research_slim.deployment import model_deploy
from tf_slim.legacy.research_slim.nets import nets_factory

v1 = tf.compat.v1
GraphKeys = v1.GraphKeys
DeploymentConfig = model_deploy.DeploymentConfig

DECAY = 0.3


def halves(count: int):
    """The next of `count` equal parts of the linear problem's batch, each time it is called."""
    dataset = tf.data.Dataset.from_tensor_slices((linear.X, linear.Y))
    dataset = dataset.batch(len(linear.X) // count).repeat()
    return v1.data.make_one_shot_iterator(dataset).get_next


def regressor(next_batch, *, normalize=False):
    """`X @ w`, with weight decay."""
    inputs, targets = next_batch()
    if normalize:
        inputs = slim.batch_norm(inputs, decay=0.0, center=False, scope="norm")
    outputs = slim.fully_connected(
        inputs, 1,
        activation_fn=None,
        biases_initializer=None,
        weights_initializer=v1.ones_initializer(),
        weights_regularizer=slim.l2_regularizer(DECAY),
        scope="fc",
    )  # fmt: skip
    v1.summary.scalar("average", tf.reduce_mean(outputs))
    slim.losses.mean_squared_error(outputs, targets)
    return outputs


def expected(steps: int) -> tuple[np.ndarray, list[float]]:
    """The weights after some steps on the whole batch, and the loss of each step, by numpy."""
    weights, losses = np.ones((3, 1)), []
    for _ in range(steps):
        error = linear.X @ weights - linear.Y
        losses.append(float(np.mean(error**2) + DECAY * np.sum(weights**2) / 2))
        gradient = 2 * linear.X.T @ error / len(error) + DECAY * weights
        weights = weights - linear.RATE * gradient
    return weights, losses


def deployed(num_clones: int, *, optimizer=True, summarize_gradients=False, **kwargs):
    """The regressor, deployed on the CPU in the current graph."""
    return model_deploy.deploy(
        DeploymentConfig(num_clones, clone_on_cpu=True),
        regressor,
        [halves(num_clones)],
        kwargs,
        optimizer=v1.train.GradientDescentOptimizer(linear.RATE) if optimizer else None,
        summarize_gradients=summarize_gradients,
    )


def started():
    """A session in which the variables of the current graph have their first values."""
    session = v1.Session()
    session.run(v1.global_variables_initializer())
    return session


def run_once(fetches):
    with started() as session:
        return session.run(fetches)


def tags(serialized: bytes) -> set[str]:
    return {value.tag for value in v1.Summary.FromString(serialized).value}


@pytest.mark.parametrize("num_clones", [1, 2, 4])
def test_clones_train_like_one_net_on_the_whole_batch(num_clones):
    weights, losses = expected(3)
    with tf.Graph().as_default():
        model = deployed(num_clones)
        assert len(slim.get_model_variables()) == 1
        with started() as session:
            found = [session.run(model.train_op) for _ in range(3)]
            kept, step = session.run([slim.get_model_variables()[0], v1.train.get_global_step()])
    np.testing.assert_allclose(found, losses, rtol=1e-5)
    np.testing.assert_allclose(kept, weights, rtol=1e-5)
    assert step == 3


def test_learning_train_takes_it(tmp_path):
    with tf.Graph().as_default():
        model = deployed(2)
        loss = slim.learning.train(
            model.train_op, str(tmp_path), number_of_steps=3, summary_op=model.summary_op
        )
    assert loss == pytest.approx(expected(3)[1][-1], rel=1e-5)
    assert "total_loss_1" in linear.scalars(tmp_path)


@pytest.mark.parametrize("num_clones", [1, 2])
def test_without_an_optimizer_there_is_the_loss(num_clones):
    with tf.Graph().as_default():
        model = deployed(num_clones, optimizer=False)
        assert model.train_op is None
        assert v1.train.get_global_step() is None
        assert run_once(model.total_loss) == pytest.approx(expected(1)[1][0], rel=1e-5)


def test_names():
    def model_fn(images, *, channels):
        net = slim.conv2d(images, channels, 1)
        return slim.conv2d(net, channels, 1)

    with tf.Graph().as_default():
        config = DeploymentConfig(num_clones=2, clone_on_cpu=True)
        with v1.variable_scope("net"):
            clones = model_deploy.create_clones(
                config, model_fn, [tf.zeros([1, 2, 2, 3])], {"channels": 2}
            )
        variables = [v.op.name for v in v1.global_variables()]
    assert [clone.scope for clone in clones] == ["net/clone_0/", "net/clone_1/"]
    assert [clone.device for clone in clones] == ["/device:CPU:0"] * 2
    assert variables == [
        "net/Conv/weights", "net/Conv/biases", "net/Conv_1/weights", "net/Conv_1/biases",
    ]  # fmt: skip
    for clone in clones:
        assert clone.outputs.op.name.startswith(clone.scope)
        assert clone.outputs.device == "/device:CPU:0"


def test_names_of_what_trains():
    with tf.Graph().as_default() as graph:
        model = deployed(2)
        assert [clone.scope for clone in model.clones] == ["clone_0/", "clone_1/"]
        assert [loss.op.name.split("/")[0] for loss in slim.losses.get_losses()] == [
            "clone_0", "clone_1",
        ]  # fmt: skip
        assert model.train_op.op.name == "train_op"
        assert model.total_loss.op.name == "total_loss"
        names = {op.name for op in graph.get_operations()}
    assert {
        "clone_0/clone_loss", "clone_0/scaled_clone_loss", "clone_0/regularization_loss",
        "clone_1/clone_loss", "clone_1/scaled_clone_loss", "fc/weights/sum_grads",
    } <= names  # fmt: skip
    assert "clone_1/regularization_loss" not in names


def test_a_clone_that_is_alone_has_no_scope():
    with tf.Graph().as_default() as graph:
        (clone,) = deployed(1).clones
        names = {op.name for op in graph.get_operations()}
    assert clone.scope == ""
    assert clone.outputs.op.name.startswith("fc/")
    assert "clone_loss" in names
    assert "scaled_clone_loss" not in names


def test_moving_averages_are_those_of_the_first_clone():
    with tf.Graph().as_default():
        parts = iter(tf.split(tf.constant(linear.X), 2))
        model = model_deploy.deploy(
            DeploymentConfig(2, clone_on_cpu=True),
            regressor,
            [lambda: (next(parts), tf.zeros([len(linear.X) // 2, 1]))],
            {"normalize": True},
            v1.train.GradientDescentOptimizer(linear.RATE),
        )
        scopes = {op.name.split("/")[0] for op in v1.get_collection(GraphKeys.UPDATE_OPS)}
        assert scopes == {"clone_0", "clone_1"}
        (mean,) = [v for v in slim.get_model_variables() if "moving_mean" in v.name]
        with started() as session:
            session.run(model.train_op)
            found = session.run(mean)
    np.testing.assert_allclose(found, np.mean(linear.X[: len(linear.X) // 2], 0), atol=1e-6)


# The operation of the loss is called total_loss, so TensorFlow numbers its summary.
LOSSES = {"total_loss_1", "Losses/clone_loss", "Losses/regularization_loss", "average"}
OF_FIRST = {
    "total_loss_1", "clone_0/Losses/clone_0//clone_loss", "clone_0/Losses/regularization_loss",
    "clone_0/average",
}  # fmt: skip
GRADIENTS = {"fc/weights_gradient", "fc/weights_gradient_norm"}


@pytest.mark.parametrize(
    ("num_clones", "kwargs", "expected_tags"),
    [
        (1, {}, LOSSES),
        (2, {}, OF_FIRST),
        (2, {"optimizer": False}, OF_FIRST),
        (2, {"summarize_gradients": True}, OF_FIRST | GRADIENTS),
    ],
)
def test_summaries(num_clones, kwargs, expected_tags):
    with tf.Graph().as_default():
        v1.summary.scalar("before", tf.constant(1.0))
        model = deployed(num_clones, **kwargs)
        assert model.summary_op.op.name.startswith("summary_op")
        assert tags(run_once(model.summary_op)) == expected_tags | {"before"}


def test_nothing_to_sum_up():
    with tf.Graph().as_default():
        model = model_deploy.deploy(DeploymentConfig(2, clone_on_cpu=True), tf.zeros, [[]])
    assert model[:3] == (None, None, None)
    assert len(model.clones) == 2


def test_optimize_clones_with_other_variables_and_regularization():
    def model_fn():
        two = v1.constant_initializer(2.0)
        first, second = (slim.model_variable(name, [], initializer=two) for name in "ab")
        slim.model_variable("unused", [])
        slim.losses.add_loss(3.0 * first * second)

    def optimized(**kwargs):
        return model_deploy.optimize_clones(
            clones, v1.train.GradientDescentOptimizer(1.0), **kwargs
        )

    with tf.Graph().as_default():
        clones = model_deploy.create_clones(DeploymentConfig(2, clone_on_cpu=True), model_fn)
        a, b = v1.global_variables()[:2]
        every = optimized()
        some = optimized(regularization_losses=[5.0 * a, 7.0 * b], var_list=[a])
        found = run_once([every[0], [g for g, _ in every[1]], some[0], [g for g, _ in some[1]]])
        assert [v.op.name for _, v in every[1]] == ["a", "b"]
    assert found == [12.0, [6.0, 6.0], 12.0 + 24.0, [6.0 + 5.0]]


def test_sparse_gradients_are_summed():
    def model_fn():
        table = slim.model_variable("table", [3, 1], initializer=v1.ones_initializer())
        rows = tf.nn.embedding_lookup(table, tf.constant([next(indices), 0]))
        slim.losses.add_loss(tf.reduce_sum(rows))

    indices = iter([1, 2])
    with tf.Graph().as_default():
        model = model_deploy.deploy(
            DeploymentConfig(2, clone_on_cpu=True),
            model_fn,
            optimizer=v1.train.GradientDescentOptimizer(1.0),
        )
        with started() as session:
            session.run(model.train_op)
            table = session.run(slim.get_model_variables()[0])
    np.testing.assert_allclose(table, [[0.0], [0.5], [0.5]])


PS = {"num_replicas": 2, "replica_id": 1, "num_ps_tasks": 2}
RENAMED = {**PS, "worker_job_name": "trainer", "ps_job_name": "store"}


@pytest.mark.parametrize(
    ("kwargs", "clone_devices", "worker", "ps"),
    [
        ({}, ["/device:GPU:0"], "", ""),
        ({"num_clones": 2}, ["/device:GPU:0", "/device:GPU:1"], "", ""),
        ({"num_clones": 2, "clone_on_cpu": True}, ["/device:CPU:0"] * 2, "", ""),
        (PS, ["/job:worker/device:GPU:0"], "/job:worker", "/job:ps"),
        (RENAMED, ["/job:trainer/device:GPU:0"], "/job:trainer", "/job:store"),
    ],
)
def test_devices(kwargs, clone_devices, worker, ps):
    config = DeploymentConfig(**kwargs)
    assert [config.clone_device(i) for i in range(config.num_clones)] == clone_devices
    assert config.inputs_device() == config.optimizer_device() == f"{worker}/device:CPU:0"
    assert (config.worker_device, config.ps_device) == (worker, ps)
    if ps:
        assert callable(config.variables_device())
        with tf.Graph().as_default():
            assert config.caching_device()(tf.zeros([]).op) == ""
    else:
        assert config.variables_device() == "/device:CPU:0"
        assert config.caching_device() is None


def test_properties_have_the_names_of_arguments():
    config = DeploymentConfig(3, True, 1, 2, 4, "w", "p")
    assert (
        config.num_clones, config.clone_on_cpu, config.replica_id, config.num_replicas,
        config.num_ps_tasks, config.worker_job_name, config.ps_job_name,
    ) == (3, True, 1, 2, 4, "w", "p")  # fmt: skip


@pytest.mark.parametrize("use_resource", [True, False])
def test_parameter_servers_take_variables_in_turn(use_resource):
    def model_fn():
        with slim.arg_scope([slim.variable], use_resource=use_resource):
            made = [slim.variable(f"v{i}", initializer=float(i)) for i in range(3)]
        slim.losses.add_loss(tf.add_n(made))

    with tf.Graph().as_default():
        model = model_deploy.deploy(
            DeploymentConfig(2, num_ps_tasks=2),
            model_fn,
            optimizer=v1.train.GradientDescentOptimizer(1.0),
        )
        step = tf.DeviceSpec.from_string(v1.train.get_global_step().device)
        specs = [
            tf.DeviceSpec.from_string(v.device) for v in v1.global_variables() if "v" in v.op.name
        ]
        losses = [tf.DeviceSpec.from_string(loss.device) for loss in slim.losses.get_losses()]
        total = tf.DeviceSpec.from_string(model.total_loss.device)
    assert [(s.job, s.task, s.device_type) for s in specs] == [
        ("ps", task, "CPU") for task in (0, 1, 0)
    ]
    assert (step.job, step.task) == ("ps", 0)
    assert [(s.job, s.device_type, s.device_index) for s in losses] == [
        ("worker", "GPU", index) for index in (0, 1)
    ]
    assert (total.job, total.device_type) == ("worker", "CPU")


def test_variables_of_a_net_of_the_factory_are_on_parameter_servers():
    with tf.Graph().as_default():
        network_fn = nets_factory.get_network_fn("lenet", 3, is_training=True)
        config = DeploymentConfig(clone_on_cpu=True, num_ps_tasks=1)
        model_deploy.create_clones(config, lambda: network_fn(tf.zeros([2, 28, 28, 1])))
        devices = {tf.DeviceSpec.from_string(v.device).job for v in slim.get_model_variables()}
    assert devices == {"ps"}


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"num_clones": 0}, "num_clones must be at least 1; got 0"),
        ({"num_ps_tasks": -1}, "num_ps_tasks must not be negative; got -1"),
        ({"num_replicas": 2}, "num_ps_tasks must be at least 1"),
        ({"replica_id": 1}, "replica_id must be from 0 to num_replicas - 1 = 0; got 1"),
        ({**PS, "replica_id": -1}, "got -1"),
        ({**PS, "worker_job_name": ""}, "worker_job_name must name a job"),
        ({**PS, "ps_job_name": None}, "ps_job_name must name a job"),
    ],
)
def test_bad_configurations(kwargs, words):
    with pytest.raises(ValueError, match=words):
        DeploymentConfig(**kwargs)


@pytest.mark.parametrize("method", ["clone_device", "clone_scope"])
@pytest.mark.parametrize("index", [-1, 2])
def test_there_are_only_so_many_clones(method, index):
    with pytest.raises(ValueError, match=f"clone_index must be .* = 1; got {index}"):
        getattr(DeploymentConfig(num_clones=2), method)(index)


@pytest.mark.parametrize(
    ("optimizer", "kind", "words"),
    [
        (v1.train.GradientDescentOptimizer, ValueError, "none of the 2 clones has a loss"),
        (tf.keras.optimizers.SGD, TypeError, "optimize_clones: expected an optimizer of tf.compat"),
    ],
)
def test_what_cannot_be_optimized(optimizer, kind, words):
    config = DeploymentConfig(2, clone_on_cpu=True)
    with tf.Graph().as_default(), pytest.raises(kind, match=words):
        model_deploy.deploy(config, tf.zeros, [[]], optimizer=optimizer(0.1))


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("create_clones", [DeploymentConfig(), tf.zeros, [[]]]),
        ("optimize_clones", [[], None]),
        ("deploy", [DeploymentConfig(), tf.zeros, [[]]]),
    ],
)
@pytest.mark.parametrize("wrap", [lambda call: call, tf.function], ids=["eager", "function"])
def test_only_in_graphs_of_tensorflow_1(name, args, wrap):
    with pytest.raises(RuntimeError, match=f"model_deploy.{name} belongs to.*MirroredStrategy"):
        wrap(lambda: getattr(model_deploy, name)(*args) and None)()
