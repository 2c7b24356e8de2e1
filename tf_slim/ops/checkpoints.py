"""The old path of `tf_slim.checkpoints`."""

import sys

from tf_slim import checkpoints

sys.modules[__name__] = checkpoints
