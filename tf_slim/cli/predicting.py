"""The body of `tf-slim predict`: from paths to what is printed and written."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tf_slim.cli import errors, progress, terminal
from tf_slim.cli.options import ConfigError
from tf_slim.evaluation import pictures as given
from tf_slim.evaluation.exported import ExportedModel, load_any
from tf_slim.evaluation.loading import LoadedRun
from tf_slim.evaluation.prediction import Prediction
from tf_slim.ops import files
from tf_slim.report.predictions import PredictionsPage

_STANDARD_INPUT = "-"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked for; see the command."""

    top: int
    as_json: bool
    html: str | None
    features: str | None
    out: str | None
    on_error: str
    checkpoint: str | None
    labels: str | None
    preprocessing: str | None
    image_size: int | None
    batch_size: int


def predict(run: str, pictures: list[str], options: Options) -> int:
    """Predicts, prints and writes.

    Args:
      run: a run folder, or the name of a net.
      pictures: files, folders, patterns; "-" for paths on standard input.
      options: what is asked for.

    Returns:
      The exit status.

    Raises:
      ValueError, OSError: the run cannot be loaded, there is no picture, or one cannot be read.
    """
    paths = _paths(pictures)
    loaded = load_any(run, options.checkpoint, labels=options.labels)
    predictor = slim.Predictor(
        loaded,
        preprocess=options.preprocessing,
        image_size=options.image_size,
        batch_size=options.batch_size,
        fold=True,
    )
    found = predictor.stream(
        paths,
        on_error=options.on_error,
        features=options.features,
        # Of an exported file nothing inside can be seen.
        heat_maps=options.html is not None and isinstance(loaded, LoadedRun),
        with_images=options.html is not None,
    )
    sinks = _sinks(loaded, options)
    skipped = 0
    with contextlib.closing(_shown(found, len(paths), options)) as predictions:
        for prediction in predictions:
            if prediction.error is not None:
                skipped += 1
                terminal.progress(f"skipped {prediction.error}")
            for sink in sinks:
                sink.add(prediction)
    for sink in sinks:
        sink.close()
    if skipped:
        terminal.note(f"{skipped} of {len(paths)} pictures were skipped.")
    return errors.FAILED if skipped == len(paths) else 0


def _paths(pictures: list[str]) -> list[str]:
    """The paths that are meant, those on standard input in the place of `-`."""
    paths: list[str] = []
    for one in pictures:
        paths += given.expanded(_piped() if one == _STANDARD_INPUT else [one])
    if not paths:
        raise ConfigError("There is no picture: standard input gave no path.")
    return paths


def _piped() -> list[str]:
    """Paths on standard input, one a line, or with a NUL behind each as `find -print0` writes."""
    text = getattr(sys.stdin, "buffer", sys.stdin).read()
    text = os.fsdecode(text)
    rows = text.split("\0") if "\0" in text else text.splitlines()
    return [row for row in rows if row.strip()]


def _shown(
    found: Iterator[Prediction], total: int, options: Options
) -> Generator[Prediction, None, None]:
    """The same, with a bar where nothing else is seen of them."""
    is_seen = terminal.is_terminal(sys.stdout) and not options.as_json and options.out is None
    with progress.counting("predicting", 0 if is_seen else total) as show:
        try:
            for done, prediction in enumerate(found, start=1):
                yield prediction
                if show is not None:
                    show(done)
        except slim.data.DataError as error:
            raise ConfigError(f"{error}\nTo leave such pictures out: --on-error skip.") from error


def _sinks(loaded: LoadedRun | ExportedModel, options: Options) -> list[Any]:
    sinks: list[Any] = []
    if options.as_json:
        sinks.append(_Json(options))
    elif options.features is None:
        sinks.append(_Lines(options.top))
    if options.out is not None:
        sinks.append(_Embeddings(options.out))
    if options.html is not None:
        sinks.append(_Page(options.html, options.top, loaded))
    return sinks


class _Lines:
    """Prints each as it comes."""

    def __init__(self, top: int):
        self._top = top

    def add(self, prediction: Prediction) -> None:
        if prediction.error is not None:
            return
        scored = prediction.top(self._top)
        width = max(len(one.label) for one in scored)
        rows = [f"{one.label:<{width}}  {100 * one.probability:6.2f} %" for one in scored]
        if self._top == 1:
            terminal.say(f"{prediction.path}  {' '.join(rows[0].split())}")
        else:
            terminal.say("\n  ".join([str(prediction.path), *rows]))

    def close(self) -> None:
        pass


class _Json:
    """Prints a list in the end: half a list would be no JSON."""

    def __init__(self, options: Options):
        self._options = options
        self._rows: list[dict[str, Any]] = []

    def add(self, prediction: Prediction) -> None:
        scored = prediction.top(self._options.top)
        row: dict[str, Any] = {"path": prediction.path}
        row["labels"] = [{"label": one.label, "probability": one.probability} for one in scored]
        if prediction.error is not None:
            row["error"] = prediction.error
        if prediction.features is not None and self._options.out is None:
            row["features"] = prediction.features.tolist()
        self._rows.append(row)

    def close(self) -> None:
        terminal.data(self._rows, indent=None if self._options.features else 2)


class _Embeddings:
    """Writes `paths` and `features`, a row each, in the end."""

    def __init__(self, path: str):
        self._path = path
        self._paths: list[str | None] = []
        self._rows: list[np.ndarray] = []

    def add(self, prediction: Prediction) -> None:
        if prediction.features is not None:
            self._paths.append(prediction.path)
            self._rows.append(prediction.features)

    def close(self) -> None:
        if not self._rows:
            return
        features = np.stack(self._rows)
        with files.replacing(self._path) as temporary, open(temporary, "wb") as file:
            np.savez(file, paths=np.array(self._paths), features=features)
        shape = "x".join(map(str, features.shape))
        terminal.progress(f"{self._path}: paths, and features {shape}")


class _Page:
    """Writes the page in the end."""

    def __init__(self, path: str, top: int, loaded: LoadedRun | ExportedModel):
        self._path = path
        self._loaded = loaded
        self._page = PredictionsPage(top)
        self._count = 0

    def add(self, prediction: Prediction) -> None:
        self._count += 1
        self._page.add(prediction)

    def close(self) -> None:
        loaded = self._loaded
        data = "" if loaded.data is None else f", trained on {loaded.data}"
        after = "" if loaded.step is None else f", {loaded.step} steps"
        self._page.write(
            self._path,
            f"What {loaded.name} sees",
            f"{self._count} pictures; {loaded.name}{data}{after}",
            f"From {loaded.checkpoint}. TF-Slim {slim.__version__}, TensorFlow {tf.__version__}.",
        )
        terminal.progress(f"page: {self._path}")
