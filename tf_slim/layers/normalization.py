"""The old path of two layers: `tf_slim.layers.normalization.group_norm` and `instance_norm`."""

from tf_slim.layers.norm import group_norm, instance_norm

__all__ = ["group_norm", "instance_norm"]
