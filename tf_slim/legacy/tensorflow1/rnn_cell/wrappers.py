"""Cells made of other cells."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.legacy.tensorflow1.rnn_cell.base import RNNCell

__all__ = ["DeviceWrapper", "DropoutWrapper", "MultiRNNCell", "ResidualWrapper"]


class MultiRNNCell(RNNCell):
    """Cells on top of each other.

    Args:
      cells: the cells, the lowest one first.
      state_is_tuple: whether the state is a tuple of the cells' states, or all side by side.
    """

    def __init__(self, cells, state_is_tuple=True, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(cells, (list, tuple)) or not cells:
            raise ValueError(f"MultiRNNCell takes a list of one cell or more; got {cells!r}.")
        self._cells = list(cells)
        self._state_is_tuple = state_is_tuple

    @property
    def state_size(self):
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self):
        return self._cells[-1].output_size

    @property
    def variables(self):
        return [v for cell in self._cells for v in cell.variables]

    @property
    def trainable_variables(self):
        return [v for cell in self._cells for v in cell.trainable_variables]

    def zero_state(self, batch_size, dtype):
        if self._state_is_tuple:
            return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)
        return super().zero_state(batch_size, dtype)

    def call(self, inputs, state):
        """One step; see `RNNCell`."""
        if not self._state_is_tuple:
            state = tf.split(state, [cell.state_size for cell in self._cells], axis=1)
        new_states = []
        for number, (cell, old) in enumerate(zip(self._cells, state, strict=True)):
            with tf.compat.v1.variable_scope(f"cell_{number}"):
                inputs, new = cell(inputs, old)
            new_states.append(new)
        return inputs, tuple(new_states) if self._state_is_tuple else tf.concat(new_states, 1)


class _Wrapper(RNNCell):
    """Does something to a cell; the variables keep the cell's own scope."""

    def __init__(self, cell):
        super().__init__()
        self._cell = cell

    @property
    def wrapped_cell(self):
        """The cell inside."""
        return self._cell

    @property
    def state_size(self):
        return self._cell.state_size

    @property
    def output_size(self):
        return self._cell.output_size

    @property
    def variables(self):
        return self._cell.variables

    @property
    def trainable_variables(self):
        return self._cell.trainable_variables

    def zero_state(self, batch_size, dtype):
        return self._cell.zero_state(batch_size, dtype)

    def __call__(self, inputs, state, scope=None):
        return self._cell(inputs, state, scope) if scope is not None else self._cell(inputs, state)


class DropoutWrapper(_Wrapper):
    """Drops inputs, states and outputs of a cell, each with a share that is kept.

    Args:
      cell: the cell.
      input_keep_prob: the share of inputs to keep; a number or a scalar tensor.
      output_keep_prob: the same for outputs.
      state_keep_prob: the same for the state that is passed on, but for `c` of an LSTM.
      variational_recurrent: not provided.
      input_size: not used.
      dtype: not used.
      seed: of the noise.
    """

    def __init__(
        self,
        cell,
        input_keep_prob=1.0,
        output_keep_prob=1.0,
        state_keep_prob=1.0,
        variational_recurrent=False,
        input_size=None,
        dtype=None,
        seed=None,
    ):
        super().__init__(cell)
        if variational_recurrent:
            raise ValueError(
                "DropoutWrapper: variational_recurrent=True is not provided. Make one mask outside "
                "of the loop and multiply the inputs by it."
            )
        del input_size, dtype
        self._keep = (input_keep_prob, output_keep_prob, state_keep_prob)
        self._seed = seed

    def __call__(self, inputs, state, scope=None):
        keep_input, keep_output, keep_state = self._keep
        output, new_state = super().__call__(self._drop(inputs, keep_input), state, scope)
        if hasattr(new_state, "_replace") and hasattr(new_state, "h"):
            new_state = new_state._replace(h=self._drop(new_state.h, keep_state))
        else:
            new_state = tf.nest.map_structure(lambda s: self._drop(s, keep_state), new_state)
        return self._drop(output, keep_output), new_state

    def _drop(self, values, keep_prob):
        if isinstance(keep_prob, (int, float)) and keep_prob >= 1:
            return values
        return tf.nn.dropout(values, rate=1 - keep_prob, seed=self._seed)


class ResidualWrapper(_Wrapper):
    """Adds the inputs of a cell to its outputs.

    Args:
      cell: the cell.
      residual_fn: a function (inputs, outputs) in place of the sum.
    """

    def __init__(self, cell, residual_fn=None):
        super().__init__(cell)
        self._residual_fn = residual_fn

    def __call__(self, inputs, state, scope=None):
        outputs, new_state = super().__call__(inputs, state, scope)
        if self._residual_fn is not None:
            return self._residual_fn(inputs, outputs), new_state
        return tf.nest.map_structure(tf.add, inputs, outputs), new_state


class DeviceWrapper(_Wrapper):
    """Runs a cell on a device.

    Args:
      cell: the cell.
      device: the name of the device, or a function from an operation to one.
    """

    def __init__(self, cell, device):
        super().__init__(cell)
        self._device = device

    def __call__(self, inputs, state, scope=None):
        with tf.compat.v1.device(self._device):
            return super().__call__(inputs, state, scope)
