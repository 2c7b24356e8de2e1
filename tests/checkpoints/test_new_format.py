"""What stands in the list of formats is known everywhere: found, read, written, and named."""

from __future__ import annotations

import importlib
import json

import numpy as np
import pytest
import tensorflow as tf
import typer
import typer.main

import tf_slim as slim
from tf_slim import checkpoints
from tf_slim.checkpoints.formats import FORMATS
from tf_slim.checkpoints.formats.format import Format
from tf_slim.checkpoints.formats.source import Entry, Source
from tf_slim.cli import convert_checkpoint

_MAGIC = "lists of "


class Lists(Source):
    """Numbers as a text of JSON behind a few letters."""

    format = "lists"
    checked = False

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self._values = json.loads(file.read().removeprefix(_MAGIC))
        self.entries = {
            name: Entry(np.shape(value), tf.float32) for name, value in self._values.items()
        }

    def read(self, name):
        return np.float32(self._values[name])


def write(path, content):
    values = {name: content.read(name).tolist() for name in content.entries}
    with open(path, "w", encoding="utf-8") as file:
        file.write(_MAGIC + json.dumps(values))


LISTS = Format(
    "lists",
    Lists,
    suffixes=(".lists", ".lst"),
    recognizes=lambda path, begin: begin.startswith(_MAGIC.encode()),
    write=write,
    dtypes=frozenset(["float32"]),
    rank=1,
)
READ_ONLY = Format("stone", Lists, suffixes=(".stone",), why_not_written="it is carved. Write .lst")


@pytest.fixture(autouse=True)
def listed():
    FORMATS.extend([LISTS, READ_ONLY])
    yield
    del FORMATS[-2:]


VALUES = {"a": np.float32([1, 2]), "b": np.float32(3)}


@pytest.mark.parametrize("name", ["x.lists", "x.LST"])
def test_saved_and_found_by_its_suffix(tmp_path, name):
    path = checkpoints.save(tmp_path / name, VALUES)
    assert (tmp_path / name).read_text().startswith(_MAGIC)
    assert checkpoints.Reader(path).format == "lists"
    variable = slim.variable("b", [])
    assert checkpoints.restore(path, {"b": variable}).restored == ("b",)
    assert float(variable) == 3


def test_found_by_what_it_begins_with(tmp_path):
    path = checkpoints.save(tmp_path / "x.lists", VALUES)
    (tmp_path / "x.lists").rename(tmp_path / "x")
    assert checkpoints.Reader(path.removesuffix(".lists")).format == "lists"


def test_converted_there_and_back(tmp_path):
    checkpoints.convert(VALUES, tmp_path / "x.npz")
    checkpoints.convert(tmp_path / "x.npz", tmp_path / "x.lists")
    checkpoints.convert(tmp_path / "x.lists", tmp_path / "x.ckpt")
    assert checkpoints.diff(tmp_path / "x.ckpt", VALUES).equal


def test_what_it_cannot_hold_is_refused(tmp_path):
    for value, text in (
        (np.float64(1), "lists cannot hold 'w' of dtype float64"),
        (np.zeros([1, 1], np.float32), "lists cannot hold 'w' of rank 2: 1 dimensions"),
    ):
        with pytest.raises(checkpoints.CheckpointError, match=text):
            checkpoints.save(tmp_path / "x.lists", {"w": value})
    with pytest.raises(checkpoints.CheckpointError, match="x.stone: it is carved. Write .lst"):
        checkpoints.save(tmp_path / "x.stone", VALUES)


def test_named_in_messages(tmp_path):
    (tmp_path / "x").write_text("nothing of this kind")
    with pytest.raises(checkpoints.CheckpointError, match=r"known.*\.npz.*\.lists, \.lst, \.stone"):
        checkpoints.load(tmp_path / "x")
    with pytest.raises(ValueError, match=r"\.npz, \.h5, \.lists\."):
        checkpoints.convert(VALUES, tmp_path / "x", format="lists")


def test_named_in_the_help():
    app = typer.Typer()
    app.command()(importlib.reload(convert_checkpoint).command)
    shown = [getattr(one, "help", None) or "" for one in typer.main.get_command(app).params]
    assert any(".safetensors, .npz, .h5 or .lists by its suffix" in text for text in shown)
