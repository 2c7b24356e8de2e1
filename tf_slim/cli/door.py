"""What can be said at once of a configuration: before TensorFlow is loaded, and anything built."""

from __future__ import annotations

import os

from tf_slim.cli import net_statistics, runs, starting_point
from tf_slim.cli.config import Config
from tf_slim.cli.options import ConfigError
from tf_slim.ops import paths
from tf_slim.ops.wording import did_you_mean


def check(config: Config, folder: str | None) -> None:
    """Looks whether the net, the data and the checkpoint to begin from can be there.

    Args:
      config: the configuration.
      folder: the run folder; None for a new one.

    Raises:
      ConfigError: one of them is not.
      OSError: the run folder is far away, and cannot be written.
    """
    _check_net(config.model.name)
    _check_source(config.data.source)
    if folder is not None and paths.is_far(folder):
        _check_far(folder)
    if folder is None or not runs.has_checkpoints(folder):
        starting_point.check(config)


def _check_far(folder: str) -> None:
    """A place that has no bucket, or lets nobody in, is told of before anything is built."""
    from tf_slim.learning import logdir

    if logdir.made_writable(folder):
        logdir.remove_if_empty(folder)


def _check_net(name: str) -> None:
    known = net_statistics.known()
    if name not in known:
        raise ConfigError(
            f"There is no net {name!r}.{did_you_mean(name, known)} The nets: {', '.join(known)}. "
            "One of your own is trained in Python, by slim.learning.fit."
        )


def _check_source(source: str) -> None:
    """A path that is one by its look; a name is for the registry to know."""
    path = os.path.expanduser(source)
    if not os.path.dirname(path) or "://" in path or source.startswith("tfds:"):
        return
    if any(sign in path for sign in "*?[{") or os.path.exists(path):
        return
    raise ConfigError(f"There are no data {source!r} (looked from {os.getcwd()}).{_near(path)}")


def _near(path: str) -> str:
    folder, name = os.path.split(path.rstrip(os.sep))
    if not os.path.isdir(folder or "."):
        return f" There is no folder {folder!r} either."
    return did_you_mean(name, os.listdir(folder or "."), most=1)
