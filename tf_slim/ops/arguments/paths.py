"""Kinds of arguments that are places, or what is read and written there: paths, checkpoints."""

from __future__ import annotations

import numbers
import os
from collections.abc import Callable, Mapping
from typing import Any

from tf_slim.ops.arguments.kinds import Kind, optional
from tf_slim.ops.arguments.settings import is_list
from tf_slim.ops.arguments.values import is_dense


def _is_path(value: Any) -> bool:
    return isinstance(value, (str, bytes, os.PathLike))


def _is_list_of(takes: Callable[[Any], bool], value: Any) -> bool:
    # What can be gone through only once is looked at where that is done.
    return is_list(value) and (
        not isinstance(value, (list, tuple, set, frozenset)) or all(map(takes, value))
    )


def _is_array_of_words(value: Any) -> bool:
    return getattr(getattr(value, "dtype", None), "kind", "") == "U"


PATH = Kind("a path", _is_path, "Write for instance {}='run/model.ckpt'.")
PATHS = Kind(
    "a path or pattern, or a list of these",
    lambda value: _is_path(value) or _is_list_of(_is_path, value) or _is_array_of_words(value),
    "Write for instance {}='data/train-*'.",
)


def _is_variable(value: Any) -> bool:
    return hasattr(value, "dtype") and hasattr(value, "shape")


# Which names a file can hold is for its format to say.
NAMED = Kind(
    "a dict of variables or arrays by name",
    lambda value: isinstance(value, Mapping),
    "Of a model that is {}=model.named_variables.",
)
VARIABLES = NAMED._replace(
    expected="a dict of variables by name",
    takes=lambda value: isinstance(value, Mapping) and all(map(_is_variable, value.values())),
)


def _is_checkpoint(value: Any) -> bool:
    if isinstance(value, type):
        return False
    # A Model has variables by name, a Reader reads.
    return (
        _is_path(value)
        or NAMED.takes(value)
        or hasattr(value, "named_variables")
        or hasattr(value, "read_all")
    )


CHECKPOINT = Kind(
    "the path of a checkpoint, a Model, or arrays by name",
    _is_checkpoint,
    "Write for instance {}='run/model.ckpt'.",
)
CHECKPOINTS = Kind(
    "a list of checkpoints",
    lambda value: _is_list_of(_is_checkpoint, value),
    "It takes a list, such as {}=['run/model.ckpt-100', 'run/model.ckpt-200'].",
    ValueError,
)
CLASS_NAMES = Kind(
    "a dict of the names of classes by number",
    lambda value: (
        isinstance(value, Mapping)
        and all(isinstance(label, numbers.Integral) for label in value)
        and all(isinstance(name, (str, numbers.Integral)) for name in value.values())
    ),
    lambda name, value: (
        f"Write {name}=dict(enumerate({name}))."
        if is_list(value)
        else f"Write for instance {name}={{0: 'cat', 1: 'dog'}}."
    ),
)
IMAGE = Kind(
    "the bytes of an image file, or an array of pixels",
    lambda value: isinstance(value, bytes) or is_dense(value),
    "Write for instance {}=np.zeros([32, 32, 3], np.uint8).",
)
EXAMPLES = Kind(
    "a list of tf.train.Example records",
    is_list,
    "Write for instance {}=[slim.data.image_example(image, label)].",
)
OPTIONAL_PATH = optional(PATH)
