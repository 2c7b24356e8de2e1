"""The old path of `tf_slim.checkpoints.assigning`."""

import sys

from tf_slim.checkpoints import assigning

sys.modules[__name__] = assigning
