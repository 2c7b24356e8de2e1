"""Reversible residual layers: training needs no memory for what lies between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import tensorflow as tf

from tf_slim.layers import replay, scoped
from tf_slim.ops import modes, scopes
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Reuse, Tensor, TensorLike

__all__ = ["RevBlock", "rev_block"]

Residual: TypeAlias = Callable[..., Tensor]
"""A function of a tensor, and of the list of its side input where there is one."""


class RevBlock(scoped.ScopedLayer):
    """A series of reversible residual layers, as an object to be called several times.

    From "The Reversible Residual Network: Backpropagation Without Storing Activations", Gomez et
    al., 2017. A layer is

        y1 = x1 + f(x2)
        y2 = x2 + g(y1)

    so that its inputs follow from its outputs. The gradient computes them again, layer by layer:
    activations are kept for one layer at a time, however many there are. There is no second
    derivative through it.

    Args:
      f: a function from a tensor to one of the same shape, or a list of them, one for each layer.
        It may make variables, which get the scope `revlayer_<i>/f`. It must do the same each time:
        no dropout but that of Slim. Tensors of the code around it must be passed as side input.
      g: as `f`, with the scope `revlayer_<i>/g`.
      num_layers: how many layers.
      f_side_input: a list of tensors that is passed to `f` as second argument, or None.
      g_side_input: the same for `g`.
      use_efficient_backprop: whether to save memory; False for plain gradients.
      name: name of the scope, made unique.
      reuse: whether the first call shares variables that exist; `name` is then taken as it is.

    Raises:
      ValueError: a list has not one function for each layer.

    Examples:
      >>> block = slim.layers.RevBlock(lambda x: x / 2, lambda x: x / 4, num_layers=2)
      >>> y1, y2 = block.forward(tf.ones([8, 4]), tf.ones([8, 4]))
      >>> x1, x2 = block.backward(y1, y2)
      >>> print(y1[0, 0].numpy(), x1[0, 0].numpy())
      2.1875 1.0
    """

    def __init__(
        self,
        f: Residual | Sequence[Residual],
        g: Residual | Sequence[Residual],
        num_layers: int = 1,
        f_side_input: Sequence[TensorLike] | None = None,
        g_side_input: Sequence[TensorLike] | None = None,
        use_efficient_backprop: bool = True,
        name: str = "revblock",
        *,
        reuse: Reuse = None,
    ):
        super().__init__(name if reuse else None, name, reuse)
        self.f = _one_each("f", f, num_layers)
        self.g = _one_each("g", g, num_layers)
        self.num_layers = num_layers
        self.f_side_input = list(f_side_input or ())
        self.g_side_input = list(g_side_input or ())
        self._efficient = use_efficient_backprop

    def forward(self, x1: TensorLike, x2: TensorLike) -> tuple[Tensor, Tensor]:
        """Applies the layers.

        Args:
          x1: a floating-point tensor.
          x2: a tensor; what `f` makes of it has the shape of `x1`, and `g` turns that back.

        Returns:
          (y1, y2), of the shapes of `x1` and `x2`.
        """
        x1, x2 = tf.convert_to_tensor(x1), tf.convert_to_tensor(x2)
        with self._entered([x1, x2]):
            if self._efficient:
                return _efficient(self, x1, x2)
            for f, g in self._functions():
                x1 = x1 + f(x2, *self.f_side_input)
                x2 = x2 + g(x1, *self.g_side_input)
            return x1, x2

    def backward(self, y1: TensorLike, y2: TensorLike) -> tuple[Tensor, Tensor]:
        """Computes the inputs from the outputs.

        Args:
          y1: as returned by `forward`.
          y2: as returned by `forward`.

        Returns:
          (x1, x2), of the shapes of `y1` and `y2`.
        """
        with self._entered([y1, y2]):
            for f, g in reversed(self._functions()):
                y2 = y2 - g(y1, *self.g_side_input)
                y1 = y1 - f(y2, *self.f_side_input)
            return y1, y2

    def __call__(
        self, inputs: tuple[TensorLike, TensorLike], forward: bool = True
    ) -> tuple[Tensor, Tensor]:
        """`forward(*inputs)`, or `backward(*inputs)`; shapes: see `forward`."""
        return self.forward(*inputs) if forward else self.backward(*inputs)

    apply = __call__

    def _functions(self) -> list[tuple[Callable, Callable]]:
        return [
            (_in_scope(f, f"revlayer_{index}/f"), _in_scope(g, f"revlayer_{index}/g"))
            for index, (f, g) in enumerate(zip(self.f, self.g, strict=True))
        ]


@checked
def rev_block(
    x1: TensorLike,
    x2: TensorLike,
    f: Residual | Sequence[Residual],
    g: Residual | Sequence[Residual],
    num_layers: int = 1,
    f_side_input: Sequence[TensorLike] | None = None,
    g_side_input: Sequence[TensorLike] | None = None,
    is_training: bool = True,
) -> tuple[Tensor, Tensor]:
    """A series of reversible residual layers: see `RevBlock`.

    Args:
      x1: a floating-point tensor.
      x2: a tensor; what `f` makes of it has the shape of `x1`, and `g` turns that back.
      f: a function from a tensor to a tensor, or a list of them, one for each layer.
      g: as `f`.
      num_layers: how many layers.
      f_side_input: a list of tensors that is passed to `f` as second argument, or None.
      g_side_input: the same for `g`.
      is_training: whether to save memory for the gradient; False for plain gradients.

    Returns:
      (y1, y2), of the shapes of `x1` and `x2`.

    Raises:
      ValueError: a list has not one function for each layer.

    Examples:
      >>> x1, x2 = tf.ones([8, 4]), tf.ones([8, 4])
      >>> y1, y2 = slim.rev_block(x1, x2, lambda x: x / 2, lambda x: x / 4)
      >>> print(y1[0, 0].numpy(), y2[0, 0].numpy())
      1.5 1.375
    """
    reuse = tf.compat.v1.get_variable_scope().reuse
    if not modes.in_v1_graph():
        reuse = scopes.known_reuse() is True
    block = RevBlock(f, g, num_layers, f_side_input, g_side_input, is_training, reuse=reuse or None)
    return block.forward(x1, x2)


def _efficient(block: RevBlock, x1, x2):
    """One forward run of a block, whose gradient goes through it backward."""
    runs = [(replay.Replay(f), replay.Replay(g)) for f, g in block._functions()]
    count = len(block.f_side_input)

    @tf.custom_gradient
    def forward(x1, x2, *sides):
        f_side, g_side = sides[:count], sides[count:]
        y1, y2 = x1, x2
        with replay.without_tape():
            for f, g in runs:
                y1 = y1 + f.first(y2, *f_side)
                y2 = y2 + g.first(y1, *g_side)

        def gradient(dy1, dy2, variables=None):
            variables = list(variables or ())
            state, rest = [y1, y2, dy1, dy2], [None] * (len(sides) + len(variables))
            for f, g in reversed(runs):
                state, more = _step_back(f, g, f_side, g_side, variables, *state)
                rest = [_sum(*pair) for pair in zip(rest, more, strict=True)]
                # Else the next layer would begin before this one has freed its memory.
                done = replay.grouped([*state, *rest])
                state, rest = done[:4], done[4:]
            found = _only_once([*state[2:], *rest], [x1, x2, *sides])
            of_inputs, of_variables = found[: 2 + len(sides)], found[2 + len(sides) :]
            return (of_inputs, of_variables) if variables else of_inputs

        return (y1, y2), gradient

    return forward(x1, x2, *block.f_side_input, *block.g_side_input)


def _step_back(f, g, f_side, g_side, variables, y1, y2, dy1, dy2):
    """One layer backward.

    Returns:
      ([x1, x2, dx1, dx2], gradients of f_side, g_side and variables).
    """
    (gy1,), (dg, *of_g_side), of_g = replay.gradients(
        lambda *inputs: [g.again(*inputs)], [y1, *g_side], variables, [dy2]
    )
    x2, dx1 = y2 - gy1, _sum(dy1, dg)
    (fx2,), (df, *of_f_side), of_f = replay.gradients(
        lambda *inputs: [f.again(*inputs)], [x2, *f_side], variables, [dx1]
    )
    x1, dx2 = y1 - fx2, _sum(dy2, df)
    of_variables = [_sum(*pair) for pair in zip(of_f, of_g, strict=True)]
    return [x1, x2, dx1, dx2], [*of_f_side, *of_g_side, *of_variables]


def _only_once(gradients: list, inputs: list) -> list:
    """The gradients, with an error for who wants to differentiate them again."""
    known = [tf.convert_to_tensor(gradient) for gradient in gradients if gradient is not None]

    # The inputs are passed so that a tape sees what the gradients depend on.
    @tf.custom_gradient
    def passed_on(*args):
        def refuse(*unused_upstream):
            raise NotImplementedError(
                "A gradient through rev_block cannot be differentiated again. Pass "
                "is_training=False (RevBlock: use_efficient_backprop=False) for second derivatives."
            )

        return [tf.identity(gradient) for gradient in args[: len(known)]], refuse

    found = iter(passed_on(*known, *inputs))
    return [None if gradient is None else next(found) for gradient in gradients]


def _sum(left, right):
    """The sum of two gradients, of which each may be None."""
    if left is None or right is None:
        return right if left is None else left
    return tf.convert_to_tensor(left) + tf.convert_to_tensor(right)


def _in_scope(fn: Callable, scope: str) -> Callable:
    """`fn` in a scope of its own, with its side input as further arguments."""

    def run(x, *side):
        with scopes.scope(scope):
            outputs = fn(x, list(side)) if side else fn(x)
            # In mixed precision the two streams stay exact: going backward must find them again.
            return tf.cast(outputs, x.dtype)

    return run


def _one_each(name: str, fn, num_layers: int) -> list[Callable]:
    functions = list(fn) if isinstance(fn, (list, tuple)) else [fn] * num_layers
    if len(functions) != num_layers:
        raise ValueError(
            f"RevBlock expects {name} to be a function, or a list of num_layers={num_layers} of "
            f"them; got {len(functions)}."
        )
    return functions
