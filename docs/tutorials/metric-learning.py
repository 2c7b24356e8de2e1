"""Metric learning: digits become points, near each other if they are of one class."""

# --8<-- [start:imports]
import numpy as np
import tensorflow as tf

import tf_slim as slim

tf.random.set_seed(1)
# --8<-- [end:imports]


# --8<-- [start:data]
def all_digits(split):
    spec = slim.data.get_dataset("digits", split)
    images, labels = next(iter(slim.data.Pipeline(spec, 2000).dataset()))
    return images.numpy(), labels.numpy()


def moved(images, rng, size=14):
    """Each 8x8 digit somewhere on a larger picture, with noise."""
    canvas = np.full([len(images), size, size, 1], -1, np.float32)
    for picture, image in zip(canvas, images):
        top, left = rng.integers(0, size - 7, 2)
        picture[top : top + 8, left : left + 8] = image
    return canvas + rng.normal(0, 0.2, canvas.shape).astype(np.float32)


digits, labels = all_digits("train")
rng = np.random.default_rng(1)
gallery, gallery_labels = moved(digits, rng), labels
test_digits, query_labels = all_digits("test")
queries = moved(test_digits, rng)
print("gallery", gallery.shape, "queries", queries.shape)
# --8<-- [end:data]


# --8<-- [start:batches]
def batches(steps, classes=10, of_each=8, seed=0):
    """Eight pictures of each class, so that every picture has pairs in its batch."""
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(labels == label) for label in range(classes)]
    for _ in range(steps):
        chosen = np.concatenate([rng.choice(of_class, of_each) for of_class in members])
        yield moved(digits[chosen], rng), labels[chosen]


train = tf.data.Dataset.from_generator(
    lambda: batches(steps=150),
    output_signature=(
        tf.TensorSpec([80, 14, 14, 1], tf.float32),
        tf.TensorSpec([80], tf.int64),
    ),
)
# --8<-- [end:batches]


# --8<-- [start:net]
def embed(images, is_training=False):
    with (
        slim.scope("embed"),
        slim.arg_scope([slim.batch_norm], is_training=is_training, decay=0.9),
        slim.arg_scope([slim.conv2d], normalizer_fn=slim.batch_norm),
    ):
        net = slim.conv2d(images, 32, 3, scope="conv1")
        net = slim.conv2d(net, 64, 3, stride=2, scope="conv2")
        net = slim.conv2d(net, 64, 3, scope="conv3")
        net = slim.conv2d(net, 128, 3, stride=2, scope="conv4")
        net = tf.reduce_max(net, [1, 2])
        net = slim.fully_connected(net, 32, activation_fn=None, scope="embedding")
        return tf.math.l2_normalize(net, axis=1)


model = slim.Model(embed).build(tf.TensorSpec([None, 14, 14, 1]))
print(model(queries[:2]).shape)
# --8<-- [end:net]


# --8<-- [start:recall]
def recall_at_1(vectors, of_queries):
    """The share of queries whose nearest picture in the gallery is of their class."""
    nearest = (of_queries @ vectors.T).argmax(axis=1)
    return np.mean(gallery_labels[nearest] == query_labels)


def vectors_of_pixels(images):
    flat = images.reshape(len(images), -1)
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


def embeddings(images):
    return model(images).numpy()


def report(what, vectors):
    print(f"{what}: {recall_at_1(vectors(gallery), vectors(queries)):.1%}")


report("pixels", vectors_of_pixels)
report("before training", embeddings)
# --8<-- [end:recall]


# --8<-- [start:training]
def loss(embeddings, labels):
    return slim.losses.triplet_semihard_loss(labels, embeddings, margin=0.5)


step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.Adam(0.002))
run = slim.learning.fit(step, train, "runs/embed", hooks=[])
print("steps:", run.step, "because", run.stop)
report("after training", embeddings)
# --8<-- [end:training]


# --8<-- [start:picture]
best = (embeddings(queries[:8]) @ embeddings(gallery).T).argsort(axis=1)[:, :-6:-1]
rows = [np.hstack([queries[i], *gallery[best[i]]]) for i in range(8)]
halves = np.hstack([np.vstack(rows[:4]), np.vstack(rows[4:])])
sheet = np.kron(halves[..., 0], np.ones([4, 4]))
pixels = np.clip((sheet[..., None] + 1) * 127.5, 0, 255) // 32 * 32
tf.io.write_file("metric-learning.png", tf.io.encode_png(pixels.astype(np.uint8)))
# --8<-- [end:picture]
