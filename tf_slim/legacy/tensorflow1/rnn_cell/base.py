"""What all cells have: a state, its size, and a scope."""

from __future__ import annotations

import collections

import tensorflow as tf

from tf_slim.legacy.tensorflow1.layers.base import Layer

__all__ = ["LSTMStateTuple", "RNNCell"]


class LSTMStateTuple(collections.namedtuple("LSTMStateTuple", ("c", "h"))):
    """State of an LSTM: the cell `c` and the output `h`, each `[batch, units]`."""

    __slots__ = ()

    @property
    def dtype(self):
        """The dtype of both."""
        c, h = self
        if c.dtype != h.dtype:
            raise TypeError(f"LSTMStateTuple: c is {c.dtype.name}, h is {h.dtype.name}.")
        return c.dtype


class RNNCell(Layer):
    """One step of a recurrent net: `output, new_state = cell(inputs, state)`.

    Programs derive from it: they give `state_size` and `output_size`, and `call(inputs, state)`
    or `__call__(inputs, state, scope=None)`.
    """

    def __init__(self, trainable=True, name=None, dtype=None, **kwargs):
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)

    @property
    def state_size(self):
        """The size of the state: an integer or `TensorShape`, or a structure of them."""
        raise NotImplementedError(f"{type(self).__name__} has no state_size. Define it.")

    @property
    def output_size(self):
        """The size of the output: an integer or a `TensorShape`."""
        raise NotImplementedError(f"{type(self).__name__} has no output_size. Define it.")

    def __call__(self, inputs, state, scope=None):
        """One step.

        Args:
          inputs: `[batch, channels]`.
          state: `[batch, size]` for each size of `state_size`, in its structure.
          scope: the name of the cell's scope, or the scope; by default that of its class.

        Returns:
          (output, new state).
        """
        if scope is None:
            return super().__call__(inputs, state)
        return super().__call__(inputs, state, scope=scope)

    def zero_state(self, batch_size, dtype):
        """A state of zeros for `batch_size` examples."""

        def zeros(size):
            shape = tf.TensorShape(size).as_list() if not isinstance(size, int) else [size]
            state = tf.zeros([batch_size, *shape], dtype)
            state.set_shape([tf.get_static_value(batch_size), *shape])
            return state

        with tf.name_scope(f"{type(self).__name__}ZeroState"):
            size = self.state_size
            if isinstance(size, (int, tf.TensorShape)):
                return zeros(size)
            return tf.nest.map_structure(zeros, size)

    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        """A state of zeros for the batch of `inputs`, or for `batch_size` examples of `dtype`."""
        if inputs is not None:
            batch_size, dtype = tf.shape(inputs)[0], inputs.dtype
        return self.zero_state(batch_size, dtype)
