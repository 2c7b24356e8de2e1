"""The old path `slim.learning.tf_saver.Saver`."""

import tensorflow as tf

Saver = tf.compat.v1.train.Saver

__all__ = ["Saver"]
