"""Names, sharing and collections: what a layer does with the arguments that all layers have."""

from __future__ import annotations

import pytest
import tensorflow as tf

import tf_slim as slim
from tests.conformance.running import close, fill, inputs_of, name_of, names_of, needs

v1 = tf.compat.v1


def in_both_places(row, net):
    """Runs `net(inputs)` in a v1 graph and in a Model, and what it returns in each."""
    with tf.Graph().as_default():
        yield net(v1.placeholder(row.dtype, row.free(0)))
    found = []
    model = slim.Model(lambda inputs: found.append(net(inputs)))
    model.build(tf.TensorSpec(row.shape, row.dtype))
    yield found[-1]


@pytest.mark.parametrize("given", ["mine", ["mine", "more"], None])
@needs("variables_collections")
def test_variables_collections(row, given):
    """All variables of a layer into one or two collections; for None by name, each into its own."""
    # Variables of a normalizer or an activation and bookkeeping have collections of their own.
    names = [name for name in names_at_home(row) if not name.endswith(("biased", "local_step"))]
    if row.layer is not slim.batch_norm:
        others = ("BatchNorm/", "Scaled/", "alphas")
        names = [name for name in names if not any(part in name for part in others)]
    last = {name.split("/")[-1] for name in names}
    by_name = given if given is not None else {name: [f"all {name}"] for name in last}

    def net(inputs):
        row.layer(inputs, *row.args, **row.kwargs, variables_collections=by_name)
        keys = [f"all {name}" for name in last] if given is None else slim.utils.as_list(given)
        return {key: [name_of(v) for v in slim.get_variables(collection=key)] for key in keys}

    for by_key in in_both_places(row, net):
        for key, members in by_key.items():
            assert members == [n for n in names if given or key == f"all {n.split('/')[-1]}"]


@pytest.mark.parametrize("given", ["mine", ["mine", "more"]])
@needs("outputs_collections")
def test_outputs_collections(row, given):
    def net(inputs):
        outputs = row.layer(inputs, *row.args, **row.kwargs, outputs_collections=given)
        keys = [given] if isinstance(given, str) else given
        return outputs, [slim.utils.convert_collection_to_dict(key) for key in keys]

    for outputs, ends in in_both_places(row, net):
        for end in ends:
            # `stack` and `repeat` pass it on to each of their layers.
            assert list(end.values())[-1] is outputs
            assert all(alias and not alias.endswith("/") for alias in end)


@needs("reuse", "scope")
def test_reuse(row):
    count = 2 * len(names_at_home(row))

    def net(inputs):
        first = row.layer(inputs, *row.args, **row.kwargs, scope="shared")
        again = row.layer(inputs, *row.args, **row.kwargs, scope="shared", reuse=True)
        for reuse in (None, True):
            with slim.scope("shared_too", reuse=reuse):
                row.layer(inputs, *row.args, **row.kwargs, scope="layer")
        assert len(slim.get_variables()) == count
        return first, again

    list(in_both_places(row, net))
    model = slim.Model(net).build(tf.TensorSpec(row.shape, row.dtype))
    fill(model.variables)
    first, again = model(inputs_of(row))
    if "renorm" not in row.kwargs:  # that one follows averages, which the first call moves
        close(first, again)


@needs("reuse", "scope")
def test_a_name_made_twice_is_refused(row):
    def net(inputs):
        made = []
        for _ in range(2):
            row.layer(inputs, *row.args, **row.kwargs, scope="once")
            made = made or slim.get_variables()
        assert not made

    if names_at_home(row):
        with pytest.raises(ValueError, match="once/.*(reuse|already exists)"):
            list(in_both_places(row, net))
    else:
        list(in_both_places(row, net))


def names_at_home(row) -> list[str]:
    model = slim.Model(row.net, is_training=True).build(tf.TensorSpec(row.shape, row.dtype))
    return [name_of(v) for v in model.variables]


def test_a_model_finds_its_variables_again(row):
    model = slim.Model(row.net, is_training=True)
    inputs = tf.constant(inputs_of(row))
    model(inputs)
    names, variables = names_of(model.variables), model.variables
    with slim.scope("elsewhere"), slim.arg_scope([slim.conv2d], reuse=True):
        model(inputs)
    tf.function(model)(inputs)
    assert names_of(model.variables) == names
    assert all(one is other for one, other in zip(model.variables, variables, strict=True))
