"""A program of a coordinator, workers and parameter servers: each process is what TF_CONFIG says.

The coordinator does what stands in the file `orders` of its folder, a word a line, each a function
of this file, and says of each that it is done, or what went wrong.
"""

from __future__ import annotations

import json
import math
import sys
import time
import traceback
import warnings
from pathlib import Path

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy
from tf_slim import checkpoints

# Small enough that the variables of the toy are divided, too.
PARTITIONER = tf.distribute.experimental.partitioners.MinSizePartitioner(64, max_shards=2)
SPEC = tf.TensorSpec([None, 5])


class Losses(slim.hooks.Hook):
    """Notes what it is told."""

    every_steps = None

    def __init__(self, tell=False):
        self.steps: list[int] = []
        self.losses: list[float] = []
        self._tell = tell

    def after_step(self, run):
        self.steps.append(run.step)
        self.losses.append(run.loss_value)
        if self._tell:
            print("step", run.step, flush=True)


def toy_step(strategy, optimizer="keras_sgd", **kwargs):
    with strategy.scope():
        return toy.step(optimizer, **kwargs)


def fit(step, data, folder, steps=None, **kwargs):
    return slim.learning.fit(step, data, folder, steps, **{"hooks": [], **kwargs})


def error_of(function, *args, **kwargs) -> Exception:
    try:
        function(*args, **kwargs)
    except Exception as error:
        return error
    raise AssertionError("no error")


# ------------------------------------------------------------------------------------- orders


def digits(strategy, folder):
    """LeNet reaches what it reaches in one process, and the folder has all that a run has."""
    train = slim.data.Pipeline(slim.data.get_dataset("digits", "train"), 64, is_training=True)
    test = slim.data.Pipeline(slim.data.get_dataset("digits", "test"), 128)
    with strategy.scope():
        model = slim.nets.create("lenet", num_classes=10).build(train.element_spec[0])
        rate = tf.keras.optimizers.schedules.CosineDecay(
            0.0, 350, warmup_target=0.03, warmup_steps=50
        )
        optimizer = tf.keras.optimizers.SGD(rate, momentum=0.9)
        step = slim.learning.make_train_step(
            model, slim.losses.sparse_softmax_cross_entropy, optimizer
        )
    weights = model.named_variables["LeNet/fc3/weights"]
    servers = {part.device for part in weights.variables}
    assert len(servers) == 2, servers
    began = time.monotonic()
    run = fit(step, train, folder / "digits", 400, validation=test, validate_every=200)
    print(f"400 steps in {time.monotonic() - began:.1f} s", run.validation, flush=True)
    assert run.step == int(step.global_step) == 400
    assert run.best.value >= 0.97, run.best
    rows = slim.learning.read_history(folder / "digits")
    assert [row["step"] for row in rows] == list(range(10, 401, 10))
    validated = [row["step"] for row in rows if "validation" in row]
    assert validated == [200, 400]
    print(json.dumps({"accuracy": run.best.value, "path": run.best.path}), flush=True)


def exact(strategy, folder):
    """Not a step more than asked for, by one and by several a call, and a resumed run goes on."""
    for calls in (1, 4):
        _, step = toy_step(strategy)
        seen = Losses()
        run = fit(step, toy.data(), None, 37, hooks=[seen], steps_per_call=calls)
        assert run.step == int(step.global_step) == 37
        assert seen.steps == list(range(1, 38)) and all(map(math.isfinite, seen.losses))
        assert np.mean(seen.losses[-5:]) < 0.8 * np.mean(seen.losses[:5]), seen.losses


def resumes(strategy, folder):
    """A run goes on in a second process, and parts do not show in its checkpoint."""
    _, step = toy_step(strategy)
    fit(step, toy.data(), folder / "toy", 20)
    before = {name: np.array(v.numpy()) for name, v in step.named_variables().items()}
    assert not any("part_" in name for name in before), list(before)
    _, again = toy_step(strategy)
    run = fit(again, toy.data(), folder / "toy", 20)
    assert run.stop == "all steps were taken before" and run.step == 20
    for name, variable in again.named_variables().items():
        np.testing.assert_array_equal(variable.numpy(), before[name], name)
    assert fit(again, toy.data(), folder / "toy", 25).step == 25


def optimizers(strategy, folder):
    """Optimizers of both kinds have their slots beside the parts, and train."""
    for name in ("keras_adam", "v1_momentum"):
        _, step = toy_step(strategy, name)
        seen = Losses()
        fit(step, toy.data(), folder / name, 30, hooks=[seen])
        assert np.mean(seen.losses[-5:]) < np.mean(seen.losses[:5]), (name, seen.losses)
        alone = toy.step(name)[1]
        alone.prepare(*toy.data().element_spec)
        expected = {n: tuple(v.shape) for n, v in alone.named_variables().items()}
        found = {n: tuple(v.shape) for n, v in step.named_variables().items()}
        assert found == expected, set(found) ^ set(expected)


def hooks(strategy, folder):
    """A hook finds the model as it is after the steps that it names; others do not hold it up."""

    class Plain(slim.hooks.Hook):
        count = 0

        def after_step(self, run):
            self.count += 1

    class AtTen(slim.hooks.Hook):
        every_steps = 10
        found: list = []

        def after_step(self, run):
            if run.step % 10 == 0:
                self.found.append((run.step, int(run.train_step.global_step)))

    class Stops(slim.hooks.Hook):
        def after_step(self, run):
            if run.step == 3:
                run.stop = "enough"

    _, step = toy_step(strategy)
    plain, at_ten = Plain(), AtTen()
    fit(step, toy.data(), None, 30, hooks=[plain, at_ten])
    assert plain.count == 30 and at_ten.found == [(10, 10), (20, 20), (30, 30)]
    _, step = toy_step(strategy)
    run = fit(step, toy.data(), folder / "stopped", 300, hooks=[Stops()])
    assert run.stop == "enough" and run.step == int(step.global_step) < 300
    assert run.checkpoint.endswith(f"-{run.step}")


def ends_of_data(strategy, folder):
    """Data that end, end the run after as many steps as there are batches."""
    whole = tf.data.Dataset.from_tensor_slices((toy.X, toy.Y)).batch(16)
    _, step = toy_step(strategy)
    run = fit(step, whole, None)
    assert (run.step, run.stop) == (4, "the data ended"), run
    _, step = toy_step(strategy)
    assert fit(step, whole, None, epochs=3).step == 12
    unknown = whole.filter(lambda x, y: True)
    _, step = toy_step(strategy)
    assert "how many batches" in str(error_of(fit, step, unknown, None))
    assert fit(step, unknown, None, 9).step == 9


def streams(strategy, folder):
    """No two workers read the same: of a Pipeline each has its own shuffle, others are dealt."""
    coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
    from tf_slim.learning.worker_data import WorkerData

    @tf.function
    def read(batches):
        worker = tf.distribute.coordinator.experimental_get_current_worker_index()
        return worker, next(batches)

    def read_by_each(dataset, step):
        made = iter(coordinator.create_per_worker_dataset(WorkerData(dataset, step, 2).make))
        found = {0: [], 1: []}
        end = time.monotonic() + 300
        while not all(found.values()):  # one of them may be busy with its first batch
            assert time.monotonic() < end, {worker: len(some) for worker, some in found.items()}
            values = [coordinator.schedule(read, args=(made,)) for _ in range(12)]
            coordinator.join()
            for value in values:
                worker, batch = value.fetch()
                found[int(worker)].append(batch)
        return found

    numbers = tf.data.Dataset.range(100_000)
    dealt = read_by_each(numbers, 3)
    for worker, batches in dealt.items():
        expected = [3 + worker + 2 * number for number in range(len(batches))]
        assert list(map(int, batches)) == expected, dealt
    off = tf.data.Options()
    off.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    for batches in read_by_each(numbers.with_options(off), 0).values():
        assert list(map(int, batches)) == list(range(len(batches)))
    pipeline = slim.data.Pipeline(
        slim.data.get_dataset("digits", "train"), 8, is_training=True, preprocess="none"
    )
    own = {worker: [b[0] for b in some] for worker, some in read_by_each(pipeline, 0).items()}
    first = [batch[0].numpy() for batch in pipeline.dataset().take(len(own[0]))]
    np.testing.assert_array_equal(own[0], first)
    assert not any(np.array_equal(a, b) for a in own[0] for b in own[1])


def refusals(strategy, folder):
    """What such workers cannot do is refused in words before the first step."""
    _, step = toy_step(strategy, jit_compile=True)
    assert "XLA cannot reach variables on parameter servers" in str(
        error_of(fit, step, toy.data(), None, 5)
    )
    _, step = toy_step(strategy)
    error = error_of(fit, step, toy.broken_data(), None, 5)
    assert isinstance(error, ValueError) and "made by Python in this process" in str(error)
    model = toy.model()
    with strategy.scope():
        error = error_of(
            slim.learning.make_train_step, model, toy.loss, tf.keras.optimizers.SGD(0.1)
        )
        assert "Make all in one scope" in str(error)
        model = toy.model()
        net = slim.Model(lambda x: slim.batch_norm(x, synchronized=True))
        error = error_of(net.build, tf.TensorSpec([None, 4]))
        assert "synchronized=False" in str(error)
    error = error_of(slim.learning.make_train_step, model, toy.loss, tf.keras.optimizers.SGD(0.1))
    assert "has its variables on parameter servers" in str(error)


def not_finite(strategy, folder):
    """A loss that is not finite ends the run, and the last checkpoint is the one before."""
    bad = toy.X.copy()
    bad[40] = np.nan
    data = tf.data.Dataset.from_tensor_slices((bad, toy.Y)).batch(8).repeat()
    _, step = toy_step(strategy)
    seen = Losses()
    error = error_of(fit, step, data, folder / "nan", 100, hooks=[seen])
    assert isinstance(error, slim.learning.NonFiniteLossError), error
    assert "model.ckpt-0" in str(error) and "The step was not applied" in str(error)
    assert all(map(math.isfinite, seen.losses)) and seen.steps == list(
        range(1, len(seen.steps) + 1)
    )
    assert checkpoints.latest(folder / "nan").endswith("-0")


def own_errors(strategy, folder):
    """An error in a function of the user's own comes out with its own words, here and there."""

    def loss(logits, labels):
        tf.debugging.assert_less(labels, tf.constant(1, tf.int64), "only one class")
        return toy.loss(logits, labels)

    with strategy.scope():
        step = slim.learning.make_train_step(toy.model(), loss, tf.keras.optimizers.SGD(0.1))
    error = error_of(fit, step, toy.data(), None, 50)
    assert isinstance(error, tf.errors.InvalidArgumentError) and "only one class" in str(error)

    def broken(logits, labels):
        raise KeyError("of the user")

    with strategy.scope():
        step = slim.learning.make_train_step(toy.model(), broken, tf.keras.optimizers.SGD(0.1))
    assert isinstance(error_of(fit, step, toy.data(), None, 5), KeyError)
    files = tf.data.TextLineDataset([str(folder / "nowhere.txt")])
    lines = files.map(lambda line: (tf.zeros([5]), tf.constant(0, tf.int64))).repeat().batch(4)
    _, step = toy_step(strategy)
    error = error_of(fit, step, lines, folder / "unread", 5)
    assert isinstance(error, tf.errors.NotFoundError) and "nowhere.txt" in str(error), error


def options(strategy, folder):
    """What else a step can do: the head first, averages, a loss scale, no checks, batch norm."""
    with strategy.scope():
        of_head = tf.keras.optimizers.SGD(0.5)
    _, step = toy_step(
        strategy,
        head_first=slim.learning.HeadFirst(7, ["net/logits/*"], of_head),
        average_decay=0.9,
        clip_global_norm=1.0,
    )
    first = {name: v.numpy() for name, v in step.model.named_variables.items()}
    seven = {}

    class AtSeven(slim.hooks.Hook):
        every_steps = 7

        def after_step(self, run):
            if run.step == 7:
                seven.update({n: v.numpy() for n, v in step.model.named_variables.items()})

    run = fit(
        step,
        toy.data(),
        folder / "options",
        20,
        hooks=[AtSeven()],
        validation=(toy.X, toy.Y),
        validate_every=10,
    )
    changed = {name: not np.array_equal(first[name], seven[name]) for name in first}
    assert changed == {name: "logits" in name for name in first}, changed
    assert run.step == 20 and run.validation["accuracy"] > 0.6, run.validation
    names = [f"{name}/ExponentialMovingAverage" for name in first]
    assert set(names) <= set(step.named_variables()), list(step.named_variables())
    with strategy.scope():
        net = slim.Model(normalized, precision="mixed_float16").build(SPEC)
        step = slim.learning.make_train_step(net, toy.loss, tf.keras.optimizers.SGD(0.1))
    assert fit(step, toy.data(), None, 20).step == 20
    assert float(step.loss_scale.scale) >= 1.0
    with strategy.scope():
        step = slim.learning.make_train_step(
            toy.model(), toy.loss, tf.keras.optimizers.SGD(0.1), accumulate=2
        )
    assert fit(step, toy.data(), None, 9).step == 9
    means = net.named_variables["normalized/fc/BatchNorm/moving_mean"].numpy()
    assert np.all(np.isfinite(means)) and np.any(means != 0)


def normalized(x, is_training=False):
    with slim.scope("normalized"), slim.arg_scope([slim.batch_norm], is_training=is_training):
        hidden = slim.fully_connected(x, 8, normalizer_fn=slim.batch_norm, scope="fc")
        return slim.fully_connected(hidden, 2, activation_fn=None, scope="logits")


def embeddings(strategy, folder):
    """Rows of an embedding in parts are those of the whole, and only these are trained."""

    def net(ids):
        with slim.scope("words"):
            rows = slim.layers.embed_sequence(ids, 20, 8, scope="embed")
            unique = slim.layers.embed_sequence(ids, 20, 8, scope="embed", reuse=True, unique=True)
            weights = tf.reduce_sum(rows + unique, axis=1)
            return slim.fully_connected(
                weights, 2, activation_fn=None, weights_regularizer=slim.l2_regularizer(0.1)
            )

    ids = np.array([[3, 3, 17], [17, 0, 11]])
    with strategy.scope():
        model = slim.Model(net).build(tf.TensorSpec([None, 3], tf.int64))
        step = slim.learning.make_train_step(model, toy.loss, tf.keras.optimizers.SGD(0.1))
    table = model.named_variables["words/embed/embeddings"]
    assert table.shape == [20, 8] and len(table.variables) == 2, table
    before, losses = table.numpy(), model.losses
    fc = model.named_variables["words/fully_connected/weights"].numpy()
    np.testing.assert_allclose(losses[0], 0.05 * np.sum(fc**2), rtol=1e-6)
    expected = (2 * before[ids].sum(axis=1)) @ fc
    logits = tf.function(lambda: model(tf.constant(ids)))()
    np.testing.assert_allclose(logits, expected, rtol=1e-5)
    labels = np.array([0, 1])
    fit(step, tf.data.Dataset.from_tensors((ids, labels)).repeat(), None, 3)
    moved = np.flatnonzero(np.any(table.numpy() != before, axis=1))
    assert moved.tolist() == [0, 3, 11, 17], moved


def goes_back(strategy, folder):
    """A run that one process has gone on with comes back to the servers."""
    _, step = toy_step(strategy)
    run = fit(step, toy.data(), folder / "toy", 35)
    assert run.first_step == 30 and run.step == 35


def slow(strategy, folder):
    """A run to be disturbed: says where it is, and saves now and then.

    The file `go` says how many steps it may take: it is not at its end before it is disturbed.
    """

    class Held(Losses):
        def after_step(self, run):
            super().after_step(run)
            while len(self.steps) >= int((folder / "go").read_text()):
                time.sleep(0.02)

    while not (folder / "go").exists():
        time.sleep(0.02)
    data = toy.data().map(wait)
    _, step = toy_step(strategy)
    run = fit(step, data, folder / "slow", 400, hooks=[Held(tell=True)], save_every_steps=20)
    print("ended at", run.step, int(step.global_step), run.stop, flush=True)


def wait(x, y):
    """Takes a moment, by arithmetic."""
    busy = tf.linalg.matmul(*[tf.random.normal([500, 500])] * 2)
    return x + 0.0 * tf.reduce_sum(busy), y


# -------------------------------------------------------------------------------------- program


def serve(resolver) -> None:
    server = tf.distribute.Server(
        resolver.cluster_spec(), resolver.task_type, resolver.task_id, protocol="grpc"
    )
    print("serving", flush=True)
    server.join()


def coordinate(resolver, folder: Path) -> int:
    began = time.monotonic()
    strategy = tf.distribute.ParameterServerStrategy(resolver, PARTITIONER)
    print(f"connected in {time.monotonic() - began:.1f} s", flush=True)
    failed = 0
    for order in (folder / "orders").read_text().split():
        began = time.monotonic()
        print(f"{order}: begins", flush=True)
        try:
            globals()[order](strategy, folder)
            print(f"{order}: done in {time.monotonic() - began:.1f} s", flush=True)
        except Exception:
            failed = 1
            print(f"{order}: failed\n{traceback.format_exc(limit=-8)}\n{order}: end", flush=True)
    return failed


def main(words: list[str]) -> None:
    warnings.simplefilter("ignore")
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver(rpc_layer="grpc")
    if resolver.task_type == "chief":
        sys.exit(coordinate(resolver, Path(words[0])))
    serve(resolver)


if __name__ == "__main__":
    main(sys.argv[1:])
