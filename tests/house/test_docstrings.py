"""Docstrings are of one dialect, Google's, and their `Args:` are the parameters there are."""

from __future__ import annotations

import inspect
import re

import pytest

import tests.house.public as public

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
