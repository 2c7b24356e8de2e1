"""Variables: made with their regularizer, device and collections in one call; found by name."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.ops import arguments, name_prefixes, places, precision, scopes
from tf_slim.ops.arg_scope import add_arg_scope
from tf_slim.ops.arguments import checked
from tf_slim.ops.places.graph import add_regularization_loss as add_regularization_loss
from tf_slim.ops.stores import get_variable_full_name as get_variable_full_name
from tf_slim.ops.types import (
    Device,
    DType,
    Initializer,
    Regularizer,
    Scope,
    Shape,
    TensorLike,
    Variables,
)

GraphKeys = tf.compat.v1.GraphKeys


@add_arg_scope
def variable(
    name: str,
    shape: Shape | Callable[[], Any] | None = None,
    dtype: DType | None = None,
    initializer: Initializer | TensorLike | None = None,
    regularizer: Regularizer | None = None,
    trainable: bool | None = True,
    collections: Iterable[str] | None = None,
    caching_device: Device = None,
    device: Device = None,
    partitioner: Callable | None = None,
    custom_getter: Callable | None = None,
    use_resource: bool | None = None,
    synchronization: tf.VariableSynchronization = tf.VariableSynchronization.AUTO,
    aggregation: Any = tf.VariableAggregation.NONE,
) -> Any:
    """Gets the variable `name` of the current scope, or makes it.

    Args:
      name: within the current variable scope.
      shape: of a new variable; needed unless `initializer` is a value.
      dtype: float32 by default.
      initializer: a function of (shape, dtype), a function without arguments, or a value.
      regularizer: a function from the variable to a scalar loss, or None. The loss joins
        `get_regularization_losses()`, the `losses` of the Model and the total loss.
      trainable: whether optimizers change it.
      collections: names of the collections that a new variable joins, `GLOBAL_VARIABLES` by
        default.
      caching_device: where reads are cached (v1 graphs only).
      device: a device name, or a function from an operation to one.
      partitioner: splits the variable into parts (v1 graphs only).
      custom_getter: called in place of `tf.compat.v1.get_variable`, with the same arguments.
      use_resource: see `tf.compat.v1.get_variable` (v1 graphs only).
      synchronization: see `tf.Variable`.
      aggregation: see `tf.Variable`.

    Returns:
      The variable; for a low `dtype` in mixed precision a tensor, its value (see `precision`).

    Raises:
      ValueError: it exists and `reuse` is not set, it does not exist and `reuse` is True, or it
        exists with another shape or dtype.

    Examples:
      >>> scale = slim.variable("scale", [4], initializer=tf.ones_initializer())
      >>> scale.name, scale.shape
      ('scale:0', TensorShape([4]))
      >>> with slim.scope("", reuse=True):
      ...     slim.variable("scale", [4]) is scale
      True
    """
    initializer = _fitting(name, initializer, shape, dtype)
    keys = collections if collections is not None else [GraphKeys.GLOBAL_VARIABLES]
    try:
        found = places.current().variable(
            name,
            shape=shape,
            dtype=precision.stored(dtype),
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
            collections=list(dict.fromkeys(keys)),
            caching_device=caching_device,
            device=device,
            partitioner=partitioner,
            custom_getter=custom_getter,
            use_resource=use_resource,
            synchronization=synchronization,
            aggregation=aggregation,
        )
    except TypeError:
        _explain(name, initializer, regularizer)
        raise
    return precision.read(found, dtype)


@add_arg_scope
@arguments.passes_on
def model_variable(
    name: str,
    shape: Shape | Callable[[], Any] | None = None,
    dtype: DType | None = tf.float32,
    initializer: Initializer | TensorLike | None = None,
    regularizer: Regularizer | None = None,
    trainable: bool | None = True,
    collections: Iterable[str] | None = None,
    caching_device: Device = None,
    device: Device = None,
    partitioner: Callable | None = None,
    custom_getter: Callable | None = None,
    use_resource: bool | None = None,
    synchronization: tf.VariableSynchronization = tf.VariableSynchronization.AUTO,
    aggregation: Any = tf.VariableAggregation.NONE,
) -> Any:
    """Gets or makes a variable that represents the model's parameters or statistics.

    It joins `MODEL_VARIABLES` (see `get_model_variables`) besides `GLOBAL_VARIABLES` and the
    given `collections`. Arguments, return value and errors are those of `variable`.

    Examples:
      >>> scale = slim.model_variable("scale", [4], initializer=tf.ones_initializer())
      >>> scale is slim.get_model_variables()[0], scale.shape
      (True, TensorShape([4]))
    """
    return variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=[*(collections or []), GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES],
        caching_device=caching_device,
        device=device,
        partitioner=partitioner,
        custom_getter=custom_getter,
        use_resource=use_resource,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def _fitting(name: str, initializer: Any, shape: Any, dtype: Any) -> Any:
    """`initializer`; of a value the type is made right, and the shape must be."""
    if initializer is None or callable(initializer) or shape is None or callable(shape):
        return initializer
    value = initializer if hasattr(initializer, "shape") else np.asarray(initializer)
    expected, received = tf.TensorShape(shape), tf.TensorShape(value.shape)
    if not expected.is_compatible_with(received):
        raise arguments.Caller("variable", name).error(
            f"an initializer of the variable's shape {expected}",
            f"a value of shape {received}",
            "For one number everywhere write tf.constant_initializer(...); otherwise reshape it.",
        )
    if dtype is None:
        return initializer

    def constant(shape, dtype=None, partition_info=None):
        if tf.TensorShape(shape) != received and received.is_fully_defined():
            raise arguments.Caller("variable", name).error(
                "no partitioner where the initializer is a value",
                f"a part of shape {tf.TensorShape(shape)}",
                "Initialize with a function of shape and dtype.",
            )
        return tf.cast(value, dtype)

    return constant


def _explain(name: str, initializer: Any, regularizer: Any) -> None:
    """After a failure: raises an error of what cannot be called as it must be."""
    for argument, function, takes, called in (
        ("initializer", initializer, "(shape, dtype)", (([],), {"dtype": None})),
        ("regularizer", regularizer, "the variable", ((None,), {})),
    ):
        function = getattr(function, "regularizer", function)
        if function is not None and not arguments.binds(function, *called[0], **called[1]):
            raise arguments.Caller("variable", name).error(
                f"{argument} to be a function of {takes}",
                arguments.describe(function),
                "Wrap it in a lambda that is.",
                TypeError,
            )


@checked
def local_variable(
    initial_value: TensorLike | Callable[[], Any],
    validate_shape: bool = True,
    name: str | None = None,
    use_resource: bool | None = None,
) -> tf.Variable:
    """Makes a variable that is not saved and not trained, in `LOCAL_VARIABLES`.

    Args:
      initial_value: a value, or a function without arguments.
      validate_shape: if False, the variable may change its shape.
      name: of the variable, made unique.
      use_resource: see `tf.compat.v1.Variable` (v1 graphs only).

    Examples:
      >>> seen = slim.local_variable(0, name="seen")
      >>> seen.name, seen.trainable
      ('seen:0', False)
    """
    return places.current().plain_variable(
        GraphKeys.LOCAL_VARIABLES, initial_value, validate_shape, name, use_resource
    )


@checked
def global_variable(
    initial_value: TensorLike | Callable[[], Any],
    validate_shape: bool = True,
    name: str | None = None,
    use_resource: bool | None = None,
) -> tf.Variable:
    """Makes a variable that is saved but not trained, in `GLOBAL_VARIABLES`.

    Arguments as for `local_variable`.

    Examples:
      >>> epoch = slim.global_variable(0, name="epoch")
      >>> epoch.name, epoch.trainable
      ('epoch:0', False)
    """
    return places.current().plain_variable(
        GraphKeys.GLOBAL_VARIABLES, initial_value, validate_shape, name, use_resource
    )


def add_model_variable(var: Any) -> None:
    """Adds a variable made elsewhere to `MODEL_VARIABLES`, once.

    Examples:
      >>> made_elsewhere = tf.Variable([1.0, 2.0], name="scale")
      >>> slim.add_model_variable(made_elsewhere)
      >>> [one.name for one in slim.get_model_variables()]
      ['scale:0']
    """
    places.current().add_model_variable(var)


@checked
def get_variables(
    scope: Scope = None, suffix: str | None = None, collection: str = GraphKeys.GLOBAL_VARIABLES
) -> Variables:
    """The variables of a collection, in the order of their creation.

    In a v1 graph these are the graph's; inside a Model's function the Model's; in other code
    those of the default store.

    Args:
      scope: only those whose name begins with this; it is read as a regular expression, and
        "conv1" also selects "conv10" (with a warning if there are both; "conv1/" does not). Or a
        `tf.compat.v1.VariableScope`: only those within it.
      suffix: only those whose name (within `scope`) ends in this: "weights" also selects
        "depthwise_weights", with a warning, and "/weights" does not.
      collection: name of the collection.

    Returns:
      A list of variables.

    Raises:
      ValueError: `scope` or `suffix` is no regular expression.

    Examples:
      >>> net = slim.stack(tf.ones([8, 20]), slim.fully_connected, [32, 10], scope="fc")
      >>> [one.name for one in slim.get_variables("fc/fc_2/")]
      ['fc/fc_2/weights:0', 'fc/fc_2/biases:0']
      >>> [one.name for one in slim.get_variables(suffix="/biases")]
      ['fc/fc_1/biases:0', 'fc/fc_2/biases:0']
    """
    prefix: Any = scope
    if isinstance(scope, scopes.VariableScope):
        prefix = f"{re.escape(prefix.name)}/" if prefix.name else None
    members = places.current().variables(collection)
    if not prefix and suffix is None:
        return members
    named = [v for v in members if hasattr(v, "name")]
    hits = name_prefixes.matching([v.name for v in named], prefix, suffix)
    return [v for v, hit in zip(named, hits, strict=True) if hit]


def get_model_variables(scope: Scope = None, suffix: str | None = None) -> Variables:
    """The variables made by `model_variable`, so by all layers. Arguments: `get_variables`.

    Examples:
      >>> net = slim.conv2d(tf.ones([1, 8, 8, 3]), 16, 3, scope="conv1")
      >>> [one.name for one in slim.get_model_variables()]
      ['conv1/weights:0', 'conv1/biases:0']
    """
    return get_variables(scope, suffix, GraphKeys.MODEL_VARIABLES)


def get_local_variables(scope: Scope = None, suffix: str | None = None) -> Variables:
    """The local variables. Arguments: `get_variables`.

    Examples:
      >>> seen = slim.local_variable(0, name="seen")
      >>> [one.name for one in slim.get_local_variables()]
      ['seen:0']
    """
    return get_variables(scope, suffix, GraphKeys.LOCAL_VARIABLES)


def get_trainable_variables(scope: Scope = None, suffix: str | None = None) -> Variables:
    """The trainable variables. Arguments: `get_variables`.

    Examples:
      >>> net = slim.batch_norm(tf.ones([8, 4]), scope="norm")
      >>> [one.name for one in slim.get_trainable_variables()]
      ['norm/beta:0']
    """
    return get_variables(scope, suffix, GraphKeys.TRAINABLE_VARIABLES)


def get_variables_by_suffix(suffix: str, scope: Scope = None) -> Variables:
    """The variables whose name ends in `suffix`. Arguments: `get_variables`.

    Examples:
      >>> net = slim.stack(tf.ones([8, 20]), slim.fully_connected, [32, 10], scope="fc")
      >>> [one.name for one in slim.get_variables_by_suffix("weights", scope="fc/fc_1")]
      ['fc/fc_1/weights:0']
    """
    return get_variables(scope=scope, suffix=suffix)


@checked
def get_variables_by_name(given_name: str, scope: Scope = None) -> Variables:
    """The variables whose last name component is `given_name`.

    Arguments and errors: see `get_variables`.

    Examples:
      >>> net = slim.stack(tf.ones([8, 20]), slim.fully_connected, [32, 10], scope="fc")
      >>> [one.name for one in slim.get_variables_by_name("biases")]
      ['fc/fc_1/biases:0', 'fc/fc_2/biases:0']
    """
    return get_variables(scope=scope, suffix=f"/{given_name}:|^{given_name}")


def get_unique_variable(var_op_name: str) -> Any:
    """The one variable whose name is `var_op_name`.

    Raises:
      ValueError: there is none.

    Examples:
      >>> net = slim.conv2d(tf.ones([1, 8, 8, 3]), 16, 3, scope="conv1")
      >>> slim.get_unique_variable("conv1/weights").shape
      TensorShape([3, 3, 3, 16])
    """
    for candidate in get_variables():
        if re.sub(r":\d+$", "", candidate.name) == var_op_name:
            return candidate
    raise ValueError(
        f"There is no variable {var_op_name!r}. Names are full: scope path, then name, such as "
        "'vgg_16/conv1/conv1_1/weights'."
    )


def get_variables_to_restore(
    include: Sequence[Scope] | None = None, exclude: Sequence[Scope] | None = None
) -> Variables:
    """The variables to restore from a checkpoint: all global ones, or a selection by scope.

    Args:
      include: a list of scopes (see `get_variables`) whose variables to restore, or None.
      exclude: a list of scopes whose variables to leave out, or None.

    Returns:
      A list of variables. A scope that selects nothing (such as "fc8" where the full name is
      "vgg_16/fc8") draws a warning.

    Raises:
      TypeError: `include` or `exclude` is neither None, a list nor a tuple.

    Examples:
      >>> net = slim.stack(tf.ones([8, 20]), slim.fully_connected, [32, 10], scope="fc")
      >>> [one.name for one in slim.get_variables_to_restore(exclude=["fc/fc_2"])]
      ['fc/fc_1/weights:0', 'fc/fc_1/biases:0']
    """
    chosen = _by_scopes("include", include, default=[None])
    left_out = _by_scopes("exclude", exclude, default=[])
    return [v for v in chosen if not any(v is other for other in left_out)]


def _by_scopes(argument: str, scope_list: Iterable | None, default: list) -> list:
    if scope_list is None:
        scope_list = default
    if not isinstance(scope_list, (list, tuple)):
        raise TypeError(
            f"{argument} takes a list of scopes; got {scope_list!r}. For one scope write "
            f"{argument}=[{scope_list!r}]."
        )
    chosen = []
    for scope in scope_list:
        found = get_variables(scope)
        if not found and isinstance(scope, str):
            name_prefixes.warn_of_nothing(argument, scope, [v.name for v in get_variables()])
        chosen += found
    return chosen


@checked
def filter_variables(
    var_list: Iterable[Any],
    include_patterns: Sequence[str] | None = None,
    exclude_patterns: Sequence[str] | None = None,
    reg_search: bool = True,
) -> Variables:
    """The variables whose name matches.

    Args:
      var_list: variables.
      include_patterns: regular expressions, one of which must match; None or [] for all.
      exclude_patterns: regular expressions, none of which may match.
      reg_search: whether a pattern may match anywhere in the name, or from its start only.

    Raises:
      re.error: a pattern is no regular expression.

    Examples:
      >>> net = slim.stack(tf.ones([8, 20]), slim.fully_connected, [32, 10], scope="fc")
      >>> found = slim.filter_variables(slim.get_variables(), ["weights"], ["fc_2"])
      >>> [one.name for one in found]
      ['fc/fc_1/weights:0']
    """
    find = re.search if reg_search else re.match
    if include_patterns:
        var_list = [v for v in var_list if any(find(p, v.name) for p in include_patterns)]
    if exclude_patterns:
        var_list = [v for v in var_list if not any(find(p, v.name) for p in exclude_patterns)]
    return list(var_list)


_OF_OTHER_MODULES = {
    "VariableDeviceChooser": "ops.device_chooser",
    "assert_global_step": "ops.global_step",
    "assert_or_get_global_step": "ops.global_step",
    "assign_from_checkpoint": "checkpoints.assigning",
    "assign_from_checkpoint_fn": "checkpoints.assigning",
    "assign_from_values": "checkpoints.assigning",
    "assign_from_values_fn": "checkpoints.assigning",
    "create_global_step": "ops.global_step",
    "get_global_step": "ops.global_step",
    "get_or_create_global_step": "ops.global_step",
}
"""What programs have always imported from here, and the modules where it is now."""


def __getattr__(name: str) -> Any:
    # When asked, not before: those modules import this one.
    if name not in _OF_OTHER_MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"tf_slim.{_OF_OTHER_MODULES[name]}")
    return getattr(module, name)
