"""What NASNet and PNASNet are built of: cells, the reduction between them, drop path.

B. Zoph et al., "Learning transferable architectures for scalable image recognition",
arXiv:1707.07012, 2017.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

import tf_slim as slim
from tf_slim.ops.types import TensorLike

__all__ = [
    "INVALID",
    "NasNetABaseCell",
    "NasNetANormalCell",
    "NasNetAReductionCell",
    "SearchedCell",
    "activation",
    "calc_reduction_layers",
    "drop_path",
    "factorized_reduction",
    "get_channel_dim",
    "get_channel_index",
    "global_avg_pool",
]

INVALID = "null"
"""The data format of whoever has not entered the scope of a net."""

_BOUND = 6.0


def calc_reduction_layers(num_cells: int, num_reduction_layers: int) -> list[int]:
    """Before which cells to reduce the map, so that all stages have as many cells.

    Args:
      num_cells: the number of cells.
      num_reduction_layers: how often to reduce.

    Returns:
      Indices of cells.
    """
    return [
        int(number / (num_reduction_layers + 1) * num_cells)
        for number in range(1, num_reduction_layers + 1)
    ]


def activation(use_bounded_activation: bool) -> Callable:
    """ReLU6 if activations are to be bounded, otherwise ReLU."""
    return tf.nn.relu6 if use_bounded_activation else tf.nn.relu


# ---------------------------------------------------------------------------- data formats


@slim.add_arg_scope
def get_channel_index(data_format: str = INVALID) -> int:
    """The axis of the channels, by the data format in force."""
    return _known(data_format, "get_channel_index").index("C")


@slim.add_arg_scope
def get_channel_dim(shape: Any, data_format: str = INVALID) -> int:
    """The number of channels of something of this shape, by the data format in force."""
    return int(shape[_known(data_format, "get_channel_dim").index("C")])


@slim.add_arg_scope
def global_avg_pool(x: tf.Tensor, data_format: str = INVALID) -> tf.Tensor:
    """Averages over height and width: `[batch, channels]`."""
    axes = _known(data_format, "global_avg_pool")
    return tf.reduce_mean(x, [axes.index("H"), axes.index("W")])


def _known(data_format: str, function: str) -> str:
    if data_format not in ("NHWC", "NCHW"):
        raise AssertionError(
            f"{function} needs data_format='NHWC' or 'NCHW', as the scope of a net sets it; got "
            f"{data_format!r}."
        )
    return data_format


def _width(net: tf.Tensor) -> int:
    # Of both data formats, axis 2 is one of space.
    return net.shape.as_list()[2]


# ---------------------------------------------------------------------------- layers


@slim.add_arg_scope
def factorized_reduction(
    net: tf.Tensor, output_filters: int, stride: int, data_format: str = INVALID
) -> tf.Tensor:
    """Makes a map smaller without losing half of it: two strided 1x1 convolutions, one shifted.

    Args:
      net: a map, `[batch, height, width, channels]` or as `data_format` says.
      output_filters: the number of output channels, half from each convolution.
      stride: 2; with 1 there is a single convolution.
      data_format: "NHWC" or "NCHW".

    Returns:
      The smaller map, normalized.
    """
    axes = _known(data_format, "factorized_reduction")
    if stride == 1:
        net = slim.conv2d(net, output_filters, 1, scope="path_conv")
        return slim.batch_norm(net, scope="path_bn")
    space = [axis in "HW" for axis in axes]
    every = tuple(slice(None, None, stride) if strided else slice(None) for strided in space)
    padded = tf.pad(net, [(0, 1) if strided else (0, 0) for strided in space])
    shifted = padded[tuple(slice(1, None) if strided else slice(None) for strided in space)]
    half = output_filters // 2
    path1 = slim.conv2d(net[every], half, 1, scope="path1_conv")
    path2 = slim.conv2d(shifted[every], output_filters - half, 1, scope="path2_conv")
    net = tf.concat([path1, path2], axes.index("C"))
    return slim.batch_norm(net, scope="final_path_bn")


@slim.add_arg_scope
def drop_path(net: tf.Tensor, keep_prob: float, is_training: bool | tf.Tensor = True) -> tf.Tensor:
    """Sets the path to zero for some examples of the batch, and scales it up for the others.

    G. Larsson et al., "FractalNet: ultra-deep neural networks without residuals",
    arXiv:1605.07648, 2016.

    Args:
      net: `[batch, ...]`, of rank 4.
      keep_prob: the share of examples for which the path is kept, a number or a scalar tensor.
      is_training: whether to drop anything.

    Returns:
      A tensor of the shape of `net`.
    """
    if not is_training:
        return net
    noise_shape = [tf.shape(net)[0], 1, 1, 1]
    return slim.dropout(
        net, keep_prob, noise_shape=noise_shape, is_training=True, scope="drop_path"
    )


def _separable(net, stride, operation, depth, bounded):
    """A stack of separable convolutions: "separable_5x5_2" is two of them, with kernels of 5x5."""
    _, kernel, layers = operation.split("_")
    size = int(kernel.partition("x")[0])
    for layer in range(1, int(layers) + 1):
        net = activation(bounded)(net)
        net = slim.separable_conv2d(
            net, depth, size, stride=stride, scope=f"separable_{kernel}_{layer}"
        )
        net = slim.batch_norm(net, scope=f"bn_sep_{kernel}_{layer}")
        stride = 1
    return net


def _pooling(net, stride, operation, bounded):
    """A pooling layer: "max_pool_3x3" or "avg_pool_3x3"."""
    kind, _, kernel = operation.split("_")
    pool = {"max": slim.max_pool2d, "avg": slim.avg_pool2d}[kind]
    if bounded:
        net = tf.nn.relu6(net)
    return pool(net, int(kernel.partition("x")[0]), stride=stride, padding="SAME")


def _pointwise(net, depth, stride=1):
    net = slim.conv2d(net, depth, 1, stride=stride, scope="1x1")
    return slim.batch_norm(net, scope="bn_1")


def _training_step():
    """The step that training is at: the global step of a v1 graph, or of the training loop."""
    if tf.compat.v1.executing_eagerly_outside_functions():
        return slim.get_global_step()
    return slim.get_or_create_global_step()


# ---------------------------------------------------------------------------- cells


class NasNetABaseCell:
    """A cell: five times, two states go through an operation each, and their sum is a new state.

    The first two states are the outputs of the two cells before, brought to one shape. The output
    is the concatenation of the states that no operation has used.

    Args:
      num_conv_filters: the number of channels of a state, before scaling.
      operations: the names of the ten operations, two for each new state.
      used_hiddenstates: for each of the seven states, whether an operation uses it.
      hiddenstate_indices: for each operation, which state it is applied to.
      drop_path_keep_prob: how likely a path of the last cell is kept at the end of training.
      total_num_cells: the number of cells of the net.
      total_training_steps: after how many steps paths are dropped at the full rate.
      use_bounded_activation: whether all activations are within [-6, 6].
    """

    def __init__(
        self,
        num_conv_filters: int,
        operations: Sequence[str],
        used_hiddenstates: Sequence[int],
        hiddenstate_indices: Sequence[int],
        drop_path_keep_prob: float,
        total_num_cells: int,
        total_training_steps: int,
        use_bounded_activation: bool = False,
    ):
        self._num_conv_filters = num_conv_filters
        self._operations = operations
        self._used_hiddenstates = used_hiddenstates
        self._hiddenstate_indices = hiddenstate_indices
        self._drop_path_keep_prob = drop_path_keep_prob
        self._total_num_cells = total_num_cells
        self._total_training_steps = total_training_steps
        self._bounded = use_bounded_activation

    def __call__(
        self,
        net: tf.Tensor,
        scope: str | None = None,
        filter_scaling: float = 1,
        stride: int = 1,
        prev_layer: tf.Tensor | None = None,
        cell_num: int = -1,
        current_step: Callable[[], Any] | TensorLike | None = None,
    ) -> tf.Tensor:
        """Applies the cell.

        Args:
          net: the output of the cell before.
          scope: the name of the variable scope.
          filter_scaling: of the number of channels.
          stride: 2 to make the map smaller.
          prev_layer: the output of the cell before that; None if there is none.
          cell_num: which cell this is, counted from 0: the later, the more paths are dropped.
          current_step: the number of the training step, a scalar or a function that returns one;
            None for that of the training loop, see `_kept`.

        Returns:
          The output of the cell.
        """
        depth = int(self._num_conv_filters * filter_scaling)
        made = functools.partial(
            self._made, depth=depth, stride=stride, cell_num=cell_num, current_step=current_step
        )
        with slim.scope(scope):
            return slim.block(made, *([net] if prev_layer is None else [net, prev_layer]))

    def _made(self, net, prev_layer=None, *, depth, stride, cell_num, current_step):
        states = self._first_states(net, prev_layer, depth)
        for iteration in range(5):
            with slim.scope(f"comb_iter_{iteration}"):
                sides = []
                for side, number in (("left", 2 * iteration), ("right", 2 * iteration + 1)):
                    index = self._hiddenstate_indices[number]
                    with slim.scope(side):
                        path = self._apply(
                            states[index],
                            self._operations[number],
                            stride if index < 2 else 1,
                            depth,
                        )
                        if self._operations[number] != "none":
                            path = self._drop(path, cell_num, current_step)
                        sides.append(path)
                with slim.scope("combine"):
                    left, right = sides
                    state = left + right
                    states.append(tf.nn.relu6(state) if self._bounded else state)
        with slim.scope("cell_output"):
            return self._joined(states)

    def _first_states(self, net, prev_layer, depth):
        """The outputs of the two cells before, with `depth` channels and the smaller size."""
        prev_layer = self._like(net, prev_layer, depth)
        net = activation(self._bounded)(net)
        net = slim.conv2d(net, depth, 1, scope="1x1")
        net = slim.batch_norm(net, scope="beginning_bn")
        return [net, prev_layer]

    def _like(self, net, prev_layer, depth):
        if prev_layer is None:
            return net
        if _width(net) != _width(prev_layer):
            prev_layer = activation(self._bounded)(prev_layer)
            return factorized_reduction(prev_layer, depth, stride=2)
        if get_channel_dim(prev_layer.shape) != depth:
            prev_layer = activation(self._bounded)(prev_layer)
            prev_layer = slim.conv2d(prev_layer, depth, 1, scope="prev_1x1")
            prev_layer = slim.batch_norm(prev_layer, scope="prev_bn")
        return prev_layer

    def _apply(self, net, operation, stride, depth):
        other_depth = get_channel_dim(net.shape) != depth
        if operation == "none":
            if self._bounded:
                net = tf.nn.relu6(net)
            if stride == 1 and not other_depth:
                return net
            if not self._bounded:
                net = tf.nn.relu(net)
            return self._bound(_pointwise(net, depth, stride))
        if operation.startswith("separable"):
            return self._bound(_separable(net, stride, operation, depth, self._bounded))
        if "_pool_" not in operation:
            raise ValueError(
                f"{tf.compat.v1.get_variable_scope().name}: there is no operation {operation!r}. "
                "There are 'none', 'separable_<k>x<k>_<layers>', 'avg_pool_<k>x<k>' and "
                "'max_pool_<k>x<k>'."
            )
        net = _pooling(net, stride, operation, self._bounded)
        return self._bound(_pointwise(net, depth) if other_depth else net)

    def _bound(self, net):
        return tf.clip_by_value(net, -_BOUND, _BOUND) if self._bounded else net

    def _drop(self, net, cell_num, current_step):
        if self._drop_path_keep_prob >= 1.0:
            return net
        return drop_path(net, self._kept(cell_num, current_step))

    def _kept(self, cell_num, current_step):
        """How likely a path is kept: the less, the deeper its cell and the later in training.

        Where no step is known (`current_step` is None, outside v1 graphs and training loops), it is
        the value for the end of training.
        """
        share = (cell_num + 1) / self._total_num_cells
        dropped = share * (1.0 - self._drop_path_keep_prob)
        step = _training_step() if current_step is None else current_step
        if step is None:
            return 1.0 - dropped
        step = tf.cast(step() if callable(step) else step, tf.float32)
        return 1.0 - tf.minimum(1.0, step / self._total_training_steps) * dropped

    def _joined(self, states):
        """Concatenates the states that are not used, as small and deep as the last one."""
        last = states[-1]
        depth = get_channel_dim(last.shape)
        unused = []
        for index, (state, used) in enumerate(zip(states, self._used_hiddenstates, strict=True)):
            if used:
                continue
            larger = _width(state) != _width(last)
            if larger or get_channel_dim(state.shape) != depth:
                with slim.scope(f"reduction_{index}"):
                    state = factorized_reduction(state, depth, 2 if larger else 1)
            unused.append(state)
        return tf.concat(unused, get_channel_index())


class SearchedCell(NasNetABaseCell):
    """A cell that an architecture search has found. For the arguments see the base.

    Those who derive set its three tables, which are arguments of the base.
    """

    operations: list[str]
    used_hiddenstates: list[int]
    hiddenstate_indices: list[int]

    def __init__(
        self,
        num_conv_filters: int,
        drop_path_keep_prob: float,
        total_num_cells: int,
        total_training_steps: int,
        use_bounded_activation: bool = False,
    ):
        super().__init__(
            num_conv_filters,
            self.operations,
            self.used_hiddenstates,
            self.hiddenstate_indices,
            drop_path_keep_prob,
            total_num_cells,
            total_training_steps,
            use_bounded_activation,
        )


class NasNetANormalCell(SearchedCell):
    """The cell of NASNet-A that keeps the size of the map."""

    operations = [
        *("separable_5x5_2", "separable_3x3_2"),
        *("separable_5x5_2", "separable_3x3_2"),
        *("avg_pool_3x3", "none"),
        *("avg_pool_3x3", "avg_pool_3x3"),
        *("separable_3x3_2", "none"),
    ]
    used_hiddenstates = [1, 0, 0, 0, 0, 0, 0]
    hiddenstate_indices = [0, 1, 1, 1, 0, 1, 1, 1, 0, 0]


class NasNetAReductionCell(SearchedCell):
    """The cell of NASNet-A that makes the map smaller."""

    operations = [
        *("separable_5x5_2", "separable_7x7_2"),
        *("max_pool_3x3", "separable_7x7_2"),
        *("avg_pool_3x3", "separable_5x5_2"),
        *("none", "avg_pool_3x3"),
        *("separable_3x3_2", "max_pool_3x3"),
    ]
    used_hiddenstates = [1, 1, 1, 0, 0, 0, 0]
    hiddenstate_indices = [0, 1, 0, 1, 0, 1, 3, 2, 2, 0]
