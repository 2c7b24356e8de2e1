"""Checkpoints by variable name: saved whole or not at all, read in every usual format.

TensorFlow 1.15 and TF-Slim 2 read each other's files: those of `tf.compat.v1.train.Saver` (V2).

    model.save("run/model.ckpt")
    report = model.restore("run/model.ckpt", exclude=["net/logits/*"])
    slim.checkpoints.convert("run/model.ckpt", "model.safetensors")
"""

from tf_slim.ops.exports import attach as _attach

__getattr__, __dir__, __all__ = _attach(__name__, __file__)
