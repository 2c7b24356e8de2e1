"""`tf-slim train`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from tf_slim.cli import config as configs
from tf_slim.cli import (
    data_options,
    door,
    flags,
    launching,
    machines,
    net_statistics,
    quiet,
    runs,
    starting_point,
    terminal,
)
from tf_slim.cli.config import Flag
from tf_slim.cli.machines import Machines
from tf_slim.cli.options import ConfigError
from tf_slim.ops import paths


def command(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="CONFIG.toml|RUN",
            help="A config file, or a run folder to go on with. Without: the defaults.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        str | None,
        flags.optional(
            "SOURCE",
            "The pictures: a folder with a folder for each class, a table of paths and labels, "
            "TFRecord files, tfds:NAME, or the name of data that come with TF-Slim.",
        ),
    ] = None,
    columns: data_options.Columns = None,
    net: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The net, one of `tf-slim nets`.",
            show_default=False,
            autocompletion=net_statistics.completed,
        ),
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            metavar="CHECKPOINT",
            help="Begin from its weights: a checkpoint, a run folder, `published`, or the name of "
            "a published checkpoint. A layer of logits of other classes begins anew.",
            show_default=False,
            autocompletion=starting_point.completed,
        ),
    ] = None,
    logdir: Annotated[
        str | None,
        flags.optional("DIR", "The run folder. Without: one in runs/."),
    ] = None,
    steps: Annotated[
        int | None,
        flags.optional("N", "The same as --set train.steps=N."),
    ] = None,
    epochs: Annotated[
        int | None,
        flags.optional("N", "Passes over the pictures, in place of steps."),
    ] = None,
    batch_size: Annotated[int | None, flags.optional("N", "Pictures a step.")] = None,
    accumulate: Annotated[
        int | None,
        flags.optional("N", "Take each step in N parts, of which one at a time is in memory."),
    ] = None,
    learning_rate: Annotated[
        float | None, flags.optional("RATE", "The highest one, after the warm-up.")
    ] = None,
    aux_loss: Annotated[
        float | None,
        flags.optional(
            "WEIGHT",
            "Of the loss of the auxiliary head, where the net has one, as Inception v3 has. "
            "Without: 0.4.",
        ),
    ] = None,
    on_error: Annotated[
        str | None,
        flags.optional(
            "fail|skip",
            "Of pictures that cannot be read: name them and stop, which is the default, or go on "
            "without them and list them.",
        ),
    ] = None,
    precision: Annotated[
        str | None,
        flags.optional("NAME", "What the layers compute in, such as mixed_bfloat16."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        flags.setting("An option of the config file, as in optimizer.learning_rate=0.1."),
    ] = None,
    devices: Annotated[
        str | None,
        flags.optional(
            "NAMES", "What to train on, such as GPU:0,GPU:1, or CPU. Without: all GPUs there are."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            help="Train in so many processes on this machine, which share each batch and the "
            "GPUs. On a cluster of TF_CONFIG, SLURM or Kubernetes: start one a machine, without.",
            show_default=False,
        ),
    ] = None,
    parameter_servers: Annotated[
        int | None,
        typer.Option(
            "--parameter-servers",
            metavar="N",
            min=1,
            help="With --workers: keep the weights in so many further processes. Each worker then "
            "takes steps for itself, without waiting for the others.",
            show_default=False,
        ),
    ] = None,
    restarts: Annotated[
        int | None,
        typer.Option(
            "--restarts",
            metavar="K",
            min=0,
            help="With --workers: when one of them is killed, frozen or lost, start all anew (with "
            "parameter servers, that one), at most so often. Without: never.",
            show_default=False,
        ),
    ] = None,
    wait_for_workers: Annotated[
        float | None,
        typer.Option(
            "--wait-for-workers",
            metavar="SECONDS",
            min=0,
            help="How long the processes of a cluster wait for each other. Without: 300.",
            show_default=False,
        ),
    ] = None,
    find_rate: Annotated[
        bool,
        typer.Option(
            "--find-rate",
            help="Try learning rates on this net and these pictures, suggest one, and exit.",
        ),
    ] = False,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Show all options as a config file, and exit.")
    ] = False,
    debug: flags.Debug = False,
) -> int | None:
    """Train a model, evaluate it, and leave all of it in a run folder.

    The same command again goes on where the run was: after Ctrl-C, after a crash, or for more
    steps.

    From a folder of pictures to a trained model: tf-slim train --data pets --net mobilenet_v2
    --init published. All that such a training does by itself is in the config file of the run, with
    the reason for each.

    It uses all GPUs of the machine. On several machines: the same command on each, with TF_CONFIG,
    by srun, or in an indexed Kubernetes Job, and one --logdir that all see.
    """
    if steps is not None and epochs is not None:
        raise ConfigError("--steps and --epochs: give one of them.")
    if find_rate and learning_rate is not None:
        raise ConfigError("--find-rate looks for what --learning-rate says: give one of them.")
    config_path, run_folder = _read_source(source)
    given = [
        Flag("--data", "data.source", data),
        Flag("--columns", "data.columns", data_options.read_columns(columns)),
        Flag("--net", "model.name", net),
        Flag("--init", "train.restore", init),
        Flag("--steps", "train.steps", steps),
        Flag("--epochs", "train.epochs", epochs),
        Flag("--batch-size", "data.batch_size", batch_size),
        Flag("--accumulate", "train.accumulate", accumulate),
        Flag("--learning-rate", "optimizer.learning_rate", learning_rate),
        Flag("--aux-loss", "train.aux_loss", aux_loss),
        Flag("--on-error", "data.on_error", on_error),
        Flag("--precision", "model.precision", precision),
    ]
    config = _loaded(config_path, settings or [], given, goes_on=run_folder is not None)
    if print_config:
        sys.stdout.write(configs.dumped(config))
        return None
    folder = logdir or run_folder
    door.check(config, folder)
    asked = Machines(
        machines.read_devices(devices), workers, parameter_servers, wait_for_workers, restarts
    )
    if find_rate:
        asked.require_one("--find-rate")
    cluster = asked.cluster(folder)
    if asked.starts_workers:
        return _launched(asked, config, folder)
    quiet.import_tensorflow()
    strategy = asked.strategy(cluster)
    from tf_slim.cli import rate_search, training

    if find_rate:
        return rate_search.find(config, folder, strategy)
    leads = cluster is None or cluster.is_chief
    return training.train(config, folder, strategy=strategy, leads=leads)


def _launched(asked: Machines, config: configs.Config, folder: str | None) -> int:
    """Starts workers, which are given this command line, and the run folder if it names none."""
    arguments = list(flags.given)
    if folder is None:
        quiet.import_tensorflow()
        from tf_slim.cli import training

        folder = training.folder_for(config)
        arguments += ["--logdir", folder]
    workers, servers = asked.workers or 1, asked.servers or 0
    if not servers:
        machines.require_share(config.data.batch_size, workers)
    plan = launching.Launch(arguments, folder, workers, servers, asked.restarts or 0)
    return launching.launch(plan)


def _loaded(
    path: str | None, settings: list[str], given: list[Flag], *, goes_on: bool
) -> configs.Config:
    """What is asked for. A folder of pictures, or a checkpoint to begin from, has its profile."""
    if goes_on:
        return configs.load(path, settings, given, is_whole=True)
    named = {flag.key for flag in given if flag.value is not None}
    if not named & {"data.source", "train.restore"}:
        return configs.load(path, settings, given)
    start = configs.load(path, settings, given).train.restore
    defaults = {"train.profile": "fine_tuning" if start else "from_scratch"}
    of_start = starting_point.net_of(start)
    if of_start is not None:
        defaults["model.name"] = of_start
    return configs.load(path, settings, given, defaults=defaults)


def _read_source(source: str | None) -> tuple[str | None, str | None]:
    """Tells a config file from a run folder. Returns the path of the config, and the folder."""
    if source is None:
        return None, None
    if paths.is_folder(source):
        path = configs.path_in(source)
        if runs.is_of_python(source):
            raise ConfigError(
                f"{source} has checkpoints and no {configs.FILE_NAME}: it was made in Python, and "
                "goes on there, by the same slim.learning.fit(..., logdir)."
            )
        if not paths.exists(path):
            named = terminal.quoted(source)
            raise ConfigError(
                f"{source} is no run folder: it has no {configs.FILE_NAME}. For pictures "
                f"in it: tf-slim train --data {named}. For a new run there: "
                f"tf-slim train --logdir {named}"
            )
        return path, source
    if paths.exists(source):
        return source, None
    hint = f" To train a net of that name: tf-slim train --set model.name={source}"
    raise ConfigError(
        f"There is no config file or run folder {source!r} (looked from {os.getcwd()})."
        + (hint if source.replace("_", "").isalnum() else "")
    )
