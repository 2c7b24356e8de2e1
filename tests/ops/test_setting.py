"""A context variable with another value within a block."""

from __future__ import annotations

import contextvars

import pytest

from tf_slim.ops.setting import Setting


@pytest.fixture
def variable():
    return contextvars.ContextVar("made_up", default="outside")


def test_it_is_undone(variable):
    with Setting(variable, "one") as given:
        assert given == variable.get() == "one"
        with Setting(variable, "two"):
            assert variable.get() == "two"
        assert variable.get() == "one"
    assert variable.get() == "outside"


def test_an_error_undoes_it_and_passes(variable):
    with pytest.raises(KeyError), Setting(variable, "inside"):
        raise KeyError
    assert variable.get() == "outside"


def test_it_may_be_left_in_another_context(variable):
    def generator():
        with Setting(variable, "inside"):
            yield variable.get()

    made = generator()
    assert contextvars.Context().run(next, made) == "inside"
    made.close()
    assert variable.get() == "outside"
