"""TF-Slim 2: define, train and evaluate complex models in TensorFlow with little code.

    import tf_slim as slim

The names stand in `__init__.pyi` and are loaded when they are first used: `import tf_slim` costs
nothing, and the command line can answer `--help` without TensorFlow.
"""

from tf_slim.ops import moved as _moved
from tf_slim.ops.exports import attach as _attach

__version__ = "2.0.0"

_moved.install()
__getattr__, __dir__, __all__ = _attach(__name__, __file__)
