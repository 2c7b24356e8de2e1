"""What converters tell of themselves is kept from the reader: what is wrong, they raise."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator

import tensorflow as tf

_CONVERTERS = ("tf2onnx", "onnxruntime")


@contextlib.contextmanager
def converting() -> Iterator[None]:
    """Mutes warnings of other libraries about their own insides."""
    # The last is the root: some of them write there.
    loggers = [tf.get_logger(), *map(logging.getLogger, _CONVERTERS), logging.getLogger()]
    before = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before):
            logger.setLevel(level)


@contextlib.contextmanager
def heard(name: str) -> Iterator[list[str]]:
    """Gives what a logger is told of errors, which it need not print.

    Args:
      name: of the logger.

    Yields:
      The messages, as they come.
    """
    messages: list[str] = []

    class Listener(logging.Handler):
        """Keeps messages."""

        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    logger, listener = logging.getLogger(name), Listener(logging.ERROR)
    before = logger.level, logger.propagate
    logger.addHandler(listener)
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    try:
        yield messages
    finally:
        logger.removeHandler(listener)
        logger.setLevel(before[0])
        logger.propagate = before[1]
