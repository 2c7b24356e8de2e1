"""Losses over distances between embeddings, against loops in NumPy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sklearn.metrics
import tensorflow as tf

import tf_slim as slim

ml = slim.losses.metric_learning

RNG = np.random.RandomState(4)
LABELS = np.array([0, 1, 0, 1, 2, 2, 0])
ANCHORS = RNG.randn(7, 5).astype(np.float32)
POSITIVES = RNG.randn(7, 5).astype(np.float32)
MULTILABELS = np.maximum(RNG.randint(0, 2, (7, 4)), np.eye(7, 4, dtype=int))
MULTILABELS[:, 3] = 1


def distance(i, j):
    return np.linalg.norm(ANCHORS[i] - ANCHORS[j])


def pairs():
    return [(i, j) for i in range(7) for j in range(7) if i != j and LABELS[i] == LABELS[j]]


def negatives(i):
    return [k for k in range(7) if LABELS[k] != LABELS[i]]


def triplet(margin=1.0):
    losses = []
    for a, p in pairs():
        all_negatives = [distance(a, n) ** 2 for n in negatives(a)]
        further = [d for d in all_negatives if d > distance(a, p) ** 2]
        negative = min(further) if further else max(all_negatives)
        losses.append(max(0.0, margin + distance(a, p) ** 2 - negative))
    return np.mean(losses)


def lifted(margin=1.0):
    losses = []
    for i, j in pairs():
        terms = [np.exp(margin - distance(of, k)) for of in (i, j) for k in negatives(of)]
        losses.append(max(0.0, np.log(sum(terms)) + distance(i, j)) ** 2 / 2)
    return np.mean(losses)


def contrastive(margin=1.0):
    losses = []
    for label, a, p in zip(LABELS == 0, ANCHORS, POSITIVES):
        d = np.linalg.norm(a - p)
        losses.append(d**2 if label else max(0.0, margin - d) ** 2)
    return np.mean(losses)


def npairs(alike):
    target = alike / alike.sum(1, keepdims=True)
    logits = ANCHORS @ POSITIVES.T
    log_softmax = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    length = (ANCHORS**2).sum(1).mean() + (POSITIVES**2).sum(1).mean()
    return -(target * log_softmax).sum(1).mean() + 0.25 * 0.002 * length


def multilabels():
    return [tf.sparse.from_dense(row) for row in MULTILABELS]


CASES = {
    "triplet": (lambda x: ml.triplet_semihard_loss(LABELS, x), triplet),
    "lifted": (lambda x: ml.lifted_struct_loss(LABELS, x), lifted),
    "contrastive": (
        lambda x: ml.contrastive_loss((LABELS == 0).astype(int), x, POSITIVES, margin=4.0),
        lambda: contrastive(4.0),
    ),
    "npairs": (
        lambda x: ml.npairs_loss(LABELS, x, POSITIVES),
        lambda: npairs((LABELS[:, None] == LABELS).astype(float)),
    ),
    "npairs of several labels": (
        lambda x: ml.npairs_loss_multilabel(multilabels(), x, POSITIVES),
        lambda: npairs((MULTILABELS @ MULTILABELS.T).astype(float)),
    ),
}


def in_graph(loss, shape=(None, 5)):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.compat.v1.placeholder(tf.float32, shape)
        value = loss(x)
        assert slim.losses.get_losses() == []
        return session.run(value, {x: ANCHORS})


MODES = {
    "v1": in_graph,
    "eager": lambda loss: loss(tf.constant(ANCHORS)),
    "function": lambda loss: tf.function(loss)(tf.constant(ANCHORS)),
    "xla": lambda loss: tf.function(loss, jit_compile=True)(tf.constant(ANCHORS)),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CASES)
def test_closed_form(name, mode):
    loss, expected = CASES[name]
    np.testing.assert_allclose(MODES[mode](loss), expected(), rtol=1e-4)


@pytest.mark.usefixtures("v1_shapes")
@pytest.mark.parametrize("name", CASES)
def test_unknown_sizes_with_v1_shapes(name):
    loss, expected = CASES[name]
    np.testing.assert_allclose(in_graph(loss, [None, None]), expected(), rtol=1e-4)


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_finite_where_embeddings_coincide(name):
    embeddings = tf.Variable(tf.zeros_like(ANCHORS))
    with tf.GradientTape() as tape:
        loss = CASES[name][0](embeddings)
    assert np.isfinite(tape.gradient(loss, embeddings)).all()


@pytest.mark.parametrize("loss", [ml.triplet_semihard_loss, ml.lifted_struct_loss])
def test_no_pair_or_no_negative(loss):
    assert float(loss(np.arange(7), ANCHORS)) == 0.0
    one_class = tf.Variable(ANCHORS)
    with tf.GradientTape() as tape:
        value = loss(np.zeros(7, int), one_class)
    assert np.isfinite(value) and np.isfinite(tape.gradient(value, one_class)).all()


AGREEMENTS = {
    "nmi": sklearn.metrics.normalized_mutual_info_score,
    "ami": sklearn.metrics.adjusted_mutual_info_score,
    "ari": sklearn.metrics.adjusted_rand_score,
    "vmeasure": sklearn.metrics.v_measure_score,
    "const": lambda labels, clusters: float(np.array_equal(labels, clusters)),
}


def cluster_score(medoids):
    return -sum(min(distance(i, j) for j in medoids) for i in range(7))


def medoids_of_classes():
    members = [np.flatnonzero(c == LABELS) for c in range(3)]
    return [min(m, key=lambda i: sum(distance(i, j) for j in m)) for m in members]


def true_score():
    return -sum(distance(i, medoids_of_classes()[label]) for i, label in enumerate(LABELS))


@pytest.mark.parametrize("margin_type", AGREEMENTS)
def test_cluster_loss_is_that_of_a_good_choice_of_medoids(margin_type):
    agreement = AGREEMENTS[margin_type]
    losses = []
    for chosen in itertools.combinations(range(7), 3):
        clusters = [min(range(3), key=lambda c: distance(i, chosen[c])) for i in range(7)]
        score = cluster_score(chosen) + 10.0 * (1.0 - agreement(LABELS, clusters))
        losses.append(max(0.0, score - true_score()))
    for refine in (False, True):
        loss = ml.cluster_loss(LABELS, ANCHORS, 10.0, refine, margin_type)
        assert np.abs(np.array(losses) - loss).min() < 1e-4
        assert loss > np.median(losses)


def test_cluster_loss_without_a_margin_is_facility_location():
    value = ml.cluster_loss(LABELS, ANCHORS, 0.0, enable_pam_finetuning=False)
    chosen: list[int] = []
    for _ in range(3):
        rest = [i for i in range(7) if i not in chosen]
        chosen.append(max(rest, key=lambda i: cluster_score([*chosen, i])))
    np.testing.assert_allclose(value, max(0.0, cluster_score(chosen) - true_score()), rtol=1e-4)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "function"])
def test_cluster_loss_has_gradients(compiled):
    embeddings = tf.Variable(ANCHORS)

    def gradient():
        with tf.GradientTape() as tape:
            loss = ml.cluster_loss(LABELS, embeddings, 10.0, print_losses=False)
        return tape.gradient(loss, embeddings)

    values = (tf.function(gradient) if compiled else gradient)()
    assert np.isfinite(values).all() and np.abs(values).max() > 0


BAD = {
    "embeddings of rank 3": lambda: ml.triplet_semihard_loss(LABELS, ANCHORS[None]),
    "too few labels": lambda: ml.lifted_struct_loss(LABELS[:3], ANCHORS),
    "labels of rank 2": lambda: ml.npairs_loss(np.ones((7, 2)), ANCHORS, POSITIVES),
    "pairs of other shapes": lambda: ml.contrastive_loss(LABELS, ANCHORS, POSITIVES[:, :2]),
    "too few label sets": lambda: ml.npairs_loss_multilabel(multilabels()[:2], ANCHORS, POSITIVES),
    "margin unknown": lambda: ml.cluster_loss(LABELS, ANCHORS, 1.0, margin_type="nmj"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    with pytest.raises(ValueError):
        BAD[case]()


def test_label_sets_are_sparse():
    with pytest.raises(TypeError, match="SparseTensor"):
        ml.npairs_loss_multilabel(MULTILABELS, ANCHORS, POSITIVES)
