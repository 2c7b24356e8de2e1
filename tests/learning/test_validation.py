"""Validation while training: measured when due, the best kept and restored, ended by patience."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy
from tf_slim import checkpoints

QUIET: dict = {"hooks": [], "log_every_steps": 4}


def held_out(batch: int = 30) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices((toy.X, toy.Y)).batch(batch)


def rows(logdir) -> dict[int, dict]:
    found = slim.learning.read_history(logdir)
    assert len({row["step"] for row in found}) == len(found)
    return {row["step"]: row for row in found}


def accuracy(model) -> float:
    return float(np.mean(np.argmax(model(toy.X).numpy(), 1) == toy.Y))


class Watcher(slim.hooks.Hook):
    """Notes what it sees at each validation."""

    def __init__(self):
        self.seen = {}

    def after_validation(self, run, values):
        best = None if run.best is None else run.best.step
        self.seen[run.step] = (values, best, accuracy(run.train_step.model))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of 22 steps with a validation every 5, and what a hook has seen of it."""
    tf.random.set_seed(0)
    logdir, watcher = tmp_path_factory.mktemp("runs") / "trained", Watcher()
    run = slim.learning.fit(
        toy.step()[1],
        toy.data(),
        logdir,
        22,
        hooks=[watcher],
        log_every_steps=4,
        validation=held_out(),
        validate_every=5,
        summary_every_steps=10,
    )
    return run, logdir, watcher.seen


def test_what_is_measured_is_what_evaluate_measures(trained):
    _, logdir, seen = trained
    assert list(seen) == [5, 10, 15, 20, 22]
    history = rows(logdir)
    assert list(history) == [4, 5, 8, 10, 12, 15, 16, 20, 22]
    for step, (values, _, right) in seen.items():
        assert values["accuracy"] == pytest.approx(right)
        assert history[step]["validation"] == values
        assert history[step]["loss"] > 0
    assert all("validation" not in history[step] for step in (4, 8, 12, 16))
    events = [name for name in os.listdir(logdir) if name.startswith("events")]
    tags = [
        (event.step, value.tag)
        for event in tf.compat.v1.train.summary_iterator(str(logdir / events[0]))
        for value in event.summary.value
    ]
    assert (5, "validation/accuracy") in tags and (22, "validation/loss") in tags


def test_the_best_is_kept_and_restored(trained):
    run, logdir, seen = trained
    best = max(seen, key=lambda step: seen[step][0]["accuracy"])  # the first of several
    assert run.best == checkpoints.best(logdir)
    assert (run.best.step, run.best.metric) == (best, "accuracy")
    assert run.best.value == seen[best][0]["accuracy"]
    assert run.restored_best and accuracy(run.train_step.model) == pytest.approx(seen[best][2])
    assert run.validation == seen[22][0]
    assert [seen[step][1] for step in seen] == [
        max(range(5, step + 1, 5), key=lambda s: seen[s][0]["accuracy"]) if step < 22 else best
        for step in seen
    ]


def fit(logdir, number_of_steps=22, step=None, **changes):
    """The same run as `trained`, but for the changes."""
    tf.random.set_seed(0)
    given = {"validation": held_out(), "validate_every": 5, **QUIET, **changes}
    data = given.pop("data", None) or toy.data()
    return slim.learning.fit(step or toy.step()[1], data, logdir, number_of_steps, **given)


def outcome(logdir):
    """All that should be the same in the end, however often a run was stopped."""
    best = checkpoints.best(logdir)
    history = [
        {name: value for name, value in row.items() if name != "steps_per_second"}
        for row in slim.learning.read_history(logdir)
    ]
    steps = [checkpoints.step_of(path) for path in checkpoints.prefixes(logdir)]
    return history, (best.step, best.value, best.metric), steps[-1]


class Falling(slim.hooks.Hook):
    """Fails at a step, before or after its validation."""

    def __init__(self, event, at):
        self._event, self._at = event, at

    def after_step(self, run):
        self._fall("after_step", run)

    def after_validation(self, run, values):
        self._fall("after_validation", run)

    def _fall(self, event, run):
        if (event, run.step) == (self._event, self._at):
            raise KeyError("mistyped")


@pytest.mark.parametrize("event", ["after_step", "after_validation"])
@pytest.mark.parametrize("at", [5, 10, 22])
def test_an_error_of_a_hook_costs_no_validation(event, at, trained, tmp_path):
    """Saved before the validation or after it: all the same when the run goes on."""
    with pytest.raises(KeyError, match="mistyped"):
        fit(tmp_path, hooks=[Falling(event, at)])
    assert checkpoints.latest(tmp_path).endswith(f"model.ckpt-{at}")
    run = fit(tmp_path)
    assert outcome(tmp_path) == outcome(trained[1])
    assert run.best.value == trained[0].best.value and run.restored_best


def test_data_of_a_validation_that_break_cost_nothing(trained, tmp_path):
    def broken(x, y):
        with tf.control_dependencies([tf.debugging.assert_less(x, -9.0, "worn out")]):
            return tf.identity(x), y

    with pytest.raises(tf.errors.OpError, match="worn out"):
        fit(tmp_path, validation=held_out().map(broken))
    assert checkpoints.latest(tmp_path).endswith("model.ckpt-5")
    fit(tmp_path)
    assert outcome(tmp_path) == outcome(trained[1])


LOST = {
    "the note of the best": lambda folder: (folder / "best.json").unlink(),
    "its last change": lambda folder: checkpoints.mark_best(
        str(folder / "model.ckpt-5"), 0.01, "accuracy"
    ),
    "the end of the history": lambda folder: (folder / "history.jsonl").write_text(
        "".join((folder / "history.jsonl").read_text().splitlines(True)[:-1])
    ),
}


@pytest.mark.parametrize("case", LOST)
def test_what_is_lost_of_the_notes_is_found_again(case, trained, tmp_path):
    fit(tmp_path, save_every_steps=5, keep_checkpoints=9)
    expected = checkpoints.best(tmp_path)
    if case == "its last change":
        (tmp_path / "best.json").unlink()
    LOST[case](tmp_path)
    run = fit(tmp_path)
    assert run.first_step == run.step == 22
    assert checkpoints.best(tmp_path) == run.best == expected
    steps = [row["step"] for row in slim.learning.read_history(tmp_path) if "validation" in row]
    assert steps == [5, 10, 15, 20, 22]


def test_patience_ends_it_and_a_restart_knows(tmp_path):
    given = {"best": "still", "greater_is_better": True, "patience": 2, "validate_every": 3}
    metrics = {"still": (slim.metrics.streaming_mean, lambda logits, labels: (0 * logits,))}
    run = fit(tmp_path, metrics=metrics, **given)
    assert (run.step, run.stop) == (9, "no better still in 2 validations")
    assert run.best.step == 3 and run.restored_best
    before = outcome(tmp_path)
    run = fit(tmp_path, metrics=metrics, **given)
    assert (run.first_step, run.step, run.stop) == (9, 9, "no better still in 2 validations")
    assert run.restored_best and outcome(tmp_path) == before
    run = fit(tmp_path, metrics=metrics, **{**given, "patience": 4})
    assert (run.step, run.stop, run.best.step) == (15, "no better still in 4 validations", 3)
    kept = [checkpoints.step_of(path) for path in checkpoints.prefixes(tmp_path)]
    assert kept == [0, 3, 9, 15]


def test_a_hook_ends_it_by_a_validation(tmp_path):
    class Enough(slim.hooks.Hook):
        def after_validation(self, run, values):
            if values["accuracy"] > 0.5:
                run.stop = "good enough"

    run = fit(tmp_path, hooks=[Enough()], validate_every=1)
    assert run.stop == "good enough" and run.step < 22


def test_the_best_without_a_run_folder(trained):
    run, _, seen = trained
    alone = fit(None)
    assert (alone.best.step, alone.best.value) == (run.best.step, run.best.value)
    assert accuracy(alone.train_step.model) == pytest.approx(seen[run.best.step][2])


def test_the_last_weights_stay_where_the_best_are_not_wanted(trained, tmp_path):
    for wish in ({"restore_best": False}, {"best": False}):
        run = fit(tmp_path / str(wish), **wish)
        assert accuracy(run.train_step.model) == pytest.approx(trained[2][22][2])
        assert not run.restored_best and (run.best is None) == ("best" in wish)


def test_a_hook_that_keeps_the_best_is_in_nobodys_way(tmp_path):
    hook = slim.hooks.KeepBest(lambda: 1.0, "mine")
    run = fit(tmp_path, hooks=[hook])
    assert run.best is None and checkpoints.best(tmp_path).metric == "mine"


def test_the_best_by_another_metric_is_found_in_the_history(trained, tmp_path):
    fit(tmp_path, 20, best="accuracy", save_every_steps=5, keep_checkpoints=9)
    run = fit(tmp_path, 22, best="loss")
    values = {
        step: row["validation"]["loss"]
        for step, row in rows(tmp_path).items()
        if "validation" in row
    }
    assert run.best.metric == "loss" and not run.best.greater_is_better
    assert run.best.step == min(values, key=values.__getitem__)


def test_a_best_checkpoint_that_is_gone_is_told(tmp_path):
    first = fit(tmp_path, 21)
    assert first.best.step < 21
    checkpoints.remove(first.best.path)
    with pytest.warns(UserWarning, match="is gone"):
        run = fit(tmp_path, 22)
    assert run.best.step == 22


@pytest.mark.parametrize("kept", [True, False])
def test_averaged_weights_are_measured_and_restored(kept, tmp_path):
    _, step = toy.step(average_decay=0.9)
    watcher = Watcher()
    run = fit(tmp_path if kept else None, step=step, best="loss", hooks=[watcher])
    right = run.best.value
    logits = step.model(toy.X)
    assert float(toy.loss(logits, toy.Y)) == pytest.approx(right, rel=1e-5)
    loss_of_weights = {at: values["loss"] for at, (values, _, _) in watcher.seen.items()}
    assert right == min(loss_of_weights.values())
    if kept:
        step.model.restore(checkpoints.best(tmp_path).path)
        assert float(toy.loss(step.model(toy.X), toy.Y)) != pytest.approx(right, rel=1e-3)


# ------------------------------------------------------------------ epochs


def whole(count: int = 64, batch: int = 16) -> tf.data.Dataset:
    tf.random.set_seed(0)
    pairs = tf.data.Dataset.from_tensor_slices((toy.X[:count], toy.Y[:count]))
    return pairs.shuffle(64, seed=3).batch(batch)


def test_epochs_of_a_dataset(tmp_path):
    fit(tmp_path / "one", None, epochs=3, data=whole(), validate_every=None)
    assert [step for step, row in rows(tmp_path / "one").items() if "validation" in row] == [
        4,
        8,
        12,
    ]
    fit(tmp_path / "two", None, epochs=2, data=whole(), validate_every=None)
    fit(tmp_path / "two", None, epochs=3, data=whole(), validate_every=None)
    assert outcome(tmp_path / "one") == outcome(tmp_path / "two")


def test_epochs_of_a_pipeline():
    data = slim.data.Pipeline(slim.data.get_dataset("digits", "train"), 500, is_training=True)
    model = slim.Model(lambda x: slim.fully_connected(slim.flatten(x), 10, None, scope="fc"))
    model.build(data.element_spec[0])
    step = slim.learning.make_train_step(
        model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.1)
    )
    test = slim.data.Pipeline(slim.data.get_dataset("digits", "test"), 100)
    watcher = Watcher()
    watcher.after_validation = lambda run, values: watcher.seen.update({run.step: values})
    run = slim.learning.fit(step, data, None, epochs=2, hooks=[watcher], validation=test)
    assert run.number_of_steps == 2 * data.steps_per_epoch == 4
    assert list(watcher.seen) == [2, 4] and set(watcher.seen[2]) == {
        "accuracy",
        "loss",
        "recall_at_5",
    }


# ------------------------------------------------------------------ what is measured


@pytest.mark.parametrize("data", ["a pair of arrays", "a list of tensors"])
def test_arrays_are_validated_on(data, trained):
    pair = (toy.X, toy.Y) if data.startswith("a pair") else [tf.constant(toy.X), tf.constant(toy.Y)]
    run = fit(None, validation=pair)
    assert run.best.value == pytest.approx(trained[0].best.value)
    metrics = slim.evaluation.classification_metrics(2)
    model = toy.model()
    assert slim.evaluation.evaluate(model, pair, metrics)["accuracy"] == pytest.approx(
        accuracy(model)
    )


def test_a_net_that_is_no_classifier_is_measured_by_its_loss():
    model = slim.Model(lambda x: slim.fully_connected(x, 1, None, scope="fc"))
    model.build(tf.TensorSpec([None, 5]))
    targets = toy.X[:, :1] * 2
    step = slim.learning.make_train_step(
        model,
        lambda outputs, y: slim.losses.mean_squared_error(y, outputs),
        tf.keras.optimizers.SGD(0.1),
    )
    data = tf.data.Dataset.from_tensor_slices((toy.X, targets)).repeat().batch(16)
    run = slim.learning.fit(
        step, data, None, 20, hooks=[], validation=(toy.X, targets), validate_every=10
    )
    assert list(run.validation) == ["loss"] and run.best.metric == "loss"
    expected = np.mean((model(toy.X).numpy() - targets) ** 2)
    assert run.best.value == pytest.approx(expected, rel=1e-4)


def test_pictures_with_several_labels_are_measured_as_such():
    images = np.arange(6 * 16, dtype=np.uint8).reshape(6, 4, 4, 1)
    labels = np.int64([[1, 1, 0], [0, 0, 0], [0, 1, 1], [1, 0, 0], [1, 1, 1], [0, 0, 1]])
    spec = slim.data.from_arrays(images, labels, multi_label=True)
    data = slim.data.Pipeline(spec, 2, is_training=True)
    model = slim.Model(lambda x: slim.fully_connected(slim.flatten(x), 3, None, scope="fc"))
    step = slim.learning.make_train_step(
        model.build(data.element_spec[0]),
        lambda outputs, y: slim.losses.sigmoid_cross_entropy(y, outputs),
        tf.keras.optimizers.SGD(0.001),
    )
    run = slim.learning.fit(step, data, None, 3, hooks=[], validation=slim.data.Pipeline(spec, 4))
    expected = np.mean((model(tf.constant(images, tf.float32)).numpy() > 0) == labels)
    assert {"accuracy", "f1", "loss"} <= set(run.validation) and run.best.step == 3
    assert run.validation["accuracy"] == pytest.approx(expected)
    assert run.best.metric == "mean_average_precision"


def test_two_replicas(trained, strategy2, tmp_path):
    with strategy2.scope():
        _, step = toy.step(noise=False)
    run = slim.learning.fit(
        step, toy.data(), tmp_path, 22, validation=held_out(), validate_every=5, **QUIET
    )
    _, single = toy.step(noise=False)
    alone = fit(None, step=single)
    assert run.best.step == alone.best.step
    assert run.best.value == pytest.approx(alone.best.value)
    assert accuracy(run.train_step.model) == pytest.approx(run.best.value)


def test_it_is_traced_once():
    traced = []

    def net(x, is_training=True):
        traced.append(is_training)
        return toy.dense(x, 2)

    model = slim.Model(net).build([None, 5])
    step = slim.learning.make_train_step(model, toy.loss, tf.keras.optimizers.SGD(0.1))
    traced.clear()
    fit(None, step=step, validate_every=1)
    assert traced.count(False) == 1


def test_progress_lines_tell_the_validation(trained, capsys):
    run = fit(None, hooks=[slim.hooks.ProgressLines(every_secs=99.0)])
    printed = capsys.readouterr().err.splitlines()
    assert len([line for line in printed if "validation: accuracy" in line]) == 5
    assert f"step {run.best.step}/22  validation: accuracy {run.best.value:.4f}" in "\n".join(
        printed
    )
    assert printed[-1] == f"best accuracy: {run.best.value:.4f} at step {run.best.step}, restored"


# ------------------------------------------------------------------ bad input

BAD = {
    "nothing to validate on": ({"validation": None}, "validate_every.*nothing to validate on"),
    "patience alone": (
        {"validation": None, "validate_every": None, "patience": 3},
        "patience.*nothing to validate on",
    ),
    "an unknown metric": ({"best": "acuracy"}, "best: 'acuracy' is not measured.*accuracy"),
    "a number as a metric": ({"best": 3}, "best: expected the name of a metric.*3"),
    "a metric that does not tell": (
        {"metrics": {"mine": slim.metrics.streaming_mean}, "best": "mine"},
        "'mine' is better.*greater_is_better",
    ),
    "patience with nothing to go by": ({"best": False, "patience": 3}, "patience.*best="),
    "no patience": ({"patience": 0}, "patience must be at least 1"),
    "no epoch": ({"validate_every": None}, "validation.*never ends.*validate_every="),
    "endless epochs": ({"epochs": 3, "number_of_steps": None}, "epochs.*number_of_steps="),
    "epochs and steps": ({"epochs": 3}, "number_of_steps and epochs"),
    "half an epoch": ({"epochs": 0.5, "number_of_steps": None}, "epochs.*whole number.*0.5"),
    "endless validation": ({"validation": toy.data()}, "never ends"),
    "no labels": ({"validation": toy.X}, "inputs, labels"),
    "labels of another length": ({"validation": (toy.X, toy.Y[:9])}, "64.*9|9.*64"),
    "a word as a metric": ({"metrics": "accuracy"}, "metrics.*'accuracy'"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case, tmp_path):
    changes, said = BAD[case]
    given = {"number_of_steps": 4, **changes}
    with pytest.raises((TypeError, ValueError), match=said) as caught:
        fit(tmp_path, **given)
    assert len(str(caught.value)) < 500
    assert not checkpoints.prefixes(tmp_path)


# ------------------------------------------------------------------ which pictures


def test_other_pictures_than_the_run_began_with_are_told(tmp_path):
    folder = tmp_path / "data"
    for name in ("cat", "dog"):
        for number in range(4):
            picture = np.full([8, 8, 3], 40 * number, np.uint8)
            tf.io.write_file(
                str(folder / "train" / name / f"{number}.png"), tf.io.encode_png(picture)
            )

    def go(steps):
        data = slim.data.Pipeline(slim.data.from_folder(folder, image_size=8), 2, is_training=True)
        model = slim.Model(lambda x: slim.fully_connected(slim.flatten(x), 2, None, scope="fc"))
        step = slim.learning.make_train_step(
            model.build(data.element_spec[0]),
            slim.losses.sparse_softmax_cross_entropy,
            tf.keras.optimizers.SGD(0.1),
        )
        slim.learning.fit(step, data, tmp_path / "run", steps, hooks=[])

    go(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        go(2)
    tf.io.write_file(
        str(folder / "train" / "cat" / "new.png"), tf.io.encode_png(np.ones([8, 8, 3], np.uint8))
    )
    with pytest.warns(UserWarning, match="are 7, and others than the 6.*read_rows"):
        go(3)
    kept = slim.data.sources.read_rows(tmp_path / "run" / "data.json")
    assert [len(spec.listing) for spec in kept.values()] == [6]
