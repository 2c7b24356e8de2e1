"""The distributions that initializers draw from, called or as the default of a layer."""

from __future__ import annotations

import pytest
import tensorflow as tf

from tests.goldens import compare, departures, loader, scenario, supported
from tests.goldens.call import op_name
from tests.goldens.decode import decode

v1 = tf.compat.v1


def initializer_parameters() -> list:
    """The initializers in scope, and the layers whose default ones are recorded."""
    parameters = []
    for case in loader.cases("initializers"):
        is_there = supported.code_is_there if "code" in case else supported.call_is_there
        if is_there(case):
            parameters += supported.parameters("initializers", case)
    return parameters


@pytest.mark.parametrize(("key", "case", "mode"), initializer_parameters())
def test_initializer(key: str, case: loader.Case, mode: str):
    if "code" in case:
        check_layer(case, mode)
    elif "error" in case:
        expected, _ = departures.ERRORS.get((key, mode), (case["error"]["type"], ""))
        with pytest.raises(Exception) as raised:
            draw(case, mode)
        assert raised.type.__name__ == expected, raised.value
    else:
        compare.assert_statistics(draw(case, mode), case["stats"], case["id"])


def draw(case: loader.Case, mode: str):
    """Calls the recorded initializer."""

    def call():
        initializer = decode(case["call"])
        return initializer(case["shape"], dtype=tf.as_dtype(case["dtype"]))

    if mode == departures.V1:
        with tf.Graph().as_default(), v1.Session() as session:
            v1.set_random_seed(1)
            return session.run(call())
    if mode == departures.FUNCTION:
        return tf.function(call, autograph=False)().numpy()
    return call().numpy()


def check_layer(case: loader.Case, mode: str) -> None:
    """Runs the code of a layer and looks at the values of the variables that it makes."""
    code = f"{case['code']}\nvariables = tf.global_variables()"
    if mode == departures.V1:
        # Inside, because the graph is gone afterwards.
        code += "\nvalues = run(variables)"
    names = scenario.execute(code, mode)
    values = names["values"] if mode == departures.V1 else [v.numpy() for v in names["variables"]]
    assert [op_name(v) for v in names["variables"]] == list(case["variables"])
    for value, (name, stats) in zip(values, case["variables"].items()):
        compare.assert_statistics(value, stats, name)
