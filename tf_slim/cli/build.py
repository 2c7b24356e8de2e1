"""From a configuration to what it describes: data and model."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

import tf_slim as slim
from tf_slim.cli import run_data, starting_point, terminal
from tf_slim.cli.config import Config
from tf_slim.cli.options import ConfigError
from tf_slim.cli.run_data import RunData
from tf_slim.data import DatasetSpec, Pipeline, preprocessing
from tf_slim.data.sources.kinds import SPLIT
from tf_slim.ops import precision, tfrecord


def resolved(
    config: Config, data: RunData | None = None, spec: DatasetSpec | None = None
) -> Config:
    """The configuration with all that follows from its data and its net filled in.

    Args:
      config: the configuration.
      data: its data; None to look for them.
      spec: which of them tell the classes and the images; None for those to train on.

    Raises:
      ConfigError, ValueError: the data or the net do not exist, or do not go together.
    """
    try:
        precision.check(config.model.precision)
    except ValueError as error:
        raise ConfigError(f"model.{error}") from error
    net = slim.nets.spec(config.model.name)
    config = starting_point.trained_as(config)
    data = data or RunData(config)
    spec = spec or data.spec(config.data.train_split)
    size = config.data.image_size or spec.image_size or net.image_size
    classes, decay = config.model.num_classes, config.model.weight_decay
    if classes is not None and classes < spec.num_classes:
        raise ConfigError(
            f"model.num_classes is {classes}, but the data have {spec.num_classes} classes. Leave "
            "it out to take that of the data."
        )
    own = config.data.source or config.data.files
    return config.replaced(
        model__num_classes=spec.num_classes if classes is None else classes,
        model__weight_decay=net.weight_decay if decay is None else decay,
        data__image_size=list(size) if isinstance(size, tuple) else size,
        data__preprocessing=config.data.preprocessing or _preprocessing(config, spec, net),
        data__eval_split=data.eval_split(),
        data__num_classes=spec.num_classes if own else config.data.num_classes,
        data__source=run_data.absolute_source(config.data.source),
        data__files=[run_data.absolute(path) for path in config.data.files],
        train__steps=_steps(config, spec, config.train.epochs, config.train.steps),
        train__head_steps=_steps(config, spec, config.train.head_epochs, config.train.head_steps),
        train__restore=starting_point.absolute(config),
    )


def _steps(config: Config, spec: DatasetSpec, epochs: int | None, steps: int) -> int:
    """A number of steps that may be given in epochs."""
    if epochs is None:
        return steps
    count = spec.num_samples or tfrecord.count_records(spec.files())
    return epochs * max(1, count // config.data.batch_size)


def resolved_once(config: Config, data: RunData) -> Config:
    """The same, for one of a run folder: it needs no training data, being resolved already."""
    options = config.data.image_size, config.data.preprocessing, config.model.num_classes
    if None in options:
        return resolved(config, data)
    return config.replaced(data__eval_split=data.eval_split())


def _preprocessing(config: Config, spec: DatasetSpec, net: Any) -> str:
    named = config.data.source in slim.data.names() or not config.data.source
    if named and not config.data.files:
        return spec.preprocessing
    if net.preprocessing in preprocessing.names():
        return net.preprocessing
    if net.preprocessing is not None:
        terminal.note(
            f"there is no preprocessing {net.preprocessing!r}, which goes with {net.name}: taking "
            "'lenet', which fits images into a size and scales to [-1, 1). See data.preprocessing."
        )
    return "lenet"


def evaluated(
    config: Config, data: RunData, split: str | None, given: Sequence[str] = ()
) -> DatasetSpec:
    """The data to evaluate on. Those that were trained on are called by the name of that split.

    Args:
      config: the configuration.
      data: its data.
      split: name of the split; None for that of the configuration, or all that is given.
      given: a source, or several TFRecord files or patterns, to take instead.

    Raises:
      ConfigError: the split has the files that were trained on, under another name.
    """
    trained_on = config.data.train_split
    if given:
        spec = run_data.others(config, given, split, _channels(config, data))
    else:
        split = split or config.data.eval_split or ""
        spec = data.spec(split)
        if split == trained_on:
            return spec
    try:
        known = {run_data.real(path) for path in data.spec(trained_on).files()}
    except ValueError:
        return spec  # they are not here any more, or the run does not say where they were
    paths = spec.files()
    again = [path for path in paths if run_data.real(path) in known]
    if not again:
        return spec
    if len(again) < len(paths):
        terminal.note(
            f"{len(again)} of these {len(paths)} files were trained on, such as {again[0]}: the "
            "numbers are better than they would be on new images."
        )
        return spec
    if given:
        return dataclasses.replace(spec, split=trained_on)
    hint = "" if has_splits(config) else f" They have no {SPLIT} in them."
    key = "data.source" if config.data.source else "data.files"
    raise ConfigError(
        f"{key} are the same for the split {split!r} and for {trained_on!r}, which was "
        f"trained on.{hint} Evaluate on others by --data SOURCE, or on these by --split "
        f'{trained_on}; in training, set data.eval_split to "" for no evaluation.'
    )


def _channels(config: Config, data: RunData) -> int:
    """Those of other data of the same kind."""
    options = config.data
    if options.source or options.files or options.name not in slim.data.names():
        return options.channels
    return data.spec(options.train_split).image_channels


def has_splits(config: Config) -> bool:
    """Whether there may be a split other than the one trained on."""
    options = config.data
    return bool(options.source) or not options.files or any(SPLIT in p for p in options.files)


def has_eval_data(config: Config) -> bool:
    """Whether there is a split to evaluate on that is not the one trained on."""
    return bool(config.data.eval_split) and has_splits(config)


def pipeline(config: Config, spec: DatasetSpec, *, is_training: bool) -> Pipeline:
    """Batches of a split. The configuration must be a resolved one."""
    options, augment = config.data, slim.data.Augment(**dataclasses.asdict(config.augment))
    classes = config.model.num_classes or 0
    if classes > spec.num_classes and (spec.multi_label or augment.mixes):
        # Labels that are no numbers have as many columns as the net has classes.
        spec = dataclasses.replace(spec, num_classes=classes)
    return Pipeline(
        spec,
        options.batch_size if is_training else options.eval_batch_size,
        is_training=is_training,
        preprocess=options.preprocessing,
        image_size=options.image_size,
        augment=augment,
        class_weights=config.train.class_weights or None,
        seed=config.train.seed,
        shuffle_buffer=options.shuffle_buffer,
    )


def model(config: Config, images: tf.TensorSpec) -> slim.Model:
    """The built net. The configuration must be a resolved one.

    Args:
      config: the configuration.
      images: spec of a batch of images.

    Raises:
      ConfigError: the net cannot be built so.
    """
    options = config.model
    try:
        net = slim.nets.create(
            options.name,
            options.num_classes,
            weight_decay=options.weight_decay,
            batch_norm_decay=options.batch_norm_decay,
            precision=options.precision,
            quantize=options.quantize_options if options.quantize else False,
            recompute=options.recompute,
            **options.kwargs,
        )
        return net.build(tf.TensorSpec([None, *images.shape[1:]], images.dtype))
    except (ValueError, TypeError) as error:
        found = slim.nets.spec(options.name)
        raise ConfigError(
            f"Cannot build {options.name} for images {_shown(images.shape[1:])}: {error}\n"
            f"It was designed for data.image_size = {found.image_size}. Its own arguments stand in "
            f"model.kwargs{_shown_kwargs(options.kwargs)}."
        ) from error


def _shown(shape: tf.TensorShape) -> str:
    return "x".join("?" if n is None else str(n) for n in shape)


def _shown_kwargs(kwargs: dict[str, Any]) -> str:
    return f", now {kwargs}" if kwargs else ", now none"
