"""Old import paths that programs rely on: one table of where each leads now.

A row is about a module that is no longer where it was. `MOVED[old]` is the module that took its
place, and both names mean the same object, so that what a program patches in the one is patched in
the other. For a `Names` there is no such module: the old one had names out of several. A package
serves its rows as if they were submodules of it; see `exports.attach`.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import types

# Neither importlib.abc nor typing: `import tf_slim` would take twice as long.

__all__ = ["MOVED", "Names", "below", "install"]


class Names:
    """Some of the names of another module, in a namespace of their own."""

    def __init__(self, home: str, names: tuple[str, ...]):
        self.home = home
        self.names = names


MOVED: dict[str, str | Names] = {
    "tf_slim.data.data_decoder": "tf_slim.data.decoding.data_decoder",
    "tf_slim.data.data_provider": "tf_slim.v1.data_provider",
    "tf_slim.data.dataset_data_provider": "tf_slim.v1.dataset_data_provider",
    "tf_slim.data.parallel_reader": "tf_slim.v1.parallel_reader",
    "tf_slim.data.prefetch_queue": "tf_slim.v1.prefetch_queue",
    "tf_slim.data.tfexample_decoder": "tf_slim.data.decoding.tfexample_decoder",
    "tf_slim.evaluation_v1": "tf_slim.evaluation",
    "tf_slim.hooks": "tf_slim.learning.hooks",
    "tf_slim.layers.bucketization_op": Names("tf_slim.layers", ("bucketize",)),
    "tf_slim.layers.layers": "tf_slim.layers",
    "tf_slim.layers.normalization": Names("tf_slim.layers", ("group_norm", "instance_norm")),
    "tf_slim.layers.optimizers": Names(
        "tf_slim.layers",
        ("OPTIMIZER_CLS_NAMES", "OPTIMIZER_SUMMARIES", "adaptive_clipping_fn", "optimize_loss"),
    ),
    "tf_slim.layers.rev_block_lib": Names(
        "tf_slim.layers", ("RevBlock", "recompute_grad", "rev_block")
    ),
    "tf_slim.learning.supervisor": "tf_slim.v1.supervisor",
    "tf_slim.learning.tf_saver": Names("tensorflow.compat.v1.train", ("Saver",)),
    "tf_slim.losses.loss_ops": "tf_slim.losses",
    "tf_slim.metrics.classification": "tf_slim.metrics",
    "tf_slim.metrics.histogram_ops": "tf_slim.metrics",
    "tf_slim.metrics.metric_ops": "tf_slim.metrics",
    "tf_slim.ops.assign": "tf_slim.checkpoints.assigning",
    "tf_slim.ops.checkpoints": "tf_slim.checkpoints",
    "tf_slim.queues": "tf_slim.v1.queues",
    "tf_slim.train_eval": "tf_slim.v1.training.evaluation",
    "tf_slim.training": "tf_slim.v1.training",
}


def below(package: str) -> list[str]:
    """The rows directly below a package, without its name."""
    parents = (old.rpartition(".") for old in MOVED)
    return [name for parent, _, name in parents if parent == package]


def install() -> None:
    """Lets `import` know the table."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        # First, since of a folder of the old name an interpreter's cache may be left.
        sys.meta_path.insert(0, _Finder())


class _Finder:
    def find_spec(self, fullname, path=None, target=None):
        if not fullname.startswith("tf_slim."):
            return None
        row = MOVED.get(fullname) or _inside(fullname)
        if row is None:
            return None
        return importlib.machinery.ModuleSpec(fullname, _Loader(row))  # pyright: ignore[reportArgumentType]


def _inside(fullname: str) -> str | None:
    """Where a module is whose package has moved: below `tf_slim.training`, for instance."""
    parent, _, name = fullname.rpartition(".")
    row = MOVED.get(parent) or (_inside(parent) if "." in parent else None)
    if not isinstance(row, str):
        return None
    from importlib import util  # Rarely asked, and slow to load.

    new = f"{row}.{name}"
    return new if new in MOVED or util.find_spec(new) else None


class _Loader:
    def __init__(self, row: str | Names):
        self._row = row

    def create_module(self, spec):
        if isinstance(self._row, str):
            return None
        return _Namespace(spec.name, self._row)

    def exec_module(self, module) -> None:
        if isinstance(self._row, str):
            # What `import` gives to whoever asked, and puts into the package.
            sys.modules[module.__name__] = importlib.import_module(self._row)


class _Namespace(types.ModuleType):
    def __init__(self, name: str, row: Names):
        super().__init__(name, f"The old path of {', '.join(row.names)}.")
        self.__all__ = list(row.names)
        self._home = row.home

    def __getattr__(self, name: str) -> object:
        if name not in self.__all__:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(self._home), name)
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.__all__})
