from .accuracies import accuracy as accuracy
from .accuracies import streaming_accuracy as streaming_accuracy
from .accuracies import streaming_recall_at_k as streaming_recall_at_k
from .aggregate import aggregate_metric_map as aggregate_metric_map
from .aggregate import aggregate_metrics as aggregate_metrics
from .confusion import streaming_f1 as streaming_f1
from .confusion import streaming_false_negative_rate as streaming_false_negative_rate
from .confusion import streaming_false_negatives as streaming_false_negatives
from .confusion import streaming_false_positive_rate as streaming_false_positive_rate
from .confusion import streaming_false_positives as streaming_false_positives
from .confusion import streaming_precision as streaming_precision
from .confusion import streaming_recall as streaming_recall
from .confusion import streaming_true_negatives as streaming_true_negatives
from .confusion import streaming_true_positives as streaming_true_positives
from .correlation import streaming_covariance as streaming_covariance
from .correlation import streaming_pearson_correlation as streaming_pearson_correlation
from .curves import f1_score as f1_score
from .curves import precision_at_recall as precision_at_recall
from .curves import precision_recall_at_equal_thresholds as precision_recall_at_equal_thresholds
from .curves import recall_at_precision as recall_at_precision
from .curves import streaming_auc as streaming_auc
from .curves import streaming_curve_points as streaming_curve_points
from .curves import streaming_sensitivity_at_specificity as streaming_sensitivity_at_specificity
from .curves import streaming_specificity_at_sensitivity as streaming_specificity_at_sensitivity
from .engine import Metric as Metric
from .engine import streaming as streaming
from .growing import auc_with_confidence_intervals as auc_with_confidence_intervals
from .growing import streaming_concat as streaming_concat
from .growing import streaming_dynamic_auc as streaming_dynamic_auc
from .histograms import auc_using_histogram as auc_using_histogram
from .matrices import cohen_kappa as cohen_kappa
from .matrices import confusion_matrix as confusion_matrix
from .matrices import streaming_mean_iou as streaming_mean_iou
from .means import count as count
from .means import streaming_mean as streaming_mean
from .means import streaming_mean_absolute_error as streaming_mean_absolute_error
from .means import streaming_mean_cosine_distance as streaming_mean_cosine_distance
from .means import streaming_mean_relative_error as streaming_mean_relative_error
from .means import streaming_mean_squared_error as streaming_mean_squared_error
from .means import streaming_mean_tensor as streaming_mean_tensor
from .means import streaming_percentage_less as streaming_percentage_less
from .means import streaming_root_mean_squared_error as streaming_root_mean_squared_error
from .multi_label import streaming_mean_auc as streaming_mean_auc
from .multi_label import streaming_mean_average_precision as streaming_mean_average_precision
from .objects import KerasMetric as KerasMetric
from .objects import Stateful as Stateful
from .objects import stateful as stateful
from .ranking import sparse_recall_at_top_k as sparse_recall_at_top_k
from .ranking import (
    streaming_sparse_average_precision_at_k as streaming_sparse_average_precision_at_k,
)
from .ranking import (
    streaming_sparse_average_precision_at_top_k as streaming_sparse_average_precision_at_top_k,
)
from .ranking import streaming_sparse_precision_at_k as streaming_sparse_precision_at_k
from .ranking import streaming_sparse_precision_at_top_k as streaming_sparse_precision_at_top_k
from .ranking import streaming_sparse_recall_at_k as streaming_sparse_recall_at_k
from .sets import set_difference as set_difference
from .sets import set_intersection as set_intersection
from .sets import set_size as set_size
from .sets import set_union as set_union
from .thresholds import (
    streaming_false_negative_rate_at_thresholds as streaming_false_negative_rate_at_thresholds,
)
from .thresholds import (
    streaming_false_negatives_at_thresholds as streaming_false_negatives_at_thresholds,
)
from .thresholds import (
    streaming_false_positive_rate_at_thresholds as streaming_false_positive_rate_at_thresholds,
)
from .thresholds import (
    streaming_false_positives_at_thresholds as streaming_false_positives_at_thresholds,
)
from .thresholds import streaming_precision_at_thresholds as streaming_precision_at_thresholds
from .thresholds import streaming_recall_at_thresholds as streaming_recall_at_thresholds
from .thresholds import (
    streaming_true_negatives_at_thresholds as streaming_true_negatives_at_thresholds,
)
from .thresholds import (
    streaming_true_positives_at_thresholds as streaming_true_positives_at_thresholds,
)
