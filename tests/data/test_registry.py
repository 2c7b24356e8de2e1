"""Finding data sets and preprocessings by name."""

from __future__ import annotations

import importlib
import sys

import pytest

from tf_slim import data
from tf_slim.data import registry
from tf_slim.data.named import Named


@pytest.fixture
def own_tables(monkeypatch):
    """Keeps what a test registers out of the other tests."""
    table = Named("data set", "tf_slim.data.datasets")
    table.add("digits", registry._builders.get("digits"))
    monkeypatch.setattr(registry, "_builders", table)
    monkeypatch.setattr(registry, "_splits", dict(registry._splits))


def test_what_a_package_offers_is_there_when_it_is_asked_for(tmp_path, monkeypatch):
    package = tmp_path / "made_up_things"
    package.mkdir()
    package.joinpath("__init__.pyi").write_text("from . import one as one\n")
    package.joinpath("__init__.py").write_text(
        "from tf_slim.ops.exports import attach\n"
        "from tf_slim.data.named import Named\n"
        "__getattr__, __dir__, __all__ = attach(__name__, __file__)\n"
        "table = Named('thing', __name__)\n"
    )
    package.joinpath("one.py").write_text(
        "from made_up_things import table\ndef one(): ...\ntable.add('one', one)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    table = importlib.import_module("made_up_things").table
    assert "made_up_things.one" not in sys.modules
    with pytest.raises(ValueError, match=r"'one' is already registered by made_up_things\."):
        table.add("one", test_digits_is_registered)
    assert table.names() == ["one"]


def test_digits_is_registered():
    assert "digits" in data.names()
    assert data.splits("digits") == ("train", "test")


@pytest.mark.parametrize("name", data.names())
def test_a_data_set_describes_each_of_its_splits(name):
    for split in data.splits(name):
        spec = data.get_dataset(name, split)
        assert (spec.name, spec.split) == (name, split)
        assert spec.preprocessing in data.preprocessing.names()
        assert spec.citation and spec.license


def test_an_unknown_name_shows_close_ones_and_all():
    with pytest.raises(ValueError, match=r"no data set 'digit'\. Did you mean 'digits'\? Known:"):
        data.get_dataset("digit", "train")
    with pytest.raises(ValueError, match=r"no data set 'zzz'\. Known: .*'digits'"):
        data.splits("zzz")


def test_an_unknown_split_shows_close_ones_and_all():
    with pytest.raises(ValueError, match=r"'digits' called 'tset'\. Did you mean 'test'\?") as info:
        data.get_dataset("digits", "tset")
    assert "'test', 'train'" in str(info.value)


def test_a_data_set_takes_one_decorator(own_tables):
    @data.register("flowers", splits=("train", "validation"))
    def flowers(split, data_dir="data"):
        return data.DatasetSpec("flowers", split, f"{data_dir}/{split}-*", num_classes=5)

    assert data.names() == ["digits", "flowers"]
    spec = data.get_dataset("flowers", "validation", data_dir="there")
    assert spec.data_sources == ("there/validation-*",)
    assert flowers("train").split == "train"


def test_a_name_is_given_once(own_tables):
    def builder(split):
        return split

    def other(split):
        return split

    data.register("flowers")(builder)
    data.register("flowers")(builder)
    with pytest.raises(ValueError, match=r"'flowers' is already registered by .*builder"):
        data.register("flowers")(other)


def test_preprocessings_by_name():
    assert {"digits", "lenet", "none"} <= set(data.preprocessing.names())
    with pytest.raises(ValueError, match=r"no preprocessing 'LeNet5'\. Did you mean 'lenet'\?"):
        data.preprocessing.get_preprocessing("LeNet5")
