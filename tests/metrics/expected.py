"""What NumPy, SciPy and scikit-learn say of the data of the table of metrics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.stats
import sklearn.metrics

sk = sklearn.metrics


def ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else 0.0


def mean_of(value: Callable) -> Callable:
    """The weighted mean of `value(**data)`; 0 without weight."""

    def expected(weights, **data):
        averaged = np.asarray(value(**data), np.float64).reshape(weights.shape)
        return ratio((averaged * weights).sum(), weights.sum())

    return expected


def error(difference: Callable) -> Callable:
    return mean_of(lambda predictions, labels: difference(predictions - labels))


def cosine_distance(**data):
    return 1 - mean_of(lambda predictions, labels: (predictions * labels).sum(1))(**data)


def times(weights: np.ndarray, *arrays: np.ndarray) -> list[np.ndarray]:
    """Each example as often as its weight says."""
    return [np.repeat(array, weights.astype(int), axis=0) for array in arrays]


def covariance(predictions, labels, weights):
    first, second = times(weights, predictions, labels)
    return np.cov(first, second)[0, 1] if len(first) > 1 else np.nan


def pearson(predictions, labels, weights):
    first, second = times(weights, predictions, labels)
    if len(first) < 2 or not np.ptp(first) or not np.ptp(second):
        return np.nan
    return scipy.stats.pearsonr(first, second).statistic


def iou(predictions, labels, weights):
    first, second = times(weights, predictions, labels)
    return sk.jaccard_score(second, first, average="macro") if len(first) else 0.0


def kappa(predictions_idx, labels, weights):
    first, second = times(weights, predictions_idx, labels)
    if len(first) == 0 or len(set(first) | set(second)) == 1:
        return 0.0  # chance alone explains all there is
    return sk.cohen_kappa_score(first, second)


CASES = {"tp": (1, 1), "fp": (1, 0), "tn": (0, 0), "fn": (0, 1)}
EVEN = np.linspace(0, 1, 201)
EVEN[[0, -1]] = -1e-7, 1 + 1e-7
FEW = [0.75, 0.2, 0.5]


def cases(predictions, labels, weights) -> dict[str, np.ndarray]:
    """The weighted number of each case."""
    return {
        case: (weights * ((predictions != 0) == p) * ((labels != 0) == y)).sum()
        for case, (p, y) in CASES.items()
    }


def case(name: str) -> Callable:
    return lambda **data: cases(**data)[name]


def f1(**data):
    found = cases(**data)
    return ratio(2 * found["tp"], 2 * found["tp"] + found["fp"] + found["fn"])


def over_classes(measure: Callable, *, needs_both: bool) -> Callable:
    """The mean of a measure over the classes that have positives, and negatives if need be."""

    def expected(predictions, labels, weights):
        found = []
        for scores, answers in zip(predictions.T, labels.T):
            counted = weights > 0
            there = set(answers[counted])
            if 1 in there and (0 in there or not needs_both):
                chosen = answers[counted], scores[counted]
                found.append(measure(*chosen, sample_weight=weights[counted]))
        return np.mean(found) if found else 0.0

    return expected


def share(name: str, other: str) -> Callable:
    def expected(**data):
        found = cases(**data)
        return ratio(found[name], found[name] + found[other])

    return expected


def at(thresholds, predictions, labels, weights) -> dict[str, np.ndarray]:
    """The cases at each threshold, by comparing every score with every threshold."""
    columns = [cases(predictions > t, labels, weights) for t in np.asarray(thresholds, np.float32)]
    return {name: np.array([c[name] for c in columns], np.float32) for name in CASES}


def case_at(name: str) -> Callable:
    return lambda **data: at(FEW, **data)[name]


def share_at(name: str, other: str) -> Callable:
    def expected(**data):
        found = at(FEW, **data)
        return found[name] / (found[name] + found[other] + 1e-7)

    return expected


def points(curve: str) -> Callable:
    def expected(**data):
        c = at(EVEN, **data)
        recall = (c["tp"] + 1e-6) / (c["tp"] + c["fn"] + 1e-6)
        if curve == "ROC":
            return np.stack([c["fp"] / (c["fp"] + c["tn"] + 1e-6), recall], 1)
        return np.stack([recall, (c["tp"] + 1e-6) / (c["tp"] + c["fp"] + 1e-6)], 1)

    return expected


def grid_area(curve: str) -> Callable:
    def expected(**data):
        x, y = points(curve)(**data).T
        area = np.sum((x[:-1] - x[1:]) * (y[:-1] + y[1:])) / 2
        both = [(data["weights"] * (data["labels"] == label)).sum() for label in (0, 1)]
        if curve == "ROC" and all(both):
            # No two scores share a threshold, so the grid is exact.
            theirs = sk.roc_auc_score(
                data["labels"], data["predictions"], sample_weight=data["weights"]
            )
            np.testing.assert_allclose(area, theirs, atol=1e-5)
        return area

    return expected


EPSILON = np.float32(1e-7)


def best(choose: Callable) -> Callable:
    return lambda **data: choose(**at(EVEN, **data))


def specificity_at_sensitivity(tp, fp, tn, fn):
    distance = np.abs(tp / (tp + fn + EPSILON) - np.float32(0.7))
    last = np.flatnonzero(distance == distance.min())[-1]
    return tn[last] / (tn[last] + fp[last] + EPSILON)


def sensitivity_at_specificity(tp, fp, tn, fn):
    first = np.argmin(np.abs(tn / (tn + fp + EPSILON) - np.float32(0.7)))
    return tp[first] / (tp[first] + fn[first] + EPSILON)


def precision_at_recall(tp, fp, tn, fn):
    reaching = np.flatnonzero(tp / (tp + fn + EPSILON) >= np.float32(0.7))
    place = reaching[-1] if len(reaching) else -1
    return (tp[place] + EPSILON) / (tp[place] + fp[place] + EPSILON)


def recall_at_precision(tp, fp, tn, fn):
    place = np.argmin(np.abs(tp / (tp + fp + EPSILON) - np.float32(0.6)))
    return ratio(tp[place], tp[place] + fn[place])


def recall_at_least_precision(tp, fp, tn, fn):
    excess = tp / (tp + fp + EPSILON) - np.float32(0.6)
    reaching = np.flatnonzero(excess >= 0)
    if not len(reaching):
        return 0.0
    place = reaching[np.argmin(excess[reaching])]
    return ratio(tp[place], tp[place] + fn[place])


def best_f1(tp, fp, tn, fn):
    precision, recall = tp / (tp + fp + EPSILON), tp / (tp + fn + EPSILON)
    return np.max(2 * precision * recall / (precision + recall + EPSILON))


def equal_thresholds(predictions, labels, weights):
    thresholds = np.linspace(0, 1, 201)
    columns = [cases(predictions >= t - 1e-6, labels, weights) for t in thresholds]
    tp, fp, tn, fn = (np.array([c[name] for c in columns]) for name in CASES)
    with np.errstate(invalid="ignore"):
        rates = [np.nan_to_num(tp / (tp + fp)), np.nan_to_num(tp / (tp + fn))]
    return [tp, fp, tn, fn, *rates, thresholds]


def ranked_area(labels, predictions, weights=None, curve="ROC", of_one_class=0.0):
    weights = np.ones(len(labels)) if weights is None else weights
    predictions, labels = times(weights, predictions, labels)
    if len(set(labels)) < 2:
        return of_one_class
    if curve == "ROC":
        return sk.roc_auc_score(labels, predictions)
    precision, recall, _ = sk.precision_recall_curve(labels, predictions)
    return sk.auc(recall, precision)


def area_with_interval(labels, predictions, weights):
    """DeLong's interval on the scale of log odds, by comparing every pair."""
    predictions, labels = times(weights, predictions, labels)
    positive, negative = predictions[labels == 1], predictions[labels == 0]
    if not len(positive) or not len(negative):
        return [0.0] * 3
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    area = wins.mean()
    if area in (0.0, 1.0):
        return [area] * 3
    parts = [wins.mean(1), wins.mean(0)]
    variance = sum(p.var(ddof=1) / len(p) if len(p) > 1 else 0.0 for p in parts)
    half = scipy.stats.norm.ppf(0.975) * np.sqrt(variance) / (area * (1 - area))
    odds = np.log(area / (1 - area))
    return [area, *(1 / (1 + np.exp(-(odds + side * half))) for side in (-1, 1))]


def in_top(k: int) -> Callable:
    def found(predictions, labels):
        own = np.take_along_axis(predictions, labels[:, None], 1)
        return (predictions > own).sum(1) < k  # a tie with the last place counts

    return mean_of(found)


def retrieved(rate: str, k: int | None = None, class_id: int | None = None) -> Callable:
    """The share of true positives, of sets of classes."""

    def expected(labels, weights, predictions=None, top_k_predictions=None):
        if predictions is not None:
            top_k_predictions = np.argsort(-predictions, 1, kind="stable")[:, :k]
        wanted = set(range(5)) if class_id is None else {class_id}
        found = total = 0.0
        for true, best_k, weight in zip(labels, top_k_predictions, weights, strict=True):
            true, best_k = set(true.tolist()) & wanted, set(best_k.tolist()) & wanted
            found += weight * len(true & best_k)
            total += weight * len(best_k if rate == "precision" else true)
        return found / total if total else np.nan

    return expected


def average_precision(k: int | None) -> Callable:
    def of_example(best_k, true):
        hits, precisions = 0, []
        for place, predicted in enumerate(best_k, 1):
            if predicted in true:
                hits += 1
                precisions.append(hits / place)
        return sum(precisions) / min(len(true), len(best_k))

    def value(labels, predictions=None, top_k_predictions=None):
        if predictions is not None:
            top_k_predictions = np.argsort(-predictions, 1, kind="stable")[:, :k]
        return [of_example(b, y) for b, y in zip(top_k_predictions, labels, strict=True)]

    return mean_of(value)


def mean_tensor(values, weights):
    values, weights = values.reshape(-1, 4, 3), weights.reshape(-1, 4, 3)
    with np.errstate(invalid="ignore"):
        return np.nan_to_num((values * weights).sum(0) / weights.sum(0))
