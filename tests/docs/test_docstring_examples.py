"""The examples of docstrings run, and show what they say.

An `Examples:` section is a dialogue with Python in which `tf`, `np` and `slim` are there. `...`
stands for what cannot be the same twice. The folder has the `pets/` that pages have, and
`runs/digits`, LeNet trained a little.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import inspect
import io
import shutil
from collections.abc import Iterator

import numpy as np
import pytest

from tests.house.sources import PACKAGE, parse, python_files, where

_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_ROOMS = sorted({path.relative_to(PACKAGE).parts[0] for path in python_files()})


def dialogues(room: str) -> Iterator[doctest.DocTest]:
    """The docstrings of a room, public or not, in which there is an example."""
    place = PACKAGE / room
    parser = doctest.DocTestParser()
    for path in [place] if place.is_file() else python_files(place):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = inspect.cleandoc(node.value)
                if text.startswith(">>> ") or "\n>>> " in text or " >>> " in text:
                    name, line = where(path, node), node.lineno - 1
                    yield parser.get_doctest(text, {}, name, name.rpartition(":")[0], line)


def told(dialogue: doctest.DocTest) -> str:
    """What an example did other than it says; nothing if it did as it says."""
    import tensorflow as tf

    import tf_slim as slim

    slim.reset_default_store()
    tf.compat.v1.reset_default_graph()
    np.random.seed(0)
    tf.random.set_seed(0)
    lines: list[str] = []
    dialogue.globs.update(np=np, tf=tf, slim=slim, __name__="__main__")
    doctest.DocTestRunner(optionflags=_FLAGS, verbose=False).run(dialogue, out=lines.append)
    return "".join(lines)


@pytest.fixture(scope="module")
def furnished(pictures, tmp_path_factory):
    """A folder with pictures and a run, made once."""
    from tf_slim.cli import config, training

    folder = tmp_path_factory.mktemp("furnished")
    shutil.copytree(pictures / "pets", folder / "pets")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        training.train(config.load(None, ["train.steps=100"]), str(folder / "runs" / "digits"))
    return folder


@pytest.fixture
def registries(monkeypatch):
    """What an example registers is forgotten after it."""
    from tf_slim.data import registry as data_sets
    from tf_slim.data.preprocessing import registry as preprocessings
    from tf_slim.export import formats
    from tf_slim.nets import _registry as nets

    for place, name in [
        (data_sets._builders, "_things"),
        (data_sets, "_splits"),
        (preprocessings._factories, "_things"),
        (formats._writers, "_things"),
        (formats, "_formats"),
        (nets, "_SPECS"),
    ]:
        monkeypatch.setattr(place, name, dict(getattr(place, name)))


@pytest.mark.usefixtures("registries")
@pytest.mark.parametrize("room", _ROOMS)
def test_examples_run_and_show_what_they_say(room, furnished, tmp_path, monkeypatch):
    found = []
    for number, dialogue in enumerate(dialogues(room)):
        folder = tmp_path / str(number)
        if any(name in (dialogue.docstring or "") for name in ("pets", "runs/")):
            shutil.copytree(furnished, folder)
        else:
            folder.mkdir()
        monkeypatch.chdir(folder)
        found += filter(None, [told(dialogue)])
    assert not found, "\n".join(found)


def test_a_wrong_example_is_told():
    parser = doctest.DocTestParser()
    text = "Adds.\n\nExamples:\n  >>> slim.flatten(tf.ones([2, 3, 4])).shape\n  {}\n"
    right = text.format("TensorShape([2, ...])")
    assert told(parser.get_doctest(right, {}, "right", "right.py", 0)) == ""
    wrong = text.format("TensorShape([2, 13])")
    assert "TensorShape([2, 12])" in told(parser.get_doctest(wrong, {}, "wrong", "wrong.py", 0))
