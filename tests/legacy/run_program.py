"""`tf-slim run`, in a process that may have been forked from one that has loaded all this."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import tensorflow as tf

import tf_slim as slim
from tf_slim.cli import main as command_line
from tf_slim.legacy import runner, source

LOADED = tf, runner, source, slim.learning.train, slim.conv2d, slim.metrics, slim.evaluation


def main(words: Sequence[str]) -> None:
    sys.exit(command_line.run(["run", *words]))


if __name__ == "__main__":
    main(sys.argv[1:])
