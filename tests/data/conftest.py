"""A decoder for tests of what comes before and after the decoder."""

from __future__ import annotations

import pytest
import tensorflow as tf

from tf_slim.data import pipeline
from tf_slim.data.sources.protocol import RecordSource


def _files_of(source, pictures):
    if type(source).fetch is RecordSource.fetch:
        return pictures
    return tf.map_fn(source.fetch, pictures, fn_output_signature=tf.TensorSpec([], tf.string))


def _load(file, channels, preprocess, *, is_training, seed):
    return preprocess(tf.io.decode_png(file, channels), is_training=is_training, seed=seed)


@pytest.fixture(scope="module")
def png_alone_in_module():
    """TensorFlow's PNG decoder in place of the one of all formats, for a whole file.

    That has 900 operations, which TensorFlow prepares anew for each iterator: half a second, in
    which nothing is tested of order, positions and epochs.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "files_of", _files_of)
        patch.setattr(pipeline, "load", _load)
        yield


@pytest.fixture
def png_alone(monkeypatch):
    """As `png_alone_in_module`, for one test."""
    monkeypatch.setattr(pipeline, "files_of", _files_of)
    monkeypatch.setattr(pipeline, "load", _load)


def pytest_itemcollected(item: pytest.Item) -> None:
    """What is random in a pipeline goes by its own seed, so TensorFlow's is set once for a file."""
    item.add_marker("one_seed")
