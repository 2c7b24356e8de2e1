"""Metrics as objects: when variables are made, what may be fixed, which values are refused."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

m = slim.metrics
InvalidArgument = tf.errors.InvalidArgumentError


@m.streaming("values")
def streaming_maximum(values, floor=0.0, metrics_collections=None, name=None):
    """A metric of a user: it is neither a mean nor added up."""
    return m.Metric(
        "maximum",
        {"largest": tf.TensorSpec([], tf.float32)},
        measure=lambda values: {"largest": tf.reduce_max(values)},
        result=lambda state: tf.maximum(state["largest"], floor),
        combine=lambda a, b: {"largest": tf.maximum(a["largest"], b["largest"])},
    )


def test_a_metric_of_a_user_in_every_mode(strategy2):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        value, update = streaming_maximum(tf.constant([1.0, 7.0]), metrics_collections="found")
        session.run(tf.compat.v1.local_variables_initializer())
        assert [session.run(t) for t in (value, update, value)] == [0.0, 7.0, 7.0]
        assert tf.compat.v1.get_collection("found") == [value]
    with strategy2.scope():
        metric = m.stateful(streaming_maximum, floor=2.0)
    assert float(metric.result()) == 2.0

    @tf.function
    def step():
        def replica():
            index = tf.distribute.get_replica_context().replica_id_in_sync_group
            metric.update(tf.constant([3.0, 5.0])[index][tf.newaxis])

        strategy2.run(replica)

    step()
    assert float(metric.result()) == 5.0


def test_the_result_within_a_replica_is_that_of_all(strategy2):
    with strategy2.scope():
        metric = m.stateful(m.streaming_mean)

    @tf.function
    def step():
        def replica():
            index = tf.distribute.get_replica_context().replica_id_in_sync_group
            metric.update([tf.constant([2.0, 6.0])[index]])
            return metric.result()

        return strategy2.run(replica)

    assert [float(v) for v in strategy2.experimental_local_results(step())] == [4.0, 4.0]


def test_statistics_that_are_not_added_have_no_result_within_a_replica(strategy2):
    with strategy2.scope():
        metric = m.stateful(m.streaming_covariance)
    with pytest.raises(RuntimeError, match=r"outside strategy\.run"):
        strategy2.run(tf.function(metric.result))


def test_variables_that_depend_on_the_data_are_made_by_build_or_the_first_update(strategy2):
    metric = m.stateful(m.streaming_mean_tensor)
    assert metric.variables == ()
    with pytest.raises(RuntimeError, match="has seen no data"):
        metric.result()
    tf.function(metric.update)(tf.constant([1.0, 2.0]))
    metric.update(tf.constant([3.0, 6.0]))
    np.testing.assert_array_equal(metric.result(), [2.0, 4.0])

    with strategy2.scope():
        metric = m.stateful(m.streaming_mean_tensor)
    with pytest.raises(RuntimeError, match=r"metric\.build"):
        strategy2.run(tf.function(lambda: metric.update(tf.constant([1.0]))))
    with strategy2.scope():
        metric.build(tf.TensorSpec([1], tf.float32))
    strategy2.run(tf.function(lambda: metric.update(tf.constant([3.0]))))
    np.testing.assert_array_equal(metric.result(), [3.0])


def test_names_of_variables():
    metric = m.stateful(m.streaming_accuracy)
    assert [v.name for v in metric.variables] == ["accuracy/total:0", "accuracy/count:0"]
    with tf.name_scope("elsewhere"):
        metric = m.stateful(m.streaming_recall_at_k, k=3, name="top/three")
    assert [v.name for v in metric.variables] == ["top/three/total:0", "top/three/count:0"]
    assert not any(v.trainable for v in metric.variables)


def test_a_metric_is_restored_from_a_checkpoint(tmp_path):
    metric = m.stateful(m.streaming_mean)
    metric.update([1.0, 3.0])
    path = tf.train.Checkpoint(metric=metric).save(str(tmp_path / "metric"))
    again = m.stateful(m.streaming_mean)
    tf.train.Checkpoint(metric=again).restore(path).assert_consumed()
    again.update([8.0])
    assert float(again.result()) == 4.0


def test_data_may_be_fixed_and_passed_by_name():
    metric = m.stateful(m.streaming_mean, weights=2.0)
    metric.update(values=[1.0, 2.0])
    assert float(metric.result()) == 1.5
    assert float(metric.variables[1]) == 4.0
    with pytest.raises(TypeError, match="weights"):
        metric.update([1.0], weights=[1.0])


def test_stateful_takes_what_it_returned_and_partials():
    metric = m.stateful(functools.partial(m.streaming_recall_at_k, k=2))
    assert m.stateful(metric) is metric
    with pytest.raises(TypeError, match="made already"):
        m.stateful(metric, k=3)
    with pytest.raises(TypeError, match="by keyword"):
        m.stateful(functools.partial(m.streaming_mean, [1.0]))


@pytest.mark.parametrize(
    ("metric", "settings", "words"),
    [
        (3, {}, "takes a metric of slim.metrics"),
        (m.streaming_accuracy, {"k": 1}, "takes no argument 'k'"),
        (m.streaming_recall_at_k, {}, r"needs its settings now.*k=\.\.\."),
    ],
)
def test_what_is_no_metric(metric, settings, words):
    with pytest.raises(TypeError, match=words):
        m.stateful(metric, **settings)


def test_in_a_v1_graph_the_function_is_called_itself():
    with tf.Graph().as_default(), pytest.raises(RuntimeError, match="value, update_op"):
        m.stateful(m.streaming_mean)


def test_the_cure_that_the_error_shows_runs():
    with pytest.raises(RuntimeError) as caught:
        m.streaming_recall_at_k([[0.1, 0.9]], [1], 1)
    code = str(caught.value).partition("\n\n")[2].replace("k=...", "k=1")
    names = {"slim": slim, "predictions": tf.constant([[0.1, 0.9]]), "labels": tf.constant([1])}
    lines = [line.strip() for line in code.splitlines()]
    exec("\n".join(lines[:-1]), names)
    assert float(eval(lines[-1], names)) == 1.0


def test_a_second_metric_in_a_v1_graph_has_variables_of_its_own():
    with tf.Graph().as_default():
        for _ in range(2):
            m.streaming_accuracy([1], [1])
            m.streaming_true_positives_at_thresholds([1.0], [1], [0.5])
        names = [v.op.name for v in slim.get_local_variables()]
    assert names == [
        *("accuracy/total", "accuracy/count", "true_positives"),
        *("accuracy_1/total", "accuracy_1/count", "true_positives_1"),
    ]


def test_variables_of_a_histogram_join_the_given_collections():
    with tf.Graph().as_default():
        m.auc_using_histogram([True], [0.5], [0.0, 1.0], collections=["mine"])
        names = [v.op.name for v in tf.compat.v1.get_collection("mine")]
        assert slim.get_local_variables() == []
    prefix = "auc_using_histogram/hist_accumulate"
    assert names == [f"{prefix}/hist_true_acc", f"{prefix}/hist_false_acc"]


def test_keras_metrics():
    mean = m.stateful(tf.keras.metrics.Mean())
    mean.update([1.0, 2.0], weights=[1.0, 3.0])
    mean.update([1.75], [4.0])
    assert float(mean.result()) == 1.75
    # Precision is not symmetric: a swap of the arguments would show.
    precision = m.stateful(tf.keras.metrics.Precision())
    precision.build(tf.TensorSpec([3]), tf.TensorSpec([3])).update([1, 1, 0], [1, 0, 0])
    assert float(precision.result()) == 0.5
    assert len(precision.variables) == 2
    with pytest.raises(TypeError, match="predictions, labels"):
        precision.update([1])
    with pytest.raises(TypeError, match="made already"):
        m.stateful(tf.keras.metrics.Mean(), name="mean")


EMPTY = {
    "mean": (m.streaming_mean, {}, [[]]),
    "accuracy": (m.streaming_accuracy, {}, [[], []]),
    "precision": (m.streaming_precision, {}, [[], []]),
    "auc": (m.streaming_dynamic_auc, {}, [tf.zeros([0], tf.int32), []]),
    "iou": (
        m.streaming_mean_iou,
        {"num_classes": 2},
        [tf.zeros([0], tf.int32), tf.zeros([0], tf.int32)],
    ),
    "weights of zero": (m.streaming_mean, {}, [[3.0], [0.0]]),
}


@pytest.mark.parametrize("case", EMPTY)
def test_no_data_gives_zero(case):
    function, settings, data = EMPTY[case]
    metric = m.stateful(function, **settings)
    metric.update(*data)
    assert float(metric.result()) == 0.0


def test_average_precision_of_as_many_predictions_as_come():
    spec = tf.TensorSpec([None, None], tf.int64)
    metric = m.stateful(m.streaming_sparse_average_precision_at_top_k).build(spec, spec)
    update = tf.function(metric.update, input_signature=[spec, spec])
    update(tf.constant([[3, 1]], tf.int64), tf.constant([[1]], tf.int64))
    update(tf.constant([[5, 6, 7, 8]], tf.int64), tf.constant([[8]], tf.int64))
    np.testing.assert_allclose(metric.result(), (1 / 2 + 1 / 4) / 2)


def test_area_by_histograms_without_a_class_is_nan():
    metric = m.stateful(m.auc_using_histogram, score_range=[0.0, 1.0])
    metric.update([True], [0.5])
    assert np.isnan(metric.result())


@pytest.mark.parametrize("dtype", [tf.float16, tf.float64])
def test_equal_thresholds_answer_in_the_dtype_of_predictions_in_v1_graphs_only(dtype):
    with tf.Graph().as_default():
        columns, _ = m.precision_recall_at_equal_thresholds([True], tf.ones([1], dtype))
        assert {column.dtype for column in columns} == {dtype}
    metric = m.stateful(m.precision_recall_at_equal_thresholds)
    metric.update([True], tf.ones([1], dtype))
    assert {column.dtype for column in metric.result()} == {tf.float32}


def test_plain_accuracy():
    assert float(m.accuracy([1, 2, 3], [1, 2, 0])) == pytest.approx(2 / 3)
    assert float(m.accuracy(["a", "b"], ["a", "c"], weights=[3.0, 1.0])) == 0.75
    assert float(m.accuracy(tf.zeros([0], tf.int32), tf.zeros([0], tf.int32))) == 0.0
    with pytest.raises(ValueError, match="one dtype"):
        m.accuracy([1.0], [1])
    with pytest.raises(ValueError, match="integers, booleans or strings"):
        m.accuracy([1.0], [1.0])
    with pytest.raises(ValueError, match="one shape"):
        m.accuracy([1, 2], [1])


def test_a_last_dimension_of_one_is_dropped_and_weights_follow():
    metric = m.stateful(m.streaming_accuracy)
    metric.update([[1], [2], [3]], [1, 2, 0], [1.0, 1.0, 2.0])
    assert float(metric.result()) == 0.5


def test_pixels_to_ignore():
    metric = m.stateful(m.streaming_mean_iou, num_classes=2)
    labels = tf.constant([[0, 1, 255]])
    metric.update([[0, 1, 1]], labels, tf.cast(labels != 255, tf.float32))
    assert float(metric.result()) == 1.0


def test_labels_as_sparse_tensors():
    labels = tf.sparse.from_dense([[2, 1, 0], [3, 0, 0]])
    dense = m.stateful(m.streaming_sparse_recall_at_k, k=1)
    sparse = m.stateful(m.streaming_sparse_recall_at_k, k=1)
    scores = tf.constant([[0.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    dense.update(scores, [[2, 1], [3, 3]])
    sparse.update(scores, labels)
    assert float(dense.result()) == float(sparse.result()) == pytest.approx(1 / 3)


NAN = float("nan")
WRONG_VALUES = {
    "NaN classes": (m.streaming_accuracy, {}, ([NAN], [1.0]), "contain NaN"),
    "NaN scores": (m.streaming_recall_at_k, {"k": 1}, ([[NAN, 1.0]], [1]), "contain NaN"),
    "NaN values": (m.streaming_mean, {}, ([NAN, 1.0],), "sums up to NaN"),
    "NaN behind a weight of 0": (m.streaming_mean, {}, ([NAN, 1.0], [0.0, 1.0]), "A weight of 0"),
    "NaN weights": (
        m.streaming_mean_squared_error,
        {},
        ([1.0], [1.0], [NAN]),
        "weights contain NaN",
    ),
    "NaN in an element": (m.streaming_mean_tensor, {}, ([NAN, 1.0],), "sums up to NaN"),
    "NaN below": (m.streaming_percentage_less, {"threshold": 1.0}, ([NAN],), "contain NaN"),
    "NaN distance": (m.streaming_mean_cosine_distance, {"dim": 0}, ([NAN], [1.0]), "up to NaN"),
    "NaN covariance": (m.streaming_covariance, {}, ([NAN], [1.0]), "sums up to NaN"),
    "NaN correlation": (m.streaming_pearson_correlation, {}, ([1.0], [NAN]), "sums up to NaN"),
    "NaN of a case": (m.streaming_true_positives, {}, ([NAN], [1]), "contain NaN"),
    "NaN before an area": (m.auc_with_confidence_intervals, {}, ([1], [NAN]), "contain NaN"),
    "NaN in a histogram": (
        m.auc_using_histogram,
        {"score_range": [0.0, 1.0]},
        ([True], [NAN]),
        "contain NaN",
    ),
    "NaN among thresholds": (
        m.streaming_recall_at_thresholds,
        {"thresholds": [0.3, 0.1]},
        ([NAN], [1]),
        r"\[0, 1\]",
    ),
    "no probability, at equal thresholds": (
        m.precision_recall_at_equal_thresholds,
        {},
        ([True], [7.0]),
        r"in \[0, 1\]",
    ),
    "NaN of several labels": (
        m.streaming_sparse_recall_at_k,
        {"k": 1},
        ([[NAN, 1.0]], [[1]]),
        "contain NaN",
    ),
    "class beyond": (m.cohen_kappa, {"num_classes": 2}, ([1], [-1]), "predictions must be class"),
    "NaN probability": (m.streaming_auc, {}, ([NAN], [1]), r"in \[0, 1\]"),
    "no probability": (m.streaming_auc, {}, ([1.5], [1]), r"in \[0, 1\]"),
    "label beyond": (m.streaming_mean_iou, {"num_classes": 2}, ([1], [2]), "class indices"),
    "label beyond the scores": (
        m.streaming_recall_at_k,
        {"k": 1},
        ([[0.5, 0.5]], [2]),
        "labels must be class indices",
    ),
    "label of neither class": (m.streaming_dynamic_auc, {}, ([2], [0.5]), "0 or 1"),
    "class in place of an answer": (m.streaming_precision, {}, ([1], [2]), "0 or 1.*tf.equal"),
    "half an answer": (m.streaming_recall, {}, ([1.0], [0.5]), "0 or 1, .*between"),
    "no answer": (m.streaming_true_negatives, {}, ([1.0], [NAN]), "0 or 1, .*NaN"),
    "negative answer": (m.streaming_auc, {}, ([0.5, 0.5], [0, -1]), "0 or 1, at least one is <0"),
}


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "function"])
@pytest.mark.parametrize("case", WRONG_VALUES)
def test_values_that_are_refused(case, compiled):
    function, settings, data, message = WRONG_VALUES[case]
    metric = m.stateful(function, **settings)
    update = tf.function(metric.update) if compiled else metric.update
    with pytest.raises(InvalidArgument, match=message):
        update(*data)
    # A batch that is refused leaves no trace.
    assert all(not np.any(variable.numpy()) for variable in metric.variables)


@pytest.mark.parametrize("case", WRONG_VALUES)
def test_values_that_are_refused_in_a_v1_graph(case):
    function, settings, data, message = WRONG_VALUES[case]
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        names = [
            n for n in function.definition.signature.parameters if n in function.definition.inputs
        ]
        _, update = function(**dict(zip(names, data)), **settings)
        session.run(tf.compat.v1.local_variables_initializer())
        with pytest.raises(InvalidArgument, match=message):
            session.run(update)


FRACTIONS = {
    "what is not 0 is positive": (
        m.streaming_true_positives_at_thresholds,
        ([0.9, 0.9, 0.9], [0.5, 0.0, 1.5], [0.5]),
        [2.0],
    ),
    "what is below 1 is negative": (m.streaming_dynamic_auc, ([0.5, 1.5], [0.2, 0.8]), 1.0),
}


@pytest.mark.parametrize("case", FRACTIONS)
def test_fractions_as_labels_are_for_v1_graphs_alone(case):
    function, data, expected = FRACTIONS[case]
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        value, update = function(*data)
        session.run(tf.compat.v1.local_variables_initializer())
        session.run(update)
        np.testing.assert_array_equal(session.run(value), expected)
    given, settings = data[:2], {"thresholds": data[2]} if len(data) > 2 else {}
    with pytest.raises(InvalidArgument, match="labels must be 0 or 1"):
        m.stateful(function, **settings).update(*given)


WRONG_SETTINGS = {
    "k of none": (m.streaming_recall_at_k, {"k": 0}, ([[0.5, 0.5]], [1])),
    "float labels": (m.streaming_recall_at_k, {"k": 1}, ([[0.5, 0.5]], [1.0])),
    "scores without a batch": (m.streaming_recall_at_k, {"k": 1}, ([0.5, 0.5], [1])),
    "k beyond the classes": (m.streaming_sparse_recall_at_k, {"k": 3}, ([[0.5, 0.5]], [[1]])),
    "scores where classes belong": (m.sparse_recall_at_top_k, {}, ([[1]], [[0.5]])),
    "one example without a batch": (m.streaming_sparse_precision_at_top_k, {}, ([1], [1])),
    "batches differ": (m.streaming_sparse_precision_at_top_k, {}, ([[1]], [[1], [2]])),
    "labels differ in shape": (m.streaming_mean_squared_error, {}, ([1.0], [1.0, 2.0])),
    "weights differ in shape": (m.streaming_covariance, {}, ([1.0], [1.0], [1.0, 2.0])),
    "curve unknown": (m.streaming_auc, {"curve": "XY"}, ([0.5], [1])),
    "no threshold": (m.streaming_auc, {"num_thresholds": 0}, ([0.5], [1])),
    "one bucket": (m.precision_recall_at_equal_thresholds, {"num_thresholds": 1}, ([True], [0.5])),
    "labels no booleans": (m.precision_recall_at_equal_thresholds, {}, ([1], [0.5])),
    "share above one": (m.recall_at_precision, {"precision": 1.5}, ([1], [0.5])),
    "interval of everything": (m.auc_with_confidence_intervals, {"alpha": 1.0}, ([1], [0.5])),
    "one class": (m.cohen_kappa, {"num_classes": 1}, ([0], [0])),
    "axis out of range": (m.streaming_concat, {"axis": 1}, ([1.0],)),
}


@pytest.mark.parametrize("case", WRONG_SETTINGS)
def test_settings_and_shapes_that_are_refused(case):
    function, settings, data = WRONG_SETTINGS[case]
    with pytest.raises(ValueError, match=function.__name__):
        m.stateful(function, **settings).update(*data)


def test_k_is_checked_when_only_the_running_graph_knows_the_classes():
    metric = m.stateful(m.streaming_recall_at_k, k=3)
    update = tf.function(
        metric.update,
        input_signature=[tf.TensorSpec([None, None]), tf.TensorSpec([None], tf.int64)],
    )
    update([[0.1, 0.7, 0.2]], [0])
    assert float(metric.result()) == 1.0
    with pytest.raises(InvalidArgument, match="k=3"):
        update([[0.1, 0.9]], [0])


def test_shapes_that_only_the_running_graph_knows():
    metric = m.stateful(m.streaming_accuracy)
    unknown = tf.TensorSpec(None, tf.int64)
    update = tf.function(
        metric.update, input_signature=[unknown, unknown, tf.TensorSpec(None, tf.float32)]
    )
    update([[1], [2]], [1, 0], [[3.0], [1.0]])
    assert float(metric.result()) == 0.75
    metric.reset()
    update([1, 2], [1, 0], 1.0)
    assert float(metric.result()) == 0.5
    metric.reset()
    update([[1, 2], [3, 4]], [[1, 2], [0, 0]], [3.0, 1.0])
    assert float(metric.result()) == 0.75


def test_aggregates():
    with tf.Graph().as_default():
        one, two = m.streaming_mean([1.0]), m.streaming_mean([2.0])
        assert m.aggregate_metrics(one, two) == ([one[0], two[0]], [one[1], two[1]])
        values, updates = m.aggregate_metric_map({"a": one, "b": two})
        assert values == {"a": one[0], "b": two[0]} and updates == {"a": one[1], "b": two[1]}
        with pytest.raises(ValueError, match="at least one pair"):
            m.aggregate_metrics()


def test_aggregates_refuse_what_is_no_pair():
    with tf.Graph().as_default():
        plain = m.accuracy([1], [1])
        with pytest.raises(ValueError, match="'accuracy'.*no pair"):
            m.aggregate_metric_map({"accuracy": plain})
        with pytest.raises(ValueError, match="argument 1"):
            m.aggregate_metrics(m.streaming_mean([1.0]), plain)


def test_set_operations():
    a, b = tf.constant([[1, 2, 2]]), tf.constant([[2, 3, 4]])
    assert m.set_size(m.set_intersection(a, b)).numpy().tolist() == [1]
    assert m.set_union(a, b).values.numpy().tolist() == [1, 2, 3, 4]
    assert m.set_difference(a, b).values.numpy().tolist() == [1]
    assert m.set_difference(a, b, aminusb=False).values.numpy().tolist() == [3, 4]
    assert m.confusion_matrix([0, 1, 1], [1, 1, 1]).numpy().tolist() == [[0, 1], [0, 2]]
