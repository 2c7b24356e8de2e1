"""SavedModel: for TensorFlow Serving, and for every program with TensorFlow."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tf_slim.data import examples
from tf_slim.export import metadata
from tf_slim.export.formats import Options, register
from tf_slim.export.source import FEATURES, IMAGES, PROBABILITIES, Source
from tf_slim.ops import shapes

PICTURES = "image_bytes"
"""What the signature of encoded pictures takes."""


@register("saved_model", precision=("float32", "mixed_bfloat16", "mixed_float16"))
def write(source: Source, path: str, options: Options) -> None:
    """Writes a SavedModel of three signatures.

    `serving_default` takes pictures as their files are, `image_bytes`, string `[batch]`: JPEG, PNG,
    GIF, BMP or WebP. It decodes them, prepares them as the run did, and gives `classes`, string,
    and `scores`, float32, both `[batch, classes]`, the best first. `images` takes prepared images
    and gives `probabilities` and `logits`; `features` gives embeddings of them. Where nobody knows
    how pictures are prepared, `serving_default` is `images`.

    Args:
      source: the model.
      path: of the folder.
      options: what is asked for.
    """
    core = source.inference(options.precision, features=options.features or True)
    there = tuple(core.structured_outputs)
    signatures = {IMAGES: _part(source, core, [name for name in there if name != FEATURES])}
    if FEATURES in there:
        signatures[FEATURES] = _part(source, core, [FEATURES])
    signatures["serving_default"] = (
        signatures[IMAGES] if source.preprocess is None else _of_pictures(source, core)
    )
    module = tf.Module()
    module.weights = core.variables  # none, where they are constants
    tf.saved_model.save(
        module,
        path,
        signatures=signatures,
        options=tf.saved_model.SaveOptions(experimental_custom_gradients=False),
    )
    metadata.write_beside(path, options.metadata)


def _part(source: Source, core: Callable, names: list[str]) -> Callable:
    """The signature of images that gives some of the outputs."""

    def part(images: tf.Tensor) -> dict[str, tf.Tensor]:
        found = core(images)
        return {name: found[name] for name in names}

    return tf.function(part, input_signature=[source.spec], autograph=False)


def _of_pictures(source: Source, core: Callable) -> Callable:
    """The signature of encoded pictures."""
    prepare = source.preprocess

    def prepared(content: tf.Tensor) -> tf.Tensor:
        image = examples.decode(content, source.channels)
        return prepare(image, is_training=False, seed=tf.constant([0, 0]))  # pyright: ignore[reportOptionalCall]

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
