"""The old path of the layers: `tf_slim.layers.layers.conv2d` and others."""

from tf_slim.layers import *  # noqa: F403
from tf_slim.layers import __all__  # noqa: F401  # pyright: ignore[reportAttributeAccessIssue]
from tf_slim.layers.inner_flatten import inner_flatten as _inner_flatten  # noqa: F401
