"""Transfer learning in Python: a net that was trained on other pictures learns those of a folder.

    python examples/transfer.py pets                                  # published weights
    python examples/transfer.py pets --net cifarnet --checkpoint runs/other

Only the new head is trained first, and then everything, at a tenth of the rate.
"""

from __future__ import annotations

import argparse
from typing import Any

import tensorflow as tf

import tf_slim as slim

parser = argparse.ArgumentParser()
parser.add_argument("folder", help="a folder with one folder of pictures for each class")
parser.add_argument("--net", default="mobilenet_v2")
parser.add_argument("--checkpoint", default=True, help="a checkpoint, in place of the published")
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--logdir", default="runs/transfer")
options = parser.parse_args()

net = slim.nets.spec(options.net)
size = net.image_size
like: Any = dict(preprocess=net.preprocessing, image_size=size)
train = slim.data.Pipeline(slim.data.from_folder(options.folder), 16, is_training=True, **like)
test = slim.data.Pipeline(slim.data.from_folder(options.folder, "validation"), 16, **like)
classes = train.spec.num_classes

model = slim.nets.create(options.net, num_classes=classes, checkpoint=options.checkpoint)
head = [f"{name}/*" for name in net.logits_scopes]


def stage(name, epochs, rate, **which):
    step = slim.learning.make_train_step(
        model,
        slim.losses.sparse_softmax_cross_entropy,
        tf.keras.optimizers.Adam(rate),
        **which,
    )
    run = slim.learning.fit(
        step, train, f"{options.logdir}/{name}", epochs=epochs, validation=test, hooks=[]
    )
    assert run.best
    print(f"{name}: accuracy {run.best.value:.2f} at step {run.best.step}")


stage("head", options.epochs, 1e-2, variables_to_train=head)
stage("all", options.epochs, 1e-3)

labels = list((train.spec.labels_to_names or {}).values())
predict = slim.Predictor(model, labels=labels, **like)
for picture in slim.data.from_folder(options.folder, "validation").listing.paths[:3]:
    print(picture, predict(f"{options.folder}/{picture}").top(2))
