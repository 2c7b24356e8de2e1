"""Where training begins: `train.restore`, or `--init`, and what follows from it.

It is a checkpoint or a folder of them (a run's, say), `published` for the one that goes with the
net, or the name of a published one. What is looked at first needs no TensorFlow, so that a wrong
word is told of at once.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tf_slim.cli import config as configs
from tf_slim.cli import net_statistics, runs
from tf_slim.cli.config import Config
from tf_slim.cli.options import ConfigError, fields
from tf_slim.nets._published import PUBLISHED, Checkpoint
from tf_slim.ops import paths
from tf_slim.ops.wording import did_you_mean

if TYPE_CHECKING:
    from tf_slim.learning.description import Description

WORD = "published"


def completed(incomplete: str) -> list[str]:
    """The names that begin so, for a shell."""
    return [name for name in (WORD, *PUBLISHED) if name.startswith(incomplete)]


def net_of(start: str) -> str | None:
    """The net that a published checkpoint or a run folder is of, where that is known.

    The name of a net means the checkpoint that was published of it.
    """
    if not _is_path(start):
        known = PUBLISHED.get(start)
        return (start if _names_of(start) else None) if known is None else known.net
    return _net_of_run(start)


def check(config: Config) -> None:
    """Looks whether there can be such a checkpoint of the net.

    Raises:
      ConfigError: there is no file, folder or published checkpoint of this name, or it is one of
        another net.
    """
    start, net = config.train.restore, config.model.name
    if not start:
        return
    if _is_there(start):
        of_run = None if config.train.restore_exclude else _net_of_run(start)
        if of_run is not None and of_run != net:
            raise ConfigError(
                f"{start} is of the net {of_run!r}, not of {net!r}: take --net {of_run}."
            )
        return
    if start != WORD and start not in PUBLISHED and start != net:
        raise ConfigError(
            f"There is no checkpoint, run folder or published checkpoint {start!r} (looked from "
            f"{os.getcwd()}).{did_you_mean(start, [WORD, *PUBLISHED])} Those that were published: "
            "tf-slim nets."
        )
    if start in PUBLISHED and PUBLISHED[start].net != net:
        raise ConfigError(
            f"The checkpoint {start!r} is one of the net {PUBLISHED[start].net!r}, not of {net!r}. "
            f"Take --net {PUBLISHED[start].net}, or a checkpoint of {net}: "
            f"{', '.join(_names_of(net)) or 'none was published'}."
        )
    if start not in PUBLISHED and not _names_of(net):
        raise ConfigError(
            f"{_none_of(net)} Give the path of one, or train it from scratch, without --init."
        )


def check_name(name: str) -> None:
    """Looks whether there is a published checkpoint of this name, or of a net of this name.

    Raises:
      ConfigError: there is none.
    """
    if name in PUBLISHED or _names_of(name):
        return
    if name in net_statistics.known():
        raise ConfigError(_none_of(name))
    raise ConfigError(
        f"There is no published checkpoint, and no net, {name!r}."
        f"{did_you_mean(name, [*PUBLISHED, *net_statistics.known()])} All of them: tf-slim nets."
    )


def _names_of(net: str) -> list[str]:
    return [one.name for one in PUBLISHED.values() if one.net == net]


def _none_of(net: str) -> str:
    nets = ", ".join(sorted({one.net for one in PUBLISHED.values()}))
    return f"No checkpoint of {net!r} was published. Published: {nets}."


def published(config: Config) -> Checkpoint | None:
    """The published checkpoint that is meant; None for a path, which goes before a name."""
    start, net = config.train.restore, config.model.name
    if not start or _is_path(start):
        return None
    check(config)
    from tf_slim import nets

    return nets.checkpoint(net if start == WORD else start)


def trained_as(config: Config) -> Config:
    """The configuration with what a net needs to be fed as it was where training begins.

    These are its own arguments, the size of its images and their preprocessing, as far as nothing
    else was said.
    """
    known = published(config)
    if known is not None:
        kwargs, size, how = known.keywords, known.image_size, known.preprocessing
        config = config.replaced(train__restore=known.name)
    elif (run := described(config.train.restore)) is not None:
        # What has options of its own is that of a training, not of the net.
        kwargs = {k: v for k, v in run.kwargs.items() if k not in fields(configs.ModelOptions)}
        how = run.preprocessing
        size = None if run.image_size is None else list(run.image_size)
    else:
        return config
    return config.replaced(
        model__kwargs={**kwargs, **config.model.kwargs},
        data__image_size=config.data.image_size or size,
        data__preprocessing=config.data.preprocessing or how,
    )


def fetched(config: Config) -> str:
    """The path of the checkpoint to begin from, fetched if need be; "" for none.

    Of a run it is the best one, if validation has told, else the latest.

    Raises:
      OSError: it cannot be fetched.
    """
    known = published(config)
    if known is None:
        from tf_slim import checkpoints

        start = os.path.expanduser(config.train.restore)
        best = checkpoints.best(start) if paths.is_folder(start) else None
        return start if best is None else best.path
    from tf_slim import nets

    return nets.fetch(known.name)


def absolute(config: Config) -> str:
    """`train.restore` as it means the same from everywhere: a run may go on from another folder."""
    start = config.train.restore
    if not start or not _is_path(start):
        return start
    return paths.absolute(os.path.expanduser(start))


def _is_path(start: str) -> bool:
    """Whether it is a path and no name: by its look, or since something of this name is there."""
    return "/" in start or os.sep in start or _is_there(start)


def _is_there(start: str) -> bool:
    path = os.path.expanduser(start)
    return paths.exists(path) or paths.exists(path + ".index")


def _folder(start: str) -> str:
    """The folder of the run that a checkpoint may be one of."""
    path = os.path.expanduser(start)
    return path if paths.is_folder(path) else os.path.dirname(path) or "."


def described(start: str) -> Description | None:
    """What the run says of itself that a checkpoint is of."""
    if not start or not _is_path(start):
        return None
    from tf_slim.evaluation import old_runs
    from tf_slim.learning import description

    folder = _folder(start)
    if not paths.is_folder(folder):
        return None
    return description.read(folder) or old_runs.describe(folder)


def _net_of_run(start: str) -> str | None:
    """The net of a run, where its folder says so."""
    if not start:
        return None
    folder = _folder(start)
    if found := runs.description(folder):
        return found.get("net")
    if not paths.exists(configs.path_in(folder)):
        return None
    return configs.load(configs.path_in(folder), is_whole=True).model.name
