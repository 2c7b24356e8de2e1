"""`python -m tf_slim.legacy script.py ARGS`: what `tf-slim run` does."""

import sys

from tf_slim.legacy import runner
from tf_slim.ops import old_release

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print("usage: python -m tf_slim.legacy SCRIPT.py [ARGS ...]", file=sys.stderr)
        raise SystemExit(0 if len(sys.argv) > 1 else 2)
    warning = old_release.warning()
    if warning:
        print(f"Warning: {warning}", file=sys.stderr)
    raise SystemExit(runner.main(sys.argv[1], sys.argv[2:]))
