"""Waiting for the checkpoints that another process writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import tensorflow as tf

logging = tf.compat.v1.logging


def wait_for_new_checkpoint(
    checkpoint_dir: str,
    last_checkpoint: str | None = None,
    seconds_to_sleep: float = 1,
    timeout: float | None = None,
) -> str | None:
    """Waits until the latest checkpoint of a folder is another one.

    Checkpoints that come and are followed by others between two looks are passed over.

    Args:
      checkpoint_dir: the folder; it need not be there yet.
      last_checkpoint: the path that does not count, or None.
      seconds_to_sleep: seconds between two looks.
      timeout: seconds to wait at most; None for no limit.

    Returns:
      The path of the new checkpoint, or None when the time was over.

    Examples:
      >>> path = slim.evaluation.wait_for_new_checkpoint("runs/digits")
      >>> path
      'runs/digits/model.ckpt-100'
      >>> slim.evaluation.wait_for_new_checkpoint("runs/digits", path, timeout=0.1) is None
      True
    """
    logging.info("Waiting for new checkpoint at %s", checkpoint_dir)
    until = None if timeout is None else time.monotonic() + timeout
    while True:
        path = tf.train.latest_checkpoint(checkpoint_dir)
        if path is not None and path != last_checkpoint:
            logging.info("Found new checkpoint at %s", path)
            return path
        if until is not None and time.monotonic() + seconds_to_sleep > until:
            return None
        time.sleep(seconds_to_sleep)


def checkpoints_iterator(
    checkpoint_dir: str,
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Iterator[str]:
    """Yields each new checkpoint of a folder as it appears.

    Args:
      checkpoint_dir: the folder; it need not be there yet.
      min_interval_secs: least number of seconds from one checkpoint to the next.
      timeout: seconds to wait for a new one; None for no limit.
      timeout_fn: called when nothing came for that long; ends the iteration by returning True.
        Without it a timeout ends the iteration.

    Yields:
      Paths of checkpoints, always of the latest one: some may be passed over.

    Examples:
      >>> for path in slim.evaluation.checkpoints_iterator("runs/digits", timeout=0):
      ...     print(path)
      runs/digits/model.ckpt-100
    """
    path = None
    while True:
        found = wait_for_new_checkpoint(checkpoint_dir, path, timeout=timeout)
        if found is None:
            if timeout_fn is None:
                logging.info("No new checkpoint for %s seconds: the end.", timeout)
                return
            if timeout_fn():
                return
            continue
        start = time.monotonic()
        path = found
        yield path
        time.sleep(max(0.0, start + min_interval_secs - time.monotonic()))
