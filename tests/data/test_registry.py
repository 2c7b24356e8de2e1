"""Finding data sets and preprocessings by name."""

from __future__ import annotations

import pytest

from tf_slim import data
from tf_slim.data import registry
from tf_slim.data.named import Named


@pytest.fixture
def own_tables(monkeypatch):
    """Keeps what a test registers out of the other tests."""
    table = Named("data set")
    table.add("digits", registry._builders.get("digits"))
    monkeypatch.setattr(registry, "_builders", table)
    monkeypatch.setattr(registry, "_splits", dict(registry._splits))


def test_digits_is_registered():
    assert "digits" in data.names()
    assert data.splits("digits") == ("train", "test")


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
