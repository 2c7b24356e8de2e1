"""`tf.nn.rnn_cell`: cells of recurrent nets, for `tf.nn.dynamic_rnn` and its like."""

from tf_slim.legacy.tensorflow1.rnn_cell.base import LSTMStateTuple, RNNCell
from tf_slim.legacy.tensorflow1.rnn_cell.cells import (
    BasicLSTMCell,
    BasicRNNCell,
    GRUCell,
    LSTMCell,
)
from tf_slim.legacy.tensorflow1.rnn_cell.wrappers import (
    DeviceWrapper,
    DropoutWrapper,
    MultiRNNCell,
    ResidualWrapper,
)

__all__ = [
    "BasicLSTMCell",
    "BasicRNNCell",
    "DeviceWrapper",
    "DropoutWrapper",
    "GRUCell",
    "LSTMCell",
    "LSTMStateTuple",
    "MultiRNNCell",
    "RNNCell",
    "ResidualWrapper",
]
