"""Model, optimizer and step of one strategy; a net that returns nothing: what the errors say."""

from __future__ import annotations

import contextlib

import pytest
import tensorflow as tf

import tf_slim as slim

LOSS = slim.losses.sparse_softmax_cross_entropy
IMAGES, LABELS = tf.ones([4, 2, 2, 1]), tf.constant([0, 1, 2, 0])


def net(images):
    return slim.fully_connected(slim.flatten(images), 3, None, scope="fc")


def forgetful(images):
    slim.fully_connected(slim.flatten(images), 3, None, scope="fc")


def adding(images):
    slim.losses.add_loss(tf.reduce_sum(net(images)))


def built(fn=net):
    return slim.Model(fn).build(tf.TensorSpec([None, 2, 2, 1]))


def batches():
    return tf.data.Dataset.from_tensors((IMAGES, LABELS))


# Which of model, optimizer and step are made in the scope, and what is said; None: it works.
PLACES = {
    "all": ("mos", None),
    "none": ("", None),
    "model outside": ("os", "the model net was made outside.*strategy.scope.*slim.Model"),
    "optimizer outside": ("ms", r"the optimizer was made outside.*scope.*optimizers.SGD\("),
    "step outside": ("mo", "make_train_step is called outside.*model net was made in the scope"),
    "optimizer inside": ("o", "the optimizer was made in the scope of a MirroredStrategy of 2"),
}


@pytest.mark.parametrize("name", PLACES)
def test_make_train_step(name, strategy2):
    inside, said = PLACES[name]

    def place(what):
        return strategy2.scope() if what in inside else contextlib.nullcontext()

    with place("m"):
        model = built()
    with place("o"):
        optimizer = tf.keras.optimizers.SGD(0.1, momentum=0.9)
    refused = pytest.raises(ValueError, match=said) if said else contextlib.nullcontext()
    with place("s"), refused:
        slim.learning.make_train_step(model, LOSS, optimizer)


def test_a_step_is_taken_where_it_was_made(strategy2):
    step = slim.learning.make_train_step(built(), LOSS, tf.keras.optimizers.SGD(0.1))
    said = "The step was made outside.* taken in the scope of a MirroredStrategy"
    with strategy2.scope():
        with pytest.raises(ValueError, match=said):
            slim.learning.fit(step, batches(), None, 1, hooks=[])
        with pytest.raises(ValueError, match=said):
            step(IMAGES, LABELS)


USES = {
    "step": lambda model: slim.learning.make_train_step(model, LOSS, tf.keras.optimizers.SGD(0.1))(
        IMAGES, LABELS
    ),
    "evaluate": lambda model: slim.evaluation.evaluate(
        model, batches(), slim.evaluation.classification_metrics(3)
    ),
}


@pytest.mark.parametrize("name", USES)
def test_a_net_that_returns_nothing(name):
    with pytest.raises(ValueError, match=r"The net forgetful \(.*\.py:\d+\) returned None.*return"):
        USES[name](built(forgetful))


def test_a_net_of_losses_alone_trains():
    optimizer = tf.keras.optimizers.SGD(0.1)
    step = slim.learning.make_train_step(built(adding), lambda outputs, labels: None, optimizer)
    first = float(step(IMAGES, LABELS))
    assert float(step(IMAGES, LABELS)) < first
