"""Trains LeNet on digits with all workers that there are: python several-machines.py RUN STEPS."""

# --8<-- [start:program]
import sys

import tensorflow as tf

import tf_slim as slim

strategy = slim.learning.make_strategy()  # before anything else of TensorFlow
tf.random.set_seed(1)  # the same first weights, however many begin with them

logdir, steps = sys.argv[1:] or ["runs/alone", "30"]
train = slim.data.Pipeline(slim.data.get_dataset("digits", "train"), 64, is_training=True)
test = slim.data.Pipeline(slim.data.get_dataset("digits", "test"), 355)

with strategy.scope():
    model = slim.nets.create("lenet", num_classes=10, dropout_keep_prob=1.0).build(
        train.element_spec[0]
    )
    step = slim.learning.make_train_step(
        model,
        slim.losses.sparse_softmax_cross_entropy,
        tf.keras.optimizers.SGD(0.05, momentum=0.9),
    )

run = slim.learning.fit(step, train, logdir, int(steps), hooks=[])
with strategy.scope():
    results = slim.evaluation.evaluate(model, test, slim.evaluation.classification_metrics(10))
if run.is_chief:
    print(f"steps {run.first_step + 1} to {run.step} by {strategy.num_replicas_in_sync}")
    print(f"accuracy {results['accuracy']:.1%}")
# --8<-- [end:program]
