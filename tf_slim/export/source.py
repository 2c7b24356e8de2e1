"""What every format is given: a model, and all that is known of it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from tf_slim.data import DatasetSpec, preprocessing
from tf_slim.data.spec import as_image_size
from tf_slim.evaluation.loading import LoadedRun, labels_of
from tf_slim.evaluation.logits import has_logits, logits_of
from tf_slim.export import features as embedding
from tf_slim.export.errors import ExportError
from tf_slim.export.metadata import Metadata
from tf_slim.ops import shapes
from tf_slim.ops.arg_scope import default_is_training
from tf_slim.ops.arguments import describe
from tf_slim.ops.model import Model
from tf_slim.ops.outputs import split_outputs
from tf_slim.ops.wording import first_few

if TYPE_CHECKING:
    from tf_slim.export.fold import Folded

IMAGES = "images"
PROBABILITIES = "probabilities"
LOGITS = "logits"
FEATURES = "features"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """A model that is exported, and what there is to know of it.

    Attributes:
      model: built, with the weights that are exported.
      labels: the name of each class; None if nobody knows them.
      preprocessing: the name of the preprocessing; None for a function, or if nobody knows it.
      preprocess: `fn(image, *, is_training, seed)`; None if nobody knows it.
      image_size: `(height, width)` in pixels; None for any.
      channels: of the images.
      multi_label: whether a picture may be of several classes.
      data: the pictures that it was trained on, to calibrate by; None if nobody knows them.
      step: of training, or None.
      num_classes: how many it tells apart, if that was said; None otherwise.
    """

    model: Model
    labels: tuple[str, ...] | None = None
    preprocessing: str | None = None
    preprocess: Callable | None = None
    image_size: tuple[int, int] | None = None
    channels: int = 3
    multi_label: bool = False
    data: DatasetSpec | None = None
    step: int | None = None
    num_classes: int | None = None
    _cache: dict[Any, Any] = dataclasses.field(default_factory=dict, repr=False)

    @property
    def spec(self) -> tf.TensorSpec:
        """What the net is given: float32 `[None, height, width, channels]`, called `images`."""
        height, width = self.image_size or (None, None)
        return tf.TensorSpec([None, height, width, self.channels], tf.float32, name=IMAGES)

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of what exported files are given."""
        return (IMAGES,)

    @property
    def output_specs(self) -> Mapping[str, tf.TensorSpec]:
        """What exported files give, by name."""
        if "outputs" not in self._cache:
            traced = tf.function(self.compute, autograph=False).get_concrete_function(self.spec)
            found = traced.structured_outputs
            self._cache["outputs"] = {
                name: tf.TensorSpec(value.shape, value.dtype, name) for name, value in found.items()
            }
        return self._cache["outputs"]

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names of what exported files give."""
        return tuple(self.output_specs)

    @property
    def tells_classes(self) -> bool:
        """Whether it tells classes apart, and so gives probabilities."""
        return PROBABILITIES in self.output_specs

    def compute(self, images: Any, features: str | bool = False) -> dict[str, tf.Tensor]:
        """What exported files have to give, computed by the model as it is.

        Args:
          images: float32 `[batch, height, width, channels]`.
          features: see `folded`.
        """
        with default_is_training(False):
            return self.named(self.model(images), features=features)

    def named(
        self, result: Any, *, softmax: bool = True, features: str | bool = False
    ) -> dict[str, tf.Tensor]:
        """What a net returned, as the outputs of an exported file.

        Args:
          result: what the net returned, in the graph in which it was called.
          softmax: whether to give probabilities too, and not the logits alone.
          features: see `folded`.

        Returns:
          `probabilities` and `logits`, float32 `[batch, classes]`; of a net that tells no classes
          apart its outputs by their names.

        Raises:
          ExportError: the labels are not as many as the classes, or the net returned no tensor.
        """
        outputs, end_points = split_outputs(result)
        named = self.model.end_points if end_points is None else end_points
        if not self._are_logits(outputs):
            found = self._by_name(outputs)
            logits = None
        else:
            logits = self._logits(outputs)
            squash = tf.sigmoid if self.multi_label else tf.nn.softmax
            found = {PROBABILITIES: squash(logits)} if softmax else {}
            found[LOGITS] = logits
        if isinstance(features, str):
            found[FEATURES] = embedding.chosen(self.model, named, features)
        elif features and logits is not None:
            last = embedding.last(named, outputs)
            if last is not None:
                found[FEATURES] = last
        return {name: tf.identity(value, name) for name, value in found.items()}

    def folded(
        self,
        precision: str | None = None,
        *,
        softmax: bool = True,
        features: str | bool = False,
    ) -> Folded:
        """The graph of inference, with constants for variables and batch norm folded, made once.

        Args:
          precision: what to compute in; None for float32.
          softmax: whether to give probabilities too, and not the logits alone.
          features: the end point to give as `features`, float32 `[batch, depth]`; True for the
            last one before the logits, if there is one.
        """
        key = "folded", precision, softmax, features
        if key not in self._cache:
            from tf_slim.export.fold import folded

            self._cache[key] = folded(
                self.model,
                self.spec,
                precision=precision or "float32",
                outputs=lambda result: self.named(result, softmax=softmax, features=features),
            )
        return self._cache[key]

    def inference(self, precision: str | None = None, *, features: str | bool = False) -> Callable:
        """A ConcreteFunction of images, from the folded graph where it fits into one.

        Args:
          precision: see `folded`.
          features: see `folded`.
        """
        try:
            return self.folded(precision, features=features).function
        except ImportError:
            compute = functools.partial(self.compute, features=features)
            return tf.function(compute, autograph=False).get_concrete_function(self.spec)

    def reference(self) -> Callable[[Any], dict[str, tf.Tensor]]:
        """What exported files are compared with: the model as it is, in float32, traced once."""
        if "reference" not in self._cache:
            self._cache["reference"] = tf.function(
                self.compute, input_signature=[self.spec], autograph=False
            )
        return self._cache["reference"]

    @property
    def size(self) -> int:
        """Of the variables, in bytes."""
        return sum((one.shape.num_elements() or 0) * one.dtype.size for one in self.model.variables)

    def metadata(self, **known: Any) -> Metadata:
        """What a file that is exported has to say of itself.

        Args:
          **known: what else there is to know: the fields of `Metadata`.
        """
        origin = self.model.origin
        return Metadata(
            net=self.model.name if origin is None else origin.name,
            labels=self.labels,
            preprocessing=self.preprocessing,
            image_size=self.image_size,
            channels=self.channels,
            multi_label=self.multi_label,
            step=self.step,
            **known,
        )

    def _are_logits(self, outputs: Any) -> bool:
        if not has_logits(outputs):
            return False
        if outputs.shape.rank == 2:
            return True
        classes = self.num_classes or (None if self.labels is None else len(self.labels))
        return classes is not None and shapes.size(outputs, -1) == classes

    def _logits(self, outputs: Any) -> tf.Tensor:
        logits = tf.cast(logits_of(self.model, outputs), tf.float32)
        classes = shapes.size(logits, 1)
        if self.labels is not None and classes is not None and len(self.labels) != classes:
            raise ExportError(
                f"There are {len(self.labels)} labels ({first_few(self.labels, 3)}), but "
                f"{self.model.name} returns {classes} logits. Give the labels that it was trained "
                "with, in their order."
            )
        return logits

    def _by_name(self, outputs: Any) -> dict[str, tf.Tensor]:
        named = _flat(outputs)
        if not named:
            raise ExportError(
                f"{self.model.name} returns no tensor, so that there is nothing to export: got "
                f"{describe(outputs)}."
            )
        return {
            name: tf.cast(value, tf.float32) if value.dtype.is_floating else value
            for name, value in named.items()
        }


def _flat(outputs: Any) -> dict[str, tf.Tensor]:
    """The tensors of a structure, by names made of its keys and numbers."""
    if tf.is_tensor(outputs):
        return {"output": outputs}
    found: dict[str, tf.Tensor] = {}

    def visit(value: Any, path: tuple[str, ...]) -> None:
        if isinstance(value, Mapping):
            for key, one in value.items():
                visit(one, (*path, str(key)))
        elif hasattr(value, "_fields"):
            for key in value._fields:
                visit(getattr(value, key), (*path, key))
        elif isinstance(value, (list, tuple)):
            for number, one in enumerate(value):
                visit(one, (*path, str(number) if path else f"output_{number}"))
        elif tf.is_tensor(value):
            found["_".join(path)] = value

    visit(outputs, ())
    return found


def of_run(
    run: LoadedRun,
    *,
    labels: Any = None,
    preprocess: str | Callable | None = None,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    multi_label: bool | None = None,
) -> Source:
    """What is exported of a run.

    Args:
      run: as `slim.load` returns it.
      labels: in place of the run's, as the others; see `save`.
      preprocess: a name, or a function.
      image_size: in pixels.
      channels: of the images.
      multi_label: whether a picture may be of several classes.
    """
    return _source(
        run.model,
        labels=run.labels if labels is None else labels,
        preprocess=preprocess or run.description.preprocessing or run.preprocess,
        image_size=image_size or run.image_size,
        channels=channels or run.channels,
        multi_label=run.multi_label if multi_label is None else multi_label,
        step=run.step,
        num_classes=run.description.num_classes,
    )


def of_model(
    model: Model,
    *,
    labels: Any = None,
    preprocess: str | Callable | None = None,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    multi_label: bool | None = None,
) -> Source:
    """What is exported of a model that was made in Python.

    Args:
      model: built.
      labels: see `save`, as the others.
      preprocess: a name, or a function.
      image_size: in pixels.
      channels: of the images.
      multi_label: whether a picture may be of several classes.

    Raises:
      ValueError: it is not built.
    """
    model.require_variables("export")
    origin = model.origin
    return _source(
        model,
        labels=labels,
        preprocess=preprocess,
        image_size=image_size,
        channels=channels or 3,
        multi_label=bool(multi_label),
        num_classes=None if origin is None else origin.num_classes,
    )


def _source(
    model: Model,
    *,
    labels: Any,
    preprocess: str | Callable | None,
    image_size: int | Sequence[int] | None,
    **known: Any,
) -> Source:
    size = as_image_size(image_size)
    name = preprocess if isinstance(preprocess, str) else None
    prepare = preprocess
    if isinstance(preprocess, str):
        is_known = preprocess in preprocessing.names()
        prepare = preprocessing.get_preprocessing(preprocess, size) if is_known else None
    return Source(
        model=model,
        labels=None if labels is None else labels_of(labels),
        preprocessing=name,
        preprocess=prepare if callable(prepare) else None,
        image_size=size,
        **known,
    )
