"""Metrics: `streaming_*(predictions, labels, weights)`, accumulated over batches.

The argument order is the reverse of that of `tf.compat.v1.metrics` and Keras. In a v1 graph a
metric is a pair `(value, update_op)`; in all other code `stateful` makes an object of it.
"""

from tf_slim.metrics.accuracies import accuracy, streaming_accuracy, streaming_recall_at_k
from tf_slim.metrics.aggregate import aggregate_metric_map, aggregate_metrics
from tf_slim.metrics.confusion import (
    streaming_false_negative_rate,
    streaming_false_negatives,
    streaming_false_positive_rate,
    streaming_false_positives,
    streaming_precision,
    streaming_recall,
    streaming_true_negatives,
    streaming_true_positives,
)
from tf_slim.metrics.correlation import streaming_covariance, streaming_pearson_correlation
from tf_slim.metrics.curves import (
    f1_score,
    precision_at_recall,
    precision_recall_at_equal_thresholds,
    recall_at_precision,
    streaming_auc,
    streaming_curve_points,
    streaming_sensitivity_at_specificity,
    streaming_specificity_at_sensitivity,
)
from tf_slim.metrics.engine import Metric, streaming
from tf_slim.metrics.growing import (
    auc_with_confidence_intervals,
    streaming_concat,
    streaming_dynamic_auc,
)
from tf_slim.metrics.histograms import auc_using_histogram
from tf_slim.metrics.matrices import cohen_kappa, confusion_matrix, streaming_mean_iou
from tf_slim.metrics.means import (
    count,
    streaming_mean,
    streaming_mean_absolute_error,
    streaming_mean_cosine_distance,
    streaming_mean_relative_error,
    streaming_mean_squared_error,
    streaming_mean_tensor,
    streaming_percentage_less,
    streaming_root_mean_squared_error,
)
from tf_slim.metrics.objects import KerasMetric, Stateful, stateful
from tf_slim.metrics.ranking import (
    sparse_recall_at_top_k,
    streaming_sparse_average_precision_at_k,
    streaming_sparse_average_precision_at_top_k,
    streaming_sparse_precision_at_k,
    streaming_sparse_precision_at_top_k,
    streaming_sparse_recall_at_k,
)
from tf_slim.metrics.sets import set_difference, set_intersection, set_size, set_union
from tf_slim.metrics.thresholds import (
    streaming_false_negative_rate_at_thresholds,
    streaming_false_negatives_at_thresholds,
    streaming_false_positive_rate_at_thresholds,
    streaming_false_positives_at_thresholds,
    streaming_precision_at_thresholds,
    streaming_recall_at_thresholds,
    streaming_true_negatives_at_thresholds,
    streaming_true_positives_at_thresholds,
)

__all__ = [
    "KerasMetric",
    "Metric",
    "Stateful",
    "accuracy",
    "aggregate_metric_map",
    "aggregate_metrics",
    "auc_using_histogram",
    "auc_with_confidence_intervals",
    "cohen_kappa",
    "confusion_matrix",
    "count",
    "f1_score",
    "precision_at_recall",
    "precision_recall_at_equal_thresholds",
    "recall_at_precision",
    "set_difference",
    "set_intersection",
    "set_size",
    "set_union",
    "sparse_recall_at_top_k",
    "stateful",
    "streaming",
    "streaming_accuracy",
    "streaming_auc",
    "streaming_concat",
    "streaming_covariance",
    "streaming_curve_points",
    "streaming_dynamic_auc",
    "streaming_false_negative_rate",
    "streaming_false_negative_rate_at_thresholds",
    "streaming_false_negatives",
    "streaming_false_negatives_at_thresholds",
    "streaming_false_positive_rate",
    "streaming_false_positive_rate_at_thresholds",
    "streaming_false_positives",
    "streaming_false_positives_at_thresholds",
    "streaming_mean",
    "streaming_mean_absolute_error",
    "streaming_mean_cosine_distance",
    "streaming_mean_iou",
    "streaming_mean_relative_error",
    "streaming_mean_squared_error",
    "streaming_mean_tensor",
    "streaming_pearson_correlation",
    "streaming_percentage_less",
    "streaming_precision",
    "streaming_precision_at_thresholds",
    "streaming_recall",
    "streaming_recall_at_k",
    "streaming_recall_at_thresholds",
    "streaming_root_mean_squared_error",
    "streaming_sensitivity_at_specificity",
    "streaming_sparse_average_precision_at_k",
    "streaming_sparse_average_precision_at_top_k",
    "streaming_sparse_precision_at_k",
    "streaming_sparse_precision_at_top_k",
    "streaming_sparse_recall_at_k",
    "streaming_specificity_at_sensitivity",
    "streaming_true_negatives",
    "streaming_true_negatives_at_thresholds",
    "streaming_true_positives",
    "streaming_true_positives_at_thresholds",
]
