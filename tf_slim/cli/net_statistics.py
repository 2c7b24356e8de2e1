"""The parameters and multiply-adds of nets, counted once and kept in the cache."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pathlib
from collections.abc import Callable, Mapping

from tf_slim.cli import progress, terminal
from tf_slim.ops import downloads, files

# Fewer are counted before anyone wonders.
_WORTH_A_WORD = 8


def of(names: list[str]) -> dict[str, dict[str, int]]:
    """Counts what nets are made of, at their own image size, for one image.

    The nets' graphs are built for that, which takes a second or two for a large one. The numbers
    are kept until a source file of the layers or nets changes.

    Args:
      names: names of nets.

    Returns:
      "parameters" and "multiply_adds" of each.
    """
    file = downloads.cache_folder("nets") / f"{_version()}.json"
    known = _read(file)
    missing = [name for name in names if name not in known]
    if len(missing) > _WORTH_A_WORD:
        terminal.progress(f"counting the parameters of {len(missing)} nets (once)")
    with progress.counting("counting", len(missing)) as on_net:
        known = {**known, **_counted(missing, on_net)}
    if missing:
        _write(file, known)
    return {name: known[name] for name in names}


def _counted(names: list[str], on_net: Callable[[int], None] | None) -> dict[str, dict[str, int]]:
    from tf_slim import model_analyzer

    found = {}
    for done, name in enumerate(names, start=1):
        counted = model_analyzer.analyze_net(name)
        found[name] = {
            "parameters": counted.parameters,
            "multiply_adds": counted.multiply_adds,
        }
        if on_net is not None:
            on_net(done)
    return found


def _version() -> str:
    """What the numbers depend on: the code of the layers and nets, and TensorFlow."""
    import tensorflow as tf

    digest = hashlib.sha256(tf.version.VERSION.encode())
    package = pathlib.Path(__file__).parent.parent
    for source in sorted(package.glob("**/*.py")):
        if source.relative_to(package).parts[0] in ("ops", "layers", "nets", "model_analyzer.py"):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _read(file: pathlib.Path) -> dict[str, dict[str, int]]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(file: pathlib.Path, known: Mapping[str, Mapping[str, int]]) -> None:
    """Keeps the numbers of this version only; where nothing can be written, none."""
    with contextlib.suppress(OSError):
        os.makedirs(file.parent, exist_ok=True)
        files.replace_text(file, json.dumps(known, indent=1))
        for other in file.parent.glob("*.json"):
            if other != file:
                other.unlink()
