"""The gradients of each layer: against differences, and the same in each mode."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.conformance.rows import Row
from tests.conformance.running import close, fill, filled_model, inputs_of, value_of


class Slope:
    """A layer as a function of its floating inputs and trainable variables, to a scalar."""

    def __init__(self, row: Row, dtype: tf.DType):
        self.model = filled_model(row, dtype)
        self.inputs = tf.constant(inputs_of(row, dtype=dtype.as_numpy_dtype))
        self.upstream = value_of("upstream", self.model(self.inputs).shape)

    def value(self, inputs):
        fill(v for v in self.model.variables if not v.trainable)
        outputs = self.model(inputs)
        return tf.reduce_sum(outputs * tf.cast(self.upstream, outputs.dtype))

    def gradients(self, inputs):
        """With respect to the inputs (None if they are integers) and to each variable."""
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = self.value(inputs)
        found = tape.gradient(loss, [inputs, *self.model.trainable_variables])
        return [None if g is None else tf.convert_to_tensor(g) for g in found]


def test_gradient_is_that_of_differences(row):
    """In float64, along one random direction of all inputs and variables at once."""
    slope = Slope(row, tf.float64)
    variables = slope.model.trainable_variables
    analytic = slope.gradients(slope.inputs)
    assert len([g for g in analytic if g is not None]) == len(variables) + (not row.integers)
    places = [slope.inputs, *[v.read_value() for v in variables]]
    directions = [
        None if g is None else value_of(f"direction {index}", g.shape)
        for index, g in enumerate(analytic)
    ]

    def moved(step):
        now = [
            place if d is None else place + tf.cast(step * d, place.dtype)
            for place, d in zip(places, directions, strict=True)
        ]
        for variable, value in zip(variables, now[1:], strict=True):
            variable.assign(value)
        return slope.value(now[0])

    # Some variables are float32 whatever the inputs are, which limits what differences can tell.
    exact = all(v.dtype == tf.float64 for v in variables)
    step = 1e-5 if exact else 1e-2
    numeric = (moved(step) - moved(-step)) / (2 * step)
    expected = sum(
        float(tf.reduce_sum(tf.cast(g, tf.float64) * d))
        for g, d in zip(analytic, directions, strict=True)
        if g is not None
    )
    np.testing.assert_allclose(numeric, expected, rtol=1e-6 if exact else 2e-3, atol=1e-7)


def test_gradients_in_a_function_are_those_of_eager_code(row):
    slope = Slope(row, tf.float32)
    eager = slope.gradients(slope.inputs)
    traced = tf.function(slope.gradients)(slope.inputs)
    for left, right in zip(traced, eager, strict=True):
        assert (left is None) == (right is None)
        if right is not None:
            close(left, right, atol=1e-4)
