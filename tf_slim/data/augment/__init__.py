"""Augmentation beyond a preprocessing's own: one method a file, each a pure function of a seed.

Where each acts, and why, stands in `augment.py`.
"""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
