"""The configuration of a run: all options, their defaults, and what may be said about them.

This is the one place where options and defaults are written down; `tf-slim train --print-config`
shows it as a TOML file.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tf_slim.cli import toml
from tf_slim.cli.options import ConfigError, checked, did_you_mean, fields, option, received
from tf_slim.cli.profiles import PROFILES

FILE_NAME = "config.toml"

# Two ways to say one thing: who says it in one way means the other no more.
_EITHER = [
    (one, other)
    for pair in (
        ("steps", "epochs"),
        ("warmup_steps", "warmup_share"),
        ("head_steps", "head_epochs"),
    )
    for one, other in (pair, pair[::-1])
]


@dataclasses.dataclass(frozen=True)
class ModelOptions:
    """What is trained."""

    name: str = option("lenet", "a net of `tf-slim nets`")
    num_classes: int | None = option(None, "by default that of the data", at_least=1)
    weight_decay: float | None = option(None, "L2, by default what the net uses", at_least=0)
    batch_norm_decay: float | None = option(
        None, "of its moving averages, by default what the net uses", at_least=0, at_most=1
    )
    kwargs: dict[str, Any] = option({}, "further arguments of the net's function")
    precision: str | None = option(
        None, "what its layers compute in, such as mixed_bfloat16; by default float32"
    )
    recompute: bool | list[str] = option(
        False,
        "compute activations a second time, to train in less memory: true, or patterns of blocks",
        free=True,
    )
    quantize: bool = option(False, "learn to be computed in integers of 8 bits")
    quantize_options: dict[str, Any] = option(
        {}, "of slim.quantize, such as {delay = 1000}: the steps before it begins"
    )


@dataclasses.dataclass(frozen=True)
class DataOptions:
    """What it is trained and evaluated on."""

    source: str = option(
        "", "a folder of class folders, a table, TFRecord files, tfds:NAME or a name of data"
    )
    name: str = option("digits", "a data set that comes with TF-Slim; not used beside the others")
    files: list[str] = option(
        [], "TFRecord files or patterns; `{split}` in them stands for the name of the split"
    )
    columns: dict[str, str] = option(
        {}, 'of a table: what its columns are called, as in {path = "img", label = "breed"}'
    )
    on_error: str = option(
        "fail", "of a picture that cannot be read: fail or skip", choices=("fail", "skip")
    )
    validation_share: float = option(
        0.2, "of `source`, for validation, where it has no splits", above=0, below=1
    )
    num_classes: int | None = option(
        None, "of `files`, by default from a labels.txt beside them", at_least=1
    )
    channels: int = option(3, "of `files`: 1 (grey), 3 (RGB) or 4 (RGBA)", at_least=1, at_most=4)
    train_split: str = option("train", "the split to train on")
    eval_split: str | None = option(
        None, 'to evaluate on, "" for none; by default test, of `source` what it has', free=True
    )
    image_size: int | list[int] | None = option(
        None, "pixels, or [height, width]; by default that of the data, else of the net", at_least=1
    )
    preprocessing: str | None = option(None, "by default what fits the data, else the net")
    batch_size: int = option(64, "images a step", at_least=1)
    eval_batch_size: int = option(256, "images a batch in evaluation", at_least=1, free=True)
    shuffle_buffer: int = option(4096, "images from which the next one is drawn", at_least=1)


@dataclasses.dataclass(frozen=True)
class AugmentOptions:
    """What training adds to the augmentation of its preprocessing: see `slim.data.Augment`."""

    rand_augment_ops: int = option(
        0,
        "operations of RandAugment, 2 are usual (arXiv:1909.13719)",
        at_least=0,
        at_most=14,
    )
    rand_augment_magnitude: float = option(9.0, "how strong they are", at_least=0, at_most=10)
    random_erasing: float = option(
        0.0, "share of images that lose a rectangle (arXiv:1708.04896)", at_least=0, at_most=1
    )
    mixup: float = option(
        0.0, "its alpha, 0.2 is usual; 0 for none (arXiv:1710.09412)", at_least=0, at_most=1000
    )
    cutmix: float = option(
        0.0, "its alpha, 1 is usual; 0 for none (arXiv:1905.04899)", at_least=0, at_most=1000
    )


@dataclasses.dataclass(frozen=True)
class OptimizerOptions:
    """How it is trained."""

    name: str = option(
        "momentum",
        "sgd, momentum, nesterov, adam, adamw, rmsprop, adadelta, adagrad or ftrl",
        choices=(
            *("sgd", "momentum", "nesterov", "adam", "adamw"),
            *("rmsprop", "adadelta", "adagrad", "ftrl"),
        ),
    )
    learning_rate: float = option(0.03, "the highest one, after the warm-up", above=0)
    momentum: float = option(0.9, "of momentum, nesterov and rmsprop", at_least=0, below=1)
    beta_1: float = option(0.9, "of adam and adamw", at_least=0, below=1)
    beta_2: float = option(0.999, "of adam and adamw", at_least=0, below=1)
    rho: float = option(0.9, "of rmsprop, and of adadelta (0.95 is usual)", at_least=0, below=1)
    epsilon: float = option(1e-7, "of adam, adamw, rmsprop, adadelta and adagrad", above=0)
    initial_accumulator_value: float = option(0.1, "of adagrad and ftrl", at_least=0)
    learning_rate_power: float = option(-0.5, "of ftrl", at_most=0)
    l1: float = option(0.0, "of ftrl, apart from the loss", at_least=0)
    l2: float = option(0.0, "of ftrl, apart from the loss", at_least=0)
    weight_decay: float = option(0.004, "of adamw, apart from the loss", at_least=0)
    schedule: str = option(
        "cosine",
        "constant, cosine, linear, exponential or piecewise",
        choices=("constant", "cosine", "linear", "exponential", "piecewise"),
    )
    warmup_steps: int = option(50, "steps to rise from 0 to the learning rate", at_least=0)
    warmup_share: float | None = option(
        None, "of all steps, in place of warmup_steps", at_least=0, below=1
    )
    decay_steps: int | None = option(
        None,
        "cosine, linear: steps to fall, by default train.steps; exponential: steps a factor",
        at_least=1,
    )
    decay_rate: float = option(0.1, "exponential, piecewise: the factor", above=0)
    staircase: bool = option(False, "exponential: fall once every decay_steps, not in each step")
    boundaries: list[int] = option([], "piecewise: steps at which the factor applies", at_least=1)
    end_learning_rate: float = option(0.0, "cosine, linear: the last one", at_least=0)


@dataclasses.dataclass(frozen=True)
class TrainOptions:
    """How long, from where, and what is kept of it."""

    steps: int = option(800, "in all, those before a restart included", at_least=1, free=True)
    epochs: int | None = option(None, "in all, in place of steps", at_least=1, free=True)
    seed: int = option(0, "of weights, data order, dropout", at_least=0, below=2**31)
    accumulate: int = option(
        1, "parts of a batch to compute one after the other, to train in less memory", at_least=1
    )
    deterministic: bool = option(False, "bit-equal results, at some cost in speed")
    clip_gradient_norm: float = option(0.0, "largest L2 norm a variable; 0 for none", at_least=0)
    clip_global_norm: float = option(
        0.0, "largest L2 norm of all gradients together; 0 for none (arXiv:1211.5063)", at_least=0
    )
    gradient_multipliers: dict[str, float] = option({}, "factors by variable name or pattern")
    trainable: list[str] = option([], "patterns of the variables to train; [] for all")
    frozen: list[str] = option(
        [], "patterns of variables to leave as they are, their batch norms in inference"
    )
    freeze_batch_norm: bool = option(
        False, "batch norms keep their averages, and normalize by these, as in inference"
    )
    head: list[str] = option([], "patterns of the new head; [] for the logits of the net")
    head_steps: int = option(0, "steps in which the head alone is trained, at first", at_least=0)
    head_epochs: int | None = option(None, "the same in epochs, in place of it", at_least=1)
    rate_after_head: float = option(
        0.1, "factor of the learning rate when all is trained, after head_steps", above=0
    )
    average_decay: float | None = option(
        None, "keep moving averages of the weights, such as 0.999, to evaluate", above=0, below=1
    )
    label_smoothing: float = option(0.0, "share of the label to spread", at_least=0, below=1)
    aux_loss: float = option(
        0.4, "weight of the loss of the auxiliary head, where the net has one", at_least=0
    )
    class_weights: str | dict[str, float] = option(
        "", 'how much pictures count: "balanced", or by name or label of the class'
    )
    profile: str = option(
        "", "further defaults: fine_tuning, from_scratch or none", choices=("", *PROFILES)
    )
    restore: str = option("", "begin from: a checkpoint, a run folder, or a published one's name")
    restore_exclude: list[str] = option([], "patterns of variables not to take from it")
    save_every_secs: float = option(600.0, "seconds between checkpoints", above=0, free=True)
    save_every_steps: int | None = option(None, "steps between them", at_least=1, free=True)
    keep_checkpoints: int = option(5, "how many to keep", at_least=1, free=True)
    log_every_steps: int = option(10, "steps a row of history.jsonl", at_least=1, free=True)
    summary_every_steps: int = option(
        100, "steps between points for TensorBoard", at_least=1, free=True
    )
    steps_per_call: int = option(
        1, "steps to take at once; more pay where one takes milliseconds", at_least=1, free=True
    )
    jit_compile: bool = option(False, "XLA; it pays on GPU and TPU")


@dataclasses.dataclass(frozen=True)
class ValidationOptions:
    """What is measured while it is trained, and what follows from it."""

    while_training: bool = option(False, "measure on data.eval_split, and keep the best weights")
    every_steps: int | None = option(None, "steps between, by default an epoch", at_least=1)
    metric: str | None = option(None, "which tells the best, by default accuracy")
    patience: int | None = option(None, "end after so many without a better one", at_least=1)
    restore_best: bool = option(True, "the result is the best of them, and not the last")


@dataclasses.dataclass(frozen=True)
class Config:
    """All options of a run."""

    model: ModelOptions = dataclasses.field(default_factory=ModelOptions)
    data: DataOptions = dataclasses.field(default_factory=DataOptions)
    augment: AugmentOptions = dataclasses.field(default_factory=AugmentOptions)
    optimizer: OptimizerOptions = dataclasses.field(default_factory=OptimizerOptions)
    train: TrainOptions = dataclasses.field(default_factory=TrainOptions)
    validation: ValidationOptions = dataclasses.field(default_factory=ValidationOptions)

    def replaced(self, **values: Any) -> Config:
        """A copy with other values, as in `replaced(train__steps=10)`."""
        table: dict[str, dict[str, Any]] = {}
        for name, value in values.items():
            section, _, key = name.partition("__")
            table.setdefault(section, {})[key] = value
        changed = {
            section: dataclasses.replace(getattr(self, section), **changes)
            for section, changes in table.items()
        }
        return dataclasses.replace(self, **changed)


SECTIONS = {
    "model": ModelOptions,
    "data": DataOptions,
    "augment": AugmentOptions,
    "optimizer": OptimizerOptions,
    "train": TrainOptions,
    "validation": ValidationOptions,
}


@dataclasses.dataclass(frozen=True)
class Flag:
    """A flag that stands for an option.

    Attributes:
      name: how it is written, such as `--steps`.
      key: of the option, such as `train.steps`.
      value: what was given; None for nothing.
    """

    name: str
    key: str
    value: Any


def load(
    path: str | None = None,
    settings: Iterable[str] = (),
    flags: Iterable[Flag] = (),
    *,
    defaults: Mapping[str, Any] | None = None,
    is_whole: bool = False,
) -> Config:
    """The defaults, those of a profile, a file over them, settings over that, and flags.

    Args:
      path: a TOML file, or None.
      settings: `section.key=value` texts.
      flags: those that were given.
      defaults: others than those of this file, by key; also `train.profile`.
      is_whole: whether the file is one that a run has written: what is not in it was not there
        when the run began, whatever its profile says by now.

    Raises:
      ConfigError: something in them cannot be used; it says what and where.
    """
    table: dict[str, dict[str, Any]] = {}
    if path is not None:
        _merge(table, _checked(toml.read(path), path))
    for text in settings:
        _merge(table, _checked(_setting(text), f"--set {text}"))
    for flag in flags:
        if flag.value is not None:
            section, key = flag.key.split(".")
            _merge(table, _checked({section: {key: flag.value}}, flag.name))
    _fill(table, defaults or {})
    profile = table.get("train", {}).get("profile")
    if profile and not is_whole:
        _fill(table, {key: value for key, (value, _) in PROFILES[profile].items()})
    return Config(**{name: SECTIONS[name](**values) for name, values in table.items()})


def _checked(table: Mapping[str, Any], source: str) -> dict[str, dict[str, Any]]:
    result = {}
    for name, values in table.items():
        if name not in SECTIONS:
            raise _unknown_section(name, source)
        if not isinstance(values, Mapping):
            raise ConfigError(f"{source}: {name} must be a section; got {received(values)}.")
        others = [f"{s}.{key}" for s, kind in SECTIONS.items() if s != name for key in fields(kind)]
        result[name] = checked(SECTIONS[name], name, values, source, others)
    return result


def _unknown_section(name: str, source: str) -> ConfigError:
    homes = [section for section, kind in SECTIONS.items() if name in fields(kind)]
    if homes:
        places = " or ".join(f"{section}.{name}" for section in homes)
        return ConfigError(f"{source}: {name!r} stands in no section. Did you mean {places}?")
    return ConfigError(
        f"{source}: there is no section {name!r}.{did_you_mean(name, SECTIONS)} "
        f"Sections: {', '.join(SECTIONS)}."
    )


def _setting(text: str) -> dict[str, Any]:
    path, equals, value = text.partition("=")
    names = path.strip().split(".", 2)
    if not equals or not all(names):
        raise ConfigError(f"--set {text}: write section.key=value, as in --set train.steps=100.")
    if len(names) == 1:
        return {names[0]: value}
    section, key, *inner = names
    parsed = toml.value_of(value.strip())
    if inner:
        return {section: {key: {inner[0].strip("'\""): parsed}}}
    if not isinstance(parsed, (str, list, dict)) and _takes_text(section, key):
        parsed = value.strip()
    return {section: {key: parsed}}


def _takes_text(section: str, key: str) -> bool:
    """Whether the option is a text: `--set data.train_split=2024` means the text "2024"."""
    known = fields(SECTIONS[section]) if section in SECTIONS else {}
    return key in known and re.match(r"str\b|list\[str\]", str(known[key].type)) is not None


def _merge(table: dict[str, dict[str, Any]], over: Mapping[str, Mapping[str, Any]]) -> None:
    for section, values in over.items():
        mine = table.setdefault(section, {})
        for one, other in _EITHER:
            if one in values and other not in values:
                mine.pop(other, None)  # said before, and meant no more
        for key, value in values.items():
            if isinstance(value, dict) and isinstance(mine.get(key), dict):
                value = {**mine[key], **value}
            mine[key] = value


def _fill(table: dict[str, dict[str, Any]], defaults: Mapping[str, Any]) -> None:
    said = {f"{section}.{key}" for section, values in table.items() for key in values}
    for name, value in defaults.items():
        section, key = name.split(".")
        instead = {f"{section}.{other}" for one, other in _EITHER if one == key}
        if not instead & said:
            table.setdefault(section, {}).setdefault(key, value)


def dumped(config: Config) -> str:
    """The configuration as a TOML file that explains itself; `load` reads it back."""
    profile = PROFILES.get(config.train.profile, {})
    blocks = []
    for name, kind in SECTIONS.items():
        lines = [f"[{name}]"]
        for key, field in fields(kind).items():
            value = getattr(getattr(config, name), key)
            setting = f"# {key} =" if value is None else f"{key} = {toml.written(value)}"
            lines.append(f"{setting:<32}  # {field.metadata['doc']}")
            expected, reason = profile.get(f"{name}.{key}", (None, ""))
            if expected is not None and value == expected:
                lines.append(f"{'':<32}  # {config.train.profile}: {reason}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


@dataclasses.dataclass(frozen=True)
class Difference:
    """One option in which two configurations differ."""

    key: str
    old: Any
    new: Any
    free: bool

    def __str__(self) -> str:
        old, new = ("unset" if v is None else toml.written(v) for v in (self.old, self.new))
        return f"{self.key}: {old} there, {new} now"


def differences(old: Config, new: Config) -> list[Difference]:
    """The options in which two configurations differ, in order."""
    found = []
    for name, kind in SECTIONS.items():
        for key, field in fields(kind).items():
            ours, theirs = (getattr(getattr(config, name), key) for config in (old, new))
            if ours != theirs:
                free = bool(field.metadata.get("free"))
                found.append(Difference(f"{name}.{key}", ours, theirs, free))
    return found


def settled(config: Config) -> dict[str, Any]:
    """The options that a run which has begun keeps to, by key."""
    return {
        f"{name}.{key}": getattr(getattr(config, name), key)
        for name, kind in SECTIONS.items()
        for key, field in fields(kind).items()
        if not field.metadata.get("free")
    }


def path_in(folder: str) -> str:
    """Where a run folder keeps its configuration."""
    return os.path.join(folder, FILE_NAME)
