"""What a linter does not know about: error messages, sizes, docstrings, and traces of a machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.sources import parse, python_files, tracked_text_files, where

MOST_LINES = 500

FILES = python_files()

# "%s", "%-3d", "{}", "{0}", "{name!r:>3}": a message that still waits for its arguments.
UNFILLED = re.compile(r"%[-#0-9.+]*[a-zA-Z]|\{\w*(![rsa])?(:[^{}]*)?\}")
# These take a message and nothing else. (OSError and tf.errors.* do take more.)
ONE_ARGUMENT = {
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "Exception",
    "IndexError",
    "KeyError",
    "LookupError",
    "NameError",
    "NotImplementedError",
    "RuntimeError",
    "TypeError",
    "ValueError",
}

# Put together here, so that this file does not contain what it looks for.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("npmjs", "com"),
        ("deb", "debian", "org"),
        ("anaconda", "org"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
    ]
]
MACHINE_PATHS = [
    # Not preceded by a part of a path: /home/me/work/ is somebody else's.
    re.compile(r"(?<![\w.~/-])/" + "work" + r"/"),
    re.compile(r"(?<![\w.~/-])/tmp/" + "dev" + r"\b"),
    re.compile(r"(?<![\w.~/-])/root" + r"/"),
]


def _name(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _text(node: ast.expr) -> str:
    """What is literal in a string; the holes of an f-string are filled, so they do not count."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    return ""


def unformatted_errors(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Exceptions whose message is a tuple: `ValueError("expected %s", shape)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Tuple):
            yield node, "raises a tuple"
        if not isinstance(node, ast.Call) or len(node.args) < 2:
            continue
        name = _name(node)
        looks_like_an_error = name.endswith(("Error", "Exception", "Warning"))
        waits = any(UNFILLED.search(_text(argument)) for argument in node.args[:-1])
        if name in ONE_ARGUMENT or (looks_like_an_error and waits):
            yield node, f"{name} gets several arguments: format them into one message"


def asserts(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """`assert` statements: gone under `python -O`, and their message shows no value received."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            yield node, "assert: raise an error that says what, where, expected, received, remedy"


def sizes_out_of_shapes(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Sizes taken out of a `TensorShape`, where TensorFlow 1 has objects that are never None."""

    def is_shape(node) -> bool:
        if isinstance(node, ast.Subscript):
            return isinstance(node.slice, ast.Slice) and is_shape(node.value)
        return isinstance(node, ast.Attribute) and node.attr == "shape"

    for node in ast.walk(tree):
        taken = []
        one = isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice)
        if one or isinstance(node, ast.Starred):
            taken = [node.value]
        elif isinstance(node, (ast.For, ast.comprehension)):
            taken = [node.iter]
        elif isinstance(node, ast.Call) and _name(node) in ("all", "any", "list", "tuple", "zip"):
            taken = node.args
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            taken = node.comparators
        if any(is_shape(value) for value in taken):
            yield node, "takes sizes out of a shape: ask ops/shapes, or write shape.as_list()"


def traces(text: str) -> list[str]:
    """Registry hosts and one machine's paths in a text."""
    hosts = [host for host in REGISTRY_HOSTS if re.search(rf"\b{re.escape(host)}\b", text)]
    paths = (path.search(text) for path in MACHINE_PATHS)
    return hosts + [found.group() for found in paths if found]


@pytest.mark.parametrize("check", [unformatted_errors, asserts])
def test_source(check):
    found = [f"{where(path, node)}: {what}" for path in FILES for node, what in check(parse(path))]
    assert not found, "\n".join(found)


# Where graphs of TensorFlow 1 are built; the files left out have shapes of arrays.
_OF_ARRAYS = (
    *("ops/shapes.py", "data/writer.py", "data/sources/arrays.py", "data/sources/labelled.py"),
    *("data/sources/pixels.py", "data/sources/tfds.py"),
)
_IN_GRAPHS = ("ops/", "layers/", "losses/", "metrics/", "nets/", "data/", "legacy/")


def test_sizes_are_integers():
    chosen = {path: where(path).removeprefix("tf_slim/") for path in FILES}
    found = [
        f"{where(path, node)}: {what}"
        for path, name in chosen.items()
        if name.startswith(_IN_GRAPHS) and not name.startswith(_OF_ARRAYS)
        for node, what in sizes_out_of_shapes(parse(path))
    ]
    assert len(chosen) > 100
    assert not found, "\n".join(found)


def test_no_file_is_long():
    # The examples of a docstring are no reason to split what it describes.
    examples = re.compile(r"^( +)Examples:\n(\1 +.*\n)+", re.MULTILINE)
    texts = {where(path): examples.sub("", path.read_text(encoding="utf-8")) for path in FILES}
    lengths = {path: len(text.splitlines()) for path, text in texts.items()}
    long = {path: lines for path, lines in lengths.items() if lines > MOST_LINES}
    assert not long, f"over {MOST_LINES} lines: split by concept: {long}"


def test_every_module_has_a_docstring():
    assert not [where(path) for path in FILES if not ast.get_docstring(parse(path))]


def test_no_trace_of_a_machine():
    texts = list(tracked_text_files())
    assert any(path.name == "pyproject.toml" for path, _ in texts)
    found = [f"{where(path)}: mentions {trace}" for path, text in texts for trace in traces(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        'raise ValueError("shape is %s", shape)',
        'raise ValueError("shape is {}", shape)',
        'raise ValueError("shape is", shape)',
        'raise ValueError("a" "b %d", n)',
        'raise ValueError(f"{a} but %s", n)',
        'raise ValueError("a" + "b {name!r}", n)',
        "raise ValueError(MESSAGE, n)",
        'error = TypeError("%s", n)',
        'raise errors.CustomError("%-3d", n)',
        'raise ValueError, "gone with Python 2"',
        'raise (ValueError, "a tuple")',
    ],
)
def test_a_message_in_pieces_is_caught(source):
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return  # Python itself catches it
    assert list(unformatted_errors(tree))


@pytest.mark.parametrize(
    "source",
    [
        'raise ValueError(f"shape is {shape}")',
        'raise ValueError("shape is %s" % shape)',
        'raise ValueError("shape is {}".format(shape))',
        'raise tf.errors.OutOfRangeError(None, None, "the end")',
        'raise FileNotFoundError(errno.ENOENT, "no such file", path)',
        'logging.warning("shape is %s", shape)',
        'raise CustomError("100 % of it", where)',
        "raise",
    ],
)
def test_a_whole_message_passes(source):
    assert not list(unformatted_errors(ast.parse(source)))


def test_an_assert_is_caught():
    assert list(asserts(ast.parse("def f(x):\n    assert x")))


@pytest.mark.parametrize(
    "source",
    [
        "x.shape[-1]",
        "x.shape[1:][0]",
        "[None, *x.shape[1:]]",
        "[n for n in x.shape]",
        "zip(x.shape, y)",
        "None in x.shape",
        "tuple(v.shape)",
    ],
)
def test_a_size_out_of_a_shape_is_caught(source):
    assert list(sizes_out_of_shapes(ast.parse(source)))


def test_what_is_the_same_in_all_shapes_passes():
    source = "x.shape.as_list()[0], x.shape[1:].rank, tf.shape(x)[0], None in shapes.of(x)"
    assert not list(sizes_out_of_shapes(ast.parse(source)))


@pytest.mark.parametrize("host", REGISTRY_HOSTS)
def test_a_registry_is_caught(host):
    assert traces(f"pip install --index-url https://{host}/simple tf-slim2") == [host]


def test_a_machine_path_is_caught():
    assert len(traces("see '/" + "work/main/x' and (/tmp/" + "dev/y)")) == 2
    assert traces("/home/me/work/x, https://example.com/" + "work/, ./work/, /tmp/developer") == []
