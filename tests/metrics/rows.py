"""The table of all metrics: what each is given, and what it must say of it.

A row names its metric, the kind of data it takes (`data.DATA[kind]`), its value over them (a
function of all examples so far) and its settings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import tf_slim as slim
from tests.metrics import expected

m = slim.metrics


class Row(NamedTuple):
    """A metric, the kind of its data, its value over all of them, and its settings."""

    metric: Callable
    kind: str
    expected: Callable[..., Any]
    settings: dict[str, Any] = {}
    tolerance: float = 1e-5


THRESHOLDS = {"thresholds": expected.FEW}
GRID = {"num_thresholds": 201}

ROWS = {
    "mean": Row(m.streaming_mean, "values", expected.mean_of(lambda values: values)),
    "mean tensor": Row(m.streaming_mean_tensor, "tensors", expected.mean_tensor),
    "count": Row(m.count, "values", lambda values, weights: weights.sum()),
    "concat": Row(m.streaming_concat, "values", lambda values, weights: values),
    "percentage less": Row(
        m.streaming_percentage_less,
        "values",
        expected.mean_of(lambda values: values < 0.25),
        {"threshold": 0.25},
    ),
    "absolute error": Row(m.streaming_mean_absolute_error, "numbers", expected.error(np.abs)),
    "squared error": Row(m.streaming_mean_squared_error, "numbers", expected.error(np.square)),
    "root of squared error": Row(
        m.streaming_root_mean_squared_error,
        "numbers",
        lambda **data: np.sqrt(expected.error(np.square)(**data)),
    ),
    "relative error": Row(
        m.streaming_mean_relative_error,
        "normalized",
        expected.mean_of(
            lambda predictions, labels, normalizer: [
                expected.ratio(abs(p - y), n) for p, y, n in zip(predictions, labels, normalizer)
            ]
        ),
    ),
    "cosine distance": Row(
        m.streaming_mean_cosine_distance,
        "vectors",
        expected.cosine_distance,
        {"dim": 1},
    ),
    "covariance": Row(m.streaming_covariance, "numbers", expected.covariance),
    "pearson": Row(m.streaming_pearson_correlation, "numbers", expected.pearson),
    "accuracy": Row(
        m.streaming_accuracy,
        "classes",
        expected.mean_of(lambda predictions, labels: predictions == labels),
    ),
    "mean iou": Row(m.streaming_mean_iou, "classes", expected.iou, {"num_classes": 4}),
    "kappa": Row(m.cohen_kappa, "classes", expected.kappa, {"num_classes": 4}),
    "true positives": Row(m.streaming_true_positives, "answers", expected.case("tp")),
    "false positives": Row(m.streaming_false_positives, "answers", expected.case("fp")),
    "true negatives": Row(m.streaming_true_negatives, "answers", expected.case("tn")),
    "false negatives": Row(m.streaming_false_negatives, "answers", expected.case("fn")),
    "precision": Row(m.streaming_precision, "answers", expected.share("tp", "fp")),
    "recall": Row(m.streaming_recall, "answers", expected.share("tp", "fn")),
    "f1 of answers": Row(m.streaming_f1, "answers", expected.f1),
    "mean average precision": Row(
        m.streaming_mean_average_precision,
        "labelled",
        expected.over_classes(expected.sk.average_precision_score, needs_both=False),
        {"num_classes": 3},
    ),
    "mean area under ROC": Row(
        m.streaming_mean_auc,
        "labelled",
        expected.over_classes(expected.sk.roc_auc_score, needs_both=True),
        {"num_classes": 3},
    ),
    "false positive rate": Row(
        m.streaming_false_positive_rate, "answers", expected.share("fp", "tn")
    ),
    "false negative rate": Row(
        m.streaming_false_negative_rate, "answers", expected.share("fn", "tp")
    ),
    "true positives at thresholds": Row(
        m.streaming_true_positives_at_thresholds, "scores", expected.case_at("tp"), THRESHOLDS
    ),
    "false positives at thresholds": Row(
        m.streaming_false_positives_at_thresholds, "scores", expected.case_at("fp"), THRESHOLDS
    ),
    "true negatives at thresholds": Row(
        m.streaming_true_negatives_at_thresholds, "scores", expected.case_at("tn"), THRESHOLDS
    ),
    "false negatives at thresholds": Row(
        m.streaming_false_negatives_at_thresholds, "scores", expected.case_at("fn"), THRESHOLDS
    ),
    "precision at thresholds": Row(
        m.streaming_precision_at_thresholds, "scores", expected.share_at("tp", "fp"), THRESHOLDS
    ),
    "recall at thresholds": Row(
        m.streaming_recall_at_thresholds, "scores", expected.share_at("tp", "fn"), THRESHOLDS
    ),
    "false positive rate at thresholds": Row(
        m.streaming_false_positive_rate_at_thresholds,
        "scores",
        expected.share_at("fp", "tn"),
        THRESHOLDS,
    ),
    "false negative rate at thresholds": Row(
        m.streaming_false_negative_rate_at_thresholds,
        "scores",
        expected.share_at("fn", "tp"),
        THRESHOLDS,
    ),
    "area under ROC": Row(m.streaming_auc, "scores", expected.grid_area("ROC"), GRID),
    "area under PR": Row(
        m.streaming_auc, "scores", expected.grid_area("PR"), {**GRID, "curve": "PR"}
    ),
    "points of ROC": Row(m.streaming_curve_points, "scores", expected.points("ROC"), GRID),
    "points of PR": Row(
        m.streaming_curve_points, "scores", expected.points("PR"), {**GRID, "curve": "PR"}
    ),
    "specificity at sensitivity": Row(
        m.streaming_specificity_at_sensitivity,
        "scores",
        expected.best(expected.specificity_at_sensitivity),
        {**GRID, "sensitivity": 0.7},
    ),
    "sensitivity at specificity": Row(
        m.streaming_sensitivity_at_specificity,
        "scores",
        expected.best(expected.sensitivity_at_specificity),
        {**GRID, "specificity": 0.7},
    ),
    "precision at recall": Row(
        m.precision_at_recall,
        "scores",
        expected.best(expected.precision_at_recall),
        {**GRID, "target_recall": 0.7},
    ),
    "recall at precision": Row(
        m.recall_at_precision,
        "scores",
        expected.best(expected.recall_at_precision),
        {**GRID, "precision": 0.6},
    ),
    "recall at least precision": Row(
        m.recall_at_precision,
        "scores",
        expected.best(expected.recall_at_least_precision),
        {**GRID, "precision": 0.6, "strict_mode": True},
    ),
    "f1": Row(m.f1_score, "scores", expected.best(expected.best_f1), GRID),
    "at equal thresholds": Row(
        m.precision_recall_at_equal_thresholds, "judged", expected.equal_thresholds
    ),
    "area by histograms": Row(
        m.auc_using_histogram,
        "histogram",
        lambda boolean_labels, scores: expected.ranked_area(
            boolean_labels, scores, of_one_class=np.nan
        ),
        {"score_range": [0.0, 1.0], "nbins": 20},
    ),
    "exact area under ROC": Row(m.streaming_dynamic_auc, "scores", expected.ranked_area),
    "exact area under PR": Row(
        m.streaming_dynamic_auc,
        "scores",
        lambda **data: expected.ranked_area(**data, curve="PR"),
        {"curve": "PR"},
    ),
    "area with interval": Row(
        m.auc_with_confidence_intervals, "scores", expected.area_with_interval, tolerance=1e-4
    ),
    "recall at k": Row(m.streaming_recall_at_k, "logits", expected.in_top(2), {"k": 2}),
    "sparse recall at k": Row(
        m.streaming_sparse_recall_at_k, "several", expected.retrieved("recall", 3), {"k": 3}
    ),
    "sparse recall at k of a class": Row(
        m.streaming_sparse_recall_at_k,
        "several",
        expected.retrieved("recall", 3, 2),
        {"k": 3, "class_id": 2},
    ),
    "sparse precision at k": Row(
        m.streaming_sparse_precision_at_k, "several", expected.retrieved("precision", 3), {"k": 3}
    ),
    "sparse precision at k of a class": Row(
        m.streaming_sparse_precision_at_k,
        "several",
        expected.retrieved("precision", 3, 2),
        {"k": 3, "class_id": 2},
    ),
    "sparse recall at top k": Row(m.sparse_recall_at_top_k, "chosen", expected.retrieved("recall")),
    "sparse precision at top k": Row(
        m.streaming_sparse_precision_at_top_k, "chosen", expected.retrieved("precision")
    ),
    "average precision at k": Row(
        m.streaming_sparse_average_precision_at_k,
        "several",
        expected.average_precision(3),
        {"k": 3},
    ),
    "average precision at top k": Row(
        m.streaming_sparse_average_precision_at_top_k, "chosen", expected.average_precision(None)
    ),
}
