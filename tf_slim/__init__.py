"""TF-Slim 2: define, train and evaluate complex models in TensorFlow with little code.

    import tf_slim as slim
"""

from tf_slim import data, hooks, learning, losses, ops
from tf_slim.ops import checkpoints
from tf_slim.ops.arg_scope import (
    add_arg_scope,
    arg_scope,
    arg_scope_func_key,
    arg_scoped_arguments,
    current_arg_scope,
    has_arg_scope,
)
from tf_slim.ops.collect import collect
from tf_slim.ops.global_step import (
    assert_global_step,
    assert_or_get_global_step,
    create_global_step,
    get_global_step,
    get_or_create_global_step,
)
from tf_slim.ops.model import Model
from tf_slim.ops.randomness import random_scope
from tf_slim.ops.scopes import scope
from tf_slim.ops.stores import reset_default_store
from tf_slim.ops.variables import (
    add_model_variable,
    filter_variables,
    get_local_variables,
    get_model_variables,
    get_trainable_variables,
    get_unique_variable,
    get_variable_full_name,
    get_variables,
    get_variables_by_name,
    get_variables_by_suffix,
    get_variables_to_restore,
    global_variable,
    local_variable,
    model_variable,
    variable,
)

__all__ = [
    "Model",
    "add_arg_scope",
    "add_model_variable",
    "arg_scope",
    "arg_scope_func_key",
    "arg_scoped_arguments",
    "assert_global_step",
    "assert_or_get_global_step",
    "checkpoints",
    "collect",
    "create_global_step",
    "current_arg_scope",
    "data",
    "filter_variables",
    "get_global_step",
    "get_local_variables",
    "get_model_variables",
    "get_or_create_global_step",
    "get_trainable_variables",
    "get_unique_variable",
    "get_variable_full_name",
    "get_variables",
    "get_variables_by_name",
    "get_variables_by_suffix",
    "get_variables_to_restore",
    "global_variable",
    "has_arg_scope",
    "hooks",
    "learning",
    "local_variable",
    "losses",
    "model_variable",
    "ops",
    "random_scope",
    "reset_default_store",
    "scope",
    "variable",
]
