"""What is reached by several paths is one thing; what only shares a name is not."""

from __future__ import annotations

import importlib

import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1


def test_the_same_by_every_path():
    training = importlib.import_module("tf_slim.training.training")
    assert slim.training.train is slim.training.training.train is training.train
    assert slim.training.evaluation.evaluate_once is slim.train_eval.evaluate_once
    assert slim.data.parallel_reader is slim.parallel_reader
    assert slim.evaluation.checkpoints_iterator is slim.train_eval.checkpoints_iterator


def test_two_of_a_name():
    assert slim.evaluation.evaluate_once is not slim.train_eval.evaluate_once
    assert slim.learning.train is not slim.training.train
    # Not the module in which `make_train_step` lives.
    assert slim.learning.train_step.__name__ == "train_step" and callable(slim.learning.train_step)


def test_modules_that_programs_reach_through_learning():
    assert issubclass(slim.learning.supervisor.Supervisor, v1.train.Supervisor)
    assert slim.learning.tf_saver.Saver is v1.train.Saver
