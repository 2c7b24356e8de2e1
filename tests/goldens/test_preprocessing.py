"""research/slim's preprocessing as recorded, in a v1 graph, eagerly and in a `tf.function`."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.goldens import decode, departures, loader
from tests.goldens.compare import assert_record
from tests.goldens.rule import make_input

v1 = tf.compat.v1

CASES = loader.cases("preprocessing")
modes = pytest.mark.parametrize("mode", departures.MODES)


def _made(case, image):
    """What the case makes of an image."""
    kwargs = decode.decode(case["kwargs"])
    args = decode.decode(case["args"], [image])
    fn = decode.find(case["fn"])
    return fn(**kwargs)(*args) if case.get("factory") else fn(*args, **kwargs)


class Made:
    """Several results of one case, and what belongs to the graph."""

    def __init__(self, case, mode: str, times: int):
        spec = case["inputs"][0]
        image = make_input(spec)
        self.shape, self.summaries = None, None
        if mode == departures.V1:
            with tf.Graph().as_default(), v1.Session() as session:
                v1.set_random_seed(1)
                shape = case.get("static_shape", image.shape)
                x = v1.placeholder(image.dtype, shape)
                made = _made(case, x)
                self.shape = made.shape.as_list()
                self.summaries = len(v1.get_collection(v1.GraphKeys.SUMMARIES))
                self.results = [session.run(made, {x: image}) for _ in range(times)]
            return
        run = lambda x: _made(case, x)  # noqa: E731
        if mode == departures.FUNCTION:
            run = tf.function(run)
        self.results = [run(tf.constant(image)).numpy() for _ in range(times)]


@modes
@pytest.mark.parametrize("case", [c for c in CASES if "output" in c], ids=lambda c: c["id"])
def test_what_is_not_random(case, mode):
    made = Made(case, mode, times=1)
    assert_record(made.results[0], case["output"])
    if mode == departures.V1:
        assert made.shape == case["static_output_shape"]
        assert made.summaries == case["summaries"]


@modes
@pytest.mark.parametrize("case", [c for c in CASES if "training" in c], ids=lambda c: c["id"])
def test_what_is_random(case, mode):
    recorded = case["training"]
    made = Made(case, mode, times=2)
    for result in made.results:
        assert list(result.shape) == recorded["shape"]
        assert result.dtype == recorded["dtype"]
        if recorded["bounds"] == "standardized":
            assert abs(result.mean()) < 1e-3
            assert abs(result.std() - 1) < 1e-2
        else:
            low, high = recorded["bounds"]
            assert low - 1e-3 <= result.min() <= result.max() <= high + 1e-3
    assert np.any(made.results[0] != made.results[1]) == recorded["varies"]
    if mode == departures.V1:
        assert made.shape == case["static_output_shape"]
        assert made.summaries == case["summaries"]


@pytest.mark.parametrize("case", [c for c in CASES if "error" in c], ids=lambda c: c["id"])
def test_errors(case):
    with pytest.raises(ValueError) as caught:
        _made(case, None)
    assert case["error"]["type"] == "ValueError"
    assert case["error"]["message"] in str(caught.value)


def test_nothing_is_left_out():
    kinds = ("output", "training", "error")
    assert all(sum(kind in case for kind in kinds) == 1 for case in CASES)
    assert len(CASES) > 20
