"""Video: which way a square moves can only be seen in several frames."""

# --8<-- [start:imports]
import numpy as np
import tensorflow as tf

import tf_slim as slim

tf.random.set_seed(1)
# --8<-- [end:imports]

# --8<-- [start:clips]
NAMES = ["left", "right", "up", "down", "still"]
MOVES = np.array([[0, -1], [0, 1], [-1, 0], [1, 0], [0, 0]])


def clips(number, seed, frames=8, size=16):
    """A square of 4x4 pixels that moves over noise: one pixel a frame, round the edges."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(5, size=number)
    videos = rng.normal(0, 0.3, [number, frames, size, size, 1])
    for video, label in zip(videos, labels):
        start = rng.integers(size, size=2)
        for number, frame in enumerate(video):
            rows, columns = ((at + np.arange(4)) % size for at in start + number * MOVES[label])
            frame[np.ix_(rows, columns)] += 1
    return videos.astype(np.float32), labels


videos, labels = clips(600, seed=1)
train = tf.data.Dataset.from_tensor_slices((videos, labels))
train = train.shuffle(600, seed=1).repeat().batch(32)
test = clips(200, seed=2)
print(videos.shape)
# --8<-- [end:clips]


# --8<-- [start:nets]
def net(videos, kernel, is_training=False):
    """A net whose convolutions see `kernel` frames at a time."""
    with (
        slim.scope("net"),
        slim.arg_scope([slim.batch_norm], is_training=is_training, decay=0.9),
        slim.arg_scope([slim.conv3d], normalizer_fn=slim.batch_norm),
    ):
        net = slim.conv3d(videos, 8, [kernel, 3, 3], scope="conv1")
        net = slim.conv3d(net, 16, [kernel, 3, 3], scope="conv2")
        net = slim.max_pool3d(net, [1, 2, 2], [1, 2, 2], scope="pool2")
        net = slim.conv3d(net, 32, [kernel, 3, 3], scope="conv3")
        net = tf.reduce_mean(net, [1, 2, 3])
        return slim.fully_connected(net, 5, activation_fn=None, scope="logits")


# --8<-- [end:nets]


# --8<-- [start:training]
def trained(model, number_of_steps, rate=0.01):
    step = slim.learning.make_train_step(
        model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.Adam(rate)
    )
    slim.learning.fit(step, train, None, number_of_steps, hooks=[])
    results = slim.evaluation.evaluate(model, test, slim.evaluation.classification_metrics(5))
    return results["accuracy"]


for kernel in (1, 3):
    model = slim.Model(net, kernel=kernel).build(tf.TensorSpec([None, 8, 16, 16, 1]))
    print(f"{kernel} frames at a time: accuracy {trained(model, 100):.0%}")
# --8<-- [end:training]

# --8<-- [start:picture]
rows = [videos[np.flatnonzero(labels == label)[0], :, :, :, 0] for label in range(5)]
rows = np.vstack([np.hstack([np.pad(frame, 1) for frame in row]) for row in rows])
pixels = np.clip(rows * 100 + 80, 0, 255) // 32 * 32
sheet = np.kron(pixels, np.ones([3, 3]))[..., None].astype(np.uint8)
tf.io.write_file("video.png", tf.io.encode_png(sheet))
# --8<-- [end:picture]

# --8<-- [start:s3dg]
print([name for name in slim.nets.names() if slim.nets.spec(name).frames])
small = slim.nets.create("s3dg", num_classes=5, depth_multiplier=0.125, dropout_keep_prob=1.0)
small.build(tf.TensorSpec([None, 16, 32, 32, 3]))
logits, end_points = small(tf.zeros([1, 16, 32, 32, 3]))
print(small)
print(logits.shape, end_points["Mixed_5c"].shape)
# --8<-- [end:s3dg]
