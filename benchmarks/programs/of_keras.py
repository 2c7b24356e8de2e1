"""A net of `keras.applications` in a `tf.function`, in turns with others.

    python benchmarks/programs/of_keras.py CLASS PIXELS WEIGHT_DECAY BATCH train|infer PRECISION

The ResNet-50 there has biases in its convolutions and the strides in other ones, which is 11 % more
multiply-adds.
"""

from __future__ import annotations

import sys

from turns import serve

CLASSES = 1000


def net(kind: str, pixels: int, decay: float):
    """The net, with weight decay so far as its layers have any."""
    import tensorflow as tf

    plain = getattr(tf.keras.applications, kind)(
        weights=None,
        input_shape=(pixels, pixels, 3),
        classes=CLASSES,
        classifier_activation=None,
    )
    config = plain.get_config()
    # Slim's is a factor of half the square, that of Keras of the square.
    regularizer = {
        "module": "keras.regularizers",
        "class_name": "L2",
        "config": {"l2": decay / 2},
        "registered_name": None,
    }
    for layer in config["layers"]:
        if "kernel_regularizer" in layer["config"]:
            layer["config"]["kernel_regularizer"] = regularizer
    return type(plain).from_config(config)


def made(kind: str, pixels: int, decay: float, batch: int, mode: str, precision: str):
    import tensorflow as tf

    if precision != "float32":
        tf.keras.config.set_dtype_policy(f"mixed_{precision}")
    model = net(kind, pixels, decay)
    images = tf.random.stateless_uniform([batch, pixels, pixels, 3], [1, 2], -1, 1)
    labels = tf.random.stateless_uniform([batch], [3, 4], 0, CLASSES, tf.int64)
    if mode == "infer":
        predict = tf.function(lambda x: model(x, training=False), autograph=False)
        return lambda: predict(images).numpy()
    optimizer = tf.keras.optimizers.SGD(0.001, momentum=0.9)
    optimizer.build(model.trainable_variables)
    task_loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            logits = tf.cast(model(images, training=True), tf.float32)
            loss = task_loss(labels, logits) + tf.add_n([0.0, *model.losses])
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    return lambda: step().numpy()


def main(kind: str, pixels: str, decay: str, batch: str, mode: str, precision: str) -> None:
    serve(
        lambda: made(kind, int(pixels), float(decay), int(batch), mode, precision),
        libraries=["tensorflow", "keras"],
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
