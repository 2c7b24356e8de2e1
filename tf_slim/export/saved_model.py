"""SavedModel: for TensorFlow Serving, and for every program with TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_slim.data import examples
from tf_slim.export import metadata
from tf_slim.export.formats import Options, register
from tf_slim.export.source import FEATURES, IMAGES, PROBABILITIES, Source
from tf_slim.ops import shapes

PICTURES = "image_bytes"
"""What the signature of encoded pictures takes."""

_DEFAULT = "serving_default"


@register("saved_model", precision=("float32", "mixed_bfloat16", "mixed_float16"), any_inputs=True)
def write(source: Source, path: str, options: Options) -> None:
    """Writes a SavedModel of three signatures.

    `serving_default` takes pictures as their files are, `image_bytes`, string `[batch]`: JPEG, PNG,
    GIF, BMP or WebP. It decodes them, prepares them as the run did, and gives `classes`, string,
    and `scores`, float32, both `[batch, classes]`, the best first. `images` takes prepared images
    and gives `probabilities` and `logits`; `features` gives embeddings of them. Where nobody knows
    how pictures are prepared, or the net takes something else, `serving_default` is `images`.

    Args:
      source: the model.
      path: of the folder.
      options: what is asked for.

    Examples: see `slim.export.save`.
    """
    core: Any = source.folded(options.precision, features=options.features or True).function
    there = tuple(core.structured_outputs)
    arrays = _part(source, core, [name for name in there if name != FEATURES])
    signatures = {_DEFAULT: arrays}
    if source.takes_images:
        signatures[IMAGES] = arrays
        if source.preprocess is not None:
            signatures[_DEFAULT] = _of_pictures(source, core)
    if FEATURES in there:
        signatures[FEATURES] = _part(source, core, [FEATURES])
    module = tf.Module()
    module.weights = core.variables
    tf.saved_model.save(
        module,
        path,
        signatures=signatures,
        options=tf.saved_model.SaveOptions(experimental_custom_gradients=False),
    )
    metadata.write_beside(path, options.metadata)


def _part(source: Source, core: Callable, names: list[str]) -> Callable:
    """The signature of arrays that gives some of the outputs."""
    inputs = source.inputs

    def part(**given: tf.Tensor) -> dict[str, tf.Tensor]:
        found = core(*(given[name] for name in inputs))
        return {name: found[name] for name in names}

    return tf.function(part, autograph=False).get_concrete_function(**inputs)


def _of_pictures(source: Source, core: Callable) -> Callable:
    """The signature of encoded pictures."""
    prepare: Any = source.preprocess

    def prepared(content: tf.Tensor) -> tf.Tensor:
        image = examples.decode(content, source.channels)
        return prepare(image, is_training=False, seed=tf.constant([0, 0]))

    def of_pictures(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        spec = tf.TensorSpec(source.spec.shape[1:], tf.float32)
        images = tf.map_fn(prepared, image_bytes, fn_output_signature=spec)
        found = core(images)
        if PROBABILITIES not in found:
            return {name: value for name, value in found.items() if name != FEATURES}
        probabilities = found[PROBABILITIES]
        classes = shapes.size(probabilities, 1) or 0
        names = source.labels or tuple(map(str, range(classes)))
        scores, order = tf.math.top_k(probabilities, k=len(names))
        return {"classes": tf.gather(tf.constant(names), order), "scores": scores}

    spec = tf.TensorSpec([None], tf.string, name=PICTURES)
    return tf.function(of_pictures, input_signature=[spec], autograph=False)
