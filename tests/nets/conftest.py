"""Nets made thin, so that even the largest are quick to run."""

from __future__ import annotations

import functools

import pytest

import tf_slim as slim

THINNER = 16


def _thin(layer):
    # `wraps` also copies the key under which an arg_scope knows the layer.
    @functools.wraps(layer)
    def thin(inputs, num_outputs, *args, **kwargs):
        if num_outputs >= THINNER:
            num_outputs //= THINNER
        return layer(inputs, num_outputs, *args, **kwargs)

    return thin


@pytest.fixture(scope="module")
def thin():
    """Divides the number of channels of all layers but the logits, which have few classes."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("conv2d", "fully_connected"):
            patch.setattr(slim, name, _thin(getattr(slim, name)))
        yield
