"""From a configuration to what it describes: data, model, optimizer, training step."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable
from typing import Any

import tensorflow as tf

import tf_slim as slim
from tf_slim.cli import schedules, terminal
from tf_slim.cli.config import Config, OptimizerOptions
from tf_slim.cli.options import ConfigError
from tf_slim.data import DatasetSpec, Pipeline, from_tfrecords, get_dataset, preprocessing
from tf_slim.ops import tfrecord

_SPLIT = "{split}"


def resolved(config: Config) -> Config:
    """The configuration with all that follows from its data and its net filled in.

    Raises:
      ConfigError, ValueError: the data or the net do not exist, or do not go together.
    """
    spec = dataset(config, config.data.train_split)
    net = slim.nets.spec(config.model.name)
    size = config.data.image_size or spec.image_size or net.image_size
    classes, decay = config.model.num_classes, config.model.weight_decay
    if classes is not None and classes < spec.num_classes:
        raise ConfigError(
            f"model.num_classes is {classes}, but the data have {spec.num_classes} classes. Leave "
            "it out to take that of the data."
        )
    return config.replaced(
        train__head_steps=_head_steps(config, spec),
        model__num_classes=spec.num_classes if classes is None else classes,
        model__weight_decay=net.weight_decay if decay is None else decay,
        data__image_size=list(size) if isinstance(size, tuple) else size,
        data__preprocessing=config.data.preprocessing or _preprocessing(config, spec, net),
        data__num_classes=spec.num_classes if config.data.files else config.data.num_classes,
        data__files=[absolute(path) for path in config.data.files],
        train__restore=absolute(config.train.restore),
    )


def _head_steps(config: Config, spec: DatasetSpec) -> int:
    options = config.train
    if options.head_epochs is None:
        return options.head_steps
    count = spec.num_samples or tfrecord.count_records(spec.files())
    return options.head_epochs * max(1, count // config.data.batch_size)


def resolved_once(config: Config) -> Config:
    """The same, for one of a run folder: it needs no training data, being resolved already."""
    options = config.data.image_size, config.data.preprocessing, config.model.num_classes
    return resolved(config) if None in options else config


def _preprocessing(config: Config, spec: DatasetSpec, net: Any) -> str:
    if not config.data.files:
        return spec.preprocessing
    if net.preprocessing in preprocessing.names():
        return net.preprocessing
    if net.preprocessing is not None:
        terminal.note(
            f"there is no preprocessing {net.preprocessing!r}, which goes with {net.name}: taking "
            "'lenet', which fits images into a size and scales to [-1, 1). See data.preprocessing."
        )
    return "lenet"


def absolute(path: str) -> str:
    """A path that means the same from everywhere: a run may be continued from another folder."""
    if not path or "://" in path:
        return path
    return os.path.abspath(os.path.expanduser(path))


def dataset(config: Config, split: str, files: list[str] | None = None) -> DatasetSpec:
    """The split of the data that the configuration names.

    Args:
      config: the configuration.
      split: name of the split.
      files: TFRecord files or patterns to take instead, with as many classes.
    """
    options = config.data
    if not files and not options.files:
        return get_dataset(options.name, split)
    classes = options.num_classes or (config.model.num_classes if files else None)
    channels = options.channels
    if files and not options.files:
        named = get_dataset(options.name, options.train_split)
        classes, channels = named.num_classes, named.image_channels
    sources = files or [pattern.replace(_SPLIT, split) for pattern in options.files]
    try:
        return from_tfrecords(
            sources, classes, name=_title(sources), split=split, image_channels=channels
        )
    except ValueError as error:
        if classes is not None or isinstance(error, slim.data.DataError):
            raise
        raise ConfigError(f"{error} Here: --set data.num_classes=N.") from error


def evaluated(config: Config, split: str, files: list[str] | None = None) -> DatasetSpec:
    """The data to evaluate on. Those that were trained on are called by the name of that split.

    Args:
      config: the configuration.
      split: name of the split.
      files: TFRecord files or patterns to take instead.

    Raises:
      ConfigError: the split has the files that were trained on, under another name.
    """
    spec = dataset(config, "all" if files else split, files)
    trained_on = config.data.train_split
    if split == trained_on and not files:
        return spec
    try:
        known = {_real(path) for path in dataset(config, trained_on).files()}
    except slim.data.DataError:
        return spec  # they are not here any more
    paths = spec.files()
    again = [path for path in paths if _real(path) in known]
    if not again:
        return spec
    if len(again) < len(paths):
        terminal.note(
            f"{len(again)} of these {len(paths)} files were trained on, such as {again[0]}: the "
            "numbers are better than they would be on new images."
        )
        return spec
    if files:
        return dataclasses.replace(spec, split=trained_on)
    hint = "" if any(_SPLIT in p for p in config.data.files) else f" They have no {_SPLIT} in them."
    raise ConfigError(
        f"data.files are the same for the split {split!r} and for {trained_on!r}, which was "
        f"trained on.{hint} Evaluate on others by --data FILES, or on these by --split "
        f'{trained_on}; in training, set data.eval_split to "" for no evaluation.'
    )


def _real(path: str) -> str:
    return path if "://" in path else os.path.realpath(path)


def _title(sources: list[str]) -> str:
    """A name for files: that of their folder."""
    return os.path.basename(os.path.dirname(absolute(sources[0]))) or "files"


def has_eval_data(config: Config) -> bool:
    """Whether there is a split to evaluate on that is not the one trained on."""
    options = config.data
    if not options.eval_split:
        return False
    return not options.files or any(_SPLIT in pattern for pattern in options.files)


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


def optimizer(config: Config) -> Any:
    """The Keras optimizer, with its schedule; where the head is trained first, that of later."""
    options, head_steps = config.optimizer, config.train.head_steps
    if head_steps:
        factor = config.train.rate_after_head
        options = dataclasses.replace(
            options,
            learning_rate=options.learning_rate * factor,
            end_learning_rate=options.end_learning_rate * factor,
        )
    return _optimizer(options, max(1, config.train.steps - head_steps))


def _head_first(config: Config) -> slim.learning.HeadFirst | None:
    """How the head is trained at first: at the full rate, which does not fall."""
    options = config.train
    if not options.head_steps:
        return None
    head = options.head or slim.nets.spec(config.model.name).logits_patterns
    if not head:
        raise ConfigError(
            f"train.head_steps is {options.head_steps}, and the net {config.model.name} does not "
            "say what its head is: set train.head=[patterns of variable names]."
        )
    constant = dataclasses.replace(config.optimizer, schedule="constant")
    return slim.learning.HeadFirst(
        options.head_steps, head, _optimizer(constant, options.head_steps)
    )


def _optimizer(options: OptimizerOptions, number_of_steps: int) -> Any:
    rate = schedules.learning_rate(options, number_of_steps)
    keras = tf.keras.optimizers
    if options.name == "sgd":
        return keras.SGD(rate)
    if options.name in ("momentum", "nesterov"):
        return keras.SGD(rate, momentum=options.momentum, nesterov=options.name == "nesterov")
    if options.name == "rmsprop":
        return keras.RMSprop(
            rate, rho=options.rho, momentum=options.momentum, epsilon=options.epsilon
        )
    adam = {"beta_1": options.beta_1, "beta_2": options.beta_2, "epsilon": options.epsilon}
    if options.name == "adamw":
        return keras.AdamW(rate, weight_decay=options.weight_decay, **adam)
    return keras.Adam(rate, **adam)


def loss(config: Config) -> Callable:
    """The loss: cross entropy with the labels, be they classes or mixtures, smoothed if asked."""
    return functools.partial(
        slim.losses.label_cross_entropy, label_smoothing=config.train.label_smoothing
    )


def train_step(config: Config, net: slim.Model) -> slim.learning.TrainStep:
    """One step of training of a built net.

    Raises:
      ConfigError: a pattern of variable names matches none, or the net has no head.
    """
    options, trainer = config.train, optimizer(config)
    try:
        return slim.learning.make_train_step(
            net,
            loss(config),
            trainer,
            variables_to_train=options.trainable or None,
            frozen=options.frozen or None,
            head_first=_head_first(config),
            average_decay=options.average_decay,
            clip_global_norm=options.clip_global_norm,
            gradient_multipliers=options.gradient_multipliers or None,
            clip_gradient_norm=options.clip_gradient_norm,
            seed=options.seed,
            jit_compile=options.jit_compile,
        )
    except ValueError as error:
        raise ConfigError(
            f"A pattern of variable names (train.trainable, .frozen, .head, .gradient_multipliers)"
            f" does not fit {config.model.name}: {error}"
        ) from error
