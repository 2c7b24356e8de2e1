"""The words that signatures use for what is Slim's own, or has no short name in Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import tensorflow as tf

Tensor: TypeAlias = tf.Tensor
"""What a layer returns."""

if TYPE_CHECKING:
    # TensorFlow is `Any` to a type checker (typings/). So must this be, or it would take a tensor
    # that was converted under its own name, `x = tf.convert_to_tensor(x)`, for what it was before.
    TensorLike: TypeAlias = Any
    """What `tf.convert_to_tensor` takes: a tensor, variable, array, number, or lists of them."""
else:
    TensorLike: TypeAlias = "tf.Tensor | tf.Variable | np.ndarray | Sequence | float"

Size: TypeAlias = int | Sequence[int]
"""One size for all spatial dimensions, or one for each."""

Shape: TypeAlias = Sequence[int | None] | tf.TensorShape
"""Sizes of a tensor, None for those that are not known."""

DType: TypeAlias = tf.DType | str
"""A dtype, or its name."""

Activation: TypeAlias = Callable[[Tensor], Tensor]
"""A function from a tensor to one of the same shape, such as `tf.nn.relu`."""

Normalizer: TypeAlias = Callable[..., Tensor]
"""A function such as `slim.batch_norm`: a tensor, then keywords of its own."""

Initializer: TypeAlias = Callable[..., Tensor]
"""A function from shape and dtype to the first value."""

Regularizer: TypeAlias = Callable[[Tensor], Tensor | None]
"""A function from a variable to its loss."""

Scope: TypeAlias = str | tf.compat.v1.VariableScope | None
"""The name of a layer's scope, a scope to enter again, or None for a default name."""

Reuse: TypeAlias = Any
"""True, False, None, or `tf.compat.v1.AUTO_REUSE`, whose class has no public name."""

Collections: TypeAlias = str | Sequence[str] | None
"""Names of collections of a v1 graph, or of a `slim.collect()` frame."""

CollectionsByName: TypeAlias = Collections | Mapping[str, Collections]
"""Collections for all variables of a layer, or by the variable's name."""

Device: TypeAlias = str | Callable[[Any], str] | None
"""The name of a device, or a function from an operation to one."""

Patterns: TypeAlias = Iterable[str | re.Pattern[str]] | None
"""Globs and compiled regular expressions over names, or None for all or none of them."""

Rename: TypeAlias = Mapping[Any, str | None] | Callable[[str], str | None] | None
"""Other names for what a checkpoint holds; see `checkpoints.renaming`."""

Variables: TypeAlias = list[Any]
"""Variables, in the order of their creation; partitioned ones of a v1 graph part by part."""
