"""Keras 3: a `.keras` file, for programs that load it by `tf.keras.models.load_model`."""

from __future__ import annotations

import zipfile

import tensorflow as tf

from tf_slim.export import keras_layer
from tf_slim.export.errors import ExportError
from tf_slim.export.formats import Options, register
from tf_slim.export.metadata import FILE_NAME
from tf_slim.export.source import IMAGES, LOGITS, PROBABILITIES, Source


@register("keras", ending=".keras")
def write(source: Source, path: str, options: Options) -> None:
    """Writes a functional Keras model: images to a dict of probabilities and logits.

    Its layer is the net itself, with its variables, and can be trained further. A program that
    loads it says `from tf_slim import as_keras_layer` before.

    Args:
      source: the model.
      path: of the file.
      options: what is asked for.

    Raises:
      ExportError: the net has no name that a file could hold.

    Examples: see `slim.export.save`.
    """
    # A net of its own: a layer makes the variables of its net anew.
    copy = keras_layer.made({**keras_layer.recipe(source.model), "precision": None})
    inputs = tf.keras.Input(source.spec.shape[1:], name=IMAGES)
    layer = keras_layer.as_keras_layer(copy)
    outputs = layer(inputs)
    ours, values = copy.named_variables, source.model.named_variables
    if set(ours) != set(values):
        raise ExportError(
            f"{source.model.name} was built in another way than it is made here again: the "
            f"variables differ by {sorted(set(ours) ^ set(values))[:5]}."
        )
    for name, variable in ours.items():
        variable.assign(values[name])
    if source.tells_classes:
        squash = "sigmoid" if source.multi_label else "softmax"
        if len(outputs.shape) == 4:
            outputs = tf.keras.layers.GlobalAveragePooling2D()(outputs)
        outputs = {
            PROBABILITIES: tf.keras.layers.Activation(squash, name=PROBABILITIES)(outputs),
            LOGITS: tf.keras.layers.Identity(name=LOGITS)(outputs),
        }
    tf.keras.Model(inputs, outputs, name=copy.name).save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(FILE_NAME, options.metadata.to_json())
