"""What every format is given: a model, and all that is known of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tf_slim.data import DatasetSpec
from tf_slim.export import naming
from tf_slim.export.fold import Folded, folded
from tf_slim.export.metadata import Metadata
from tf_slim.export.naming import FEATURES, IMAGES, LOGITS, PROBABILITIES
from tf_slim.export.tracing import named_specs
from tf_slim.ops import precision as precisions
from tf_slim.ops.arg_scope import default_is_training
from tf_slim.ops.model import Model

__all__ = ["FEATURES", "IMAGES", "LOGITS", "PROBABILITIES", "Source"]


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
      test: pictures to compare on; None if nobody knows them.
      step: of training, or None.
      num_classes: how many it tells apart, if that was said; None otherwise.

    Examples: see `slim.export.source_of`.
    """

    model: Model
    labels: tuple[str, ...] | None = None
    preprocessing: str | None = None
    preprocess: Callable | None = None
    image_size: tuple[int, int] | None = None
    channels: int = 3
    multi_label: bool = False
    data: DatasetSpec | None = None
    test: DatasetSpec | None = None
    step: int | None = None
    num_classes: int | None = None
    _cache: dict[Any, Any] = dataclasses.field(default_factory=dict, repr=False)

    @property
    def takes_images(self) -> bool:
        """Whether the net takes images alone, `[batch, height, width, channels]`."""
        given = self.model.input_specs
        return not given or (
            len(given) == 1
            and isinstance(given[0], tf.TensorSpec)
            and given[0].shape.rank in (4, None)
        )

    @property
    def spec(self) -> Any:
        """What the net is given: images, float32 `[None, height, width, channels]`.

        Of a net that takes something else it is what it was built for, with names: a
        `tf.TensorSpec`, or a tuple of them or of dicts of them, for each argument.
        """
        if not self.takes_images:
            specs = named_specs(self.model.input_specs)
            return specs[0] if len(specs) == 1 else specs
        height, width = self.image_size or (None, None)
        return tf.TensorSpec([None, height, width, self.channels], tf.float32, name=IMAGES)

    @property
    def inputs(self) -> Mapping[str, tf.TensorSpec]:
        """What exported files take, by name, in the order of the net; `images` for most."""
        return {one.name: one for one in tf.nest.flatten(self.spec)}

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of what exported files take."""
        return tuple(self.inputs)

    @property
    def output_specs(self) -> Mapping[str, tf.TensorSpec]:
        """What exported files give, by name."""
        traced = self.reference().get_concrete_function(*self.inputs.values())
        return {
            name: tf.TensorSpec(value.shape, value.dtype, name)
            for name, value in traced.structured_outputs.items()
        }

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names of what exported files give."""
        return tuple(self.output_specs)

    @property
    def tells_classes(self) -> bool:
        """Whether it tells classes apart, and so gives probabilities."""
        return PROBABILITIES in self.output_specs

    @property
    def size(self) -> int:
        """Of the variables, in bytes."""
        return sum((one.shape.num_elements() or 0) * one.dtype.size for one in self.model.variables)

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
        return naming.named(
            self.model,
            result,
            labels=self.labels,
            num_classes=self.num_classes,
            multi_label=self.multi_label,
            softmax=softmax,
            features=features,
        )

    def compute(self, *inputs: Any) -> dict[str, tf.Tensor]:
        """What exported files have to give, computed by the model as it is, in float32.

        Args:
          *inputs: in the order of `inputs`; for most images, `[batch, height, width, channels]`.
        """
        return self.reference()(*inputs)

    def reference(self, precision: str | None = "float32", features: str | bool = False) -> Any:
        """What exported files are compared with: the model as it is, with its variables.

        Args:
          precision: what to compute in.
          features: see `folded`.

        Returns:
          A `tf.function` of the inputs, in their order, to the outputs by name; traced once.
        """
        given, structure = self.inputs, self.spec

        def compute(*inputs: Any) -> dict[str, tf.Tensor]:
            args = tf.nest.pack_sequence_as(structure, inputs)
            args = args if isinstance(structure, tuple) else (args,)
            with precisions.of_models(precision), default_is_training(False):
                return self.named(self.model(*args), features=features)

        def make() -> Any:
            return tf.function(compute, input_signature=list(given.values()), autograph=False)

        return self.once(("reference", precision, features), make)

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

        Raises:
          ExportError: see `slim.export.folded`.
        """

        def make() -> Folded:
            return folded(
                self.model,
                self.spec,
                precision=precision or "float32",
                outputs=lambda result: self.named(result, softmax=softmax, features=features),
            )

        return self.once(("folded", precision or "float32", softmax, features), make)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` returns, made when it is first asked for.

        Args:
          key: says what it is.
          make: makes it.
        """
        if key not in self._cache:
            self._cache[key] = make()
        return self._cache[key]

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
