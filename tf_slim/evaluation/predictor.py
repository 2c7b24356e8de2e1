"""`slim.Predictor`: what a trained model says of pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.data import images
from tf_slim.data import preprocessing as preprocessings
from tf_slim.data.sources.checking import check_on_error
from tf_slim.data.spec import as_image_size
from tf_slim.evaluation import pictures as given
from tf_slim.evaluation.exported import ExportedModel, load_any
from tf_slim.evaluation.folding import WhenItPays
from tf_slim.evaluation.heat_maps import grad_cam
from tf_slim.evaluation.loading import LoadedRun, LoadError, labels_of
from tf_slim.evaluation.logits import has_logits, logits_of
from tf_slim.evaluation.prediction import Prediction
from tf_slim.evaluation.reading import Read, Reader, read_in_parallel
from tf_slim.export import features as embedding
from tf_slim.export.fold import folded
from tf_slim.ops import shapes
from tf_slim.ops.arg_scope import default_is_training
from tf_slim.ops.arguments import describe, integer
from tf_slim.ops.model import Model
from tf_slim.ops.outputs import split_outputs
from tf_slim.ops.tracing import TracedFunction
from tf_slim.ops.wording import first_few


class Predictor:
    """A trained model, for pictures as they come.

    Pictures are paths, the bytes of picture files, uint8 arrays `[height, width, channels]` and PIL
    images, one or many, also mixed; a path may be that of a folder. They are decoded and prepared
    as those that the model was evaluated on.

    Attributes:
      model: the model; None of an exported file.
      labels: the name of each class; None if nobody knows them.
      multi_label: whether a picture may be of several classes: probabilities are then sigmoids of
        the logits, otherwise their softmax.
      batch_size: how many pictures the model is given at a time.

    Examples:
      >>> predict = slim.Predictor("runs/digits")
      >>> pictures = np.random.randint(0, 255, [3, 8, 8, 1], np.uint8)
      >>> predictions = predict(pictures)
      >>> len(predictions), len(predictions[0].probabilities)
      (3, 10)
      >>> predictions[0].top(3)[0].label == predictions[0].label
      True
      >>> predict.features(pictures, "fc3").shape
      (3, 1024)
    """

    def __init__(
        self,
        run: str | os.PathLike | LoadedRun | ExportedModel | Model,
        checkpoint: str | os.PathLike | None = None,
        *,
        labels: str | os.PathLike | Sequence[str] | None = None,
        preprocess: str | Callable | None = None,
        image_size: int | Sequence[int] | None = None,
        channels: int | None = None,
        multi_label: bool | None = None,
        batch_size: int = 32,
        max_pixels: int = images.MAX_PIXELS,
        fold: bool | None = None,
    ):
        """Makes a predictor.

        Args:
          run: what `slim.load` takes, or returns; or a built model, with its `preprocess`; or the
            path of an exported model of any format (see `slim.export`), which gives neither
            features nor heat maps.
          checkpoint: see `slim.load`.
          labels: the name of each class, or (of a run) a label file; by default those of the run.
          preprocess: the name of a preprocessing, or `fn(image, *, is_training, seed)` as
            `slim.data.preprocessing.get_preprocessing` describes it; by default that of the run.
          image_size: for a preprocessing by name: one number of pixels or `(height, width)`; by
            default that of the run.
          channels: of the pictures; by default those of the run, or 3.
          multi_label: whether a picture may be of several classes; by default as in the run.
          batch_size: how many pictures the model is given at a time.
          max_pixels: the most pixels that a picture may have, before it is prepared.
          fold: whether the weights stay as they are, so that predictions may come from the folded
            graph (see `slim.export.folded`) as soon as that pays; features and heat maps never do.
            By default of a run that is loaded here, and not of a model that may be trained further.

        Raises:
          LoadError: the run cannot be loaded, or its preprocessing is not known.
          slim.checkpoints.CheckpointError: there is no checkpoint, or it does not fit.
          ValueError: an argument is out of its range.
        """
        for name, value in (("batch_size", batch_size), ("max_pixels", max_pixels)):
            if (integer(value) or 0) < 1:
                raise ValueError(f"{name}: expected at least 1; got {describe(value)}.")
        self._may_fold = isinstance(run, (str, os.PathLike)) if fold is None else fold
        if isinstance(run, (str, os.PathLike)):
            run = load_any(run, checkpoint, labels=labels)
            labels = None
        elif checkpoint is not None:
            raise ValueError("checkpoint goes with the folder of a run, or the name of a net.")
        known = run if isinstance(run, (LoadedRun, ExportedModel)) else None
        self._exported = known if isinstance(known, ExportedModel) else None
        self.model: Any = None
        if not isinstance(known, ExportedModel):
            self.model = run if known is None else known.model
            if not isinstance(self.model, Model):
                raise TypeError(
                    "run: expected the folder of a run, what slim.load returns, a slim.Model, or "
                    f"an exported file; got {describe(run)}."
                )
            self.model.require_variables("predict with")
        size = as_image_size(image_size) or (None if known is None else known.image_size)
        prepare = _preprocessing(preprocess, size, known)
        self.labels = None if known is None else known.labels
        if labels is not None:
            self.labels = labels_of(labels)
        self.multi_label = bool(known and known.multi_label) if multi_label is None else multi_label
        self.batch_size = batch_size
        self._steps: dict[tuple, Any] = {}
        depth = channels or (3 if known is None else known.channels)
        self._reader = Reader(prepare, depth, max_pixels=max_pixels)

    def __call__(self, pictures: Any, *, on_error: str = "fail") -> Any:
        """What the model says of one picture, or of many.

        Args:
          pictures: see the class.
          on_error: see `stream`.

        Returns:
          A `Prediction`; of a list, a batch or a folder a list of them, in the same order.

        Raises:
          slim.data.DataError: see `stream`.
        """
        found = list(self.stream(pictures, on_error=on_error))
        return found[0] if given.is_one(pictures) else found

    @property
    def name(self) -> str:
        """The name of the model, or the path of the exported file."""
        return self.model.name if self._exported is None else self._exported.checkpoint

    @property
    def image_spec(self) -> tf.TensorSpec:
        """What the net is given of a picture: float32 `[height, width, channels]`."""
        return self._reader.image_spec

    def read(self, picture: Any, number: int = 0) -> Read:
        """Reads, decodes and prepares one picture, in whichever thread it is called.

        A call is made of this and `compute`, which programs may use that gather batches in their
        own way, such as a server.

        Args:
          picture: one picture; see the class.
          number: what an error calls it, where it has no path: `picture 0`.

        Returns:
          What the net is given, or why it cannot be read: nothing is raised for a bad picture.
        """
        return self._reader(number, next(given.each([picture])))

    def compute(
        self, batch: Any, *, features: str | None = None, heat_maps: bool = False
    ) -> dict[str, np.ndarray]:
        """What the model computes of pictures that were read.

        Args:
          batch: what the net is given, float32 `[n, height, width, channels]`, or a list of n.
          features: see `stream`.
          heat_maps: see `stream`.

        Returns:
          What was asked for, by name, each `[n, ...]`: `probabilities`, `features`, `heat_map`.
        """
        if self._exported is not None:
            found = self._exported.compute(
                np.asarray(tf.stack(batch)),
                multi_label=self.multi_label,
                features=features,
                heat_maps=heat_maps,
            )
            self._check_labels(found["probabilities"].shape[1])
            return found
        found = self._step(features, heat_maps)(tf.stack(batch))
        return {key: value.numpy() for key, value in found.items()}

    def features(self, pictures: Any, end_point: str) -> np.ndarray:
        """Embeddings, for search and clustering: an end point, averaged over height and width.

        Args:
          pictures: see the class.
          end_point: its name; as in `slim.nets.create`, what stands before a slash may be left out.

        Returns:
          float32 `[pictures, depth]`; `[depth]` for one picture.

        Raises:
          slim.data.DataError: a picture cannot be read.
          ValueError: there is no such end point.
        """
        rows = [np.asarray(one.features) for one in self.stream(pictures, features=end_point)]
        if given.is_one(pictures):
            return rows[0]
        return np.stack(rows) if rows else np.zeros([0, 0], np.float32)

    def stream(
        self,
        pictures: Any,
        *,
        on_error: str = "fail",
        features: str | None = None,
        heat_maps: bool = False,
        with_images: bool = False,
    ) -> Iterator[Prediction]:
        """Predictions one after the other, for any number of pictures.

        Pictures are read ahead, several at a time, and never more than a few batches of them are
        in memory.

        Args:
          pictures: see the class; an iterator too.
          on_error: what to do where a picture cannot be read: "fail" raises, "skip" gives a
            `Prediction` with nothing but its `error`.
          features: the name of an end point to return with it.
          heat_maps: whether to return the image as the net was given it, and where in it is what
            speaks for the first label (see `slim.evaluation.grad_cam`).
          with_images: whether to return the image as the net was given it, without that, too.

        Yields:
          A `Prediction` of each picture, in the order of the pictures.

        Raises:
          slim.data.DataError: a picture cannot be read, and `on_error` is "fail".
          ValueError: `on_error` is something else, or there is no such end point.

        Examples:
          >>> predict = slim.Predictor("runs/digits")
          >>> pictures = ["gone.jpg", np.zeros([8, 8, 1], np.uint8)]
          >>> for one in predict.stream(pictures, on_error="skip"):
          ...     print(one.path, one.error is None)
          gone.jpg False
          None True
        """
        check_on_error(on_error)
        return self._stream(pictures, on_error, features, heat_maps, with_images)

    def _stream(
        self,
        pictures: Any,
        on_error: str,
        features: str | None,
        heat_maps: bool,
        with_images: bool,
    ) -> Iterator[Prediction]:
        waiting: list[Read] = []
        for read in read_in_parallel(given.each(pictures), self._reader, ahead=2 * self.batch_size):
            if read.error is not None and on_error == "fail":
                yield from self._predicted(waiting, features, heat_maps, with_images)
                raise read.error
            there = [one.image for one in waiting if one.image is not None]
            is_full = len(there) == self.batch_size
            # Only where the net takes images of any size.
            is_other = read.image is not None and there and there[0].shape != read.image.shape
            if is_full or is_other:
                yield from self._predicted(waiting, features, heat_maps, with_images)
                waiting = []
            waiting.append(read)
        yield from self._predicted(waiting, features, heat_maps, with_images)

    def _predicted(
        self, batch: list[Read], features: str | None, heat_maps: bool, with_images: bool
    ) -> Iterator[Prediction]:
        there = [one.image for one in batch if one.image is not None]
        said: Iterator[dict[str, Any]] = iter(())
        if there:
            arrays = self.compute(there, features=features, heat_maps=heat_maps)
            said = iter([{k: v[i] for k, v in arrays.items()} for i in range(len(there))])
        for one in batch:
            if one.error is not None:
                yield Prediction(path=one.path, error=str(one.error))
            else:
                image = one.image.numpy() if heat_maps or with_images else None
                yield Prediction(path=one.path, names=self.labels, image=image, **next(said))

    def _step(self, features: str | None, heat_maps: bool) -> Any:
        """What is computed of a batch, as a function that is traced once."""
        key = features, heat_maps
        if key not in self._steps:
            spec = tf.TensorSpec([None, *self._reader.image_spec.shape], tf.float32)

            def compute(images):
                return self._computed(images, features, heat_maps)

            step: Callable = TracedFunction(compute, input_signature=[spec])
            if self._may_fold and features is None and not heat_maps:
                step = WhenItPays(self.model, step, self._folded)
            self._steps[key] = step
        return self._steps[key]

    def fold(self) -> None:
        """Computes by the folded graph from now on, without waiting until that pays.

        For programs that run for long, such as a server: it takes some seconds.
        """
        if self._exported is None and self._may_fold:
            self._step(None, False).fold()

    def _folded(self) -> Callable:
        spec = tf.TensorSpec([None, *self._reader.image_spec.shape], tf.float32)

        def chosen(result: Any) -> dict[str, tf.Tensor]:
            return {"probabilities": self._probabilities(split_outputs(result)[0])}

        return folded(self.model, spec, outputs=chosen).function

    def _probabilities(self, outputs: Any) -> tf.Tensor:
        logits = tf.cast(logits_of(self.model, outputs), tf.float32)
        self._check_labels(shapes.size(logits, 1))
        return tf.sigmoid(logits) if self.multi_label else tf.nn.softmax(logits)

    def _computed(
        self, images: tf.Tensor, features: str | None, heat_maps: bool
    ) -> dict[str, tf.Tensor]:
        with default_is_training(False):
            outputs, end_points = split_outputs(self.model(images))
        named = self.model.end_points if end_points is None else end_points
        found = {}
        if has_logits(outputs) or features is None:
            found["probabilities"] = self._probabilities(outputs)
        if features is not None:
            found["features"] = embedding.chosen(self.model, named, features)
        if heat_maps:
            found["heat_map"] = grad_cam(self.model, images)
        return found

    def _check_labels(self, classes: int | None) -> None:
        if self.labels is not None and classes is not None and len(self.labels) != classes:
            raise ValueError(
                f"There are {len(self.labels)} labels ({first_few(self.labels, 3)}), but "
                f"{self.name} returns {classes} logits. Give the labels that it was trained "
                "with, in their order."
            )


def _preprocessing(
    chosen: str | Callable | None,
    size: tuple[int, int] | None,
    known: LoadedRun | ExportedModel | None,
) -> Callable:
    """What prepares a decoded picture.

    Raises:
      LoadError: nobody knows.
    """
    if isinstance(chosen, str):
        return preprocessings.get_preprocessing(chosen, size)
    if chosen is not None:
        return chosen
    if known is None:
        raise LoadError(
            "A model alone does not tell how pictures are to be prepared: give preprocess=, one of "
            f"{', '.join(preprocessings.names())}, and image_size=."
        )
    name = known.description.preprocessing
    if name is not None and name in preprocessings.names():
        return preprocessings.get_preprocessing(name, size)
    own = known.description.preprocess
    if own is not None:
        why = f"by a function, {own}, which no file can hold. Give it"
    elif name is not None:
        why = f"by {name!r}, which is not registered here. Give the function"
    else:
        why = f"in a way that the run does not tell, one of {preprocessings.names()} or another"
    raise LoadError(
        f"{known.checkpoint} was trained on pictures that were prepared {why}: "
        "slim.Predictor(run, preprocess=...)."
    )
