"""The floors of the house: of ours, a file imports lower floors and its own folder only.

The imports are read, not run, and those inside functions count as well. `ROOMS` is the plan of the
house: a new top-level module or folder of tf_slim/ gets a row there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import PACKAGE, parse, python_files, where
from tf_slim.ops.moved import MOVED

# Top-level module or folder of tf_slim/ -> its floor.
ROOMS = {
    "ops": 0,
    # Slim's own API in v1 graphs rests on ops alone, so that layers, data, learning and evaluation
    # can offer what is there under its old names.
    "v1": 0.5,
    "checkpoints": 1,
    "layers": 1,
    "losses": 1,
    "metrics": 1,
    "nets": 2,
    "data": 2,
    "learning": 3,
    "evaluation": 3,
    "report": 3,
    "summaries": 3,
    "model_analyzer": 3,
    "export": 3,
    # A model behind HTTP: it uses the rooms of floor 3, and none of them knows of it.
    "serving": 3.2,
    # Programs of TensorFlow 1, which may use the package as any program does.
    "legacy": 3.5,
    "cli": 4,
    "__main__": 4,
}
# These, too, see the package as its users do: `import tf_slim as slim`.
GUESTS = {"nets", "legacy", "cli", "__main__"}
# The folder whose files may be copied out and forked, so that they use public Slim names only.
FORKABLE = "nets"
# The roof of ops: a Model saves and restores itself, so it rests on checkpoints. Nothing else in
# ops imports it, nor does checkpoints, which rests on the rest of ops.
ROOF = "tf_slim.ops.model"
# These files of floor 3 are one floor without a folder: they count as each other's own folder.
TOP_FLOOR_FILES = {room for room, floor in ROOMS.items() if floor == 3}


def room_of(module: str) -> str:
    """`layers` for `tf_slim.layers.conv`; the empty string for `tf_slim` itself."""
    return module.partition(".")[2].partition(".")[0]


def module_of(path: Path) -> str:
    """The dotted name of a file, whose path is given from the folder that holds tf_slim/."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _absolute(target: str, level: int, path: Path) -> str:
    """Resolves a relative import as written in the file `path`."""
    if not level:
        return target
    package = path.parent.parts[: len(path.parent.parts) - level + 1]
    return ".".join([*package, *([target] if target else [])])


def imported_modules(tree: ast.Module, path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Everything of ours that a file imports, as dotted names: modules, or names in a module."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node.module or "", node.level, path)
            names = [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            callee = getattr(node.func, "attr", getattr(node.func, "id", None))
            target = node.args[0].value
            if callee in ("import_module", "__import__") and isinstance(target, str):
                bare = target.lstrip(".")
                names = [_absolute(bare, len(target) - len(bare), path)]
        for name in names:
            if name == "tf_slim" or name.startswith("tf_slim."):
                yield node, name


def _private_names(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Uses of `slim._name` where `slim` is the package, by whatever name."""
    aliases = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "tf_slim"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            root = node.value
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and root.id in aliases:
                yield node, node.attr


def _why_not(room: str, target: str) -> str | None:
    """Why a file in `room` may not import `target` (a dotted name); None if it may."""
    other = room_of(target)
    if target in MOVED or target.rpartition(".")[0] in MOVED:
        return "it is an old path for users: import what took its place"
    # `from tf_slim import conv2d` names no room: it is the package itself, like `import tf_slim`.
    package_itself = other not in ROOMS
    if not package_itself and other == room:
        return None
    if room == "":
        return "only a program may import it" if ROOMS.get(other, 0) >= ROOMS["legacy"] else None
    if package_itself:
        if room in GUESTS:
            return None
        return f"{room} is part of what tf_slim/__init__.py puts together: import the module itself"
    floor = ROOMS[room]
    if room in TOP_FLOOR_FILES and other in TOP_FLOOR_FILES:
        return None
    if ROOMS[other] < floor or ROOMS[other] == floor == 4:
        return None
    return f"{room} (floor {floor}) may not import {other} (floor {ROOMS[other]})"


def violations(path: Path, tree: ast.Module) -> list[str]:
    """What a file imports against the rules. `path` begins with `tf_slim`."""
    room = room_of(module_of(path))
    if room and room not in ROOMS:
        return [
            f"{where(path)}: `{room}` has no floor: give it a row in ROOMS in "
            "tests/house/test_floors.py"
        ]
    found = []
    module = module_of(path)
    for node, target in imported_modules(tree, path):
        if module == ROOF and room_of(target) == "checkpoints":
            continue
        reason = _why_not(room, target)
        if room in ("ops", "v1", "checkpoints") and f"{target}.".startswith(f"{ROOF}."):
            reason = f"{ROOF} rests on checkpoints, and may be imported from floor 1 up only"
        if reason:
            found.append(f"{where(path, node)}: imports {target}: {reason}")
        elif room == FORKABLE and room_of(target) != FORKABLE:
            private = [part for part in target.split(".") if part.startswith("_")]
            if private:
                found.append(
                    f"{where(path, node)}: imports {target}: nets use public Slim names only"
                )
    if room == FORKABLE:
        for node, name in _private_names(tree):
            found.append(f"{where(path, node)}: uses {name}: nets use public Slim names only")
    return found


def _all_modules() -> Iterator[tuple[Path, Path]]:
    """Each file of the package and each stub, and its path from the folder that holds tf_slim/."""
    for path in [*python_files(), *PACKAGE.rglob("__init__.pyi")]:
        yield path, path.relative_to(PACKAGE.parent)


@pytest.mark.parametrize("room", sorted({room_of(module_of(short)) for _, short in _all_modules()}))
def test_imports_go_down(room):
    found = []
    for path, short in _all_modules():
        if room_of(module_of(short)) == room:
            found += violations(short, parse(path))
    assert not found, "\n".join(found)


ALLOWED = [
    ("ops/model.py", "from tf_slim.ops import stores\nfrom .modes import in_v1_graph"),
    ("ops/model.py", "from tf_slim import checkpoints"),
    ("checkpoints/saving.py", "from tf_slim.ops import files"),
    ("layers/conv.py", "from tf_slim.ops.model import Model"),
    ("layers/conv.py", "from tf_slim.ops.arg_scope import add_arg_scope\nfrom . import utils"),
    ("layers/conv.py", "import tensorflow as tf\nfrom tf_slimmer import nothing"),
    ("losses/engine.py", "from ..ops import collect"),
    ("nets/vgg.py", "import tf_slim as slim\nfrom tf_slim import conv2d\nslim.conv2d"),
    ("nets/vgg.py", "from tf_slim.layers import conv2d\nfrom tf_slim.nets._registry import spec"),
    ("nets/vgg.py", "from . import _registry"),
    ("data/pipeline.py", "from tf_slim.layers import one_hot_encoding"),
    ("learning/fit.py", "from tf_slim.evaluation import evaluate\nfrom tf_slim.nets import vgg"),
    ("cli/train.py", "import tf_slim as slim\nfrom tf_slim import learning"),
    ("__main__.py", "from tf_slim.cli.main import run"),
    ("cli/run.py", "from tf_slim.legacy import runner"),
    ("data/__init__.pyi", "from ..v1 import parallel_reader as parallel_reader"),
    ("v1/train_op.py", "from tf_slim.ops import modes\nfrom tf_slim.v1 import gradients"),
    ("layers/__init__.pyi", "from ..v1.optimize_loss import optimize_loss as optimize_loss"),
    ("legacy/runner.py", "import tf_slim as slim\nfrom tf_slim.learning import train"),
    ("__init__.py", "from tf_slim.nets import vgg\nfrom tf_slim import learning"),
]

FORBIDDEN = [
    ("ops/stores.py", "from tf_slim import checkpoints"),
    ("ops/stores.py", "from tf_slim.ops.model import Model"),
    ("ops/stores.py", "from tf_slim.ops import model"),
    ("checkpoints/saving.py", "from tf_slim.ops.model import Model"),
    ("ops/model.py", "from tf_slim.layers import conv2d"),
    ("ops/model.py", "from tf_slim import layers"),
    ("ops/model.py", "import tf_slim as slim"),
    ("ops/model.py", "from ..layers import conv"),
    ("ops/deep/model.py", "from ...layers import conv"),
    ("ops/__init__.py", "from ..losses import engine"),
    ("layers/conv.py", "from tf_slim import arg_scope"),
    ("layers/conv.py", "def late():\n    import tf_slim.losses"),
    ("layers/conv.py", "import importlib\nimportlib.import_module('tf_slim.nets')"),
    ("layers/conv.py", "import importlib\nimportlib.import_module('..nets', __package__)"),
    ("losses/engine.py", "from tf_slim.layers import utils"),
    ("metrics/engine.py", "from tf_slim.losses import engine"),
    ("nets/vgg.py", "from tf_slim.data import dataset"),
    ("nets/vgg.py", "from tf_slim.ops._private import thing"),
    ("nets/vgg.py", "from tf_slim import _thing"),
    ("nets/vgg.py", "import tf_slim as slim\nslim.ops._private.thing"),
    ("data/dataset.py", "from tf_slim.nets import vgg"),
    ("data/dataset.py", "from tf_slim.legacy import runner"),
    ("data/__init__.pyi", "from ..learning import fit as fit"),
    ("v1/parallel_reader.py", "from tf_slim.data import dataset"),
    ("v1/train_op.py", "from tf_slim.layers import conv2d"),
    ("learning/fit.py", "from tf_slim.cli import main"),
    ("learning/fit.py", "import tf_slim"),
    ("learning/fit.py", "from tf_slim.training import create_train_op"),
    ("learning/fit.py", "from tf_slim import hooks"),
    ("learning/fit.py", "from tf_slim.legacy import runner"),
    ("legacy/runner.py", "from tf_slim.cli import main"),
    ("__init__.py", "from tf_slim.legacy import runner"),
    ("__init__.py", "from . import cli"),
    ("shiny_new_room/thing.py", "import tensorflow as tf"),
]


@pytest.mark.parametrize(("name", "source"), ALLOWED)
def test_the_check_lets_pass(name, source):
    assert violations(Path("tf_slim", name), ast.parse(source)) == []


@pytest.mark.parametrize(("name", "source"), FORBIDDEN)
def test_the_check_catches(name, source):
    assert len(violations(Path("tf_slim", name), ast.parse(source))) == 1


def test_an_unknown_room_is_told_where_to_go():
    (message,) = violations(Path("tf_slim/attic.py"), ast.parse(""))
    assert "`attic` has no floor" in message
    assert "ROOMS" in message and "tests/house/test_floors.py" in message
