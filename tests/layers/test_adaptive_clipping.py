"""adaptive_clipping_fn against the formula of the paper, step by step."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1

NORMS = [1.0, 1.2, 0.9, 30.0, 1.0, 0.0]


def expected(norms, std_factor=2.0, decay=0.95, static_max_norm=None, count=False):
    """The norms after clipping."""
    mean = square = 0.0
    clipped = []
    for step, norm in enumerate(norms):
        rate = min(decay, step / (step + 1)) if count else decay
        log = np.log(norm + 1e-8)
        mean = rate * mean + (1 - rate) * log
        square = rate * square + (1 - rate) * log**2
        longest = np.exp(mean + std_factor * np.sqrt(max(1e-8, square - mean**2)))
        new = norm if norm < longest else np.exp(mean)
        clipped.append(new if static_max_norm is None else min(new, static_max_norm))
    return clipped


CASES = {
    "defaults": ({}, {}),
    "narrow": ({"std_factor": 0.5, "decay": 0.5}, {}),
    "a limit": ({"static_max_norm": 0.95}, {}),
    "settles fast": ({}, {"count": True}),
}


@pytest.mark.parametrize("mode", ["v1", "eager", "function"])
@pytest.mark.parametrize("case", CASES)
def test_norms(mode, case):
    kwargs, more = CASES[case]
    wanted = expected(NORMS, **kwargs, **more)
    direction = np.array([0.6, 0.8], np.float32)

    def make(step):
        return slim.layers.adaptive_clipping_fn(**kwargs, global_step=step if more else None)

    def lengths(clip, norm):
        pairs = clip([(norm * direction, "a"), (None, "b"), (0.0 * direction, "c")])
        assert [name for _, name in pairs] == ["a", "b", "c"]
        assert pairs[1][0] is None
        return tf.norm(pairs[0][0])

    if mode == "v1":
        with tf.Graph().as_default(), v1.Session() as session:
            norm, step = v1.placeholder(tf.float32, []), v1.placeholder(tf.int64, [])
            length = lengths(make(step), norm)
            names = [v.op.name for v in v1.global_variables()]
            assert names == ["AdaptiveMaxNorm/mean", "AdaptiveMaxNorm/sq_mean"]
            assert v1.trainable_variables() == []
            session.run(v1.global_variables_initializer())
            found = [session.run(length, {norm: n, step: i}) for i, n in enumerate(NORMS)]
    else:
        step = tf.Variable(0, dtype=tf.int64)
        clip = make(step)

        def call(norm):
            return lengths(clip, norm)

        call = call if mode == "eager" else tf.function(call)
        found = []
        for index, norm in enumerate(NORMS):
            step.assign(index)
            found.append(call(tf.constant(norm)))
        assert len(slim.get_variables()) == 2
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


def test_sparse_gradients():
    sparse = tf.IndexedSlices(tf.constant([[3.0, 4.0]]), [1], [5, 2])
    ((clipped, _),) = slim.adaptive_clipping_fn(static_max_norm=1.0)([(sparse, None)])
    assert isinstance(clipped, tf.IndexedSlices)
    np.testing.assert_allclose(tf.norm(clipped.values), 1.0, rtol=1e-5)


def test_in_optimize_loss_with_a_summary():
    with tf.Graph().as_default(), v1.Session() as session:
        w = v1.get_variable("w", initializer=[3.0, 4.0])
        clip = slim.adaptive_clipping_fn(static_max_norm=1.0, report_summary=True, name="Clip")
        step = slim.optimize_loss(tf.nn.l2_loss(w), None, 1.0, "SGD", clip_gradients=clip)
        summaries = [s.op.name for s in v1.get_collection(v1.GraphKeys.SUMMARIES)]
        assert "OptimizeLoss/global_norm/adaptive_max_gradient_norm" in summaries
        assert "OptimizeLoss/Clip/sq_mean" in [v.op.name for v in v1.global_variables()]
        session.run(v1.global_variables_initializer())
        session.run(step)
        np.testing.assert_allclose(session.run(w), [2.4, 3.2], rtol=1e-5)
