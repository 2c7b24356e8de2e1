"""Kinds of arguments that say how: flags, functions, names, collections, types."""

from __future__ import annotations

import functools
import numbers
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.ops import modes
from tf_slim.ops.arguments.kinds import Kind, optional
from tf_slim.ops.arguments.messages import VariableScope
from tf_slim.ops.arguments.values import is_composite, is_dense, is_number


def _is_flag(value: Any) -> bool:
    if value is None or isinstance(value, (bool, np.bool_)):
        return True
    if isinstance(value, numbers.Real):
        return value in (0, 1)
    if isinstance(value, np.ndarray):
        return value.size == 1 and value.dtype.kind in "biuf"
    # A tensor or variable, of a value that can be asked for now.
    return hasattr(value, "numpy") and not modes.is_symbolic(value) and is_number(value)


def _is_flag_or_tensor(value: Any) -> bool:
    return value is not None and (_is_flag(value) or (hasattr(value, "dtype") and is_number(value)))


def _of_flag(name: str, value: Any) -> str:
    if isinstance(value, str):
        return f"A word is true whatever it says: write {name}={value.lower() in _YES}."
    return f"Write {name}=True or {name}=False."


_YES = ("true", "yes", "on", "1", "t", "y")
FLAG = Kind("True or False", _is_flag, _of_flag)
TENSOR_FLAG = Kind("True or False, or a scalar tensor", _is_flag_or_tensor, _of_flag, ValueError)


REUSE = Kind(
    "True, False, None or tf.compat.v1.AUTO_REUSE",
    lambda value: isinstance(value, (bool, np.bool_, type(None), type(tf.compat.v1.AUTO_REUSE))),
    "Write {}=True to share the variables of a layer that was made before.",
)


def _function_of_name(name: str, value: Any) -> str:
    if isinstance(value, str):
        found = value if hasattr(tf.nn, value) and name == "activation_fn" else None
        if found:
            return f"Write {name}=tf.nn.{found}."
        return f"Write the function and not its name: {name}=tf.nn.relu."
    return f"Write the function itself, without calling it: {name}=tf.nn.relu."


FUNCTION = Kind("a function", callable, "Write the function itself: {}=lambda x: ...")
ACTIVATION = optional(FUNCTION._replace(remedy=_function_of_name))
NORMALIZER = optional(FUNCTION._replace(remedy="Write for instance {}=slim.batch_norm."))


def _is_initializer(value: Any) -> bool:
    if isinstance(value, type):  # it is made an object of
        return any("__call__" in vars(base) for base in value.__mro__)
    return callable(value) or (not isinstance(value, dict) and is_dense(value))


INITIALIZER = optional(
    Kind(
        "an initializer (a function of shape and dtype) or a value of the variable's shape",
        _is_initializer,
        lambda name, value: (
            f"Write {name}=tf.keras.initializers.get({value!r})."
            if isinstance(value, str)
            else f"Write for instance {name}=tf.keras.initializers.HeNormal()."
        ),
    )
)
REGULARIZER = optional(
    Kind(
        "a function from a variable to its loss",
        lambda value: callable(value) and not isinstance(value, type),
        lambda name, value: (
            f"Write {name}=slim.l2_regularizer({value!r})."
            if isinstance(value, float)
            else f"Write for instance {name}=slim.l2_regularizer(1e-4)."
        ),
    )
)


def _is_mapping_of(kind: Kind, value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(key, str) and kind.takes(item) for key, item in value.items()
    )


ANYTHING = Kind("anything", lambda value: True, "")
KEYWORDS = optional(
    Kind(
        "a dict of keyword arguments",
        functools.partial(_is_mapping_of, ANYTHING),
        "Write for instance {}={{'decay': 0.9}}.",
    )
)
INITIALIZERS = optional(
    Kind(
        "a dict of initializers by name of the variable",
        functools.partial(_is_mapping_of, INITIALIZER),
        "Write for instance {}={{'gamma': tf.zeros_initializer()}}.",
    )
)
REGULARIZERS = optional(
    Kind(
        "a dict of regularizers by name of the variable",
        functools.partial(_is_mapping_of, REGULARIZER),
        "Write for instance {}={{'gamma': slim.l2_regularizer(1e-4)}}.",
    )
)


def _is_collections(value: Any) -> bool:
    if type(value) is list and all(type(name) is str for name in value):
        return True
    if not hasattr(value, "shape") and value in (None, "", False):
        return True
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(
            isinstance(name, (str, tuple, int, type(None))) and name is not None for name in value
        )
    return isinstance(value, str)


COLLECTIONS = Kind(
    "the name of a collection or a list of names",
    _is_collections,
    "Write for instance {}=['my_collection'].",
)
VARIABLES_COLLECTIONS = Kind(
    "collections, or a dict of collections by name of the variable",
    lambda value: (
        all(_is_collections(names) for names in value.values())
        if isinstance(value, Mapping)
        else _is_collections(value)
    ),
    "Write for instance {}={{'weights': ['my_collection']}}.",
)
SCOPE = optional(
    Kind(
        "a name or a tf.compat.v1.VariableScope",
        lambda value: isinstance(value, (str, VariableScope)),
        "Write for instance {}='conv1'.",
    )
)
NAME = Kind("a name", lambda value: isinstance(value, str), "Write for instance {}='mine'.")
OPTIONAL_NAME = optional(NAME)
PATTERN = optional(
    Kind(
        "a regular expression",
        lambda value: isinstance(value, (str, re.Pattern)),
        "Write for instance {}='conv1'.",
    )
)


def is_list(value: Any) -> bool:
    """Whether it is a list, or something else of Python's to go through."""
    if isinstance(value, (str, bytes, Mapping)) or is_composite(value) or hasattr(value, "dtype"):
        return False
    return isinstance(value, Iterable) and not isinstance(value, (type, tf.data.Dataset))


LIST = Kind("a list", is_list, "Write {}=[...].")
PATTERNS = optional(
    Kind(
        "a list of regular expressions",
        lambda value: (
            isinstance(value, (list, tuple, set, frozenset))
            and all(isinstance(pattern, (str, re.Pattern)) for pattern in value)
        ),
        lambda name, value: (
            f"Write {name}=[{value!r}]."
            if isinstance(value, str)
            else f"Write for instance {name}=['conv1/.*']."
        ),
    )
)
GLOB = NAME._replace(expected="a glob", remedy="Write for instance {}='resnet*'.")
CHOSEN = optional(
    LIST._replace(
        expected="a list of names, globs or variables",
        remedy=lambda name, value: (
            f"Write {name}=[{value!r}]."
            if isinstance(value, str)
            else f"Write for instance {name}=['net/logits/*']."
        ),
    )
)
FACTORS = optional(
    Kind(
        "a dict of numbers by name or glob",
        lambda value: (
            isinstance(value, Mapping)
            and all(isinstance(key, (str, re.Pattern)) for key in value)
            and all(isinstance(v, numbers.Real) or is_number(v) for v in value.values())
        ),
        "Write for instance {}={{'net/conv1/*': 0.1}}.",
    )
)
CHECKPOINT_OR_FLAG = optional(
    Kind(
        "True, the name of a published checkpoint or a path",
        lambda value: isinstance(value, (bool, str, os.PathLike)),
        "Write for instance {}='runs/mine'.",
    )
)
PARTITIONING = Kind(
    "'mod' or 'div'",
    lambda value: value in ("mod", "div"),
    "Write {}='div' for parts of consecutive ids, and 'mod' for ids that go round the parts.",
    ValueError,
)
FOLDER = optional(
    Kind(
        "a path",
        lambda value: isinstance(value, (str, os.PathLike)),
        "Write for instance {0}='runs/mine', or {0}=None to write nothing.",
    )
)
REGULARIZER_LIST = Kind(
    "a list of functions from a variable to its loss",
    lambda value: isinstance(value, (list, tuple)) and all(REGULARIZER.takes(r) for r in value),
    "Write for instance {}=[slim.l1_regularizer(1e-5), slim.l2_regularizer(1e-4)].",
)


def _is_dtype(value: Any) -> bool:
    if isinstance(value, tf.DType):
        return True
    try:
        return value is not None and tf.as_dtype(value) is not None
    except (TypeError, ValueError):
        return False


DTYPE = optional(Kind("a type of numbers", _is_dtype, "Write for instance {}=tf.float32."))

DEVICE = optional(
    Kind(
        "the name of a device, or a function that returns one",
        lambda value: isinstance(value, str) or callable(value),
        "Write for instance {}='/CPU:0'.",
    )
)


def member_of(name: str, *enums: Any) -> Kind:
    """A member of an enumeration of TensorFlow, of which there may be one for each of its APIs."""
    known = ", ".join(f"{name}.{member.name}" for member in enums[0])
    return Kind(f"one of {known}", lambda value: isinstance(value, enums), "Write one of these.")
