"""Runs recorded snippets: as they are in a v1 graph, and as eager code or in a `tf.function`.

Snippets were written for v1 graphs. Outside of them three things must be said otherwise, and
nothing else is changed: what `tf.global_variables()` and `tf.get_collection()` list, `x.op.name`,
and `run(tensor)`.
"""

from __future__ import annotations

import ast
import contextlib
import os
import pathlib
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

import tf_slim as slim
from tests.goldens.call import op_name
from tests.goldens.decode import ROOTS, exists, find
from tests.goldens.departures import EAGER, FUNCTION, V1
from tests.goldens.in_graph import tf1_graphs
from tf_slim.ops import collect

v1 = tf.compat.v1
GraphKeys = v1.GraphKeys

Names = dict[str, Any]


def execute(code: str, mode: str, strict_scopes: bool = False, **more: Any) -> Names:
    """Runs a snippet in one mode, in a fresh graph or store and an empty working folder.

    Args:
      code: the snippet.
      mode: one of `departures.MODES`.
      **more: further names for it.

    Returns:
      All names of the snippet, after it ran. In `function` mode tensors are symbolic.
    """
    with _empty_folder() as folder:
        names = {
            **{root: find(root) for root in ROOTS if exists(root)},
            "err": error_of,
            "tmp": str(folder),
            **more,
        }
        run_in = {V1: _in_v1_graph, EAGER: _eagerly, FUNCTION: _in_function}[mode]
        run_in(code, names, strict_scopes)
    return names


def error_of(call: Callable) -> str | None:
    """The name of the type of the exception that `call` raises, or None."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return None


@contextlib.contextmanager
def _empty_folder() -> Iterator[pathlib.Path]:
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield pathlib.Path(folder)
        finally:
            os.chdir(before)


def _in_v1_graph(code: str, names: Names, strict_scopes: bool) -> None:
    del strict_scopes  # Scopes are strict here anyway.
    with tf.Graph().as_default(), tf1_graphs():
        v1.set_random_seed(1)
        names["run"] = run_in_session
        exec(code, names)


def run_in_session(fetches: Any) -> Any:
    """Initialises everything in the current graph and runs `fetches`."""
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        session.run([v1.local_variables_initializer(), v1.tables_initializer()])
        return session.run(fetches)


def _eagerly(code: str, names: Names, strict_scopes: bool) -> None:
    with slim.collect() as frame:
        names.update(tf=EagerTF(frame, strict_scopes), run=_value, _op_name=op_name)
        exec(translated(code), names)


def _in_function(code: str, names: Names, strict_scopes: bool) -> None:
    # As the function of a Model: a tf.function may trace its body twice, and only a Model takes
    # that as another run over the same variables.
    def body():
        exec(translated(code), names)

    model = slim.Model(body)

    def traced():
        with slim.collect() as frame:
            names.update(tf=EagerTF(frame, strict_scopes), _op_name=op_name)
            model()

    tf.function(traced, autograph=False).get_concrete_function()


class EagerTF:
    """`tensorflow.compat.v1`, but variables and collections are those of the current store."""

    def __init__(self, frame: collect.Frame, strict_scopes: bool):
        self._frame = frame
        if strict_scopes:
            self.variable_scope = slim.scope

    def __getattr__(self, name: str) -> Any:
        return getattr(v1, name)

    def global_variables(self) -> list:
        return slim.get_variables()

    def trainable_variables(self) -> list:
        return slim.get_trainable_variables()

    def local_variables(self) -> list:
        return slim.get_local_variables()

    def get_collection(self, key: str) -> list:
        if key == GraphKeys.REGULARIZATION_LOSSES:
            return self._frame.regularization_losses()
        if key == GraphKeys.LOSSES:
            return self._frame.losses
        return [*slim.get_variables(collection=key), *collect.outputs(key).values()]


def _value(fetches: Any) -> Any:
    return tf.nest.map_structure(lambda tensor: tensor.numpy(), fetches)


def translated(code: str) -> Any:
    """The compiled snippet, with `x.op.name` as `_op_name(x)`: eager variables have no op."""
    tree = _OpNames().visit(ast.parse(code))
    return compile(ast.fix_missing_locations(tree), "<scenario>", "exec")


class _OpNames(ast.NodeTransformer):
    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        of = node.value
        if node.attr == "name" and isinstance(of, ast.Attribute) and of.attr == "op":
            return ast.Call(ast.Name("_op_name", ast.Load()), [of.value], [])
        return node
