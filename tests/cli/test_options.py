"""Options: what is accepted for a type, and what an error says."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tf_slim.cli.options import ConfigError, checked, did_you_mean, option


@dataclasses.dataclass(frozen=True)
class Oven:
    """A section."""

    degrees: float = option(180.0, "in Celsius", above=0, at_most=300)
    minutes: int = option(30, "of baking", at_least=1)
    fan: bool = option(False, "whether it turns")
    mode: str = option("bake", "what it does", choices=("bake", "grill"))
    racks: list[int] = option([], "that are used", at_least=1)
    notes: list[str] = option([], "for the cook")
    spices: dict[str, float] = option({}, "grams of each")
    extra: dict[str, Any] = option({}, "whatever else")
    tray: int | list[int] | None = option(None, "size in cm, or [height, width]", at_least=1)


def check(**values):
    return checked(Oven, "oven", values, "here")


@pytest.mark.parametrize(
    ("key", "given", "taken"),
    [
        ("degrees", 200, 200.0),
        ("degrees", 0.5, 0.5),
        ("minutes", 7, 7),
        ("fan", True, True),
        ("mode", "grill", "grill"),
        ("racks", [1, 2], [1, 2]),
        ("notes", "one", ["one"]),
        ("notes", ["a", "b"], ["a", "b"]),
        ("spices", {"salt": 1}, {"salt": 1.0}),
        ("extra", {"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}),
        ("tray", 30, 30),
        ("tray", [30, 40], [30, 40]),
    ],
)
def test_accepted(key, given, taken):
    result = check(**{key: given})
    assert result == {key: taken}
    assert type(result[key]) is type(taken)


@pytest.mark.parametrize(
    ("key", "given", "message"),
    [
        ("minutes", "many", "oven.minutes must be an integer; got the text 'many'"),
        ("minutes", 1.5, "oven.minutes must be an integer; got the number 1.5"),
        ("minutes", True, "oven.minutes must be an integer; got true"),
        ("degrees", "hot", "oven.degrees must be a number; got the text 'hot'"),
        ("fan", 1, "oven.fan must be true or false; got the integer 1"),
        ("fan", "True", "oven.fan must be true or false; got the text 'True'"),
        ("mode", 3, "oven.mode must be a text; got the integer 3"),
        ("racks", [1, "x"], "oven.racks must be a list of integers; got a list, [1, 'x']"),
        ("notes", 5, "oven.notes must be a list of texts; got the integer 5"),
        ("spices", {"salt": "x"}, "oven.spices must be a table of numbers; got a table"),
        ("extra", 1, "oven.extra must be a table; got the integer 1"),
        ("tray", "big", "oven.tray must be an integer or a list of integers; got the text 'big'"),
    ],
)
def test_wrong_type(key, given, message):
    with pytest.raises(ConfigError) as caught:
        check(**{key: given})
    assert str(caught.value).startswith(f"here: {message}")


@pytest.mark.parametrize(
    ("key", "given", "message"),
    [
        ("minutes", 0, "oven.minutes must be at least 1; got 0"),
        ("degrees", 0, "oven.degrees must be above 0; got 0.0"),
        ("degrees", 301, "oven.degrees must be at most 300; got 301.0"),
        ("degrees", float("nan"), "oven.degrees must be above 0; got nan"),
        ("degrees", float("inf"), "oven.degrees must be at most 300; got inf"),
        ("racks", [2, 0], "oven.racks must be at least 1; got 0"),
        ("tray", [30, 0], "oven.tray must be at least 1; got 0"),
        ("mode", "gril", "oven.mode must be one of bake, grill; got 'gril'. Did you mean 'grill'?"),
    ],
)
def test_out_of_range(key, given, message):
    with pytest.raises(ConfigError) as caught:
        check(**{key: given})
    assert message in str(caught.value)


def test_unknown_key_names_the_closest_and_all():
    with pytest.raises(ConfigError) as caught:
        check(minuts=3)
    message = str(caught.value)
    assert "here: [oven] has no key 'minuts'. Did you mean 'minutes'?" in message
    assert "degrees, minutes, fan" in message


def test_no_guess_where_nothing_is_close():
    assert did_you_mean("zzz", ["minutes", "degrees"]) == ""


def test_defaults_are_not_shared():
    first, second = Oven(), Oven()
    first.racks.append(1)
    assert second.racks == []
