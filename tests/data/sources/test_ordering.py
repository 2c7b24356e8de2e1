"""Order, shards and splits follow from the relative paths alone."""

from __future__ import annotations

import hashlib
import itertools
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from tf_slim.data.sources import ordering

NAMES = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="/\0"), min_size=1)
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=3).map("/".join), unique=True, max_size=40)


@given(PATHS, st.randoms())
def test_the_order_is_that_of_the_paths_however_they_are_listed(paths, random):
    listed = list(paths)
    random.shuffle(listed)
    first = [paths[i] for i in ordering.ordered(paths)]
    assert sorted(first) == sorted(paths)
    assert [listed[i] for i in ordering.ordered(listed)] == first


@given(PATHS)
def test_pictures_stay_in_their_split_when_others_are_added(paths):
    for share in (0.0, 0.2, 0.999):
        validation = {paths[i] for i in ordering.of_split(paths, "validation", share)}
        train = {paths[i] for i in ordering.of_split(paths, "train", share)}
        assert not train & validation
        assert train | validation == set(paths)
        some = paths[::2]
        assert {some[i] for i in ordering.of_split(some, "train", share)} == train & set(some)


@given(st.integers(0, 10**7))
@settings(max_examples=50)
def test_shards_are_as_many_as_needed_and_nearly_equal(count):
    bounds = ordering.shard_bounds(count)
    sizes = [end - start for start, end in itertools.pairwise(bounds)]
    assert sum(sizes) == count == bounds[-1]
    assert len(sizes) == max(1, -(-count // 1024))
    assert max(sizes) - min(sizes) <= 1


@given(NAMES)
def test_a_path_is_the_same_however_its_accents_are_written(name):
    one, other = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    assert ordering.place_in_split(one) == ordering.place_in_split(other)
    assert ordering.normalized(one) == ordering.normalized(other)


def test_the_hash_stays_what_it_is():
    """Another one would put pictures that were trained on among those of the validation."""
    digest = hashlib.blake2b(b"roses/1.jpg", digest_size=8, person=b"split").digest()
    expected = int.from_bytes(digest, "big") / 2**64
    assert ordering.place_in_split("roses/1.jpg") == expected
    assert round(expected, 6) == 0.61239
    paths = [f"roses/{number}.jpg" for number in range(6)]
    keys = [hashlib.blake2b(p.encode(), digest_size=8, person=b"order").digest() for p in paths]
    assert ordering.ordered(paths) == sorted(range(6), key=keys.__getitem__)


def test_the_share_is_about_what_was_asked_for():
    paths = [f"class/{number}.jpg" for number in range(5000)]
    assert 900 < len(ordering.of_split(paths, "validation", 0.2)) < 1100


def test_names_that_are_no_text():
    (name,) = [b"caf\xe9.jpg".decode("utf-8", "surrogateescape")]
    assert ordering.ordered([name, "b.jpg"])
    assert 0 <= ordering.place_in_split(name) < 1
