"""`tf.contrib.deprecated`: summaries by the names of TensorFlow 0.12, the tag first."""

from __future__ import annotations

import tensorflow as tf

__all__ = [
    "audio_summary",
    "histogram_summary",
    "image_summary",
    "merge_all_summaries",
    "merge_summary",
    "scalar_summary",
]

_summary = tf.compat.v1.summary

merge_all_summaries = _summary.merge_all
merge_summary = _summary.merge


def scalar_summary(tags, values, collections=None, name=None):
    """A summary of the scalar `values` under the tag `tags`."""
    del name
    return _summary.scalar(tags, values, collections=collections)


def histogram_summary(tag, values, collections=None, name=None):
    """A histogram of `values` under `tag`."""
    del name
    return _summary.histogram(tag, values, collections=collections)


def image_summary(tag, tensor, max_images=3, collections=None, name=None):
    """The first `max_images` of the images `[batch, height, width, channels]` under `tag`."""
    del name
    return _summary.image(tag, tensor, max_outputs=max_images, collections=collections)


def audio_summary(tag, tensor, sample_rate, max_outputs=3, collections=None, name=None):
    """The first `max_outputs` of the sounds `[batch, samples, channels]` under `tag`."""
    del name
    return _summary.audio(
        tag, tensor, sample_rate, max_outputs=max_outputs, collections=collections
    )
