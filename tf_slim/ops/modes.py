"""Which of the three modes the calling code runs in.

TF-Slim keeps one set of rules in a `tf.compat.v1` graph with a Session, in eager mode and in a
`tf.function`. Where effects go is for `places` to know; what computes differently asks here.
"""

import contextvars
import weakref

import tensorflow as tf

from tf_slim.ops.setting import Setting

_AGAIN: contextvars.ContextVar[bool] = contextvars.ContextVar("recomputing", default=False)

# Asked several times per variable, and slow to find out in a function: a name scope each time.
_V1_FUNCTIONS: weakref.WeakKeyDictionary[tf.Graph, bool] = weakref.WeakKeyDictionary()

do_not_convert = tf.autograph.experimental.do_not_convert
"""For our own code that calls none of a user: AutoGraph takes its time over each function."""


def in_v1_graph() -> bool:
    """Whether variables and collections belong to a `tf.compat.v1` graph.

    True inside `with tf.Graph().as_default():` and after `tf.compat.v1.disable_v2_behavior()`,
    also within a function body (`tf.function`, `tf.cond`, `Dataset.map`) traced from there. False
    in eager mode and in a `tf.function` called from eager code.
    """
    if tf.executing_eagerly():
        return False
    graph = tf.compat.v1.get_default_graph()
    if not graph.building_function:
        return True
    known = _V1_FUNCTIONS.get(graph)
    if known is None:
        with tf.init_scope():
            known = _V1_FUNCTIONS[graph] = not tf.executing_eagerly()
    return known


def is_symbolic(tensor: object) -> bool:
    """Whether `tensor` is a node of some graph, and has no value of its own."""
    return tf.is_tensor(tensor) and not hasattr(tensor, "numpy")


def recomputing() -> bool:
    """Whether this code runs a second time, for its gradient: what it counts was counted before."""
    return _AGAIN.get()


def recomputation() -> Setting[bool]:
    """Marks the code inside as a recomputation."""
    return Setting(_AGAIN, True)
