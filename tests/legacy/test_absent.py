"""What is not provided can be imported, and says so when it is used."""

from __future__ import annotations

import operator

import pytest
import tensorflow as tf

from tf_slim.legacy import absent

USES = {
    "called": lambda thing: thing(1),
    "derived from": lambda thing: type("Mine", (object,), {}) and _derive(thing),
    "iterated": list,
    "indexed": lambda thing: thing[0],
    "entered": lambda thing: thing.__enter__(),
    "a number": float,
}


def _derive(thing):
    class Mine(thing):
        pass

    return Mine


@pytest.mark.parametrize("use", USES)
def test_it_fails_when_it_is_used(use):
    thing = absent.Absent("tf.contrib.gan").gan_model
    with pytest.raises(
        absent.NotProvidedError, match=r"tf\.contrib\.gan\.gan_model.*tensorflow-gan"
    ):
        USES[use](thing)


def test_looking_at_it_is_no_use():
    thing = absent.Absent("tf.contrib.quantize")
    assert "not provided" in repr(thing)
    assert thing.python.graph_matcher.__name__ == "tf.contrib.quantize.python.graph_matcher"
    assert not hasattr(thing, "__wrapped__")


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("tf.contrib.seq2seq.AttentionWrapper", "decoders"),
        ("tf.train.SummaryWriter", "tf.summary.FileWriter, as it is called since TensorFlow 1.0"),
        ("tf.contrib.crf", "conditional random fields"),
        ("tf.contrib.unheard_of.thing", ""),
        ("tf.unheard_of", ""),
    ],
)
def test_alternative(symbol, expected):
    found = absent.alternative(symbol)
    assert expected in found
    assert bool(found) == bool(expected)


def test_older_names_are_gone_and_newer_ones_are_there():
    """Otherwise the advice would be none, or would never be given."""

    def has(symbol: str) -> bool:
        try:
            operator.attrgetter(symbol.removeprefix("tf."))(tf.compat.v1)
        except AttributeError:
            return False
        return True

    assert not [name for name in absent._SINCE_1_0 if has(name)]
    assert all(map(has, absent._SINCE_1_0.values()))
