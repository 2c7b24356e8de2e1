"""A net of this package: a training step or a prediction, in turns with others.

python -m benchmarks.programs.ours WAY NET BATCH train|infer PRECISION

The ways are "model", "folded" and "compiled", and those of `SPARING`.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import tensorflow as tf

import tf_slim as slim
from benchmarks.programs.turns import serve
from tf_slim.ops import precision as precisions

CLASSES = 1000
PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}


SPARING: dict[str, dict[str, Any]] = {
    "plain": {},
    "in parts": {"accumulate": 4},
    "recomputed": {},
    "both": {"accumulate": 4},
}
"""Ways to train of which the memory is measured, and so nothing else is run beside; by options."""


def model(name: str, precision: str, **options: Any) -> slim.Model:
    """The net with its own weight decay, without a head beside its last that others lack."""
    if name == "inception_v3":
        options["create_aux_logits"] = False
    net = slim.nets.create(name, CLASSES, precision=PRECISIONS[precision], **options)
    return net.build(tf.TensorSpec(slim.nets.spec(name).input_shape))


def as_trained(net: slim.Model) -> slim.Model:
    """The net with statistics as training leaves them: those of a new one are optimized away."""
    random = np.random.RandomState(0)
    for variable in net.variables:
        if "moving_variance" in variable.name:
            variable.assign(random.uniform(0.5, 2, variable.shape))
        elif "weights" not in variable.name:
            variable.assign(
                random.normal(1 if "gamma" in variable.name else 0, 0.2, variable.shape)
            )
    return net


def batch_of(name: str, size: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Images and labels, at random."""
    random = np.random.RandomState(0)
    shape = [size, *slim.nets.spec(name).input_shape[1:]]
    images = tf.constant(random.uniform(-1, 1, shape), tf.float32)
    return images, tf.constant(random.randint(0, CLASSES, size), tf.int64)


def gflop(net: slim.Model, images: tf.Tensor) -> float:
    """The work for one image forward, in 1e9 operations, a multiplication and an addition being
    two. Backward is twice that."""
    with precisions.of_models("float32"):
        function = tf.function(lambda x: net(x, is_training=False)[0], autograph=False)
        graph = function.get_concrete_function(images[:1]).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    found = tf.compat.v1.profiler.profile(graph, options={**options, "output": "none"})
    return found.total_float_ops / 1e9


def training(net: slim.Model, images: tf.Tensor, labels: tf.Tensor, **options: Any):
    """One step of training."""
    step = slim.learning.make_train_step(
        net,
        slim.losses.sparse_softmax_cross_entropy,
        tf.compat.v1.train.MomentumOptimizer(0.001, 0.9),
        **options,
    )
    return lambda: step(images, labels).numpy()


def prediction(net: slim.Model, images: tf.Tensor, way: str):
    """One prediction, of the model as it is, of what `for_inference` makes of it, or by XLA."""
    as_trained(net)
    if way == "folded":
        predict = slim.export.for_inference(net)
    else:
        predict = tf.function(
            lambda x: net(x, is_training=False)[0],
            autograph=False,
            jit_compile=True if way == "compiled" else None,
        )
    return lambda: predict(images).numpy()


def main(way: str, name: str, batch: str, mode: str, precision: str) -> None:
    told = {}

    def make():
        images, labels = batch_of(name, int(batch))
        net = model(name, precision, recompute=way in ("recomputed", "both"))
        if mode == "train" and way in SPARING:
            return training(net, images, labels, **SPARING[way])
        told["gflop"] = gflop(net, images)
        if mode == "train":
            return training(net, images, labels, jit_compile=way == "compiled")
        return prediction(net, images, way)

    serve(make, told)


if __name__ == "__main__":
    main(*sys.argv[1:])
