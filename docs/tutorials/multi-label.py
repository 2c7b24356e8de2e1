"""Several labels a picture: which shapes are in it, some of them rare."""

# --8<-- [start:imports]
import numpy as np
import tensorflow as tf

import tf_slim as slim

tf.random.set_seed(1)
# --8<-- [end:imports]

# --8<-- [start:pictures]
NAMES = ["square", "ring", "cross", "bar"]
HOW_OFTEN = [0.5, 0.4, 0.3, 0.08]  # bars are rare; some pictures have nothing
SHAPES = np.zeros([4, 9, 9])
SHAPES[0] = 1
SHAPES[1] = 1
SHAPES[1, 2:7, 2:7] = 0
SHAPES[2, 3:6] = SHAPES[2, :, 3:6] = 1
SHAPES[3, 3:6] = 1


def pictures(number, seed):
    rng = np.random.default_rng(seed)
    labels = (rng.random([number, 4]) < HOW_OFTEN).astype(int)
    images = rng.integers(0, 120, [number, 32, 32])
    for image, there in zip(images, labels):
        for shape in SHAPES[there == 1]:
            top, left = rng.integers(0, 24, 2)
            place = image[top : top + 9, left : left + 9]
            place[shape == 1] = rng.integers(130, 256)
    return images.astype(np.uint8), labels


images, labels = pictures(1000, seed=1)
print(labels[:3].tolist(), "->", [NAMES[i] for i in np.flatnonzero(labels[0])])
# --8<-- [end:pictures]

# --8<-- [start:data]
train = slim.data.Pipeline(
    slim.data.from_arrays(images, labels, labels_to_names=NAMES, split="train"),
    32,
    is_training=True,
    preprocess="digits",
)
test = slim.data.Pipeline(
    slim.data.from_arrays(*pictures(300, seed=2), labels_to_names=NAMES, split="test"),
    100,
    preprocess="digits",
)
print(train.spec.multi_label, train.element_spec[1])
# --8<-- [end:data]


# --8<-- [start:net]
def net(images, num_classes=4, is_training=False):
    with (
        slim.scope("shapes"),
        slim.arg_scope([slim.batch_norm], is_training=is_training, decay=0.9),
        slim.arg_scope([slim.conv2d], normalizer_fn=slim.batch_norm),
    ):
        net = slim.conv2d(images, 16, 3, scope="conv1")
        net = slim.conv2d(net, 32, 3, stride=2, scope="conv2")
        net = slim.conv2d(net, 32, 3, scope="conv3")
        net = slim.conv2d(net, 64, 3, stride=2, scope="conv4")
        net = tf.reduce_max(net, [1, 2])  # anywhere in the picture
        return slim.fully_connected(net, num_classes, activation_fn=None, scope="logits")


# --8<-- [end:net]


# --8<-- [start:training]
def loss(logits, labels, weights=1.0):
    return slim.losses.label_cross_entropy(logits, labels, weights, multi_label=True)


def trained_on(train, logdir):
    model = slim.Model(net).build(train.element_spec[0])
    step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.Adam(0.005))
    run = slim.learning.fit(step, train, logdir, 150, validation=test, hooks=[])
    return model, run.validation


metrics = slim.evaluation.classification_metrics(4, multi_label=True)
untrained = slim.Model(net).build(train.element_spec[0])
before = slim.evaluation.evaluate(untrained, test, metrics)
model, after = trained_on(train, "runs/shapes")
for name in ("accuracy", "f1", "mean_average_precision", "auc"):
    print(f"{name}: {before[name]:.2f} -> {after[name]:.2f}")
# --8<-- [end:training]


# --8<-- [start:each]
def of_class(index):
    def prepare(logits, labels):
        return logits[:, index] > 0, labels[:, index]

    return prepare


def report(model):
    each = {}
    for index, name in enumerate(NAMES):
        each[f"{name}, precision"] = (slim.metrics.streaming_precision, of_class(index))
        each[f"{name}, recall"] = (slim.metrics.streaming_recall, of_class(index))
    results = slim.evaluation.evaluate(model, test, each)
    for name in NAMES:
        precision, recall = results[f"{name}, precision"], results[f"{name}, recall"]
        print(f"{name}: precision {precision:.2f}, recall {recall:.2f}")


report(model)
# --8<-- [end:each]

# --8<-- [start:weights]
balanced = slim.data.Pipeline(
    train.spec, 32, is_training=True, preprocess="digits", class_weights="balanced"
)
weights = slim.data.class_weights(train.spec, "balanced")
print({name: round(float(weight), 1) for name, weight in zip(NAMES, weights)})
model, _ = trained_on(balanced, "runs/balanced")
report(model)
# --8<-- [end:weights]

# --8<-- [start:predict]
predict = slim.Predictor(slim.load("runs/balanced", model=model))
for image, there in zip(*pictures(3, seed=3)):
    found = predict(image[..., None])
    answer = [(name, round(score, 2)) for name, score in found.top(2)]
    print([NAMES[i] for i in np.flatnonzero(there)], "->", answer)
# --8<-- [end:predict]
