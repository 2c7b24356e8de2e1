"""Cells: a plain one, LSTM and GRU. The variables are named as TensorFlow 1 named them."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.legacy.tensorflow1.rnn_cell.base import LSTMStateTuple, RNNCell
from tf_slim.ops import shapes

__all__ = ["BasicLSTMCell", "BasicRNNCell", "GRUCell", "LSTMCell"]

_zeros = tf.compat.v1.zeros_initializer
_ones = tf.compat.v1.ones_initializer


def _channels(inputs) -> int:
    channels = shapes.size(inputs, -1)
    if channels is None:
        raise ValueError(
            f"The cell needs inputs whose last dimension is known; got shape {inputs.shape}."
        )
    return channels


class _Cell(RNNCell):
    """A cell of `num_units` units."""

    def __init__(self, num_units, activation=None, reuse=None, name=None, dtype=None, **kwargs):
        super().__init__(name=name, dtype=dtype, _reuse=reuse, **kwargs)
        self._num_units = int(num_units)
        self._activation = activation or tf.tanh

    @property
    def output_size(self):
        return self._num_units

    @property
    def state_size(self):
        return self._num_units

    def _affine(self, values, units, bias_initializer=None, kernel_initializer=None, place=None):
        """`values` side by side, times `kernel`, plus `bias`."""
        joined = tf.concat(values, 1)
        with tf.compat.v1.variable_scope(place or tf.compat.v1.get_variable_scope()):
            kernel = self.add_variable(
                "kernel",
                [_channels(joined), units],
                joined.dtype.base_dtype,
                initializer=kernel_initializer,
            )
            bias = self.add_variable(
                "bias", [units], joined.dtype.base_dtype, initializer=bias_initializer or _zeros()
            )
        return tf.nn.bias_add(tf.matmul(joined, kernel), bias)


class BasicRNNCell(_Cell):
    """`output = activation(W [inputs, state] + b)`, which is also the new state."""

    def call(self, inputs, state):
        """One step; see `RNNCell`."""
        output = self._activation(self._affine([inputs, state], self._num_units))
        return output, output


class GRUCell(_Cell):
    """Gated recurrent unit (Cho et al., arXiv:1406.1078)."""

    def __init__(
        self,
        num_units,
        activation=None,
        reuse=None,
        kernel_initializer=None,
        bias_initializer=None,
        name=None,
        dtype=None,
        **kwargs,
    ):
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        self._kernel_initializer, self._bias_initializer = kernel_initializer, bias_initializer

    def call(self, inputs, state):
        """One step; see `RNNCell`."""
        gates = self._affine(
            [inputs, state],
            2 * self._num_units,
            self._bias_initializer or _ones(),
            self._kernel_initializer,
            "gates",
        )
        reset, update = tf.split(tf.sigmoid(gates), 2, axis=1)
        candidate = self._activation(
            self._affine(
                [inputs, reset * state],
                self._num_units,
                self._bias_initializer,
                self._kernel_initializer,
                "candidate",
            )
        )
        output = update * state + (1 - update) * candidate
        return output, output


class BasicLSTMCell(_Cell):
    """LSTM without peepholes (Zaremba et al., arXiv:1409.2329).

    Args:
      num_units: the size of the cell and of the output.
      forget_bias: added to the forget gates.
      state_is_tuple: whether the state is an `LSTMStateTuple`, or `c` and `h` side by side.
      activation: of candidates and output; tanh by default.
      reuse: whether the variables exist already.
      name: of the scope.
      dtype: of the variables.
    """

    def __init__(
        self,
        num_units,
        forget_bias=1.0,
        state_is_tuple=True,
        activation=None,
        reuse=None,
        name=None,
        dtype=None,
        **kwargs,
    ):
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple

    @property
    def state_size(self):
        if self._state_is_tuple:
            return LSTMStateTuple(self._num_units, self._num_units)
        return 2 * self._num_units

    def call(self, inputs, state):
        """One step; see `RNNCell`."""
        c, h = state if self._state_is_tuple else tf.split(state, 2, axis=1)
        i, j, f, o = tf.split(self._affine([inputs, h], 4 * self._num_units), 4, axis=1)
        c = c * tf.sigmoid(f + self._forget_bias) + tf.sigmoid(i) * self._activation(j)
        h = self._activation(c) * tf.sigmoid(o)
        return h, LSTMStateTuple(c, h) if self._state_is_tuple else tf.concat([c, h], 1)


class LSTMCell(_Cell):
    """LSTM with peepholes, clipping and projection, each if asked for (Sak et al., 2014).

    Args:
      num_units: the size of the cell.
      use_peepholes: whether the gates see the cell: variables `w_f_diag`, `w_i_diag`, `w_o_diag`.
      cell_clip: the largest absolute value of the cell, or None.
      initializer: of the kernels.
      num_proj: the size of the output after a projection, or None for none.
      proj_clip: the largest absolute value of the projected output, or None.
      num_unit_shards: not used.
      num_proj_shards: not used.
      forget_bias: added to the forget gates.
      state_is_tuple: whether the state is an `LSTMStateTuple`.
      activation: of candidates and output; tanh by default.
      reuse: whether the variables exist already.
      name: of the scope.
      dtype: of the variables.
    """

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        cell_clip=None,
        initializer=None,
        num_proj=None,
        proj_clip=None,
        num_unit_shards=None,
        num_proj_shards=None,
        forget_bias=1.0,
        state_is_tuple=True,
        activation=None,
        reuse=None,
        name=None,
        dtype=None,
        **kwargs,
    ):
        del num_unit_shards, num_proj_shards
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        self._use_peepholes = use_peepholes
        self._cell_clip, self._proj_clip = cell_clip, proj_clip
        self._initializer = initializer
        self._num_proj = num_proj
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple

    @property
    def output_size(self):
        return self._num_proj or self._num_units

    @property
    def state_size(self):
        if self._state_is_tuple:
            return LSTMStateTuple(self._num_units, self.output_size)
        return self._num_units + self.output_size

    def call(self, inputs, state):
        """One step; see `RNNCell`."""
        if self._state_is_tuple:
            c, h = state
        else:
            c, h = tf.split(state, [self._num_units, self.output_size], axis=1)
        gates = self._affine([inputs, h], 4 * self._num_units, kernel_initializer=self._initializer)
        i, j, f, o = tf.split(gates, 4, axis=1)
        forget, enter = f + self._forget_bias, i
        if self._use_peepholes:
            forget += self._peephole("w_f_diag", c) * c
            enter += self._peephole("w_i_diag", c) * c
            look_out = self._peephole("w_o_diag", c)
        c = tf.sigmoid(forget) * c + tf.sigmoid(enter) * self._activation(j)
        if self._cell_clip is not None:
            c = tf.clip_by_value(c, -self._cell_clip, self._cell_clip)
        if self._use_peepholes:
            o += look_out * c
        h = tf.sigmoid(o) * self._activation(c)
        if self._num_proj is not None:
            h = self._project(h)
        return h, LSTMStateTuple(c, h) if self._state_is_tuple else tf.concat([c, h], 1)

    def _peephole(self, name, c):
        return self.add_variable(
            name, [self._num_units], c.dtype.base_dtype, initializer=self._initializer
        )

    def _project(self, h):
        with tf.compat.v1.variable_scope("projection"):
            kernel = self.add_variable(
                "kernel",
                [self._num_units, self._num_proj],
                h.dtype.base_dtype,
                initializer=self._initializer,
            )
        h = tf.matmul(h, kernel)
        if self._proj_clip is not None:
            h = tf.clip_by_value(h, -self._proj_clip, self._proj_clip)
        return h
