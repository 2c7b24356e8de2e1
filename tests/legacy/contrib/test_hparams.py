"""`HParams`: types are kept, text and JSON are read, mistakes are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf_slim.legacy.contrib.hparams import HParams


@pytest.fixture
def hparams():
    return HParams(rate=0.1, units=[128, 64], name="net", use_bn=True, steps=10, none=None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rate=1", {"rate": 1.0}),
        ("rate=1e-3,steps=7", {"rate": 0.001, "steps": 7}),
        ("units=[1,2,3]", {"units": [1, 2, 3]}),
        ("units[1]=32", {"units": [128, 32]}),
        ("units[0]=1,units[1]=2", {"units": [1, 2]}),
        ("use_bn=false, name=other", {"use_bn": False, "name": "other"}),
        ("", {}),
    ],
)
def test_parse(hparams, text, expected):
    before = hparams.values()
    assert hparams.parse(text) is hparams
    assert hparams.values() == {**before, **expected}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("unheard=1", "unheard.*There are"),
        ("steps=1.5", "type int"),
        ("use_bn=maybe", "true or false"),
        ("steps[0]=1", "no list"),
        ("rate=1,rate=2", "twice"),
        ("rate", "cannot read"),
        ("rate=x", "type float"),
    ],
)
def test_parse_errors(hparams, text, message):
    before = hparams.values()
    with pytest.raises(ValueError, match=message):
        hparams.parse(text)
    assert hparams.values() == before


def test_set_add_delete(hparams):
    hparams.set_hparam("rate", 2)
    assert hparams.rate == 2.0 and isinstance(hparams.rate, float)
    hparams.add_hparam("new", 3)
    assert hparams.new == 3 and "new" in hparams and hparams.get("gone", 5) == 5
    hparams.del_hparam("new")
    assert "new" not in hparams
    with pytest.raises(ValueError, match="already"):
        hparams.add_hparam("rate", 1)
    with pytest.raises(KeyError, match="unheard"):
        hparams.set_hparam("unheard", 1)
    with pytest.raises(ValueError, match="a list"):
        hparams.set_hparam("units", 1)
    with pytest.raises(ValueError, match="type bool"):
        hparams.set_hparam("use_bn", 1)


@given(
    rate=st.floats(allow_nan=False, allow_infinity=False),
    units=st.lists(st.integers(), min_size=1),
    name=st.text(),
)
def test_json_goes_both_ways(rate, units, name):
    one = HParams(rate=rate, units=units, name=name)
    other = HParams(rate=0.0, units=[0], name="").parse_json(one.to_json())
    assert other.values() == one.values()
