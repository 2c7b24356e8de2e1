"""Stands for what TensorFlow 1 had and is not provided: it can be imported, and fails when used."""

from __future__ import annotations

import types
from typing import Any

__all__ = ["Absent", "NotProvidedError", "alternative", "not_provided"]


class NotProvidedError(AttributeError, NotImplementedError):
    """A program of TensorFlow 1 uses something that is not there any more."""


_ALTERNATIVES = {
    "tf.contrib.all_reduce": "tf.distribute",
    "tf.contrib.autograph": "tf.autograph",
    "tf.contrib.boosted_trees": "the package tensorflow-decision-forests",
    "tf.contrib.checkpoint": "tf.train.Checkpoint",
    "tf.contrib.cluster_resolver": "tf.distribute.cluster_resolver",
    "tf.contrib.crf": "a package for conditional random fields",
    "tf.contrib.cudnn_rnn": "tf.keras.layers.LSTM, which uses cuDNN where it can",
    "tf.contrib.data": "tf.data",
    "tf.contrib.distribute": "tf.distribute",
    "tf.contrib.distributions": "the package tensorflow-probability",
    "tf.contrib.eager": "TensorFlow 2 itself",
    "tf.contrib.estimator": "slim.learning.train, or slim.learning.fit",
    "tf.contrib.ffmpeg": "the package tensorflow-io",
    "tf.contrib.gan": "the package tensorflow-gan (tfgan)",
    "tf.contrib.image": "tf.image, or tf.raw_ops.ImageProjectiveTransformV3 for transforms",
    "tf.contrib.keras": "tf.keras",
    "tf.contrib.layers": "slim and tf.feature_column",
    "tf.contrib.learn": "slim.learning",
    "tf.contrib.legacy_seq2seq": "tf.keras.layers.LSTM with tf.keras.layers.Attention",
    "tf.contrib.lite": "tf.lite",
    "tf.contrib.mixed_precision": "slim.precision",
    "tf.contrib.model_pruning": "the package tensorflow-model-optimization",
    "tf.contrib.nccl": "tf.distribute.MirroredStrategy",
    "tf.contrib.predictor": "tf.saved_model.load",
    "tf.contrib.quantize": "slim.quantize, or what tf.contrib.quantize itself offers",
    "tf.contrib.receptive_field": "nothing: compute it from kernels and strides",
    "tf.contrib.saved_model": "tf.saved_model",
    "tf.contrib.seq2seq": "the decoders of a package for sequence models",
    "tf.contrib.signal": "tf.signal",
    "tf.contrib.staging": "tf.data.Dataset.prefetch",
    "tf.contrib.stateless": "tf.random.stateless_uniform and its like",
    "tf.contrib.summary": "tf.summary of TensorFlow 2",
    "tf.contrib.tensorboard": "the package tensorboard (tensorboard.plugins)",
    "tf.contrib.tensorrt": "tf.experimental.tensorrt",
    "tf.contrib.text": "the package tensorflow-text",
    "tf.contrib.tpu": "tf.distribute.TPUStrategy",
    "tf.estimator": "slim.learning.train and slim.evaluation, or slim.learning.fit",
    "tf.examples": "slim.data, or tf.keras.datasets",
    "tf.keras.estimator": "tf.keras.Model.fit",
}
# Names that programs older than TensorFlow 1.0 use, and those that it gave these things.
_SINCE_1_0 = {
    "tf.audio_summary": "tf.summary.audio",
    "tf.batch_matmul": "tf.matmul",
    "tf.complex_abs": "tf.abs",
    "tf.histogram_summary": "tf.summary.histogram",
    "tf.image.per_image_whitening": "tf.image.per_image_standardization",
    "tf.image_summary": "tf.summary.image",
    "tf.inv": "tf.reciprocal",
    "tf.listdiff": "tf.setdiff1d",
    "tf.merge_all_summaries": "tf.summary.merge_all",
    "tf.merge_summary": "tf.summary.merge",
    "tf.mul": "tf.multiply",
    "tf.neg": "tf.negative",
    "tf.nn.rnn": "tf.nn.static_rnn",
    "tf.pack": "tf.stack",
    "tf.scalar_summary": "tf.summary.scalar",
    "tf.select": "tf.where",
    "tf.sub": "tf.subtract",
    "tf.train.SummaryWriter": "tf.summary.FileWriter",
    "tf.unpack": "tf.unstack",
}


def alternative(symbol: str) -> str:
    """What to use in place of `symbol`, as the end of a sentence; empty where nothing is known."""
    if symbol in _SINCE_1_0:
        return f"{_SINCE_1_0[symbol]}, as it is called since TensorFlow 1.0"
    parts = symbol.split(".")
    for length in range(len(parts), 1, -1):
        found = _ALTERNATIVES.get(".".join(parts[:length]))
        if found:
            return found
    return _in_tensorflow2(symbol)


def _in_tensorflow2(symbol: str) -> str:
    """`tf.compat.v2.X` for what came with TensorFlow 2."""
    root, _, path = symbol.partition(".")
    if root != "tf" or not path or path.partition(".")[0] in ("contrib", "keras"):
        return ""
    import tensorflow

    found: Any = tensorflow
    for part in path.split("."):
        found = getattr(found, part, None)
        if found is None:
            return ""
    return f"tf.compat.v2.{path}, which came with TensorFlow 2"


def not_provided(symbol: str) -> NotProvidedError:
    """The error for the use of `symbol`, such as "tf.contrib.gan.gan_model"."""
    instead = alternative(symbol)
    return NotProvidedError(
        f"{symbol} is not provided: today's TensorFlow does not have it for programs of TensorFlow "
        "1, and TF-Slim 2 does not add it."
        + (f" Use {instead}." if instead else "")
        + " `tf-slim run --check script.py` lists all such uses of a program."
    )


class Absent(types.ModuleType):
    """Module, function or class that is not provided.

    Programs often import more than they use, so importing it and what is in it works.

    Args:
      symbol: the name that the message gives.
    """

    def __init__(self, symbol: str):
        super().__init__(symbol)
        self.__path__ = []

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")

    def __call__(self, *unused_args, **unused_kwargs):
        raise not_provided(self.__name__)

    def __mro_entries__(self, unused_bases):
        raise not_provided(self.__name__)

    def _refuse(self, *unused_args):
        raise not_provided(self.__name__)

    __iter__ = __getitem__ = __len__ = __enter__ = __int__ = __float__ = _refuse

    def __repr__(self) -> str:
        return f"<{self.__name__}: not provided>"
