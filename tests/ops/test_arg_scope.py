"""arg_scope: precedence, saved scopes, threads, and what its errors tell."""

from __future__ import annotations

import copy
import inspect
import pickle
import threading

import hypothesis
import hypothesis.strategies as st
import pytest

import tf_slim as slim


@slim.add_arg_scope
def block(net, depth=8, rate=1, scope=None):
    """Returns its arguments."""
    return net, depth, rate, scope


@slim.add_arg_scope
def head(net, depth=8, **others):
    return net, depth, others


def plain(net, depth=8):
    return net, depth


def test_call_beats_inner_scope_beats_outer_scope():
    with slim.arg_scope([block], depth=1, rate=2):
        with slim.arg_scope([block], depth=3):
            assert block("x") == ("x", 3, 2, None)
            assert block("x", depth=4) == ("x", 4, 2, None)
        assert block("x") == ("x", 1, 2, None)
    assert block("x") == ("x", 8, 1, None)


def test_saved_scope_replaces_the_current_one():
    with slim.arg_scope([block], depth=1) as saved:
        pass
    with slim.arg_scope([head], depth=2), slim.arg_scope(saved):
        assert block("x")[1] == 1
        assert head("x")[1] == 8


def test_a_plain_dict_is_a_scope():
    key = slim.arg_scope_func_key(block)
    with slim.arg_scope({key: {"depth": 5}}):
        assert block("x")[1] == 5


def test_works_as_decorator_again_and_again():
    @slim.arg_scope([block], depth=7)
    def net(x):
        return block(x)

    assert [net("x")[1], net("x")[1], block("x")[1]] == [7, 7, 8]


def test_exception_in_the_block_restores():
    with pytest.raises(KeyError), slim.arg_scope([block], depth=1):
        raise KeyError("x")
    assert block("x")[1] == 8


def test_undecorated_operation_leaves_the_enclosing_scope_alone():
    with slim.arg_scope([block], depth=1):
        with pytest.raises(ValueError, match=r"plain takes no arguments.*@slim.add_arg_scope"):
            with slim.arg_scope([plain], depth=2):
                pass
        assert block("x")[1] == 1


def test_unknown_keyword_fails_at_the_call_and_says_where_it_was_set():
    line = inspect.currentframe().f_lineno + 1
    with slim.arg_scope([block, head], dept=2):
        assert head("x") == ("x", 8, {"dept": 2})
        with pytest.raises(TypeError) as caught:
            block("x")
    text = str(caught.value)
    assert "block() got an unexpected keyword argument 'dept'" in text
    assert f"test_arg_scope.py:{line}" in text
    assert "Did you mean 'depth'?" in text
    assert "depth, net, rate, scope" in text


def test_positional_argument_that_a_scope_sets_too():
    with slim.arg_scope([block], depth=2):
        with pytest.raises(TypeError, match=r"multiple values.*'depth'.*`depth=\.\.\.`"):
            block("x", 3)


@pytest.mark.parametrize(
    ("scope", "kwargs", "error"),
    [(block, {"depth": 1}, TypeError), ("block", {}, TypeError), ({}, {"depth": 1}, ValueError)],
)
def test_bad_scopes(scope, kwargs, error):
    with pytest.raises(error), slim.arg_scope(scope, **kwargs):
        pass
    assert slim.current_arg_scope() == {}


def test_scopes_are_immutable_and_say_so():
    with slim.arg_scope([block], depth=1) as saved:
        pass
    key = slim.arg_scope_func_key(block)
    for change in (
        lambda: saved.update({}),
        lambda: saved.pop(key),
        lambda: saved[key].__setitem__("depth", 2),
    ):
        with pytest.raises(TypeError, match="immutable"):
            change()


def test_values_keep_their_identity():
    layers: dict = {}
    with slim.arg_scope([head], layers=layers):
        head("x")[2]["layers"]["conv1"] = 1
    assert layers == {"conv1": 1}


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_scopes_can_be_copied_and_pickled(clone):
    with slim.arg_scope([block], depth=1) as saved:
        pass
    with slim.arg_scope(clone(saved)):
        assert block("x")[1] == 1


def test_functions_of_one_name_have_keys_of_their_own():
    def make():
        @slim.add_arg_scope
        def inner(a=1):
            return a

        return inner

    first, second = make(), make()
    with slim.arg_scope([first], a=5):
        assert (first(), second()) == (5, 1)


def test_threads_do_not_see_each_others_scopes():
    seen = []
    with slim.arg_scope([block], depth=1):
        thread = threading.Thread(target=lambda: seen.append(block("x")[1]))
        thread.start()
        thread.join()
        assert block("x")[1] == 1
    assert seen == [8]


def test_arg_scoped_arguments():
    assert slim.arg_scoped_arguments(block) == ("depth", "rate", "scope")
    with pytest.raises(ValueError, match="plain"):
        slim.arg_scoped_arguments(plain)


_NAMES = st.sampled_from(["depth", "rate", "scope"])
_SCOPES = st.lists(st.dictionaries(_NAMES, st.integers()), max_size=5)


@hypothesis.given(scopes=_SCOPES, call=st.dictionaries(_NAMES, st.integers()))
def test_nested_scopes_are_merged_dicts(scopes, call):
    expected = {"depth": 8, "rate": 1, "scope": None}

    def nested(rest):
        if not rest:
            return block("x", **call)
        expected.update(rest[0])
        with slim.arg_scope([block], **rest[0]):
            return nested(rest[1:])

    result = nested(scopes)
    expected.update(call)
    assert result == ("x", expected["depth"], expected["rate"], expected["scope"])
    assert slim.current_arg_scope() == {}
