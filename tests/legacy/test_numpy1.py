"""NumPy's old names, for the program alone."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from tf_slim.legacy.numpy1 import numpy1


@pytest.fixture
def old():
    numpy1.cache_clear()
    yield numpy1()
    numpy1.cache_clear()


@pytest.mark.parametrize(
    ("name", "meaning"), [("int", int), ("float", float), ("object", object), ("unicode", str)]
)
def test_old_names_with_one_warning_each(old, name, meaning):
    with pytest.warns(FutureWarning, match=f"np.{name} is gone") as caught:
        assert getattr(old, name) is meaning
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert getattr(old, name) is meaning
    assert name not in vars(np)


def test_bool_is_what_numpy_calls_so_now(old):
    # NumPy 2 has the name again, for its own type.
    assert np.zeros(1, old.bool).dtype == np.bool_


def test_all_else_is_numpy(old):
    assert old.ndarray is np.ndarray
    assert old.random is np.random
    assert "linspace" in dir(old)
    with pytest.raises(AttributeError):
        _ = old.unheard_of
