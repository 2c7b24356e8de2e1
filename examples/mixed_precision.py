"""The same net in float32 and with its products in bfloat16: as good, and how fast?

On a CPU without bfloat16 units (AVX512_BF16, AMX) the second is the slower one.

    python examples/mixed_precision.py
"""

from __future__ import annotations

import time

import tensorflow as tf

import tf_slim as slim

STEPS = 120

train = slim.data.Pipeline(slim.data.get_dataset("digits", "train"), 64, is_training=True)
test = slim.data.Pipeline(slim.data.get_dataset("digits", "test"), 355)


def net(images, is_training=False):
    x = slim.conv2d(images, 32, 3, scope="conv1")
    x = slim.batch_norm(x, is_training=is_training, scope="norm1")
    x = slim.conv2d(x, 32, 3, stride=2, scope="conv2")
    # The classifier in float32: its numbers go into an exponential.
    with slim.precision("float32"):
        return slim.fully_connected(slim.flatten(x), 10, activation_fn=None, scope="logits")


for precision in ("float32", "mixed_bfloat16"):
    model = slim.Model(net, precision=precision).build(train.element_spec[0])
    step = slim.learning.make_train_step(
        model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.05, 0.9)
    )
    batches = train.dataset().take(STEPS)
    for number, (images, labels) in enumerate(batches):
        if number == 10:  # the function is compiled, and the input runs
            begun = time.perf_counter()
        loss = step(images, labels)
    loss = float(loss)
    seconds = (time.perf_counter() - begun) / (STEPS - 10)
    scores = slim.evaluation.evaluate(model, test, slim.evaluation.classification_metrics(10))
    kept = {variable.dtype.name for variable in model.trainable_variables}
    print(
        f"{precision}: accuracy {scores['accuracy']:.3f}, {seconds * 1000:.1f} ms a step, "
        f"variables in {', '.join(kept)}"
    )
