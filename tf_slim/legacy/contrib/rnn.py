"""What `tf.contrib.rnn` had besides cells."""

from __future__ import annotations

import tensorflow as tf

__all__ = ["static_bidirectional_rnn", "static_rnn", "static_state_saving_rnn"]

static_bidirectional_rnn = tf.compat.v1.nn.static_bidirectional_rnn
static_rnn = tf.compat.v1.nn.static_rnn
static_state_saving_rnn = tf.compat.v1.nn.static_state_saving_rnn
