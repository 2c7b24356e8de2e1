"""`slim.load`: the model of a run, with all that is needed to use it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tf_slim import checkpoints, nets
from tf_slim.data import preprocessing, read_labels
from tf_slim.evaluation import old_runs, published
from tf_slim.learning import description, history
from tf_slim.learning.description import Description, DescriptionError
from tf_slim.ops import paths
from tf_slim.ops.arguments import describe
from tf_slim.ops.model import Model
from tf_slim.ops.wording import did_you_mean, first_few


class LoadError(ValueError):
    """A run cannot be loaded: the message says what is missing, and what to write."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class LoadedRun:
    """A model that was trained, and what there is to know of it.

    Attributes:
      model: the `slim.Model`, built and restored.
      labels: the name of each class; None if nobody knows them.
      preprocess: `fn(image, *, is_training, seed)`, as `get_preprocessing` returns it; None if
        nobody knows it.
      image_size: `(height, width)`, in pixels, of what the net is given; None for any.
      channels: of the images.
      multi_label: whether an image may be of several classes.
      checkpoint: the path of the checkpoint that the model was restored from.
      step: of training, or None.
      history: the rows of `history.jsonl`.
      data: the name of the data that it was trained on, or None.
      description: all that the run folder says of it.

    Examples: see `slim.load`.
    """

    model: Model
    labels: tuple[str, ...] | None
    preprocess: Callable | None
    image_size: tuple[int, int] | None
    channels: int
    multi_label: bool
    checkpoint: str
    step: int | None
    history: list[dict[str, Any]]
    data: str | None
    description: Description

    @property
    def name(self) -> str:
        """The name of the net."""
        return self.model.name

    def __repr__(self) -> str:
        classes = "" if self.labels is None else f", {len(self.labels)} classes"
        return f"<slim.LoadedRun {self.model.name}{classes}, from {self.checkpoint}>"


def load(
    run: str | os.PathLike,
    checkpoint: str | os.PathLike | None = None,
    model: Model | None = None,
    *,
    labels: str | os.PathLike | Sequence[str] | None = None,
) -> LoadedRun:
    """Loads the model of a run, or a net by its name, ready to be used.

    Where a checkpoint holds moving averages of the weights, the model gets these.

    Args:
      run: the folder of a run of `slim.learning.fit` or `tf-slim train`; or the name of a net of
        `slim.nets`, or of a published checkpoint.
      checkpoint: its path, or its name in the folder of the run; by default the best one if one was
        marked (see `slim.checkpoints.mark_best`), else the latest. "latest" and "best" say which.
        Of a net: the path of one; by default the published one, which is fetched if needed.
      model: the model, where its net is a function of your own, which no file can hold.
      labels: the name of each class, or a file of lines `id:name`, in place of those of the run.

    Returns:
      A `LoadedRun`.

    Raises:
      LoadError: there is no such run, or it does not say what its model is made of.
      slim.checkpoints.CheckpointError: there is no checkpoint, or it does not fit.
      OSError: the published checkpoint cannot be fetched.

    Examples:
      >>> run = slim.load("runs/digits")
      >>> run
      <slim.LoadedRun lenet, 10 classes, from runs/digits/model.ckpt-100>
      >>> run.labels[:3], run.step, run.image_size
      (('zero', 'one', 'two'), 100, (8, 8))
      >>> run.model(tf.zeros([5, 8, 8, 1]))[0].shape
      TensorShape([5, 10])
    """
    if model is not None and not isinstance(model, Model):
        raise TypeError(f"model: expected a slim.Model, or None; got {describe(model)}.")
    run = os.fsdecode(run)
    if paths.is_folder(run):
        found = _described(run, model)
        path = _checkpoint_of(run, checkpoint)
        rows = history.read_history(run)
    elif published.is_net(run):
        found, path = published.describe(run, checkpoint)
        rows = []
    else:
        raise LoadError(_no_run(run))
    found = _with_labels(found, labels)
    _check_labels(found, run)
    reader = checkpoints.Reader(path, checkpoints.averages)
    made = _made(found, run) if model is None else model
    _build(made, found, run)
    _restore(made, path, found, run)
    return LoadedRun(
        model=made,
        labels=found.labels,
        preprocess=_preprocess(found),
        image_size=found.image_size,
        channels=found.channels or 3,
        multi_label=found.multi_label,
        checkpoint=reader.path,
        step=int(reader.read("global_step")) if "global_step" in reader else None,
        history=rows,
        data=found.data,
        description=found,
    )


def _described(folder: str, model: Model | None) -> Description:
    """What a run folder says of its run.

    Raises:
      LoadError: nothing, and there is no model.
    """
    if paths.is_file(os.path.join(folder, "saved_model.pb")):
        raise LoadError(
            f"{folder} is an exported model (a SavedModel). Its variables can be restored into the "
            f"net that it is of: slim.load('NET', checkpoint={folder!r})."
        )
    try:
        found = description.read(folder) or old_runs.describe(folder)
    except DescriptionError as error:
        raise LoadError(f"Cannot load the run in {folder}: {error}") from error
    if found is not None:
        return found
    if model is not None:
        return Description()
    if checkpoints.latest(folder) is None:
        hint = f" There are: {first_few(paths.names(folder))}."
        raise LoadError(f"{folder} is no run: it has neither a description nor a checkpoint.{hint}")
    raise LoadError(
        f"{folder} has checkpoints, and no {description.FILE_NAME} that says of which net: an "
        f"earlier release made it in Python. Make the model, and write slim.load({folder!r}, "
        "model=model)."
    )


def _checkpoint_of(folder: str, checkpoint: str | os.PathLike | None) -> str:
    """The checkpoint that is meant."""
    wanted = None if checkpoint is None else os.fsdecode(checkpoint)
    if wanted in (None, "best"):
        best = checkpoints.best(folder)
        if best is not None:
            return best.path
        if wanted is not None:
            raise checkpoints.CheckpointError(
                f"No checkpoint of {folder} was marked as the best one. Leave it out for the "
                "latest one."
            )
    if wanted in (None, "latest"):
        if checkpoints.latest(folder) is None:
            raise checkpoints.CheckpointError(
                f"The run in {folder} has no checkpoint yet: it has not been trained."
            )
        return checkpoints.resolve(folder)
    inside = os.path.join(folder, wanted)
    is_name = not os.path.dirname(wanted) and not paths.exists(wanted)
    return checkpoints.resolve(inside if is_name else wanted)


def _no_run(run: str) -> str:
    folder = os.path.dirname(run) or "."
    near = paths.names(folder) if paths.is_folder(folder) else []
    folders = [name for name in near if paths.is_folder(os.path.join(folder, name))]
    hint = did_you_mean(os.path.basename(run), folders) or did_you_mean(run, nets.names())
    if paths.exists(run):
        return (
            f"{run} is a file, not the folder of a run. A checkpoint is loaded into its net: "
            f"slim.load('NET', {run!r})."
        )
    where = f"(looked from {os.getcwd()})"
    return f"There is no run folder {run!r} {where}, and no net of that name.{hint}"


def _with_labels(found: Description, labels: Any) -> Description:
    """The description with labels that the user has given."""
    if labels is None:
        return found
    return dataclasses.replace(found, labels=labels_of(labels))


def labels_of(labels: str | os.PathLike | Sequence[str]) -> tuple[str, ...]:
    """The names of the classes, from a label file or as they are.

    Raises:
      LoadError: the file names no class.
      DataError: it is no label file.
    """
    if not isinstance(labels, (str, os.PathLike)):
        return tuple(map(str, labels))
    path = os.fsdecode(labels)
    numbered = read_labels(path)
    given = description.complete(numbered, max(numbered, default=-1) + 1)
    if given is None:
        raise LoadError(f"{path} names no class.")
    return given


def _check_labels(found: Description, run: str) -> None:
    known = found.labels
    if known is not None and found.num_classes is not None and len(known) != found.num_classes:
        raise LoadError(
            f"There are {len(known)} names of classes ({first_few(known, 3)}), but the model of "
            f"{run} has {found.num_classes} classes. Give it the labels that it was trained with."
        )


def _made(found: Description, run: str) -> Model:
    """The model that a description is of.

    Raises:
      LoadError: it is made of what no file can hold.
    """
    if found.net is None:
        raise LoadError(
            f"The net of {run} is a function, {found.function}, which no file can hold. Make the "
            f"model and pass it: slim.load({run!r}, model=slim.Model(...))."
        )
    if found.unwritten:
        raise LoadError(
            f"The net of {run}, {found.net!r}, was made with {' and '.join(found.unwritten)}, "
            "which no file can hold. Make it again by slim.nets.create, and pass it: "
            f"slim.load({run!r}, model=model)."
        )
    if found.net not in nets.names():
        raise LoadError(
            f"The net of {run} is {found.net!r}, which is not registered here: import the module "
            f"that does so first ({found.function})."
        )
    try:
        return nets.create(
            found.net,
            found.num_classes,
            precision=found.precision,
            quantize=False if found.quantize is None else found.quantize,
            **found.kwargs,
        )
    except (TypeError, ValueError) as error:
        raise LoadError(f"Cannot make {found.net!r}, the net of {run}: {error}") from error


def _build(model: Model, found: Description, run: str) -> None:
    if model.variables:
        return
    height, width = found.image_size or (None, None)
    spec = tf.TensorSpec([None, height, width, found.channels or 3])
    try:
        model.build(spec)
    except (TypeError, ValueError) as error:
        raise LoadError(
            f"Cannot build {model.name}, the net of {run}, for images of "
            f"{height or 'any'}x{width or 'any'}x{found.channels or 3}: {error}\nBuild it before: "
            f"slim.load({run!r}, model=model.build(...))."
        ) from error


def _restore(model: Model, path: str, found: Description, run: str) -> None:
    try:
        model.restore(path, rename=checkpoints.averages)
    except checkpoints.CheckpointError as error:
        if error.report is None:
            raise
        raise checkpoints.CheckpointError(
            f"{error.report.text({})}\nThe checkpoint is not one of the model of {run}"
            f"{_of_classes(found)}.",
            error.report,
        ) from error


def _of_classes(found: Description) -> str:
    if found.num_classes is None:
        return ""
    return f" ({found.net or found.function} of {found.num_classes} classes)"


def _preprocess(found: Description) -> Callable | None:
    if found.preprocessing is None or found.preprocessing not in preprocessing.names():
        return None
    return preprocessing.get_preprocessing(found.preprocessing, found.image_size)
