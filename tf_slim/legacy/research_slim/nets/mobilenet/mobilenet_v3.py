"""`nets.mobilenet.mobilenet_v3` of research/slim."""

import functools

from tf_slim.legacy.research_slim.nets.mobilenet.mobilenet import training_scope
from tf_slim.nets.mobilenet.mobilenet_v3 import (
    DEFAULTS,
    DEFAULTS_GROUP_NORM,
    V3_EDGETPU,
    V3_LARGE,
    V3_LARGE_DETECTION,
    V3_LARGE_MINIMALISTIC,
    V3_SMALL,
    V3_SMALL_DETECTION,
    V3_SMALL_MINIMALISTIC,
    edge_tpu,
    edge_tpu_075,
    expand_input,
    hard_swish,
    large,
    large_minimalistic,
    mbv3_fused,
    mbv3_op,
    mbv3_op_se,
    mobilenet,
    mobilenet_base,
    op,
    reduce_to_1x1,
    small,
    small_minimalistic,
    squeeze_excite,
)

__all__ = [
    "DEFAULTS",
    "DEFAULTS_GROUP_NORM",
    "V3_EDGETPU",
    "V3_LARGE",
    "V3_LARGE_DETECTION",
    "V3_LARGE_MINIMALISTIC",
    "V3_SMALL",
    "V3_SMALL_DETECTION",
    "V3_SMALL_MINIMALISTIC",
    "edge_tpu",
    "edge_tpu_075",
    "expand_input",
    "hard_swish",
    "large",
    "large_minimalistic",
    "mbv3_fused",
    "mbv3_op",
    "mbv3_op_se",
    "mobilenet",
    "mobilenet_base",
    "op",
    "reduce_to_1x1",
    "small",
    "small_minimalistic",
    "squeeze_excite",
    "training_scope",
    "wrapped_partial",
]


def wrapped_partial(func, new_defaults=None, **kwargs):
    """`func` with `kwargs` and, where a call does not say otherwise, `new_defaults`."""

    def with_defaults(*args, **given):
        return func(*args, **{**(new_defaults or {}), **given})

    partial = functools.partial(functools.update_wrapper(with_defaults, func), **kwargs)
    return functools.update_wrapper(partial, func)
