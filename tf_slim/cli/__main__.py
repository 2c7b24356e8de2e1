"""`python -m tf_slim.cli`: the same as the command `tf-slim`."""

import sys

from tf_slim.cli.main import run

sys.exit(run())
