"""Which engine a file is for, told by its name. Without TensorFlow: commands ask at their door."""

from __future__ import annotations

import os

from tf_slim.ops import paths

# By format: the module beside this one, the class in it, and how a file's name ends.
ENGINES: dict[str, tuple[str, str, str | None]] = {
    "saved_model": ("saved_model", "SavedModelEngine", None),
    "frozen": ("frozen", "FrozenEngine", ".pb"),
    "keras": ("keras", "KerasEngine", ".keras"),
    "litert": ("litert", "LiteRTEngine", ".tflite"),
    "onnx": ("onnx", "OnnxEngine", ".onnx"),
    "openvino": ("openvino", "OpenVinoEngine", ".xml"),
    "web": ("web", "WebEngine", None),
}

PREPARING = "preparing.js"
"""The script of a page that prepares pictures, which is in no other folder."""

FOLDERS = {"saved_model.pb": "saved_model", "saved_model.pbtxt": "saved_model", PREPARING: "web"}
"""What tells of a folder what it is: a file that is in no other."""

ENDINGS = tuple(ending for _, _, ending in ENGINES.values() if ending)
"""Of exported files; SavedModels and pages are folders."""


def format_of(path: str | os.PathLike) -> str | None:
    """The format of an exported model, told by its name, or what is in the folder; None if none.

    Args:
      path: of the file or folder, which need not be there.

    Examples:
      >>> slim.export.engines.format_of("flowers.onnx")
      'onnx'
    """
    path = os.fsdecode(path)
    if paths.is_folder(path):
        told = (name for mark, name in FOLDERS.items() if paths.is_file(os.path.join(path, mark)))
        return next(told, None)
    ending = os.path.splitext(path)[1].lower()
    told = (name for name, (_, _, own) in ENGINES.items() if own is not None and own == ending)
    return next(told, None)


def is_exported(path: str | os.PathLike) -> bool:
    """Whether an exported model stands at a path, by its look.

    Examples:
      >>> slim.export.engines.is_exported("runs/digits")
      False
    """
    return paths.exists(path) and format_of(path) is not None
