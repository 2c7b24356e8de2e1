"""Every metric of the table, in every mode, on random data and on edges.

The numbers of the original are replayed by tests/goldens; here stands what the numbers mean.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.metrics.data import DATA, Batch
from tests.metrics.rows import ROWS, Row

m, v1 = slim.metrics, tf.compat.v1


@pytest.fixture(params=ROWS)
def row(request) -> Row:
    return ROWS[request.param]


def inputs_of(row: Row) -> list[str]:
    """What the metric takes, in its order."""
    definition = row.metric.definition
    return [name for name in definition.signature.parameters if name in definition.inputs]


def batches_of(row: Row, case: str, weighted: bool) -> list[Batch]:
    """The data under the names that the metric gives them."""
    taken = inputs_of(row)
    renamed = {"predictions": "predictions_idx"} if "predictions_idx" in taken else {}
    found = [
        {renamed.get(name, name): array for name, array in batch.items()}
        for batch in DATA[row.kind][case]
    ]
    return [
        {name: batch[name] for name in taken if weighted or name != "weights"} for batch in found
    ]


def cases_of(row: Row) -> list[tuple[str, bool]]:
    """Every case of the data, and the random ones once more without weights."""
    cases = [(case, True) for case in DATA[row.kind]]
    return [*cases, ("random", False)] if "weights" in inputs_of(row) else cases


def check(row: Row, value: Any, batches: list[Batch], what: str) -> None:
    data = {name: np.concatenate([b[name] for b in batches]) for name in batches[0]}
    if "weights" not in data and "weights" in DATA[row.kind]["random"][0]:
        # A size of 1 where others have more: of vectors, whose last dimension is summed over.
        last = DATA[row.kind]["random"][0]["weights"].shape[1:]
        data["weights"] = np.ones((len(next(iter(data.values()))), *last), np.float32)
    ours = np.concatenate([np.ravel(part) for part in tf.nest.flatten(value)])
    expected = np.concatenate([np.ravel(part) for part in tf.nest.flatten(row.expected(**data))])
    np.testing.assert_allclose(ours, expected, rtol=row.tolerance, atol=row.tolerance, err_msg=what)


def shape_of(row: Row, array: np.ndarray, sizes: str = "known") -> list[int | None]:
    # The one metric that needs to know all sizes has batches of one size.
    if row.kind == "tensors":
        return list(array.shape)
    return [None] * array.ndim if sizes == "unknown" else [None, *array.shape[1:]]


def test_every_metric_has_a_row():
    defined = {name for name in m.__all__ if hasattr(getattr(m, name), "definition")}
    assert defined == {row.metric.__name__ for row in ROWS.values()}
    assert len(defined) > 45


@pytest.mark.parametrize("weighted", [True, False], ids=["weighted", "unweighted"])
@pytest.mark.parametrize("sizes", ["known", "unknown"])
def test_in_a_v1_graph(row, weighted, sizes, request):
    if sizes == "unknown":
        request.getfixturevalue("v1_shapes")
    cases = [case for case, with_weights in cases_of(row) if with_weights == weighted]
    if not cases:
        return
    with tf.Graph().as_default(), v1.Session() as session:
        example = batches_of(row, "random", weighted)[0]
        inputs = {n: v1.placeholder(a.dtype, shape_of(row, a, sizes)) for n, a in example.items()}
        value, update = row.metric(**inputs, **row.settings)
        variables = v1.get_collection(v1.GraphKeys.METRIC_VARIABLES)
        assert variables == slim.get_local_variables()
        for case in cases:
            session.run(v1.local_variables_initializer())
            batches = batches_of(row, case, weighted)
            for count, batch in enumerate(batches, 1):
                session.run(update, {inputs[name]: array for name, array in batch.items()})
                check(row, session.run(value), batches[:count], case)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "function"])
def test_as_an_object(row, compiled):
    metric = m.stateful(row.metric, **row.settings)
    update = tf.function(metric.update, reduce_retracing=True) if compiled else metric.update
    for case, weighted in cases_of(row):
        if not weighted and row.metric is m.streaming_dynamic_auc:
            metric = m.stateful(row.metric, **row.settings)  # without weights it keeps none
            update = metric.update
        batches = batches_of(row, case, weighted)
        for count, batch in enumerate(batches, 1):
            update(**{name: tf.constant(array) for name, array in batch.items()})
            check(row, metric.result(), batches[:count], case)
        metric.reset()


def test_over_replicas(row, strategy2):
    batches = batches_of(row, "random", True)
    with strategy2.scope():
        metric = m.stateful(row.metric, **row.settings)
        specs = {n: tf.TensorSpec(shape_of(row, a), a.dtype) for n, a in batches[0].items()}
        metric.build(**specs)

    @tf.function(autograph=False)
    def step(*of_replicas):
        def replica():
            index = tf.distribute.get_replica_context().replica_id_in_sync_group
            metric.update(**of_replicas[int(tf.get_static_value(index))])

        strategy2.run(replica)

    def result():
        # Over replicas the values of one stand behind those of the other.
        return np.sort(metric.result()) if row.metric is m.streaming_concat else metric.result()

    def of(chosen):
        if row.metric is not m.streaming_concat:
            return chosen
        return [{"values": np.sort(np.concatenate([batch["values"] for batch in chosen]))}]

    first, second, third = ({n: tf.constant(a) for n, a in b.items()} for b in batches)
    step(first, second)
    check(row, result(), of(batches[:2]), "two replicas")
    # A batch that is evaluated outside the strategy counts as well, once.
    metric.update(**third)
    check(row, result(), of(batches), "and one batch outside")
    metric.reset()
    metric.update(**first)
    check(row, result(), of(batches[:1]), "after a reset")


GROW = {m.streaming_concat, m.streaming_dynamic_auc, m.auc_with_confidence_intervals}


def test_under_xla(row):
    if row.metric in GROW:
        return  # XLA has no arrays that grow
    metric = m.stateful(row.metric, **row.settings)
    batches = batches_of(row, "random", True)[:1]
    batch = {name: tf.constant(array) for name, array in batches[0].items()}
    metric.build(**{name: tf.TensorSpec(value.shape, value.dtype) for name, value in batch.items()})
    tf.function(metric.update, jit_compile=True, autograph=False)(**batch)
    check(row, metric.result(), batches, "XLA")


EXACT_IN_LOW_PRECISION = {"values", "tensors", "numbers", "scores", "judged", "logits", "several"}


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16])
def test_low_precision(row, dtype):
    if row.kind not in EXACT_IN_LOW_PRECISION or row.metric is m.streaming_concat:
        return
    metric = m.stateful(row.metric, **row.settings)
    batches = batches_of(row, "random", True)[:1]
    metric.update(
        **{
            name: tf.cast(array, dtype) if array.dtype == np.float32 else tf.constant(array)
            for name, array in batches[0].items()
        }
    )
    check(row, metric.result(), batches, dtype.name)


def test_memory_does_not_grow_with_the_data(row):
    metric = m.stateful(row.metric, **row.settings)
    sizes = []
    for batch in batches_of(row, "random", True):
        metric.update(**{name: tf.constant(array) for name, array in batch.items()})
        sizes.append(sum(np.asarray(variable).nbytes for variable in metric.variables))
    assert (sizes[0] == sizes[-1]) == (row.metric not in GROW)


WEIGHTED = {name: row for name, row in ROWS.items() if "weights" in inputs_of(row)}
ANSWERS = {name: row for name, row in WEIGHTED.items() if row.kind in ("answers", "scores")}


def refuses(row: Row, batch: Batch, message: str) -> None:
    """Eagerly and in a v1 graph, and nothing of the batch is counted."""
    metric = m.stateful(row.metric, **row.settings)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        metric.update(**{name: tf.constant(array) for name, array in batch.items()})
    assert all(not np.any(variable.numpy()) for variable in metric.variables)
    with tf.Graph().as_default(), v1.Session() as session:
        _, update = row.metric(**{n: tf.constant(a) for n, a in batch.items()}, **row.settings)
        session.run(v1.local_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run(update)
        assert all(not np.any(value) for value in session.run(slim.get_local_variables()))


@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_of_nan_are_refused(name):
    batch = dict(batches_of(WEIGHTED[name], "random", True)[0])
    batch["weights"] = np.where(np.arange(batch["weights"].size) == 1, np.nan, 1.0).reshape(
        batch["weights"].shape
    )
    refuses(WEIGHTED[name], batch, "weights contain NaN")


@pytest.mark.parametrize("name", ANSWERS)
def test_labels_that_are_no_answers_are_refused_unless_they_do_not_count(name):
    row = ANSWERS[name]
    batch = dict(batches_of(row, "random", True)[0])
    if batch["labels"].dtype == bool:
        return  # such a metric takes nothing else
    batch["labels"] = np.append(batch["labels"][1:], 2)
    batch["weights"] = np.ones(len(batch["labels"]), np.float32)
    refuses(row, batch, "labels must be 0 or 1")
    batch["weights"][-1] = 0.0
    metric = m.stateful(row.metric, **row.settings)
    metric.update(**{name: tf.constant(array) for name, array in batch.items()})
    batch["labels"][-1] = 0
    check(row, metric.result(), [batch], "a label that does not count")


@pytest.mark.parametrize(
    ("name", "weighted"), [("count", False), ("mean", False), ("accuracy", True), ("recall", True)]
)
def test_counts_go_on_beyond_what_float32_can_count(name, weighted):
    """One more example counts when there have been 2**24, where float32 stands still."""
    row = ROWS[name]
    metric = m.stateful(row.metric, **row.settings)
    batch = batches_of(row, "random", weighted)[0]
    one = {key: tf.ones_like(array[:1]) for key, array in batch.items()}
    metric.update(**one)
    for variable in metric.variables:
        variable.assign(variable * 2.0**24)
    before = [variable.numpy() for variable in metric.variables]
    metric.update(**one)
    after = [variable.numpy() for variable in metric.variables]
    assert [b - a for a, b in zip(before, after)] == [float(a > 0) for a in before]
    assert metric.result().dtype == tf.float32
