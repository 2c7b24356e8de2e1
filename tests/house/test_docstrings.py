"""Docstrings are of one dialect, Google's, and say what a caller must know.

Their `Args:` are the parameters there are, errors that are raised stand under `Raises:`, tensors
have shapes, times and sizes have units. A docstring may refer to that of another function.
"""

from __future__ import annotations

import ast
import fnmatch
import inspect
import re

import pytest

import tests.house.public as public
from tests.house import doors
from tests.house.without_examples import REASONS

# A section begins like this, two or four columns in, whatever the docstring's own margin.
_SECTION = re.compile(r"^(Args|Returns|Yields|Raises|Attributes|Example|Examples|Note|Notes):")
_ARGUMENT = re.compile(r"^([*\w, ]+?)(?: \([^)]*\))?:(?:\s|$)")
# What the other dialects write.
_OTHER_DIALECTS = re.compile(r"^\s*(:param |:return|@param|Parameters\n\s*-{3,}|Arguments:)", re.M)


def documented(docstring: str) -> list[str] | None:
    """The names below `Args:`, or None if there is no such section."""
    lines = inspect.cleandoc(docstring).splitlines()
    begin = next((i for i, line in enumerate(lines) if line.startswith("Args:")), None)
    if begin is None:
        return None
    names: list[str] = []
    margin = None
    for line in lines[begin + 1 :]:
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        if indent == 0:
            break
        margin = margin or indent
        found = _ARGUMENT.match(line.strip()) if indent == margin else None
        if found:
            names += [name.strip(" *") for name in found[1].split(",")]
    return names


def refers_to_another(docstring: str) -> bool:
    """Whether some arguments are described with another function."""
    return re.search(r"\b(see|those of|as in|as for) (that of )?`", docstring) is not None


def wrong(function: public.Public) -> str | None:
    """What is wrong with the arguments in a docstring."""
    docstring = function.function.__doc__ or ""
    names = documented(docstring)
    if names is None:
        return None
    real = [one.name for one in function.parameters]
    # A net in the dialect of contrib or research/slim hides some arguments of the net itself.
    inside = inspect.signature(inspect.unwrap(function.function)).parameters
    strange = [name for name in names if name not in real and name not in inside]
    if strange and not any(one.kind is one.VAR_KEYWORD for one in function.parameters):
        return f"there is no parameter {', '.join(strange)}"
    missing = [name for name in real if name not in names]
    if missing and not refers_to_another(docstring):
        return f"{', '.join(missing)} missing"
    return None


def test_arguments_in_docstrings_are_the_parameters():
    found = [f"{one.name}: {wrong(one)}" for one in public.everything() if wrong(one)]
    assert not found, "\n".join(found)


# A shape in brackets, or the words that stand for one.
_SHAPE = re.compile(
    r"\[[\w*.]+(, [^\]]*)?\]|\bany shapes?\b|\bscalar|\bshapes? of\b|\bsame shape\b|\bother shape\b"
)
_TENSOR = re.compile(r"^(?!.*(bool|Callable)).*\b(Tensor|TensorLike|ArrayLike|ndarray)\b")
# (A truth value may be one too, and a function takes or gives what its own docstring says.)
# Arguments that are a time or a size of memory, and what such are counted in.
_MEASURED = re.compile(r"secs|seconds|(^|_)(timeout|latency|bytes|memory|ms)$")
_UNIT = re.compile(r"second|byte|MiB|MB\b", re.IGNORECASE)


def entry(docstring: str, name: str) -> str:
    """What a docstring says of an argument or attribute, line by line."""
    found = re.search(rf"^( +)\**{name}\b.*:.*\n?((\1 +.*\n?|\n)*)", docstring, re.MULTILINE)
    return found[0] if found else ""


def _told(tell) -> list[str]:
    """For each function that something is wrong with, its name and that."""
    return [f"{one.name}: {tell(one)}" for one in public.everything() if tell(one)]


def raises_unsaid(one: public.Public) -> str | None:
    """The errors of a function that has no `Raises:`, nor refers to another one's."""
    definition = doors.definition(one)
    docstring = doors.docstring(one)
    said = re.search(r"^Raises:$|^Raises [A-Z]\w*Error\b", docstring, re.MULTILINE)
    if definition is None or said or refers_to_another(docstring):
        return None
    errors = [
        ast.unparse(node.exc)
        for node in doors.own_nodes(definition)
        if isinstance(node, ast.Raise) and node.exc is not None
    ]
    errors = [error for error in errors if not error.startswith("NotImplementedError")]
    if any(ast.unparse(decorator) == "checked" for decorator in definition.decorator_list):
        errors.append("the errors of @checked")
    return f"no `Raises:` for {errors[0]}" if errors else None


def shapes_unsaid(one: public.Public) -> str | None:
    """The tensors of a function that names no shape, nor refers to another one's."""
    tensors = [p.name for p in one.parameters if _TENSOR.search(str(p.annotation))]
    tensors += ["what it returns"] if _TENSOR.search(str(one.returns)) else []
    docstring = doors.docstring(one)
    if not tensors or _SHAPE.search(docstring) or refers_to_another(docstring):
        return None
    return f"no shape for {', '.join(tensors)}"


def units_unsaid(one: public.Public) -> str | None:
    """The times and sizes of a function whose unit is not said."""
    docstring = doors.docstring(one)
    measured = (p for p in one.parameters if "bool" not in str(p.annotation))
    names = [p.name for p in measured if _MEASURED.search(p.name)]
    told = [name for name in documented(docstring) or () if name in names]
    unsaid = [name for name in told if not _UNIT.search(entry(docstring, name))]
    unsaid += [name for name in names if name not in told and not _UNIT.search(docstring)]
    return f"no unit for {', '.join(unsaid)}" if unsaid else None


@pytest.mark.parametrize("rule", [raises_unsaid, shapes_unsaid, units_unsaid])
def test_docstrings_say(rule):
    found = _told(rule)
    assert not found, "\n".join(found)


def test_no_other_dialect():
    found = [
        one.name
        for one in public.everything()
        if _OTHER_DIALECTS.search(one.function.__doc__ or "")
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "Adds.\n\n    Args:\n      a: one.\n        Two: of them.\n      b, c: others.\n",
            ["a", "b", "c"],
        ),
        (
            "Adds.\n\n    Args:\n      *args: all.\n      **kwargs: b.\n\n    Returns:\n      x: 1",
            ["args", "kwargs"],
        ),
        ("Adds.\n\n    Args:\n      a (int): one.", ["a"]),
        ("Adds.", None),
    ],
)
def test_arguments_are_read(text, names):
    assert documented(text) == names


def example_missing(door: doors.Door) -> str | None:
    """What is wrong with the examples of a function or class."""
    if door.neighbour is not None:
        there = next((one for one in doors.doors() if one.thing is doors.at(door.neighbour)), None)
        if there is None or not there.examples:
            return f"{door.neighbour} has no examples"
        return None
    if not door.examples:
        return "no `Examples:`"
    if not any(example.want for example in door.examples):
        return "its examples show nothing: print a shape, a name or a number"
    return None


def without_examples() -> dict[str, str]:
    """What is wrong with the examples of each door, where there is something, by its name."""
    found = ((door.name, example_missing(door)) for door in doors.doors())
    return {name: wrong for name, wrong in found if wrong}


def excused(name: str) -> bool:
    """Whether there is a reason for a door to have no example."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in REASONS)


def test_doors_have_examples():
    found = [f"{name}: {wrong}" for name, wrong in without_examples().items() if not excused(name)]
    assert not found, "\n".join(found)


def test_reasons_are_needed():
    lacking = without_examples()
    needless = [pattern for pattern in REASONS if not fnmatch.filter(lacking, pattern)]
    assert not needless


# Code, and no formula nor a piece of a file.
_CODE = re.compile(r"\b(slim|tf|model|strategy|session)\.\w")


def code_outside_examples(docstring: str) -> list[str]:
    """The indented blocks of code before the first section, which no test would run."""
    head = re.split(r"^[A-Z]\w+:$", docstring, maxsplit=1, flags=re.MULTILINE)[0]
    blocks = re.findall(r"\n\n((?: {4}.*\n?)+)", head)
    return [block for block in blocks if _CODE.search(block)]


def test_code_stands_under_examples():
    found = [
        f"{door.name}:\n{block}"
        for door in doors.doors()
        for text in door.docstrings
        for block in code_outside_examples(text)
    ]
    assert not found, "\n".join(found)
