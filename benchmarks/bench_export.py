"""Every family of nets in every format: written, run in its own engine, and compared.

A row is a net, smallest of its family, with weights that tell images apart; the columns of a format
are the largest difference of any probability, or the share of pictures with the same top class
where weights are integers. A digit is a trained net: LeNet, and MobileNet v1, on the digits that
come with the package. What a format lacks is shown by its message.

    make bench ARGS="benchmarks/bench_export.py -s"
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from benchmarks import recording, settings

# One of each family, at the smallest images that it takes.
NETS = {
    "alexnet_v2": (224, 3),
    "cifarnet": (32, 3),
    "inception_v1": (193, 3),
    "inception_v3": (107, 3),
    "inception_resnet_v2": (140, 3),
    "lenet": (28, 1),
    "mobilenet_v1_025": (32, 3),
    "mobilenet_v2_035": (32, 3),
    "mobilenet_v3_small": (32, 3),
    "mobilenet_edgetpu_075": (32, 3),
    "nasnet_cifar": (32, 3),
    "pnasnet_mobile": (96, 3),
    "overfeat": (231, 3),
    "resnet_v1_18": (32, 3),
    "resnet_v2_50": (32, 3),
    "vgg_a": (224, 3),
}
# Those with local response normalization, which TensorFlow computes in no bfloat16 on a CPU.
WITHOUT_BFLOAT16 = {"cifarnet"}
# Those of 500 MB, for which TensorFlow's converter to LiteRT takes more than 16 GB of memory.
WITHOUT_LITERT = {"overfeat", "vgg_a"}
# Those whose activations grow from layer to layer, past float16, but for averages of their own.
WITH_OWN_AVERAGES = {"nasnet_cifar", "pnasnet_mobile"}
CLASSES = 10
AGREEMENT = 0.95


def is_there(name):
    """Whether all is installed that a format needs."""
    try:
        slim.export.get(name).require()
    except ImportError:
        return False
    return True


FORMATS = [name for name in slim.export.names() if is_there(name)]
KINDS = [
    (name, quantize, precision)
    for name in FORMATS
    for quantize, precision in [
        (None, None),
        *((one, None) for one in slim.export.get(name).quantize),
        *((None, one) for one in slim.export.get(name).precision if one != "float32"),
    ]
]


def kind_name(kind):
    return "-".join(filter(None, kind))


def made(name):
    """A net whose logits differ, as those of a trained one do."""
    size, channels = NETS[name]
    decay: dict[str, Any] = {"batch_norm_decay": 0.5} if name in WITH_OWN_AVERAGES else {}
    model = slim.nets.create(name, CLASSES, **decay)
    model.build(tf.TensorSpec([None, size, size, channels]))
    rng = np.random.RandomState(0)
    images = rng.uniform(-1, 1, [8, size, size, channels]).astype(np.float32)
    if name in WITH_OWN_AVERAGES:
        for _ in range(8):
            model(tf.constant(images), is_training=True)
        # And no more than that: they would raise each rounding to the size of the signal.
        for key, variable in model.named_variables.items():
            if key.endswith("moving_variance"):
                variable.assign(2 * variable)
    else:
        for key, variable in model.named_variables.items():
            if key.endswith("moving_mean"):
                variable.assign(rng.normal(0, 0.1, variable.shape))
            elif key.endswith("moving_variance"):
                variable.assign(rng.uniform(0.5, 1.5, variable.shape))
    scale = 1 / max(1e-3, float(tf.math.reduce_std(model(tf.constant(images))[0])))
    for variable in model.trainable_variables:
        if variable.shape[-1] == CLASSES and variable.shape.rank > 1:
            variable.assign(variable * scale)
    return model


def calibration(size, channels):
    rng = np.random.RandomState(3)
    pixels = rng.randint(0, 255, [32, size, size, channels]).astype(np.uint8)
    return slim.data.from_arrays(pixels, np.arange(32) % CLASSES, num_classes=CLASSES)


@pytest.mark.parametrize("name", settings.sized(("lenet", "mobilenet_v2_035"), tuple(NETS)))
def test_a_net_in_every_format(name, tmp_path):
    model, (size, channels) = made(name), NETS[name]
    wrong = []
    for kind in KINDS:
        format, quantize, precision = kind
        if precision == "mixed_bfloat16" and name in WITHOUT_BFLOAT16 and format != "openvino":
            continue
        if format == "litert" and name in WITHOUT_LITERT:
            print(f"{name:<22} {kind_name(kind):<26} left out: it takes more than 16 GB")
            continue
        path = tmp_path / f"net-{kind_name(kind)}{slim.export.get(format).ending or ''}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found = slim.export.save(
                    model,
                    path,
                    format,
                    quantize=quantize,
                    precision=precision,
                    calibration=calibration(size, channels),
                    preprocess="inception",
                    image_size=size,
                    channels=channels,
                    pictures=32,
                ).verified
            except slim.export.VerificationError as error:
                found = error.comparison
                if found is None or quantize is None:
                    wrong.append(f"{kind_name(kind)}: {error}")
            except ValueError as error:
                found = None
                wrong.append(f"{kind_name(kind)}: {error}")
        if found is not None:
            recording.record(
                f"{name} exported, a batch of one",
                f"slim as {kind_name(kind)}",
                found.latency[1] / 1e3,
                "s",
            )
            print(
                f"{name:<22} {kind_name(kind):<26} difference {found.difference:.1e}  same top "
                f"{100 * (found.agreement or 0):5.1f} %  {found.size / 1e6:7.2f} MB  "
                f"{found.latency[1]:8.2f} ms (source {found.source_latency[1]:.2f})"
            )
    print("\n".join(wrong))
    assert not wrong


def trained(name, size, steps, tmp_path):
    spec = slim.data.get_dataset("digits", "train")
    channels = spec.image_channels
    way = {"preprocess": "lenet", "image_size": size}
    data = slim.data.Pipeline(spec, 64, is_training=True, **way)
    model = slim.nets.create(name, CLASSES, batch_norm_decay=None)
    model.build(tf.TensorSpec([None, size, size, channels]))
    step = slim.learning.make_train_step(
        model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.Adam(2e-3)
    )
    slim.learning.fit(step, data, tmp_path / name, steps, hooks=[])
    return model


@pytest.mark.parametrize(
    ("name", "size", "steps"),
    settings.sized([("lenet", 28, 200)], [("lenet", 28, 200), ("mobilenet_v1_025", 32, 600)]),
)
def test_integers_tell_digits_as_the_net_does(name, size, steps, tmp_path):
    trained(name, size, steps, tmp_path)
    for format in FORMATS:
        known = slim.export.get(format)
        for quantize in known.quantize:
            found = slim.export.save(
                str(tmp_path / name),
                tmp_path / f"{name}-{quantize}{known.ending or ''}",
                format,
                quantize=quantize,
                pictures=360,
            ).verified
            assert found is not None and found.agreement is not None
            print(
                f"{name} {format} {quantize}: same top {100 * found.agreement:.1f} %, accuracy "
                f"{100 * (found.accuracy or 0):.1f} % of {100 * (found.source_accuracy or 0):.1f} %"
            )
            assert found.agreement >= AGREEMENT
