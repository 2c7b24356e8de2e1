"""`open`: any exported model by its path."""

from __future__ import annotations

import importlib
import os

from tf_slim.export.engines.endings import ENDINGS, ENGINES, FOLDERS, format_of
from tf_slim.export.engines.engine import Engine, EngineError
from tf_slim.ops import files, paths
from tf_slim.ops.arguments import describe, integer
from tf_slim.ops.wording import did_you_mean


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

    Examples:
      >>> done = slim.export.save("runs/digits", "digits.pb", verify=False)
      >>> engine = slim.export.engines.open("digits.pb")
      >>> found = engine(np.zeros([2, 8, 8, 1], np.float32))
      >>> engine.image_shape, {name: array.shape for name, array in found.items()}
      ((8, 8, 1), {'probabilities': (2, 10), 'logits': (2, 10)})
    """
    if threads is not None and (integer(threads) or 0) < 1:
        raise ValueError(f"threads: expected at least 1, or None; got {describe(threads)}.")
    path = os.fsdecode(path)
    name = format_of(path) if paths.exists(path) else None
    if name is None:
        raise _refusal(path)
    # What runs a file opens it by itself, and needs what stands beside it.
    here = files.Fetched(path, beside=True)
    engine = engine_of(name)(here.path, threads)
    engine.kept = here
    return engine


def engine_of(name: str) -> type[Engine]:
    """The engine of a format.

    Args:
      name: of the format.
    """
    module, engine, _ = ENGINES[name]
    return getattr(importlib.import_module(f"tf_slim.export.engines.{module}"), engine)


def _refusal(path: str) -> Exception:
    """Why nothing can be opened: there is nothing, or something else."""
    folder, name = os.path.split(path.rstrip(os.sep))
    if not paths.exists(path):
        near = paths.names(folder or ".") if paths.is_folder(folder or ".") else []
        hint = did_you_mean(name, near, most=1)
        return FileNotFoundError(f"There is no {path!r} (looked from {os.getcwd()}).{hint}")
    if paths.is_folder(path):
        return EngineError(
            f"{path} is a folder, and no SavedModel or page: there is neither "
            f"{' nor '.join(name for name in FOLDERS if not name.endswith('txt'))}."
        )
    return EngineError(
        f"{path} is no exported model. They are told by their endings: {', '.join(ENDINGS)}; "
        "SavedModels and pages are folders."
    )
