"""The clustering loss: structured prediction of whole clusterings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_slim.losses.metric_learning import pairs
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Tensor, TensorLike

_ROUNDS = 5


@checked
def cluster_loss(
    labels: TensorLike,
    embeddings: TensorLike,
    margin_multiplier: float,
    enable_pam_finetuning: bool = True,
    margin_type: str = "nmi",
    print_losses: bool = False,
) -> Tensor:
    """Makes the true clustering score better than the best wrong one.

    The score of a choice of medoids is minus the sum of the distances to the nearest one. The
    loss is `max(0, score of the hardest choice + margin * its error - score of the classes)`.
    The hardest choice is searched for on the host, in NumPy: not possible within XLA.

    Source: Song et al., Deep Metric Learning via Facility Location, arXiv:1612.01213.

    Args:
      labels: class indices, `[batch]` or `[batch, 1]`.
      embeddings: `[batch, depth]`, of length 1.
      margin_multiplier: factor of the error, which is `1 - agreement`.
      enable_pam_finetuning: whether to refine the greedy choice by exchanging medoids.
      margin_type: the agreement of a clustering with the classes: "nmi", "ami", "ari" or
        "vmeasure" (see scikit-learn, which must be installed), or "const": 1 if labels and
        clusters are equal throughout, otherwise 0.
      print_losses: whether to print the loss at each step.

    Returns:
      A scalar.

    Raises:
      ImportError: scikit-learn is not installed.
      ValueError: the shapes do not fit, or `margin_type` is unknown.

    Examples:
      >>> embeddings = tf.nn.l2_normalize([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]], 1)
      >>> loss = slim.losses.cluster_loss([0, 0, 1, 1], embeddings, 1.0, margin_type="const")
      >>> print(loss.numpy())
      0.0
    """
    agreement = _agreement(margin_type)
    with tf.name_scope("cluster_loss"):
        embeddings = pairs.embeddings_of("cluster_loss", embeddings)
        labels = pairs.labels_of("cluster_loss", labels, embeddings)
        distances = pairs.distances(embeddings)

        def search(distances, labels):
            chosen = _greedy(distances, labels, margin_multiplier, agreement)
            if enable_pam_finetuning:
                chosen = _exchange(distances, labels, margin_multiplier, agreement, chosen)
            error = 1.0 - agreement(labels, _assignment(distances, chosen))
            own = [_medoid(distances, np.flatnonzero(labels == c)) for c in np.unique(labels)]
            # Of each example, its medoid: the choice is discrete, the distances carry gradients.
            nearest = np.asarray(chosen)[_assignment(distances, chosen)]
            true = np.asarray(own)[np.unique(labels, return_inverse=True)[1].reshape(-1)]
            return nearest.astype(np.int32), true.astype(np.int32), distances.dtype.type(error)

        nearest, true, error = tf.numpy_function(
            search, [distances, labels], (tf.int32, tf.int32, distances.dtype)
        )
        size = embeddings.shape[:1]
        nearest.set_shape(size)
        true.set_shape(size)
        error.set_shape([])
        predicted = -tf.reduce_sum(tf.gather(distances, nearest, batch_dims=1))
        truth = -tf.reduce_sum(tf.gather(distances, true, batch_dims=1))
        loss = tf.nn.relu(predicted + margin_multiplier * error - truth)
        if print_losses:
            printed = tf.print("cluster loss:", loss)
            with tf.control_dependencies([] if printed is None else [printed]):
                loss = tf.identity(loss)
        return loss


def _agreement(margin_type: str) -> Callable[[np.ndarray, np.ndarray], float]:
    if margin_type == "const":
        return lambda labels, clusters: float(np.array_equal(labels, clusters))
    try:
        from sklearn import metrics
    except ImportError as error:
        raise ImportError(
            f"cluster_loss: margin_type={margin_type!r} needs scikit-learn. Install it with "
            "`pip install tf-slim2[metric-learning]`, or pass margin_type='const'."
        ) from error
    known = {
        "nmi": metrics.normalized_mutual_info_score,
        "ami": metrics.adjusted_mutual_info_score,
        "ari": metrics.adjusted_rand_score,
        "vmeasure": metrics.v_measure_score,
    }
    if margin_type not in known:
        raise ValueError(
            f"cluster_loss: margin_type={margin_type!r} is unknown; expected one of "
            f"{sorted([*known, 'const'])}."
        )
    return known[margin_type]


def _assignment(distances: np.ndarray, chosen: list[int]) -> np.ndarray:
    """For each example the index, within `chosen`, of the nearest medoid."""
    return np.argmin(distances[chosen], axis=0)


def _score(distances, labels, margin, agreement, chosen) -> float:
    energy = -np.min(distances[chosen], axis=0).sum()
    return energy + margin * (1.0 - agreement(labels, _assignment(distances, chosen)))


def _greedy(distances, labels, margin, agreement) -> list[int]:
    """As many medoids as there are classes, each the best one given those before."""
    chosen: list[int] = []
    for _ in range(len(np.unique(labels))):
        rest = [i for i in range(len(labels)) if i not in chosen]
        scores = [_score(distances, labels, margin, agreement, [*chosen, i]) for i in rest]
        chosen.append(rest[int(np.argmax(scores))])
    return chosen


def _exchange(distances, labels, margin, agreement, chosen) -> list[int]:
    """Partitioning around medoids: tries the members of each cluster in place of its medoid.

    The energy of a candidate is that of the cluster as it was when the round began; its error is
    that of the clustering it would lead to.
    """
    chosen = list(chosen)
    for _ in range(_ROUNDS):
        clusters = _assignment(distances, chosen)
        error = 1.0 - agreement(labels, clusters)
        for place, medoid in enumerate(chosen):
            members = np.flatnonzero(clusters == place)
            if not members.size:
                continue
            best = -distances[medoid, members].sum() + margin * error
            for member in members.tolist():
                candidate = [*chosen[:place], member, *chosen[place + 1 :]]
                candidate_error = 1.0 - agreement(labels, _assignment(distances, candidate))
                score = -distances[member, members].sum() + margin * candidate_error
                if score > best:
                    best, chosen[place] = score, member
    return chosen


def _medoid(distances: np.ndarray, members: np.ndarray) -> int:
    return int(members[np.argmin(distances[np.ix_(members, members)].sum(axis=0))])
