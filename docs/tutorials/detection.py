"""Detection: heads on two inner layers of a net find coloured squares of any size."""

# --8<-- [start:imports]
import numpy as np
import tensorflow as tf

import tf_slim as slim

tf.random.set_seed(1)
# --8<-- [end:imports]

# --8<-- [start:pictures]
COLOURS = np.array([[220, 60, 60], [60, 200, 60], [80, 80, 230]])  # red, green, blue
NAMES = ["red", "green", "blue"]
SIZE = 64


def picture(rng):
    """One to three squares; boxes are (top, left, bottom, right)."""
    image = np.repeat(rng.integers(0, 6, [SIZE, SIZE, 1]) * 24, 3, axis=2)
    boxes, classes = [], []
    for _ in range(rng.integers(1, 4)):
        side = rng.integers(8, 33)
        top, left = rng.integers(0, SIZE - side, 2)
        colour = rng.integers(3)
        image[top : top + side, left : left + side] = COLOURS[colour]
        boxes.append([top, left, top + side, left + side])
        classes.append(colour)
    return image.astype(np.uint8), np.array(boxes), np.array(classes)


# --8<-- [end:pictures]


# --8<-- [start:grids]
GRIDS = [8, 4]  # cells a side: of 8 pixels for small squares, of 16 for large ones
INDICES = [np.indices([n, n]).reshape(2, -1).T for n in GRIDS]
CENTRES = np.concatenate([(i + 0.5) * SIZE / n for i, n in zip(INDICES, GRIDS)])
CELLS = np.concatenate([np.full(n * n, SIZE / n) for n in GRIDS])


def targets(boxes, classes):
    """What the net shall say of each of the 80 cells: a class (3 is none) and a box."""
    cell_classes, cell_boxes = np.full(80, 3), np.zeros([80, 4], np.float32)
    for box, label in zip(boxes, classes):
        centre, side = (box[:2] + box[2:]) / 2, box[2] - box[0]
        responsible = np.where((CELLS == 8) == (side < 20))[0]
        distances = np.linalg.norm(CENTRES[responsible] - centre, axis=1)
        cell = responsible[distances.argmin()]
        cell_classes[cell] = label
        cell_boxes[cell] = [
            *(centre - CENTRES[cell]) / CELLS[cell],
            *np.log((box[2:] - box[:2]) / CELLS[cell]),
        ]
    return cell_classes, cell_boxes


# --8<-- [end:grids]


# --8<-- [start:data]
def data(number, seed):
    rng = np.random.default_rng(seed)
    made = [picture(rng) for _ in range(number)]
    images = np.stack([image for image, _, _ in made]).astype(np.float32) / 127.5 - 1
    cells = [targets(boxes, classes) for _, boxes, classes in made]
    return made, images, tuple(np.stack(part) for part in zip(*cells))


_, images, labels = data(1024, seed=1)
train = tf.data.Dataset.from_tensor_slices((images, labels))
train = train.shuffle(1024, seed=1).repeat().batch(32)
made, test_images, test_labels = data(128, seed=2)
print(images.shape, [part.shape for part in labels])
# --8<-- [end:data]


# --8<-- [start:trunk]
def trunk_scope(weight_decay=1e-4):
    with (
        slim.arg_scope([slim.batch_norm], decay=0.9),
        slim.arg_scope(
            [slim.conv2d],
            normalizer_fn=slim.batch_norm,
            weights_regularizer=slim.l2_regularizer(weight_decay),
        ) as scope,
    ):
        return scope


@slim.nets.register(arg_scope=trunk_scope, image_size=SIZE)
def small_trunk(images, num_classes=3, is_training=True, scope="small_trunk"):
    end_points = {}
    with slim.scope(scope), slim.arg_scope([slim.batch_norm], is_training=is_training):
        net = images
        for name, depth in [("conv1", 16), ("conv2", 32), ("conv3", 64), ("conv4", 64)]:
            net = slim.conv2d(net, depth, 3, stride=2, scope=name)
            end_points[name] = net  # 32x32, 16x16, 8x8, 4x4
        if num_classes:
            net = tf.reduce_mean(net, [1, 2])
            net = slim.fully_connected(net, num_classes, activation_fn=None, scope="logits")
    return net, end_points


# --8<-- [end:trunk]


# --8<-- [start:heads]
trunk = slim.nets.create("small_trunk", features=["conv3", "conv4"])


def detector(images, is_training=False):
    """[batch, 80, 4] scores of classes, [batch, 80, 4] boxes."""
    classes, boxes = [], []
    for name, features in trunk(images, is_training=is_training).items():
        with slim.scope(f"heads/{name}"):
            shared = slim.conv2d(features, 64, 3, scope="shared")
            with slim.arg_scope([slim.conv2d], activation_fn=None):
                classes.append(slim.conv2d(shared, 4, 1, scope="classes"))
                boxes.append(slim.conv2d(shared, 4, 1, scope="boxes"))
    cells = [tf.reshape(x, [-1, x.shape[1] * x.shape[2], 4]) for x in classes + boxes]
    return tf.concat(cells[:2], 1), tf.concat(cells[2:], 1)


model = slim.Model(detector).build(tf.TensorSpec([None, SIZE, SIZE, 3]))
print(model)
print([x.shape for x in model(images[:1])])
# --8<-- [end:heads]


# --8<-- [start:loss]
def loss(outputs, labels):
    (classes, boxes), (true_classes, true_boxes) = outputs, labels
    there = tf.cast(true_classes < 3, tf.float32)
    classification = slim.losses.sparse_softmax_cross_entropy(
        classes, true_classes, weights=1 + 9 * there
    )
    regression = slim.losses.absolute_difference(
        boxes,
        true_boxes,
        weights=there[:, :, tf.newaxis],
    )
    return classification + regression


schedule = tf.keras.optimizers.schedules.CosineDecay(0.005, 200)
step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.Adam(schedule))
# --8<-- [end:loss]


# --8<-- [start:metrics]
def found_cells(outputs, labels):
    """Of the cells that have a square: what the net says, what is true."""
    there = tf.cast(labels[0] < 3, tf.float32)
    return tf.argmax(outputs[0], -1), labels[0], there


def box_errors(outputs, labels):
    there = tf.cast(labels[0] < 3, tf.float32)
    errors = tf.reduce_mean(tf.abs(outputs[1] - labels[1]), -1)
    return errors, there


metrics = {
    "class of squares": (slim.metrics.streaming_accuracy, found_cells),
    "box error, cells": (slim.metrics.streaming_mean, box_errors),
}
test = tf.data.Dataset.from_tensor_slices((test_images, test_labels)).batch(64)
for name, value in slim.evaluation.evaluate(model, test, metrics).items():
    print(f"before: {name} {value:.2f}")
# --8<-- [end:metrics]

# --8<-- [start:training]
slim.learning.fit(step, train, "runs/detection", number_of_steps=200, hooks=[])
for name, value in slim.evaluation.evaluate(model, test, metrics).items():
    print(f"after: {name} {value:.2f}")
# --8<-- [end:training]


# --8<-- [start:boxes]
@tf.function
def detect(images):
    """For each picture boxes in 0..1, classes and probabilities; 4 at most."""
    classes, boxes = model(images)
    probabilities = tf.nn.softmax(classes)[..., :3]
    centres = boxes[..., :2] * CELLS[:, None] + CENTRES
    sides = tf.exp(boxes[..., 2:]) * CELLS[:, None]
    corners = tf.concat([centres - sides / 2, centres + sides / 2], -1) / SIZE
    found = tf.image.combined_non_max_suppression(
        corners[:, :, None], probabilities, 4, 4, iou_threshold=0.3, score_threshold=0.5
    )
    return found.nmsed_boxes, found.nmsed_classes, found.nmsed_scores


boxes, classes, scores = (x.numpy() for x in detect(test_images))
for box, label, score in zip(boxes[0], classes[0], scores[0]):
    if score:
        print(NAMES[int(label)], np.round(box * SIZE).astype(int))
print("made of:", [(NAMES[c], b.tolist()) for b, c in zip(made[0][1], made[0][2])])
# --8<-- [end:boxes]


# --8<-- [start:count]
def overlap(a, b):
    sides = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0)
    areas = [np.prod(box[2:] - box[:2]) for box in (a, b)]
    return np.prod(sides) / (sum(areas) - np.prod(sides))


squares = found = 0
for (_, true_boxes, colours), answers, labels in zip(made, boxes * SIZE, classes):
    for box, colour in zip(true_boxes, colours):
        right = [one for one, label in zip(answers, labels) if label == colour]
        found += any(overlap(box, one) > 0.5 for one in right)
        squares += 1
print(f"{found / squares:.0%} of {squares} squares found")
# --8<-- [end:count]

# --8<-- [start:drawing]
shown = tf.repeat(tf.repeat((test_images[:6] + 1) / 2, 3, axis=1), 3, axis=2)
shown = tf.image.draw_bounding_boxes(shown, boxes[:6], [[1.0, 1.0, 0.0]])
rows = tf.concat(tf.split(tf.concat(tf.unstack(shown), 1), 2, axis=1), 0)
tf.io.write_file("detection.png", tf.io.encode_png(tf.cast(rows * 255, tf.uint8)))
# --8<-- [end:drawing]
