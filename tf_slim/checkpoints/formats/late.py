"""NumPy and TensorFlow, loaded by the first use of a name in them.

So the list of formats costs nothing: the command line shows it in its help, without either.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__all__ = ["np", "tf"]

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf
else:

    class _Late:
        def __init__(self, module: str):
            self._module = module

        def __getattr__(self, name: str) -> Any:
            return getattr(importlib.import_module(self._module), name)

    np, tf = _Late("numpy"), _Late("tensorflow")
