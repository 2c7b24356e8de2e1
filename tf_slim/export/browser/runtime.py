"""onnxruntime-web: found where npm has put it; nothing is fetched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator

from tf_slim.export.errors import ExportError, MissingExtraError

PACKAGE = "onnxruntime-web"
VERSION = "1.30.0"
"""What exported pages are tested with."""

SCRIPT = "ort.wasm.min.js"
FILES = (SCRIPT, "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
"""What of it a page needs to compute on the processor."""

_INSTALL = f"npm install {PACKAGE}@{VERSION}"


def find(given: str | os.PathLike | None = None) -> str:
    """The folder of the package.

    Args:
      given: it, or a folder with it in its `node_modules`, whatever the version; None to look
        for the one version from the current folder upwards, and where npm installs for all.

    Raises:
      ExportError: what is given is not it.
      MissingExtraError: it is not installed.
    """
    if given is not None:
        path = os.fsdecode(given)
        for folder in (path, os.path.join(path, PACKAGE), os.path.join(path, _modules())):
            if _version(folder) is not None:
                return _whole(folder)
        raise ExportError(
            f"{path} is not the folder of the npm package {PACKAGE}, and holds none. Install it "
            f"there: {_INSTALL}"
        )
    others = []
    for folder in _places():
        version = _version(folder)
        if version == VERSION:
            return _whole(folder)
        if version is not None:
            others.append(f"{version} in {folder}")
    if others:
        raise MissingExtraError(
            f"Pages are tested with {PACKAGE} {VERSION}; installed is {' and '.join(others)}: "
            f"{_INSTALL}. Or name that folder by runtime=, or --runtime, to take it anyway."
        )
    raise MissingExtraError(
        f"The export format web needs the npm package {PACKAGE}, which is not installed here "
        f"(looked in node_modules from {os.getcwd()} upwards): {_INSTALL}. If it is elsewhere, "
        "name its folder by runtime=, or --runtime."
    )


def copy(folder: str, target: str) -> None:
    """Copies what a page needs of the package.

    Args:
      folder: what `find` returned.
      target: a folder that is made.
    """
    os.makedirs(target)
    for name in FILES:
        shutil.copyfile(os.path.join(folder, "dist", name), os.path.join(target, name))
    # It names the version, the licence and the home of what stands beside it.
    shutil.copyfile(os.path.join(folder, "package.json"), os.path.join(target, "package.json"))


def _modules() -> str:
    return os.path.join("node_modules", PACKAGE)


def _places() -> Iterator[str]:
    """Where npm may have put it."""
    folder = os.getcwd()
    while True:
        yield os.path.join(folder, _modules())
        parent = os.path.dirname(folder)
        if parent == folder:
            break
        folder = parent
    npm = shutil.which("npm")
    if npm is None:
        return
    try:
        said = subprocess.run([npm, "root", "-g"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return
    if said.returncode == 0 and said.stdout.strip():
        yield os.path.join(said.stdout.strip(), PACKAGE)


def _version(folder: str) -> str | None:
    """The version of the package in a folder; None if it is not there."""
    try:
        with open(os.path.join(folder, "package.json"), encoding="utf-8") as file:
            said = json.load(file)
    except (OSError, ValueError):
        return None
    if not isinstance(said, dict) or said.get("name") != PACKAGE:
        return None
    return str(said.get("version"))


def _whole(folder: str) -> str:
    """The folder, when all is in it.

    Raises:
      ExportError: something is missing.
    """
    missing = [name for name in FILES if not os.path.isfile(os.path.join(folder, "dist", name))]
    if missing:
        raise ExportError(
            f"{folder} lacks {', '.join(missing)} in its folder dist: it is another version of "
            f"{PACKAGE}, or damaged. {_INSTALL}"
        )
    return folder
