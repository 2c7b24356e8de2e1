"""A small model, and a server of it that listens on loopback."""

from __future__ import annotations

import contextlib
import functools
import io
import socket
import threading
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.serving import running

PATIENCE = 120.0
"""Seconds for what takes a moment, on a machine that is busy with other things, too."""

get, post, options = (
    functools.partial(ask, timeout=PATIENCE) for ask in (httpx.get, httpx.post, httpx.options)
)

LABELS = ("zero", "one", "two", "<b>three</b>", "four & more")


def png(seed: int, height: int = 8, width: int = 8) -> bytes:
    """A picture of noise."""
    pixels = np.random.RandomState(seed).randint(0, 256, [height, width, 1]).astype(np.uint8)
    return tf.io.encode_png(pixels).numpy()


def photograph(width: int, height: int) -> bytes:
    """A JPEG as cameras make them: turned, by what its Exif data says."""
    from PIL import Image

    pixels = np.random.RandomState(0).randint(0, 256, [height // 8, width // 8, 3])
    image = Image.fromarray(pixels.astype(np.uint8)).resize((width, height))
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    image.save(file, "jpeg", exif=exif)
    return file.getvalue()


def received(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    answer = b""
    while part := connection.recv(4096):
        answer += part
    return answer


@pytest.fixture(scope="session")
def predictor() -> slim.Predictor:
    """Of a LeNet whose answers differ from picture to picture."""
    model = slim.nets.create("lenet", len(LABELS)).build(tf.TensorSpec([None, 8, 8, 1]))
    rng = np.random.RandomState(0)
    for variable in model.variables:
        variable.assign(0.1 * rng.randn(*variable.shape))
    return slim.Predictor(
        model, preprocess="digits", image_size=8, channels=1, labels=LABELS, max_pixels=1_000_000
    )


@contextlib.contextmanager
def serving(served: slim.serving.Served, **kwargs) -> Iterator[str]:
    """Serves in this process.

    Yields:
      The address.
    """
    at = running.bound("127.0.0.1", 0)
    server = running.server(slim.serving.application(served, **kwargs), served)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [at]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{at.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def served(predictor) -> slim.serving.Served:
    """The model, ready to be served."""
    limits = slim.serving.Limits(max_bytes=200_000, queue=64)
    made = slim.serving.Served(predictor, "lenet-5", version=7, limits=limits)
    assert made.warm_up() is None
    return made


@pytest.fixture(scope="session")
def address(served):
    """Where it is served."""
    with serving(served, about="A <net>.", hosts=["127.0.0.1", "lenet.example"]) as found:
        yield found


@pytest.fixture(scope="session")
def client(address):
    """Who asks it."""
    with httpx.Client(base_url=address, timeout=PATIENCE) as made:
        yield made
