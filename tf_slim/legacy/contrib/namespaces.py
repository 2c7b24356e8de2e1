"""The modules of `tf.contrib`: for each, where its names come from."""

from __future__ import annotations

import functools
import importlib
import types
from typing import Any

import tensorflow as tf

from tf_slim.legacy.absent import Absent, not_provided
from tf_slim.legacy.overlay import exported

__all__ = ["Namespace", "find", "providers"]

_HERE = "tf_slim.legacy.contrib"

# Modules that stand for another one as it is: they are the same object.
_SAME = {
    "contrib.slim": "tf_slim",
    "contrib.slim.python.slim": "tf_slim",
    "contrib.layers.python.layers.initializers": "tf_slim.layers.initializers",
    "contrib.layers.python.layers.layers": "tf_slim.layers.layers",
    "contrib.layers.python.layers.optimizers": "tf_slim.layers.optimizers",
    "contrib.layers.python.layers.regularizers": "tf_slim.layers.regularizers",
    "contrib.layers.python.layers.summaries": "tf_slim.layers.summaries",
    "contrib.layers.python.layers.utils": "tf_slim.layers.utils",
}

# Where the names of a module are looked up, in order; "tf.x" is tf.compat.v1.x.
_VARIABLES = (
    "tf_slim.ops.variables",
    "tf_slim.checkpoints.assigning",
    "tf_slim.ops.device_chooser",
    "tf_slim.ops.global_step",
    "tf_slim.ops.zero_initializer",
)
_PROVIDERS: dict[str, tuple[str, ...]] = {
    "contrib": (),
    "contrib.data": (f"{_HERE}.data", "tf.data.experimental", "tf.data"),
    "contrib.deprecated": (f"{_HERE}.deprecated",),
    "contrib.distributions": ("tf.distributions",),
    "contrib.framework": (
        "tf_slim.ops.arg_scope",
        *_VARIABLES,
        f"{_HERE}.framework",
    ),
    "contrib.framework.python.ops.variables": _VARIABLES,
    "contrib.layers": (
        "tf_slim.layers",
        "tf_slim.layers.layers",
        "tf_slim.layers.initializers",
        "tf_slim.layers.regularizers",
        "tf_slim.layers.optimizers",
        "tf_slim.layers.summaries",
        "tf_slim.layers.embedding_ops",
    ),
    "contrib.learn": (),
    "contrib.lookup": (f"{_HERE}.lookup", "tf.lookup"),
    "contrib.losses": ("tf_slim.losses",),
    "contrib.losses.metric_learning": ("tf_slim.losses.metric_learning",),
    "contrib.metrics": ("tf_slim.metrics",),
    "contrib.nn": (f"{_HERE}.nn",),
    "contrib.opt": (f"{_HERE}.opt",),
    "contrib.quantize": (f"{_HERE}.quantize",),
    "contrib.rnn": ("tf_slim.legacy.tensorflow1.rnn_cell", f"{_HERE}.rnn"),
    "contrib.tfprof": (),
    "contrib.tfprof.model_analyzer": (f"{_HERE}.tfprof",),
    "contrib.training": (
        f"{_HERE}.hparams",
        f"{_HERE}.ps_strategies",
        "tf_slim.training",
        "tf_slim.training.evaluation",
    ),
    "contrib.util": (f"{_HERE}.util",),
}

# Further names of a module: `contrib.layers.python.layers` has what `contrib.layers` has.
_AS = {
    "contrib.data.python.ops": "contrib.data",
    "contrib.framework.python.framework": "contrib.framework",
    "contrib.framework.python.ops": "contrib.framework",
    "contrib.framework.python.ops.arg_scope": "contrib.framework",
    "contrib.framework.python.ops.ops": "contrib.framework",
    "contrib.layers.python.layers": "contrib.layers",
    "contrib.layers.python.layers.normalization": "contrib.layers",
    "contrib.layers.python.layers.embedding_ops": "contrib.layers",
    "contrib.layers.python.ops": "contrib.layers",
    "contrib.losses.python.losses": "contrib.losses",
    "contrib.losses.python.losses.loss_ops": "contrib.losses",
    "contrib.metrics.python.metrics": "contrib.metrics",
    "contrib.metrics.python.ops": "contrib.metrics",
    "contrib.metrics.python.ops.confusion_matrix_ops": "contrib.metrics",
    "contrib.metrics.python.ops.metric_ops": "contrib.metrics",
    "contrib.metrics.python.ops.set_ops": "contrib.metrics",
    "contrib.opt.python.training": "contrib.opt",
    "contrib.opt.python.training.moving_average_optimizer": "contrib.opt",
    "contrib.rnn.python.ops": "contrib.rnn",
    "contrib.rnn.python.ops.core_rnn_cell": "contrib.rnn",
    "contrib.rnn.python.ops.rnn_cell": "contrib.rnn",
    "contrib.tfprof.python.tools.tfprof.model_analyzer": "contrib.tfprof.model_analyzer",
    "contrib.training.python.training": "contrib.training",
    "contrib.training.python.training.device_setter": "contrib.training",
    "contrib.training.python.training.evaluation": "contrib.training",
    "contrib.training.python.training.hparam": "contrib.training",
    "contrib.training.python.training.training": "contrib.training",
}

_SLIM_PATHS = ("contrib.slim.python.slim.", "contrib.slim.python.", "contrib.slim.")

# What TensorFlow 1.15 had in tf.contrib besides.
_OTHERS = frozenset(
    """
    all_reduce autograph batching bayesflow bigtable boosted_trees checkpoint cloud
    cluster_resolver coder compiler constrained_optimization copy_graph crf cudnn_rnn
    decision_trees distribute eager estimator factorization feature_column ffmpeg fused_conv
    gan graph_editor grid_rnn hadoop hooks ignite image input_pipeline integrate kafka keras
    kernel_methods kinesis labeled_tensor legacy_seq2seq libsvm linear_optimizer lite
    memory_stats mixed_precision model_pruning mpi_collectives nccl nearest_neighbor
    optimizer_v2 periodic_resample predictor proto pruning quantization quantize
    receptive_field recurrent reduce_slice_ops remote_fused_graph resampler rpc saved_model
    seq2seq session_bundle signal solvers sparsemax specs staging stat_summarizer stateless
    summary tensor_forest tensorboard tensorrt testing text timeseries tpu training_utils
""".split()  # noqa: SIM905 - a list of 79 lines reads no better
)


class Namespace(types.ModuleType):
    """A module of `tf.contrib`.

    Args:
      path: its name, such as "contrib.layers".
      providers: names of modules that have its names; see `_PROVIDERS`.
    """

    def __init__(self, path: str, providers: tuple[str, ...]):
        super().__init__(f"tensorflow.{path}")
        self.__path__ = []
        self._path = path
        self._providers = providers

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            modules = [_provider(provider) for provider in self._providers]
            return sorted({name for module in modules if module for name in exported(module)})
        if name.startswith("__") or name in ("_path", "_providers"):
            raise AttributeError(name)
        for provider in self._providers:
            module = _provider(provider)
            if module is not None and hasattr(module, name):
                return getattr(module, name)
        child = f"{self._path}.{name}"
        if _is_known(child):
            return find(child)
        raise not_provided(f"tf.{child}")

    def __setattr__(self, name: str, value: Any) -> None:
        # `import` would put the module `arg_scope` where the function `arg_scope` is.
        if isinstance(value, types.ModuleType) and not name.startswith("_"):
            return
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        modules = (_provider(provider) for provider in self._providers)
        return sorted({name for module in modules if module is not None for name in dir(module)})


@functools.cache
def _provider(name: str) -> Any:
    if name.startswith("tf."):
        found: Any = tf.compat.v1
        for part in name.split(".")[1:]:
            found = getattr(found, part)
        return found
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):
            return None
        raise


def _slim_module(path: str) -> str | None:
    for prefix in _SLIM_PATHS:
        if path.startswith(prefix) and path != prefix:
            return "tf_slim." + path.removeprefix(prefix)
    return None


def _is_known(path: str) -> bool:
    if path in _SAME or path in _PROVIDERS or path in _AS:
        return True
    if any(known.startswith(path + ".") for known in (*_SAME, *_PROVIDERS, *_AS)):
        return True
    return path.split(".")[1] in _OTHERS


@functools.cache
def find(path: str) -> types.ModuleType:
    """The module `path`, such as "contrib.layers.python.layers".

    Raises:
      ModuleNotFoundError: TensorFlow 1 had none of this name, or it is not provided.
    """
    if path in _SAME:
        module = importlib.import_module(_SAME[path])
        if path == "contrib.slim":
            vars(module).setdefault("python", find("contrib.slim.python"))
        return module
    if path == "contrib.slim.python":
        return Namespace(path, ())
    slim_module = _slim_module(path)
    if slim_module is not None:
        return importlib.import_module(slim_module)
    if path in _PROVIDERS or path in _AS:
        return Namespace(path, _PROVIDERS[_AS.get(path, path)])
    if _is_known(path):
        if path.split(".")[1] in _OTHERS:
            return Absent(f"tf.{path}")
        return Namespace(path, ())
    raise ModuleNotFoundError(str(not_provided(f"tf.{path}")), name=f"tensorflow.{path}")


def public(path: str) -> str:
    """The namespace with all names of a private module: `contrib.layers` of `python.ops`."""
    package = path.partition(".python.")[0].removesuffix(".python")
    names = set(_PROVIDERS.get(_AS.get(path, path), ()))
    return package if names and names <= set(_PROVIDERS.get(package, ())) else path


def providers(path: str) -> tuple[str, ...]:
    """Names of the modules that have the names of a module of `tf.contrib`; see `_PROVIDERS`."""
    slim_module = _slim_module(path)
    if path in _SAME or slim_module is not None:
        return (_SAME.get(path) or slim_module or "",)
    return _PROVIDERS.get(_AS.get(path, path), ())
