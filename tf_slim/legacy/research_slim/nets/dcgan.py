"""`nets.dcgan` of research/slim."""

from tf_slim.nets.dcgan import discriminator, generator

__all__ = ["discriminator", "generator"]
