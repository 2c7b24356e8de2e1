"""Limits: what they may be, and places and bodies that are counted."""

from __future__ import annotations

import pytest

from tf_slim.serving.limits import Bodies, Limits, Places, Refused

WRONG = {
    "max_bytes": (0, "max_bytes: expected at least 1; got 0"),
    "queue": (-1, "queue: expected at least 1"),
    "batch_size": (2.5, "batch_size: expected at least 1"),
    "timeout": (0, "timeout: expected seconds above 0"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_limit_is_refused(name):
    value, words = WRONG[name]
    with pytest.raises(ValueError, match=words):
        Limits(**{name: value})


def test_places_are_given_back_whatever_happens():
    places = Places(Limits(queue=4))
    with pytest.raises(KeyError), places.held(1), places.held(3):
        assert places.taken == 4
        with pytest.raises(Refused) as refused, places.held(1):
            pass
        assert refused.value.status == 503
        assert "4 of 4 places" in refused.value.reason
        raise KeyError
    assert places.taken == 0


def test_who_is_sent_away_is_told_when_to_come_again():
    places = Places(Limits(queue=10))
    for _ in range(100):
        places.learn(2.0)
    with places.held(10), pytest.raises(Refused) as refused, places.held(1):
        pass
    assert refused.value.headers == {"Retry-After": "20"}


def test_more_than_there_are_places_is_never_accepted():
    places = Places(Limits(queue=3))
    places.check(3)
    with pytest.raises(Refused, match="several requests") as refused:
        places.check(4)
    assert refused.value.status == 413


def test_bodies_are_bounded_each_and_together():
    bodies = Bodies(Limits(max_bytes=100))
    with bodies.counted() as came:
        came(60)
        came(40)
        with pytest.raises(Refused, match="100 B at most") as refused:
            came(1)
        assert refused.value.status == 413

    def fill(count):
        if not count:
            with bodies.counted() as came, pytest.raises(Refused) as refused:
                came(1)
            assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})
            return
        with bodies.counted() as came:
            came(100)
            fill(count - 1)

    fill(8)
    fill(8)  # all was given back
