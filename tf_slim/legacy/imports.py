"""What `import` gives to a program of TensorFlow 1: `tensorflow`, `tensorflow.contrib`, `numpy`.

`install` replaces `builtins.__import__` by a function that looks at who imports. The program's own
modules get TensorFlow 1's API; installed libraries, TensorFlow and Keras among them, get what they
always get.
"""

from __future__ import annotations

import builtins
import dataclasses
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tf_slim.legacy import numpy1, source
from tf_slim.legacy.absent import NotProvidedError
from tf_slim.legacy.contrib import namespaces
from tf_slim.legacy.numpy1 import methods
from tf_slim.legacy.programs import Membership
from tf_slim.legacy.tensorflow1 import dimensions, moved, tensorflow1

__all__ = [
    "RESEARCH_SLIM",
    "RESEARCH_SLIM_HINT",
    "install",
    "is_installed",
    "member",
    "old_module",
    "python2_names",
    "uninstall",
]

RESEARCH_SLIM = ("nets", "preprocessing", "datasets", "deployment")
RESEARCH_SLIM_HINT = (
    "If research/slim's is meant, it comes with TF-Slim 2: `tf-slim run --research-slim "
    "script.py`, or tf_slim.legacy.install(research_slim=True)."
)

# Builtins of Python 2 that survive in programs which were never cleaned up.
_PYTHON2 = {"xrange": range, "unicode": str, "basestring": str, "raw_input": input, "long": int}


class _Alias(importlib.abc.Loader):
    """Loads a module under another name: as the very same object."""

    def __init__(self, make: Callable[[], types.ModuleType]):
        self._make = make

    def create_module(self, spec):
        return None

    def exec_module(self, module) -> None:
        sys.modules[module.__name__] = self._make()


class _AliasFinder(importlib.abc.MetaPathFinder):
    """Finds `tensorflow.contrib` and, if asked for, the packages of research/slim."""

    def __init__(self, packages: Iterable[str]):
        self._packages = frozenset(packages)

    def find_spec(self, fullname, path=None, target=None):
        make: Callable[[], types.ModuleType]
        if fullname == "tensorflow.contrib" or fullname.startswith("tensorflow.contrib."):

            def make():
                return namespaces.find(fullname.removeprefix("tensorflow."))
        elif fullname.partition(".")[0] in self._packages:
            name = f"tf_slim.legacy.research_slim.{fullname}"
            if not _can_be_found(name):
                return None

            def make():
                return importlib.import_module(name)
        else:
            return None
        return importlib.machinery.ModuleSpec(fullname, _Alias(make), is_package=True)


def _can_be_found(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


class _Python2Names(importlib.abc.MetaPathFinder):
    """Gives modules of the program the builtins of Python 2, unless Python has them."""

    def __init__(self, members: Membership):
        self._members = members

    def find_spec(self, fullname, path=None, target=None):
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None or not spec.origin:
            return None
        if not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            return None
        if not self._members.has_file(spec.origin, fullname.partition(".")[0]):
            return None
        spec.loader = _WithPython2Names(fullname, spec.origin)
        return spec


class _WithPython2Names(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname):
        # Never through the cache of compiled files, which plain Python reads as well.
        return source.compiled(self.path)

    def exec_module(self, module) -> None:
        vars(module).update(python2_names())
        super().exec_module(module)


def python2_names() -> dict[str, Any]:
    """What a module of the program finds besides Python's own builtins."""
    names = {name: value for name, value in _PYTHON2.items() if not hasattr(builtins, name)}
    return {**names, source.HELPER: methods}


@dataclasses.dataclass
class _Installed:
    original: Callable
    finders: list[importlib.abc.MetaPathFinder]


_installed: _Installed | None = None


def is_installed() -> bool:
    """Whether `install` is in force."""
    return _installed is not None


def install(
    *,
    treat_as_tf1: Sequence[str] = (),
    research_slim: bool = False,
    allow_pickle: bool = False,
) -> None:
    """Lets the program that calls this see TensorFlow 1's API from its next `import` on.

        import tf_slim.legacy
        tf_slim.legacy.install()

        import tensorflow as tf                       # tf.compat.v1, with tf.contrib
        import tensorflow.contrib.slim as slim        # tf_slim itself

    The program is the main module and every module that comes neither from an installed
    distribution nor from the standard library. TensorFlow's v2 behaviour is switched off for the
    whole process, so call this before anything of TensorFlow runs. A second call changes nothing.

    Args:
      treat_as_tf1: names of installed packages that are programs of TensorFlow 1, too.
      research_slim: whether `nets`, `preprocessing`, `datasets` and `deployment` can be imported as
        packages at the top, as in a checkout of research/slim.
      allow_pickle: whether the program's `np.load` reads pickled objects unless it says otherwise,
        as before NumPy 1.16.3. A pickle can run any code: only for files that you trust.

    Raises:
      RuntimeError: TensorFlow has already been used in a way that cannot be undone.
    """
    global _installed
    if _installed is not None:
        return
    import tensorflow as tf

    try:
        tf.compat.v1.disable_v2_behavior()
    except ValueError as error:
        raise RuntimeError(
            "tf_slim.legacy.install() must be called before anything of TensorFlow runs: "
            f"{error} Move it to the top of the program, or use `tf-slim run script.py`."
        ) from error
    dimensions.install()
    numpy1.allow_pickle(allow_pickle)
    members = Membership(treat_as_tf1)
    finders: list[importlib.abc.MetaPathFinder] = [
        _AliasFinder(RESEARCH_SLIM if research_slim else ()),
        _Python2Names(members),
    ]
    sys.meta_path[:0] = finders
    original = builtins.__import__
    _installed = _Installed(original, finders)
    builtins.__import__ = _importer(original, members, research_slim)


def uninstall() -> None:
    """Takes `install` back, but for TensorFlow's behaviour and what has been imported."""
    global _installed
    if _installed is None:
        return
    builtins.__import__ = _installed.original
    dimensions.uninstall()
    numpy1.allow_pickle(False)
    for finder in _installed.finders:
        sys.meta_path.remove(finder)
    _installed = None


def _importer(original: Callable, members: Membership, research_slim: bool) -> Callable:
    def import_for(name, globals=None, locals=None, fromlist=(), level=0):
        root = name.partition(".")[0]
        if level == 0 and root in ("tensorflow", "numpy") and members.has(globals):
            return _import_old(name, fromlist or ())
        try:
            return original(name, globals, locals, fromlist, level)
        except ModuleNotFoundError as error:
            if level or error.name != root or not members.has(globals):
                raise
            # As Python 2 did: `import b` in package a may mean a.b.
            package = (globals or {}).get("__package__")
            if package and _can_be_found(f"{package}.{root}"):
                return original(name, globals, locals, fromlist, 1)
            if root in RESEARCH_SLIM and not research_slim:
                raise ModuleNotFoundError(f"{error}. {RESEARCH_SLIM_HINT}", name=root) from None
            raise

    return import_for


def _import_old(name: str, fromlist: Sequence[str]) -> types.ModuleType:
    if name == "numpy" and "*" in fromlist:
        return numpy1.starred()
    leaf = old_module(name)
    if not fromlist:
        return old_module(name.partition(".")[0])
    for item in fromlist:
        if item != "*":
            member(leaf, item)
    return leaf


def member(module: types.ModuleType, name: str) -> Any:
    """What `from module import name` gives.

    Raises:
      ImportError: there is no such thing. It says why, where Python would not.
    """
    try:
        return getattr(module, name)
    except NotProvidedError as error:
        raise ImportError(str(error), name=f"{module.__name__}.{name}") from None
    except AttributeError:
        # As Python does: it may be a module that nobody has loaded yet.
        return importlib.import_module(f"{module.__name__}.{name}")


def old_module(name: str) -> types.ModuleType:
    """The module that a program gets for `name`: "tensorflow", "numpy", or one in them.

    Raises:
      ImportError: there is no such module.
    """
    if name.partition(".")[0] == "numpy":
        return numpy1.old_numpy(name)
    if name == "tensorflow.contrib" or name.startswith("tensorflow.contrib."):
        return namespaces.find(name.removeprefix("tensorflow."))
    if name == "tensorflow.python" or name.startswith("tensorflow.python."):
        return moved.private(name)
    found: Any = tensorflow1()
    for part in name.split(".")[1:]:
        found = member(found, part)
    return found
