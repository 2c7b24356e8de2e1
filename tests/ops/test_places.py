"""Where effects go: the same words in a v1 graph, in eager mode and in a function."""

from __future__ import annotations

import contextlib
import inspect

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.ops import places
from tf_slim.ops.places.graph import GraphPlace
from tf_slim.ops.places.protocol import Place
from tf_slim.ops.places.store import StorePlace

v1 = tf.compat.v1
GraphKeys = v1.GraphKeys


def in_graph(act):
    with tf.Graph().as_default():
        act()


def in_function(act):
    # Unlike tf.function, which traces twice what makes variables.
    v1.wrap_function(act, [])


MODES = {"graph": in_graph, "eager": lambda act: act(), "function": in_function}


@pytest.fixture(params=MODES)
def run(request):
    return MODES[request.param]


def test_each_place_answers_with_the_signatures_of_the_protocol():
    for kind in (GraphPlace, StorePlace):
        for name in Place.__abstractmethods__ - {"variable"}:
            of_kind = inspect.signature(getattr(kind, name)).parameters
            of_protocol = inspect.signature(getattr(Place, name)).parameters
            assert list(of_kind) == list(of_protocol), (kind, name)
            defaults = [p.default for p in of_kind.values()]
            assert defaults == [p.default for p in of_protocol.values()], (kind, name)


def test_the_place_of_the_code_that_asks():
    assert isinstance(places.current(), StorePlace)
    assert isinstance(places.current(tf.Graph()), GraphPlace)
    with tf.Graph().as_default():
        assert isinstance(places.current(), GraphPlace)
    found = []
    tf.function(lambda: found.append(places.current())).get_concrete_function()
    assert isinstance(found[0], StorePlace)


def test_variables(run):
    def act():
        with v1.variable_scope("net"):
            made = slim.model_variable("weights", [2], regularizer=tf.nn.l2_loss)
        place = places.current()
        assert place.variables(GraphKeys.MODEL_VARIABLES)[-1] is made
        assert place.members(GraphKeys.TRAINABLE_VARIABLES)[-1] is made
        assert slim.get_variable_full_name(made) == "net/weights"

    run(act)


def test_losses(run):
    def act():
        with slim.collect():
            place = places.current()
            with tf.name_scope("first"):
                place.add_loss(tf.constant(1.0) + 0.0, GraphKeys.LOSSES)
            place.add_loss(tf.constant(2.0), "others")
            assert len(place.losses(GraphKeys.LOSSES)) == len(place.losses("others")) == 1
            assert len(place.losses(GraphKeys.LOSSES, "first")) == 1
            assert place.losses(GraphKeys.LOSSES, "second") == []
            assert place.total_loss(False, "sum").shape == []

    run(act)


def test_outputs(run):
    def act():
        place, one, other = places.current(), tf.constant(1.0), tf.constant(2.0)
        with slim.collect():
            slim.utils.collect_named_outputs(["c", "d"], "net/one", one)
            slim.utils.collect_named_outputs("c", "net/other", other)
            for _ in range(2):
                found = place.outputs("c")
                assert list(found) == ["net/one", "net/other"]
                assert found["net/other"] is other
            assert [one] == [t for t in place.members("d") if t is one]
            assert list(place.outputs("c", clear=True)) == ["net/one", "net/other"]
            assert place.outputs("c") == {}
            assert list(place.outputs("d")) == ["net/one"]

    run(act)


def test_names_of_layers_without_variables(run):
    def act():
        def output(scope):
            with places.current().layer_scope(scope, "Pool", [], "c") as name:
                slim.utils.collect_named_outputs("c", name, tf.constant(1.0) + 0.0)
            return name

        with slim.collect(), v1.variable_scope("net"):
            assert [output(None), output(None), output("own")] == [
                "net/Pool",
                "net/Pool_1",
                "net/own",
            ]

    run(act)


def test_the_global_step(run):
    def act():
        assert places.current().global_step() is None
        step = places.current().create_global_step()
        assert places.current().global_step() is step
        assert slim.get_variable_full_name(step) == "global_step"
        with pytest.raises(ValueError, match=r"(?i)global.step.* already"):
            places.current().create_global_step()

    run(act)


def test_what_is_done_at_once_and_what_a_session_runs():
    def values():
        variable = slim.variable("x", [], initializer=tf.ones_initializer())
        op, feeds = places.current().assign([(variable, 3.0)])
        return variable, op, feeds

    variable, op, feeds = values()
    assert places.current().immediate
    assert (op, feeds, variable.numpy()) == (None, {}, 3.0)
    with tf.Graph().as_default(), v1.Session() as session:
        variable, op, feeds = values()
        assert not places.current().immediate
        session.run(variable.initializer)
        session.run(op, feeds)
        assert session.run(variable) == 3.0


def test_effects_can_be_dropped(run):
    def act():
        place = places.current()
        with slim.collect() as got:
            place.add_loss(tf.constant(1.0), GraphKeys.LOSSES)
            with place.effects_dropped():
                place.add_loss(tf.constant(2.0), GraphKeys.LOSSES)
                slim.utils.collect_named_outputs("c", "x", tf.constant(1.0))
            assert len(place.losses(GraphKeys.LOSSES)) == len(got.losses) == 1
            assert place.outputs("c") == {}

    run(act)


def test_summaries(tmp_path):
    kinds = {"scalar": 1.0, "histogram": [1.0, 2.0], "image": np.zeros([1, 2, 2, 3], np.float32)}
    with tf.Graph().as_default():
        made = [places.current().summary(kind, f"a/{kind}", x) for kind, x in kinds.items()]
        assert v1.get_collection(GraphKeys.SUMMARIES) == made
    writer = tf.summary.create_file_writer(str(tmp_path))
    for context, written in ((writer.as_default(step=1), True), (contextlib.nullcontext(), False)):
        with context:
            for kind, tensor in kinds.items():
                assert bool(places.current().summary(kind, f"a/{kind}", tensor)) is written
