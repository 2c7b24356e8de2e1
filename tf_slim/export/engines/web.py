"""Web pages with a model: what they run is an ONNX file, which onnxruntime runs here."""

from __future__ import annotations

import os

from tf_slim.export.engines.onnx import OnnxEngine

MODEL = "model.onnx"
"""The name of the model in the folder of the page."""


class WebEngine(OnnxEngine):
    """The model of a page."""

    format = "web"

    def _open(self) -> None:
        folder = self.path
        self.path = os.path.join(folder, MODEL)
        try:
            super()._open()
        finally:
            self.path = folder
