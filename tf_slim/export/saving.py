"""`save`: a model or a run as a file of another format, compared with what it was made from."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tf_slim.data import DatasetSpec
from tf_slim.evaluation.loading import LoadedRun
from tf_slim.export import finding, formats, samples, writing
from tf_slim.export import verify as verification
from tf_slim.export.comparison import Comparison
from tf_slim.export.errors import ExportError
from tf_slim.export.formats import Format, Options, Tolerance
from tf_slim.export.source import Source
from tf_slim.ops import paths, shapes
from tf_slim.ops.arguments import describe, integer
from tf_slim.ops.model import Model

NOT_ASKED = "not asked for"

Progress = Callable[[str, int, int], None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Export:
    """A model that was exported.

    Attributes:
      path: of the file or folder.
      format: the name of its format.
      size: in bytes, with what belongs beside it.
      verified: how it compares with what it was made from; None where that was not asked for.

    Examples: see `slim.export.save`.
    """

    path: str
    format: str
    size: int
    verified: Comparison | None


def save(
    model_or_run: str | os.PathLike | LoadedRun | Model | Source,
    path: str | os.PathLike,
    format: str | None = None,
    *,
    quantize: str | None = None,
    precision: str | None = None,
    data: DatasetSpec | str | os.PathLike | None = None,
    split: str | None = None,
    calibration: DatasetSpec | str | os.PathLike | None = None,
    tolerance: float | None = None,
    verify: bool = True,
    pictures: int = verification.PICTURES,
    force: bool = False,
    checkpoint: str | os.PathLike | None = None,
    labels: str | os.PathLike | Sequence[str] | None = None,
    preprocess: str | Callable | None = None,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    multi_label: bool | None = None,
    features: str | None = None,
    runtime: str | os.PathLike | None = None,
    progress: Progress | None = None,
) -> Export:
    """Writes a model as a file of another format, for programs without this package.

    Files take prepared images, `images`, float32 `[batch, height, width, channels]`, and give
    `probabilities` and `logits`, float32 `[batch, classes]`; what a format adds to that is said
    where it is. The weights are those of the source, in float32 unless it is asked otherwise.

    Args:
      model_or_run: what `slim.load` takes, or returns; or a built model. A `Source`, which
        `slim.export.source_of` makes of any of these, is read and traced once for many formats.
      path: of the file, or the folder, to write. It appears whole or not at all.
      format: one of `slim.export.names()`; by default what the ending of `path` tells, or
        "saved_model" if it has none.
      quantize: how to quantize the weights, such as "int8", where the format knows it.
      precision: what to compute in, as in `slim.precision`, where the format knows it.
      data: labelled pictures to compare on, a spec or what `slim.data.from_source` takes; by
        default those of the run.
      split: of these; by default all of what is given, and of a run the test split, or else the
        validation split.
      calibration: pictures to calibrate a quantization by, likewise; by default the training split
        of the run, else `data`.
      tolerance: the largest difference of any probability that is accepted; by default what fits
        the format (`slim.export.get(format).tolerance`).
      verify: whether to run the file and compare it with the model; without it the file says so.
      pictures: how many to compare on at most, evenly from the whole split.
      force: whether to overwrite an earlier export.
      checkpoint: of a run: see `slim.load`.
      labels: the name of each class, or a label file; by default those of the run.
      preprocess: the name of a preprocessing, or `fn(image, *, is_training, seed)`; by default
        that of the run.
      image_size: one number of pixels or `(height, width)`; by default that of the run.
      channels: of the images; by default those of the run, or 3.
      multi_label: whether a picture may be of several classes; by default as in the run.
      features: the end point to give embeddings of, where the format does so; by default the last
        one before the logits.
      runtime: of "web": the folder of the npm package onnxruntime-web; by default it is looked for.
      progress: is called with what is being done, how much of it is, and how much there is.

    Returns:
      An `Export`.

    Raises:
      ExportError: it cannot be exported as it was asked for, or something stands at `path`.
      slim.export.VerificationError: the file does not do what the model does. Nothing is written.
      LoadError: the run cannot be loaded.
      ValueError: an argument is out of its range.
      OSError: it cannot be written.

    Examples:
      >>> done = slim.export.save("runs/digits", "digits.pb", pictures=50)
      >>> done.format, done.verified.pictures, done.verified.agreement
      ('frozen', 50, 1.0)
      >>> engine = slim.export.engines.open("digits.pb")
      >>> engine(np.zeros([2, 8, 8, 1], np.float32))["probabilities"].shape
      (2, 10)
    """
    runtime = None if runtime is None else os.fsdecode(runtime)
    path, chosen, place = check(
        path, format, quantize=quantize, precision=precision, runtime=runtime, force=force
    )
    allowed = _tolerance(tolerance, chosen.tolerance(quantize, precision))
    if (integer(pictures) or 0) < 1:
        raise ValueError(f"pictures: expected at least 1; got {describe(pictures)}.")
    made = finding.source_of(
        model_or_run,
        checkpoint,
        data=data,
        split=split,
        calibration=calibration,
        labels=labels,
        preprocess=preprocess,
        image_size=image_size,
        channels=channels,
        multi_label=multi_label,
    )
    if not made.takes_images:
        shown = [f"{name} {_shape(spec)}" for name, spec in made.inputs.items()]
        chosen.check_inputs(shown, made.model.name)
    tell = progress or _nobody
    tell("reading pictures", 0, pictures)
    on = verification.pictures(made, pictures) if verify else None
    options = Options(
        quantize=quantize,
        precision=precision,
        samples=lambda count: _samples(made, count),
        metadata=made.metadata(
            format=chosen.name,
            quantize=quantize,
            precision=precision,
            verified=_verified(on),
            exporter=f"tf-slim2 {sys.modules['tf_slim'].__version__}",
        ),
        features=features,
        runtime=runtime,
    )
    comparison = None
    with writing.placing(path, **place) as temporary:
        tell("writing", 0, 1)
        chosen.write(made, temporary, options)
        size = _size(os.path.dirname(temporary))
        if on is not None:
            comparison = verification.verify(made, temporary, on, allowed, size=size, progress=tell)
    return Export(path=path, format=chosen.name, size=size, verified=comparison)


def check(
    path: str | os.PathLike,
    format: str | None = None,
    *,
    quantize: str | None = None,
    precision: str | None = None,
    runtime: str | None = None,
    force: bool = False,
) -> tuple[str, Format, dict[str, Any]]:
    """Checks what can be checked of an export before anything is loaded.

    Args:
      path: see `save`, as the others.
      format: its name.
      quantize: how.
      precision: what to compute in.
      runtime: where the program is that runs the file.
      force: whether to overwrite.

    Returns:
      The path, the format, and what `writing.placing` takes besides the path.

    Raises:
      ExportError: it cannot be exported as it was asked for, or something stands at `path`.
    """
    path = os.fsdecode(path)
    path = path if paths.is_far(path) else os.path.normpath(path)
    chosen = formats.get(format_of(path, format))
    _check_ending(path, chosen)
    chosen.check(quantize, precision, runtime)
    place = {"is_folder": chosen.ending is None, "beside": chosen.beside, "force": force}
    writing.check(path, **place)
    return path, chosen, place


def _nobody(what: str, done: int, total: int) -> None:
    """Nobody wants to know."""


def _tolerance(given: float | None, own: Tolerance) -> Tolerance:
    if given is None:
        return own
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not given >= 0:
        raise ValueError(f"tolerance: expected a number from 0, or None; got {describe(given)}.")
    return Tolerance(float(given))


def _shape(spec: Any) -> str:
    sizes = ["any" if size is None else str(size) for size in shapes.of(spec)]
    return f"[{', '.join(['batch', *sizes[1:]])}]"


def _verified(on: verification.Pictures | None) -> bool | str:
    """What the file says of its verification, which it has passed when anybody reads it."""
    if on is None:
        return NOT_ASKED
    return f"on {on.name}" if on.name == verification.MADE_UP else True


def format_of(path: str, given: str | None) -> str:
    """The name of the format that is meant.

    Args:
      path: of the file.
      given: the name that was said, if one was.

    Raises:
      ExportError: nothing tells it.
    """
    if given is not None:
        return given
    told, ending = formats.of_path(path), os.path.splitext(path)[1]
    if told is None and ending:
        known = {formats.get(name).ending: name for name in formats.names()}
        listed = ", ".join(f"{end} ({name})" for end, name in known.items() if end)
        raise ExportError(
            f"{path}: the ending {ending} tells no format. Say it by format=, or --to: one of "
            f"{', '.join(formats.names())}. Endings that tell one: {listed}."
        )
    return told or "saved_model"


def _check_ending(path: str, chosen: Format) -> None:
    """Other programs tell a file by its ending."""
    if chosen.ending is not None and not path.lower().endswith(chosen.ending):
        raise ExportError(
            f"{path}: a file of the format {chosen.name} ends in {chosen.ending}. Write "
            f"{os.path.splitext(path)[0]}{chosen.ending}."
        )


def _samples(made: Source, count: int) -> np.ndarray:
    """Pictures to calibrate by."""
    way = made.preprocessing or made.preprocess
    if made.data is None or way is None:
        raise ExportError(
            f"To quantize {made.model.name}, pictures of its training data are needed, and it is "
            f"not known {_unknown(made)}."
        )
    data = made.data

    def read() -> np.ndarray:
        return samples.read(data, count, way, made.image_size).images

    return made.once(("samples", id(data), count), read)


def _unknown(made: Source) -> str:
    if made.data is None:
        return "where these are: give calibration=, or --calibration SOURCE"
    return "how they are prepared: give preprocess=, or --preprocessing NAME"


def _size(folder: str) -> int:
    """Of all files in a folder, in bytes."""
    return sum(
        os.path.getsize(os.path.join(where, name))
        for where, _, names in os.walk(folder)
        for name in names
    )
