"""`nets.pix2pix` of research/slim."""

from tf_slim.nets.pix2pix import (
    Block,
    pix2pix_arg_scope,
    pix2pix_discriminator,
    pix2pix_generator,
    upsample,
)

__all__ = [
    "Block",
    "pix2pix_arg_scope",
    "pix2pix_discriminator",
    "pix2pix_generator",
    "upsample",
]
