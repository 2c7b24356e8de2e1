"""`open`: any exported model by its path."""

from __future__ import annotations

import importlib
import os

from tf_slim.export.engines.engine import Engine, EngineError
from tf_slim.export.engines.web import PREPARING
from tf_slim.ops.arguments import describe, integer
from tf_slim.ops.wording import did_you_mean

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
# What tells of a folder what it is: a file that is in no other.
_FOLDERS = {"saved_model.pb": "saved_model", "saved_model.pbtxt": "saved_model", PREPARING: "web"}


def open(path: str | os.PathLike, *, threads: int | None = None) -> Engine:
    """Opens an exported model, whatever its format.

    Args:
      path: of the file, or of the folder of a SavedModel or a page.
      threads: how many to compute by; None for what the engine takes by itself. TensorFlow's own
        (SavedModel, frozen graphs, Keras) are one number for the process, which must be set before
        the first computation.

    Returns:
      An `Engine`.

    Raises:
      EngineError: it is no exported model, or a damaged one, or the threads cannot be had.
      MissingExtraError: what runs it is not installed.
      FileNotFoundError: there is no such file.
    """
    if threads is not None and (integer(threads) or 0) < 1:
        raise ValueError(f"threads: expected at least 1, or None; got {describe(threads)}.")
    path = os.fsdecode(path)
    name = format_of(path) if os.path.exists(path) else None
    if name is None:
        raise _refusal(path)
    return engine_of(name)(path, threads)


def engine_of(name: str) -> type[Engine]:
    """The engine of a format.

    Args:
      name: of the format.
    """
    module, engine, _ = ENGINES[name]
    return getattr(importlib.import_module(f"tf_slim.export.engines.{module}"), engine)


def format_of(path: str | os.PathLike) -> str | None:
    """The format of an exported model, told by its name, or what is in the folder; None if none.

    Args:
      path: of the file or folder, which need not be there.
    """
    path = os.fsdecode(path)
    if os.path.isdir(path):
        told = (name for mark, name in _FOLDERS.items() if os.path.isfile(os.path.join(path, mark)))
        return next(told, None)
    ending = os.path.splitext(path)[1].lower()
    told = (name for name, (_, _, own) in ENGINES.items() if own is not None and own == ending)
    return next(told, None)


def is_exported(path: str | os.PathLike) -> bool:
    """Whether an exported model stands at a path, by its look."""
    return os.path.exists(path) and format_of(path) is not None


def _refusal(path: str) -> Exception:
    """Why nothing can be opened: there is nothing, or something else."""
    folder, name = os.path.split(path.rstrip(os.sep))
    if not os.path.exists(path):
        near = os.listdir(folder or ".") if os.path.isdir(folder or ".") else []
        hint = did_you_mean(name, near, most=1)
        return FileNotFoundError(f"There is no {path!r} (looked from {os.getcwd()}).{hint}")
    if os.path.isdir(path):
        return EngineError(
            f"{path} is a folder, and no SavedModel or page: there is neither saved_model.pb nor "
            f"{PREPARING}."
        )
    endings = ", ".join(ending for _, _, ending in ENGINES.values() if ending)
    return EngineError(
        f"{path} is no exported model. They are told by their endings: {endings}; SavedModels and "
        "pages are folders."
    )
