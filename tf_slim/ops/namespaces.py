"""Namespaces that programs have always reached through `slim`, by accident.

Slim never meant to offer them, but `slim.variable_scope.variable_scope(...)` and
`slim.init_ops.zeros_initializer()` are in use. (To open a scope in new code: `slim.scope`.)
"""

import tensorflow as tf

from tf_slim.ops import arg_scope as arg_scope_lib

__all__ = ["arg_scope_lib", "array_ops", "init_ops", "math_ops", "nn_ops", "variable_scope"]

array_ops = init_ops = math_ops = variable_scope = tf.compat.v1
nn_ops = tf.compat.v1.nn
