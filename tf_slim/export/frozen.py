"""Frozen GraphDef: for programs of TensorFlow 1, and what else reads its graphs, such as OpenCV."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.export import metadata
from tf_slim.export.engines.frozen import INPUT
from tf_slim.export.fold import folded
from tf_slim.export.formats import Options, register
from tf_slim.export.source import Source
from tf_slim.ops.outputs import split_outputs

_PREDICTIONS = ("Predictions", "predictions")
"""What nets call the end point of their softmax."""


@register("frozen", ending=".pb", precision=("float32", "mixed_bfloat16", "mixed_float16"))
def write(source: Source, path: str, options: Options) -> None:
    """Writes a GraphDef whose variables are constants, with batch norm folded.

    Nodes have the names that `freeze_graph` gives them: those of the net's own scopes. It takes
    `input`, and gives `probabilities` and `logits` besides. Attributes that have their default are
    left out, since TensorFlow 1 refuses those that it does not know.

    Args:
      source: the model.
      path: of the file; its metadata stand beside it.
      options: what is asked for.

    Examples:
      >>> done = slim.export.save("runs/digits", "digits.pb", verify=False)
      >>> graph_def = tf.compat.v1.GraphDef()
      >>> _ = graph_def.ParseFromString(open("digits.pb", "rb").read())
      >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      ...     tf.import_graph_def(graph_def, name="")
      ...     session.run("probabilities:0", {"input:0": np.zeros([2, 8, 8, 1])}).shape
      (2, 10)
    """
    graph_def = _folded(source, options.precision).graph_def
    with open(path, "wb") as file:
        file.write(_for_old_programs(graph_def).SerializeToString())
    metadata.write_beside(path, options.metadata)


def _folded(source: Source, precision: str | None) -> Any:
    def outputs(result: Any) -> dict[str, tf.Tensor]:
        found = source.named(result)
        named = split_outputs(result)[1] or {}
        for end_point in _PREDICTIONS:
            own: Any = named.get(end_point)
            if tf.is_tensor(own) and source.tells_classes and own.op.type == "Softmax":
                # In graphs of TensorFlow 1 that layer ends with a node of this name, and programs
                # ask for it: MobilenetV1/Predictions/Reshape_1.
                node = f"{own.op.name.rpartition('/')[0]}/Reshape_1"
                found[node] = tf.identity(own, node)
        return found

    spec = source.spec
    if source.takes_images:
        spec = tf.TensorSpec(spec.shape, spec.dtype, INPUT)
    return folded(source.model, spec, precision=precision or "float32", outputs=outputs)


def _for_old_programs(graph_def: Any) -> Any:
    """The graph without attributes that have their default, or are notes of TensorFlow 2."""
    # Without the weights, which would be copied each time: only the other nodes have such.
    bare = tf.compat.v1.GraphDef(library=graph_def.library, versions=graph_def.versions)
    constants = {}
    for node in graph_def.node:
        if node.op == "Const":
            constants[node.name] = node
            node = tf.compat.v1.NodeDef(name=node.name, op="Placeholder", attr=_like(node))
        bare.node.append(node)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(bare, name="")
        stripped = tf.compat.v1.train.export_meta_graph(
            graph=graph, clear_devices=True, strip_default_attrs=True
        ).graph_def
    made = tf.compat.v1.GraphDef(library=stripped.library, versions=graph_def.versions)
    for node in stripped.node:
        for key in [key for key in node.attr if key.startswith("_")]:
            del node.attr[key]
        made.node.append(constants.get(node.name, node))
    return made


def _like(constant: Any) -> dict[str, Any]:
    """The attributes of a placeholder that stands for a constant."""
    tensor = constant.attr["value"].tensor
    shape = tf.compat.v1.AttrValue(shape=tensor.tensor_shape)
    return {"dtype": constant.attr["dtype"], "shape": shape}
