"""`for_inference`: a model as a fast function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.export import fold, tracing
from tf_slim.nets._features import select
from tf_slim.ops.arguments import describe
from tf_slim.ops.model import Model
from tf_slim.ops.outputs import split_outputs


def for_inference(
    model: Model,
    spec: Any = None,
    *,
    precision: str | None = None,
    end_points: Sequence[str] = (),
) -> Callable:
    """A built model as a function for inference, one to three times as fast.

    It has the weights that the model has now, as constants: a later training does not reach it.
    Batch norm is folded into the convolutions before it (see `slim.export.folded`).

    Args:
      model: built.
      spec: a `tf.TensorSpec` of the images; a tuple of them for a net of several inputs. By default
        what the model was built for.
      precision: what the layers compute in; by default what the model was made with.
        "mixed_bfloat16" pays on processors that know bfloat16.
      end_points: names of end points to return, too: the function then returns `(outputs, {name:
        end point})`.

    Returns:
      A function of the inputs, tensors or arrays, that returns what `model(inputs)` returns without
      its end points, in float32. It runs eagerly and within a `tf.function`.

    Raises:
      ExportError: see `slim.export.folded`.
      ValueError: the model is not built, or there is no such precision or end point.

    Examples:
      >>> def net(images):
      ...     return slim.conv2d(images, 4, 3, normalizer_fn=slim.batch_norm, activation_fn=None)
      >>> model = slim.Model(net).build(tf.TensorSpec([None, 8, 8, 3]))
      >>> predict = slim.export.for_inference(model)
      >>> images = tf.ones([2, 8, 8, 3])
      >>> bool(tf.reduce_all(abs(predict(images) - model(images)) < 1e-5))
      True
    """
    model.require_variables("run")
    wanted = tuple(end_points) if not isinstance(end_points, str) else (end_points,)
    specs = tracing.named_specs(model.input_specs if spec is None else spec)

    def chosen(result: Any) -> Any:
        outputs, named = split_outputs(result)
        model.require_outputs(outputs)
        if not wanted:
            return outputs
        return outputs, select(model.name, named or model.end_points, wanted, True)

    compute = fold.folded(model, specs, precision=precision, outputs=chosen).function
    flat_specs = tf.nest.flatten(specs)

    def predict(*inputs: Any) -> Any:
        return compute(*_tensors(inputs, specs, flat_specs, model.name))

    return predict


def _tensors(inputs: tuple, specs: tuple, flat_specs: list, model: str) -> list[tf.Tensor]:
    """The inputs as tensors of the types that the graph takes.

    Raises:
      ValueError: they are not what the function was made for.
    """
    try:
        tf.nest.assert_same_structure(specs, inputs)
        found = [
            tf.convert_to_tensor(one, spec.dtype)
            for one, spec in zip(tf.nest.flatten(inputs), flat_specs, strict=True)
        ]
    except (TypeError, ValueError) as error:
        raise ValueError(_misfit(model, flat_specs, inputs)) from error
    if not all(
        spec.shape.is_compatible_with(one.shape)
        for one, spec in zip(found, flat_specs, strict=True)
    ):
        raise ValueError(_misfit(model, flat_specs, inputs))
    return found


def _misfit(model: str, specs: list, inputs: tuple) -> str:
    expected = ", ".join(f"{spec.dtype.name} {spec.shape}" for spec in specs)
    received = ", ".join(map(describe, inputs))
    return (
        f"{model}, for inference: expected {expected}; got {received}. For inputs of another size "
        "make another function: slim.export.for_inference(model, tf.TensorSpec(...))."
    )
