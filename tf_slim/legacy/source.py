"""Reads the source of programs, and compiles it so that arrays do what they did."""

from __future__ import annotations

import ast
import os
import tokenize
import types

from tf_slim.legacy.numpy1 import methods

__all__ = ["HELPER", "IF_PYTHON_2", "compiled", "read"]

# The name under which compiled modules find `methods`.
HELPER = "__numpy1__"

# What to do about a file that is no Python 3.
IF_PYTHON_2 = (
    "hint: a program that was written for Python 2 is converted first: 2to3 -w FILE.py (the "
    "command comes with Python up to 3.12)."
)


def read(path: str | os.PathLike) -> tuple[str, str]:
    """The text of a file, line ends as they are, and its encoding.

    Raises:
      SyntaxError: the file is in another encoding than it declares, or declares none that is known.
    """
    try:
        with open(path, "rb") as file:
            encoding, _ = tokenize.detect_encoding(file.readline)
        with open(path, encoding=encoding, newline="") as file:
            return file.read(), encoding
    except UnicodeDecodeError as error:
        reason = f"byte {error.object[error.start]:#x} is no {error.encoding}"
    except SyntaxError as error:
        reason = error.msg
    raise SyntaxError(
        f"{reason}; the encoding of a file stands in its first line: # -*- coding: latin-1 -*-",
        (os.fspath(path), 1, None, None),
    )


def compiled(path: str | os.PathLike) -> types.CodeType:
    """The code of a module of the program.

    Raises:
      SyntaxError: it is no Python 3.
    """
    path = os.fspath(path)
    text, _ = read(path)
    tree = ast.fix_missing_locations(_OldArrays().visit(ast.parse(text, path)))
    return compile(tree, path, "exec", dont_inherit=True)


class _OldArrays(ast.NodeTransformer):
    """Writes calls of `methods` for what NumPy's arrays no longer do."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr in methods.METHODS and isinstance(node.ctx, ast.Load):
            return _call("attribute", node, node.value, ast.Constant(node.attr))
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        is_number = isinstance(node.func, ast.Name) and node.func.id in ("float", "int", "long")
        if is_number and len(node.args) == 1 and not node.keywords:
            if not isinstance(node.args[0], (ast.Starred, ast.Constant)):
                node.args[0] = _call("only", node.args[0], node.args[0])
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        template = node.left
        if isinstance(node.op, ast.Mod) and isinstance(template, ast.Constant):
            if isinstance(template.value, str):
                return _call("filled", node, template, node.right)
        return node


def _call(name: str, where: ast.AST, *args: ast.expr) -> ast.Call:
    function = ast.Attribute(ast.Name(HELPER, ast.Load()), name, ast.Load())
    call = ast.copy_location(ast.Call(function, list(args), []), where)
    for node in ast.walk(function):
        ast.copy_location(node, where)
    return call
