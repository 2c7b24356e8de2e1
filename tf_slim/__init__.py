"""TF-Slim 2: define, train and evaluate complex models in TensorFlow with little code."""

from tf_slim.ops.arg_scope import (
    add_arg_scope,
    arg_scope,
    arg_scope_func_key,
    arg_scoped_arguments,
    current_arg_scope,
    has_arg_scope,
)
from tf_slim.ops.collect import collect
from tf_slim.ops.model import Model
from tf_slim.ops.scopes import scope
from tf_slim.ops.stores import reset_default_store
from tf_slim.ops.variables import *
