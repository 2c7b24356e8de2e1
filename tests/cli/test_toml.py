"""TOML written here is TOML that the standard library reads, and words of a terminal are values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf_slim.cli import toml
from tf_slim.cli.options import ConfigError

VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
)


@given(VALUES)
def test_what_is_written_is_read_back(value):
    assert toml.value_of(toml.written(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("1e-3", 0.001),
        ("true", True),
        ("vgg_16", "vgg_16"),
        ("'3'", "3"),
        ("[1, 2]", [1, 2]),
        ("{a = 1}", {"a": 1}),
        ("", ""),
        ("runs/a/model.ckpt-5", "runs/a/model.ckpt-5"),
        ("1\nb = 2", "1\nb = 2"),
    ],
)
def test_a_value_typed_in_a_terminal(text, value):
    assert toml.value_of(text) == value


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r"Cannot read .*none\.toml: No such file"):
        toml.read(str(tmp_path / "none.toml"))


@pytest.mark.parametrize("data", [b"[train\nsteps = 1", b"steps = \n", b"\xff\xfe"])
def test_a_file_that_is_no_toml(tmp_path, data):
    path = tmp_path / "bad.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=r"bad\.toml is not a TOML file"):
        toml.read(str(path))
