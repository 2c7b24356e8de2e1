"""Run folders: which one a command means, and whether it can go on there."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from typing import Any

from tf_slim.cli import config as configs
from tf_slim.cli import terminal
from tf_slim.cli.config import Config
from tf_slim.cli.options import ConfigError
from tf_slim.ops import files, paths

_PARENT = "runs"

WORKERS = "workers"
"""The folder of a run that has the logs of its workers."""


def config_of(folder: str) -> Config:
    """The configuration that a run folder keeps.

    Raises:
      ConfigError: the folder is not there, or is no run folder.
    """
    if not paths.is_folder(folder):
        raise ConfigError(f"There is no run folder {folder!r} (looked from {os.getcwd()}).")
    path = configs.path_in(folder)
    if not paths.exists(path):
        raise ConfigError(
            f"{folder} is no run folder of `tf-slim train`: it has no {configs.FILE_NAME}."
        )
    return configs.load(path, is_whole=True)


def config_to_evaluate(folder: str, settings: list[str]) -> Config:
    """The configuration that a run folder keeps, or for a run made in Python what is said of it.

    Args:
      folder: the run folder.
      settings: `section.key=value` texts that go before what the run keeps.

    Raises:
      ConfigError: there is none, or none that is known well enough; it says what to do.
    """
    path = configs.path_in(folder)
    if paths.exists(path):
        return configs.load(path, settings, is_whole=True)
    if not is_of_python(folder):
        return config_of(folder)
    known = _described(folder)
    if known:
        return configs.load(None, settings, defaults=known)
    if not any(setting.partition("=")[0].strip() == "model.name" for setting in settings):
        raise ConfigError(
            f"{folder} has checkpoints and no {configs.FILE_NAME}: it was made in Python, and does "
            "not say of which net and data. If the net is one of `tf-slim nets`, say so:\n"
            f"  tf-slim eval {terminal.quoted(folder)} --set model.name=NET --data SOURCE\n"
            "One of your own is evaluated in Python: model.restore(...), then "
            "slim.evaluation.evaluate(model, data, metrics)."
        )
    return configs.load(None, settings)


def description(folder: str) -> dict[str, Any]:
    """What stands in the `run.json` of a run folder, read without TensorFlow; {} for nothing.

    What is wrong with it is told by `tf_slim.learning.description`, which reads it in earnest.
    """
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(files.read_text(os.path.join(folder, "run.json")))
        return found if isinstance(found, dict) else {}
    return {}


def _described(folder: str) -> dict[str, Any]:
    """What a run made in Python says of itself, by keys of the configuration; {} for nothing."""
    run = description(folder)
    kwargs = dict(run.get("kwargs") or {})
    if not run.get("net") or run.get("unwritten"):
        return {}
    found = {
        "model.name": run["net"],
        "model.num_classes": run.get("num_classes"),
        "model.precision": run.get("precision"),
        "model.quantize": None if run.get("quantize") is None else True,
        "model.quantize_options": run.get("quantize"),
        "data.name": run.get("data"),
        "data.preprocessing": run.get("preprocessing"),
        "data.image_size": run.get("image_size"),
        "data.channels": run.get("channels"),
        **{f"model.{k}": kwargs.pop(k, None) for k in ("weight_decay", "batch_norm_decay")},
        "model.kwargs": kwargs,
    }
    return {key: value for key, value in found.items() if value is not None}


def is_of_python(folder: str) -> bool:
    """Whether there are checkpoints, but no configuration."""
    return not paths.exists(configs.path_in(folder)) and has_checkpoints(folder)


def has_checkpoints(folder: str) -> bool:
    """Whether there are checkpoints, told without TensorFlow."""
    return paths.is_folder(folder) and any(n.endswith(".index") for n in paths.names(folder))


def name_for(config: Config) -> str:
    """The run folder of a configuration for which nobody chose one, such as runs/lenet-digits."""
    data = "data" if config.data.files else config.data.name
    if config.data.source:
        # Letters and digits of any script; `{split}-*.tfrecord` is no name of a folder.
        name = os.path.basename(config.data.source.rstrip("/")).partition(".")[0]
        data = "-".join(re.findall(r"\w+", name.replace("{split}", ""))) or "data"
    return os.path.join(_PARENT, f"{config.model.name}-{data}")


def numbered(name: str) -> Iterator[str]:
    """`runs/a`, `runs/a-2`, `runs/a-3` and so on."""
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1


def is_new(folder: str) -> bool:
    """Whether nothing is there, or a folder that is empty but for logs of workers."""
    if not paths.exists(folder):
        return True
    return paths.is_folder(folder) and set(paths.names(folder)) <= {WORKERS}


def steps_taken(folder: str) -> int | None:
    """The step of the latest checkpoint, or None."""
    from tf_slim import checkpoints

    path = checkpoints.latest(folder)
    return None if path is None else checkpoints.step_of(path)


def conflicts(folder: str, config: Config) -> list[configs.Difference]:
    """What keeps the run in a folder from going on under a (resolved) configuration."""
    if not paths.exists(configs.path_in(folder)):
        return []
    found = configs.differences(config_of(folder), config)
    return [difference for difference in found if not difference.free]


def require_no_conflict(folder: str, config: Config) -> None:
    """Checks that the run in `folder`, if there is one, can go on under `config`.

    A run that has not taken a step is none: what its start has left there is in nobody's way.

    Raises:
      ConfigError: it would be another run; the differences are listed.
    """
    found = conflicts(folder, config)
    if not found or not steps_taken(folder):
        return
    listed = "\n".join(f"  {difference}" for difference in found)
    raise ConfigError(
        f"The run in {folder} was made with another configuration:\n{listed}\n"
        "Name another folder for a new run, with --logdir, or go on with the old configuration: "
        f"tf-slim train {terminal.quoted(folder)}"
    )


def is_written(path: str) -> bool:
    """Whether a config file is, to the letter, one that a run has written for itself."""
    try:
        return files.read_text(path) == configs.dumped(configs.load(path, is_whole=True))
    except ValueError:
        return False


def free_for(name: str, config: Config) -> str:
    """The first of `name`, `name-2`, ... that is new or keeps the run of this configuration."""
    for folder in numbered(name):
        if is_new(folder):
            return folder
        try:
            if paths.exists(configs.path_in(folder)) and not conflicts(folder, config):
                return folder
        except ConfigError:
            continue
    raise ConfigError(f"There is no free folder {name}.")
