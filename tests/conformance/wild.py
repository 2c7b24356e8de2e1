"""One wild argument at a time, for every public function: who refuses it, and in which words?

`python -m tests.conformance.wild [EVERY] [NAMES] [v]` prints what they come to: of one call in
EVERY, of the functions whose name matches; with `v` each that is not refused as it should be. The
calls are the same in each run. `WILD_LOG=file` notes each call before it is made.
"""

from __future__ import annotations

import collections
import contextlib
import dis
import functools
import inspect
import io
import os
import re
import sys
import tempfile
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tests.conformance.rows import ROWS
from tests.conformance.running import by_keyword, inputs_of
from tests.metrics import data as metric_data
from tests.metrics.rows import ROWS as metric_rows

v1 = tf.compat.v1

NAN = float("nan")

WILD: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "a word": lambda: "word",
    "False as a word": lambda: "False",
    "bytes": lambda: b"bytes",
    "-1": lambda: -1,
    "0": lambda: 0,
    "2.5": lambda: 2.5,
    "NaN": lambda: NAN,
    "infinity": lambda: float("inf"),
    "2**31": lambda: 2**31,
    "2**63": lambda: 2**63,
    "10**30": lambda: 10**30,
    "complex": lambda: 1j,
    "an empty list": lambda: [],
    "a ragged list": lambda: [[1.0], [2.0, 3.0]],
    "a list of None": lambda: [None],
    "a list of words": lambda: ["a", "b"],
    "a dict": lambda: {"a": 1},
    "a set": lambda: {1, 2},
    "an object": object,
    "a function": lambda: lambda: 3,
    "a class": lambda: dict,
    "images": lambda: np.ones([2, 5, 4, 3], np.float32),
    "an array of words": lambda: np.array(["a", "b"]),
    "a scalar": lambda: tf.constant(3.0),
    "a tensor of words": lambda: tf.constant(["a", "b"]),
    "a ragged tensor": lambda: tf.ragged.constant([[1.0], [2.0, 3.0]]),
    "a sparse tensor": lambda: tf.sparse.from_dense(tf.eye(3)),
    "a dataset": lambda: tf.data.Dataset.range(3),
    "a generator": lambda: (i for i in range(3)),
    "an exception": lambda: ValueError("mine"),
}

# ---------------------------------------------------------------- sound calls

FLOATS = np.float32([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0.2, 0.6, 0.2], [0.1, 0.1, 0.8]])
BITS = np.float32([[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
CLASSES = np.array([2, 0, 1, 2])
POSITIVE = FLOATS + 0.5

# By name of the argument, where it has no default; a function may need others.
SOUND: dict[str, Any] = {
    "predictions": FLOATS,
    "labels": BITS,
    "logits": FLOATS,
    "losses": FLOATS,
    "values": FLOATS,
    "loss": 1.0,
    "onehot_labels": BITS,
    "multi_class_labels": BITS,
    "embeddings": FLOATS,
    "embeddings_anchor": FLOATS,
    "embeddings_positive": FLOATS,
    "margin_multiplier": 1.0,
    "thresholds": [0.2, 0.5],
    "specificity": 0.5,
    "sensitivity": 0.5,
    "precision": 0.5,
    "target_recall": 0.5,
    "threshold": 0.5,
    "k": 2,
    "num_classes": 3,
    "dim": 1,
    "normalizer": POSITIVE,
    "predictions_idx": CLASSES,
    "top_k_predictions": np.array([[2, 1], [0, 1], [1, 0], [2, 1]]),
    "boolean_labels": BITS > 0,
    "scores": FLOATS,
    "score_range": [0.0, 1.0],
    "a": np.array([[1, 2], [3, 4]]),
    "b": np.array([[1, 2], [3, 5]]),
    "scale": 0.1,
    "regularizer_list": [slim.l2_regularizer(0.1)],
    "name": "name",
    "scope": "scope",
    "suffix": "weights",
    "given_name": "weights",
    "name_or_scope": "scope",
}

OF: dict[str, dict[str, Any]] = {
    "cosine_distance": {"axis": 1},
    "sparse_softmax_cross_entropy": {"labels": CLASSES},
    "smoothed_sparse_softmax_cross_entropy": {"labels": CLASSES},
    "cluster_loss": {"labels": np.array([0, 0, 1, 1])},
    "lifted_struct_loss": {"labels": CLASSES},
    "contrastive_loss": {"labels": np.array([0, 1, 0, 1])},
    "triplet_semihard_loss": {"labels": CLASSES},
    "npairs_loss_multilabel": {"sparse_labels": BITS},
    "npairs_loss": {"labels": CLASSES},
    "streaming_accuracy": {"predictions": CLASSES, "labels": CLASSES},
    "streaming_mean_iou": {"predictions": CLASSES, "labels": CLASSES},
    "confusion_matrix": {"predictions": CLASSES, "labels": CLASSES},
    "cohen_kappa": {"labels": CLASSES},
    "streaming_recall_at_k": {"labels": CLASSES},
    "streaming_sparse_recall_at_k": {"labels": CLASSES[:, None]},
    "streaming_sparse_precision_at_k": {"labels": CLASSES[:, None]},
    "streaming_sparse_average_precision_at_k": {"labels": CLASSES[:, None]},
    "sparse_recall_at_top_k": {"labels": CLASSES[:, None]},
    "streaming_sparse_precision_at_top_k": {"labels": CLASSES[:, None]},
    "streaming_sparse_average_precision_at_top_k": {"labels": CLASSES[:, None]},
    "auc_with_confidence_intervals": {"predictions": FLOATS[:, 0], "labels": BITS[:, 0]},
}


def setups() -> Iterator[tuple[str, Callable, Callable[[], dict[str, Any]]]]:
    """(name, function, makes its sound arguments), for every public function."""
    seen = set()
    for row in ROWS.values():
        name = getattr(row.layer, "__name__", "")
        takes_all = "args" in inspect.signature(row.layer).parameters
        if name in slim.layers.__all__ and name not in seen and not takes_all:
            seen.add(name)
            first = next(iter(inspect.signature(row.layer).parameters))
            sound = {**by_keyword(row), first: inputs_of(row)}
            yield f"layers.{name}", row.layer, functools.partial(dict, sound)
    for name in slim.losses.__all__:
        function = getattr(slim.losses, name)
        if callable(function):
            yield f"losses.{name}", function, functools.partial(_by_name, function)
    for row in metric_rows.values():
        name = row.metric.__name__
        if name not in seen:
            seen.add(name)
            data = metric_data.DATA[row.kind]["random"][0]
            takes = inspect.signature(row.metric).parameters
            renamed = {"predictions": "predictions_idx"} if "predictions_idx" in takes else {}
            data = {renamed.get(k, k): v for k, v in data.items() if renamed.get(k, k) in takes}
            yield f"metrics.{name}", row.metric, functools.partial(dict, {**data, **row.settings})
    yield from ((name, function, make) for name, (function, make) in MORE.items())


def _by_name(function: Callable) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    given = {
        p.name: SOUND[p.name]
        for p in parameters
        if p.name in SOUND and (p.default is p.empty or p.name == "labels")
    }
    return {**given, **OF.get(function.__name__, {})}


def _net(images, num_classes=3, is_training=True):
    return slim.fully_connected(slim.flatten(images), num_classes, activation_fn=None, scope="fc")


@functools.cache
def _model() -> slim.Model:
    return slim.Model(_net).build(tf.TensorSpec([None, 2, 2, 1]))


def _batches() -> tf.data.Dataset:
    return tf.data.Dataset.from_tensors((tf.ones([2, 2, 2, 1]), tf.constant([0, 1])))


@functools.cache
def _step():
    loss = slim.losses.sparse_softmax_cross_entropy
    return slim.learning.make_train_step(_model(), loss, tf.keras.optimizers.SGD(0.1))


@functools.cache
def _saved() -> str:
    return _model().save(os.path.join(tempfile.mkdtemp(), "model.ckpt"))


def _place(name: str) -> str:
    return os.path.join(tempfile.mkdtemp(), name)


def _save(path):
    return _model().save(path)


def _restore(path, include=None, exclude=None, rename=None, on_mismatch="error"):
    return _model().restore(path, include, exclude, rename=rename, on_mismatch=on_mismatch)


def _enter(manager: Callable) -> Callable:
    @functools.wraps(manager)
    def entered(*args, **kwargs):
        with manager(*args, **kwargs):
            pass

    return entered


MORE: dict[str, tuple[Callable, Callable[[], dict[str, Any]]]] = {
    **{
        f"layers.{name}": (getattr(slim.layers, name), lambda: {})
        for name in ("variance_scaling_initializer", "xavier_initializer", "l1_l2_regularizer")
    },
    **{
        f"layers.{name}": (getattr(slim.layers, name), lambda: {"scale": 0.1})
        for name in ("l1_regularizer", "l2_regularizer")
    },
    "layers.sum_regularizer": (
        slim.layers.sum_regularizer,
        lambda: {"regularizer_list": [slim.l2_regularizer(0.1)]},
    ),
    "variable": (slim.variable, lambda: {"name": "v", "shape": [3]}),
    "model_variable": (slim.model_variable, lambda: {"name": "v", "shape": [3]}),
    "local_variable": (slim.local_variable, lambda: {"initial_value": 1.0}),
    "global_variable": (slim.global_variable, lambda: {"initial_value": 1.0}),
    "get_variables": (slim.get_variables, lambda: {}),
    "get_model_variables": (slim.get_model_variables, lambda: {}),
    "get_variables_by_name": (slim.get_variables_by_name, lambda: {"given_name": "weights"}),
    "get_variables_by_suffix": (slim.get_variables_by_suffix, lambda: {"suffix": "weights"}),
    "get_variables_to_restore": (slim.get_variables_to_restore, lambda: {}),
    "filter_variables": (slim.filter_variables, lambda: {"var_list": []}),
    "arg_scope": (slim.arg_scope, lambda: {"list_ops_or_scope": [slim.conv2d]}),
    "add_arg_scope": (slim.add_arg_scope, lambda: {"func": lambda x, y=1: x}),
    "scope": (_enter(slim.scope), lambda: {"name_or_scope": "scope"}),
    "precision": (_enter(slim.precision), lambda: {"name": "float32"}),
    "Model": (slim.Model, lambda: {"fn": _net}),
    "Model.build": (lambda spec: slim.Model(_net).build(spec), lambda: {"spec": [1, 2, 2, 1]}),
    "nets.create": (slim.nets.create, lambda: {"name": "lenet"}),
    "nets.get_network_fn": (
        slim.nets.get_network_fn,
        lambda: {"name": "lenet", "num_classes": 10},
    ),
    "nets.names": (slim.nets.names, lambda: {}),
    "learning.make_train_step": (
        slim.learning.make_train_step,
        lambda: {
            "model": _model(),
            "loss": slim.losses.sparse_softmax_cross_entropy,
            "optimizer": tf.keras.optimizers.SGD(0.1),
        },
    ),
    "learning.fit": (
        slim.learning.fit,
        lambda: {
            "train_step": _step(),
            "dataset": _batches(),
            "logdir": None,
            "number_of_steps": 1,
            "hooks": [],
        },
    ),
    "evaluation.evaluate": (
        slim.evaluation.evaluate,
        lambda: {
            "model": _model(),
            "dataset": _batches(),
            "metrics": slim.evaluation.classification_metrics(3),
        },
    ),
    "evaluation.classification_metrics": (
        slim.evaluation.classification_metrics,
        lambda: {"num_classes": 3},
    ),
    "hooks.KeepBest": (slim.hooks.KeepBest, lambda: {"score": lambda: 1.0}),
    "hooks.ProgressLines": (slim.hooks.ProgressLines, lambda: {}),
    "data.Pipeline": (
        slim.data.Pipeline,
        lambda: {"spec": slim.data.get_dataset("digits", "test"), "batch_size": 2},
    ),
    "data.get_dataset": (slim.data.get_dataset, lambda: {"name": "digits", "split": "test"}),
    "data.from_tfrecords": (
        slim.data.from_tfrecords,
        lambda: {"pattern": _place("x.tfrecord"), "num_classes": 3},
    ),
    "data.image_example": (
        slim.data.image_example,
        lambda: {"image": np.zeros([4, 4, 3], np.uint8), "label": 1},
    ),
    "data.write_labels": (
        slim.data.write_labels,
        lambda: {"path": _place("labels.txt"), "names": {0: "a", 1: "b"}},
    ),
    "data.read_labels": (slim.data.read_labels, lambda: {"path": _place("labels.txt")}),
    "data.write_examples": (
        slim.data.write_examples,
        lambda: {"path": _place("x.tfrecord"), "examples": [b"record"]},
    ),
    "checkpoints.of_model.save": (_save, lambda: {"path": _place("m")}),
    "checkpoints.of_model.restore": (_restore, lambda: {"path": _saved()}),
    "checkpoints.load": (slim.checkpoints.load, lambda: {"path": _saved()}),
    "checkpoints.save": (
        slim.checkpoints.save,
        lambda: {"path": _place("m"), "named": {"v": np.ones(3)}},
    ),
    "checkpoints.restore": (
        slim.checkpoints.restore,
        lambda: {"path": _saved(), "named": _model().named_variables},
    ),
    "checkpoints.convert": (
        slim.checkpoints.convert,
        lambda: {"source": _saved(), "target": _place("m.npz")},
    ),
    "checkpoints.diff": (slim.checkpoints.diff, lambda: {"a": _saved(), "b": _saved()}),
    "checkpoints.average": (
        slim.checkpoints.average,
        lambda: {"sources": [_saved()], "target": _place("m")},
    ),
    "checkpoints.latest": (slim.checkpoints.latest, lambda: {"folder": tempfile.gettempdir()}),
    "checkpoints.best": (slim.checkpoints.best, lambda: {"folder": tempfile.gettempdir()}),
}

# ---------------------------------------------------------------- calls, and what comes of them


class Outcome(NamedTuple):
    """What came of one call."""

    function: str
    argument: str
    wild: str
    mode: str
    kind: str  # "accepted", "refused", "vague", "raw"
    text: str


def calls(every: int = 1, only: str = "") -> Iterator[tuple]:
    """(name, function, sound arguments, argument, wild, mode), one in `every` of all there are."""
    for name, function, make in setups():
        if only and not re.search(only, name):
            continue
        for argument, parameter in inspect.signature(function).parameters.items():
            if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                continue
            for wild in WILD:
                key = zlib.crc32(f"{name} {argument} {wild}".encode())
                if key % every == 0:
                    yield name, function, make, argument, wild, _mode(name, key // every)


def _mode(name: str, key: int) -> str:
    room = name.partition(".")[0]
    if room in ("layers", "losses", "metrics", "variable", "model_variable"):
        return ("eager", "v1 graph")[key % 2]
    return "eager"


def run(name, function, make, argument, wild, mode) -> Outcome:
    """Makes one call."""
    try:
        with _quiet(), _graph_of(mode):
            _call(name, function, {**make(), argument: WILD[wild]()}, mode)
    except Exception as error:
        kind = _kind_of(error, argument)
        text = f"{type(error).__name__}: {str(error)[:300]}"
        return Outcome(name, argument, wild, mode, kind, text)
    return Outcome(name, argument, wild, mode, "accepted", "")


def _graph_of(mode: str):
    # Not tf.init_scope: no tape records in there, so that nothing could be trained.
    return tf.Graph().as_default() if mode == "v1 graph" else contextlib.nullcontext()


def _call(name: str, function: Callable, arguments: dict[str, Any], mode: str) -> None:
    if mode == "v1 graph":
        function(**arguments)
    elif hasattr(function, "definition"):
        inputs = function.definition.inputs
        settings = {k: v for k, v in arguments.items() if k not in inputs}
        options = function.definition.options
        settings = {k: v for k, v in settings.items() if k not in options}
        metric = slim.metrics.stateful(function, **settings)
        metric.update(**{k: v for k, v in arguments.items() if k in inputs})
        metric.result()
    elif name.startswith("layers.") or name.endswith("variable"):
        slim.Model(lambda: function(**arguments))()
    else:
        with slim.collect():
            function(**arguments)


def _kind_of(error: Exception, argument: str) -> str:
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    raised = dis.opname[code.co_code[trace.tb_lasti]] == "RAISE_VARARGS"
    if f"{os.sep}tf_slim{os.sep}" not in code.co_filename or not raised:
        return "raw"
    return "refused" if re.search(rf"\b{argument}\b", str(error)) else "vague"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        with contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield


def outcomes(every: int, only: str = "") -> Iterator[Outcome]:
    """What came of each call."""
    log = os.environ.get("WILD_LOG")
    for call in calls(every, only):
        if log:
            with open(log, "a") as file:
                print(call[0], *call[3:], file=file)
        yield run(*call)


def main() -> None:
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    only = sys.argv[2] if len(sys.argv) > 2 else ""
    kinds, causes, spent = (collections.Counter() for _ in range(3))
    began = time.monotonic()
    for outcome in outcomes(every, only):
        spent[outcome.function] += time.monotonic() - began
        began = time.monotonic()
        kinds[outcome.kind] += 1
        if outcome.kind in ("raw", "vague"):
            causes.update((outcome.kind, part) for part in outcome[:3])
            if len(sys.argv) > 3:
                print(outcome)
    print(kinds, round(sum(spent.values()), 1), "s")
    print(causes.most_common(60))
    print([(name, round(secs, 2)) for name, secs in spent.most_common(20)])


if __name__ == "__main__":
    main()
