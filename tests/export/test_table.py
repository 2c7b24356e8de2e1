"""Nets by formats by precisions: each file is written, run in its own engine, and compared.

The rows of a format come from the registry. `benchmarks/bench_export.py` has every family of nets.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.export import engines, formats, timing
from tf_slim.export.errors import MissingExtraError

DIGITS = slim.data.get_dataset("digits", "train")
CLASSES = 10
# The size of their images.
NETS = {"lenet": 8, "mobilenet_v1_025": 32}
TRAINED = "lenet"
AGREEMENT = 0.95

# What is expected of the files, said once more: that a tolerance is not moved by the way.
EXACT, HALF = 1e-5, 2e-2


def kinds():
    """Format, quantization, precision and the largest difference, None for that of integers."""
    for name in formats.names():
        known = formats.get(name)
        yield name, None, None, EXACT
        for quantize in known.quantize:
            yield name, quantize, None, HALF if quantize == "float16" else None
        for precision in known.precision:
            if precision != "float32":
                yield name, None, precision, HALF


KINDS = {"-".join(filter(None, kind[:3])): kind for kind in kinds()}
# The top class of a net that was not trained is a matter of chance.
TRIED = [
    (net, kind)
    for net in NETS
    for kind, row in KINDS.items()
    if row[3] is not None or net == TRAINED
]


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A net that was trained on digits for a few seconds, and one that moves all that it has."""
    folder = tmp_path_factory.mktemp("run")
    trained = slim.nets.create(TRAINED, CLASSES).build(tf.TensorSpec([None, 8, 8, 1]))
    step = slim.learning.make_train_step(
        trained, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.Adam(3e-3)
    )
    data = slim.data.Pipeline(DIGITS, 64, is_training=True)
    slim.learning.fit(step, data, folder, 60, hooks=[])
    other = slim.nets.create("mobilenet_v1_025", CLASSES).build(tf.TensorSpec([None, 32, 32, 1]))
    rng = np.random.RandomState(0)
    for name, variable in other.named_variables.items():
        if name.endswith(("moving_mean", "beta")):
            variable.assign(rng.normal(0, 0.1, variable.shape))
        elif name.endswith(("moving_variance", "gamma")):
            variable.assign(rng.uniform(0.8, 1.2, variable.shape))
        elif "Logits" in name:
            variable.assign(rng.normal(0, 0.1, variable.shape))
    return {
        TRAINED: slim.export.source_of(str(folder)),
        "mobilenet_v1_025": slim.export.source_of(
            other, data=slim.data.get_dataset("digits", "test"), preprocess="lenet", image_size=32
        ),
    }


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    """What is timed is timed three times."""
    monkeypatch.setattr(timing, "median_ms", functools.partial(timing.median_ms, seconds=0))


@pytest.mark.parametrize(("net", "kind"), TRIED)
def test_a_file_does_what_the_net_does(sources, net, kind, tmp_path):
    format, quantize, precision, difference = KINDS[kind]
    known = formats.get(format)
    try:
        known.require()
    except MissingExtraError as error:
        pytest.skip(str(error))
    path = tmp_path / f"net{known.ending or ''}"
    made = slim.export.save(
        sources[net],
        path,
        format,
        quantize=quantize,
        precision=precision,
        pictures=128,
    )
    found = made.verified
    assert found is not None and found.agreement is not None
    if difference is None:
        assert found.agreement >= AGREEMENT
        assert found.source_accuracy is not None and found.accuracy is not None
        assert found.source_accuracy > 0.5
        assert abs(found.accuracy - found.source_accuracy) <= 0.05
        assert made.size < found.source_size / 2
    else:
        assert found.difference <= difference
    # All of it again by hand: what is written of its own, what it gives, for any number of images.
    engine = engines.open(path)
    assert engine.format == format
    metadata = engine.metadata
    assert metadata is not None
    assert (metadata.format, metadata.quantize, metadata.precision) == (format, quantize, precision)
    assert (metadata.net, metadata.verified, metadata.channels) == (net, True, 1)
    assert metadata.image_size == (NETS[net], NETS[net])
    images = np.random.RandomState(1).uniform(-1, 1, [3, NETS[net], NETS[net], 1])
    outputs = engine(images.astype(np.float32))
    assert sorted(outputs) == ["logits", "probabilities"]
    assert all(one.shape == (3, CLASSES) and one.dtype == np.float32 for one in outputs.values())
    np.testing.assert_allclose(outputs["probabilities"].sum(1), 1, atol=0.02)
    softmax = tf.nn.softmax(outputs["logits"])
    np.testing.assert_allclose(outputs["probabilities"], softmax, atol=5e-2 if quantize else 1e-3)
