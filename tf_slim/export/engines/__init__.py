"""How a file of each format is opened and run: one file an engine.

    engine = slim.export.engines.open("flowers.onnx")
    engine(images)["probabilities"]                  # float32 [n, classes]

A new one is a file with a class derived from `Engine`, and its row in `endings.ENGINES`.
"""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
