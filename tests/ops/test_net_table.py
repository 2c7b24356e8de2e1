"""`model.summary()`: layers, shapes and numbers of parameters."""

from __future__ import annotations

import re

import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim import model_analyzer


def small(x):
    with slim.scope("net"):
        x = slim.conv2d(x, 8, 3, normalizer_fn=slim.batch_norm, scope="conv")
        x = slim.max_pool2d(x, 2, scope="pool")
        return slim.fully_connected(slim.flatten(x, scope="flat"), 4, None, scope="fc")


def rows(model):
    """(title, {layer: (output, parameters)}, {total: number})"""
    texts = []
    model.summary(texts.append)
    title, _, _, *lines = texts[0].splitlines()
    end = next(i for i, line in enumerate(lines) if line.startswith("---"))
    table = {}
    for line in lines[:end]:
        name, output, number = re.split(r"\s{2,}", line.strip())
        table[name] = (output, int(number.replace(",", "")))
    totals = [re.match(r"([\w ]+): ([\d,]+)", line) for line in lines[end + 1 :]]
    return title, table, {m[1]: int(m[2].replace(",", "")) for m in totals if m}


def test_a_small_net():
    model = slim.Model(small).build(tf.TensorSpec([None, 6, 6, 3]))
    title, table, totals = rows(model)
    assert "small" in title
    assert table == {
        "net/conv": ("[?, 6, 6, 8]", 27 * 8 + 3 * 8),
        "net/pool": ("[?, 3, 3, 8]", 0),
        "net/flat": ("[?, 72]", 0),
        "net/fc": ("[?, 4]", 72 * 4 + 4),
    }
    assert totals == {"Total": 532, "Trainable": 516, "Not trainable": 16}


def test_it_is_printed(capsys):
    slim.Model(small).build(tf.TensorSpec([None, 6, 6, 3])).summary()
    assert "net/conv  " in capsys.readouterr().out


def test_a_model_that_was_called_first():
    model = slim.Model(small)
    model(tf.zeros([2, 6, 6, 3]))
    model(tf.zeros([3, 6, 6, 3]))
    assert rows(model)[1]["net/pool"][0] == "[2, 3, 3, 8]"


def test_models_in_a_model():
    inner = slim.Model(small)

    def outer(x):
        return slim.fully_connected(inner(x), 2, scope="outer")

    _, table, totals = rows(slim.Model(outer).build(tf.TensorSpec([None, 6, 6, 3])))
    assert table["net/conv"] == ("[?, 6, 6, 8]", 240)
    assert table["outer"] == ("[?, 2]", 10)
    assert totals["Total"] == 542


@pytest.mark.parametrize("name", ["lenet", "mobilenet_v1_025"])
def test_it_says_what_the_analyzer_says(name):
    found = model_analyzer.analyze_net(name)
    spec = slim.nets.spec(name)
    model = slim.nets.create(name, spec.num_classes).build(tf.TensorSpec(spec.input_shape))
    _, table, totals = rows(model)
    assert totals["Trainable"] == found.parameters
    assert totals["Not trainable"] == found.state
    for layer in found.layers:
        output, _ = table[layer.name]
        if layer.output:
            shape = layer.output.rstrip(")").split()[1].split("x")
            flat = [side for side in shape[1:] if side != "1"]
            assert [side for side in output.strip("[]").split(", ")[1:] if side != "1"] == flat


def test_nothing_to_tell_before_there_are_variables():
    with pytest.raises(ValueError, match="print a summary of small.*Build it"):
        slim.Model(small).summary()
