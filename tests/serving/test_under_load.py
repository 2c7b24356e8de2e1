"""Many at once, too many at once, too slow, and too late."""

from __future__ import annotations

import base64
import concurrent.futures
import socket
import threading
import time

import httpx
import numpy as np
import pytest

import tf_slim as slim
from tests.serving.conftest import LABELS, PATIENCE, get, png, post, received, serving
from tf_slim.serving.limits import Limits

pytestmark = pytest.mark.one_seed

CLIENTS, EACH = 16, 16


def test_none_is_lost_and_none_is_wrong(address, predictor):
    pictures = [png(seed) for seed in range(CLIENTS * EACH)]
    wanted = np.stack([one.probabilities for one in predictor(pictures)])

    def ask(number):
        found = {}
        with httpx.Client(base_url=address, timeout=PATIENCE) as client:
            for i in range(number, len(pictures), CLIENTS):
                if i % 2:
                    response = client.post("/predict", content=pictures[i])
                    pairs = [one.values() for one in response.json()["labels"]]
                else:
                    body = {"instances": [{"b64": base64.b64encode(pictures[i]).decode()}]}
                    response = client.post("/v1/models/lenet-5:predict", json=body)
                    (row,) = response.json()["predictions"]
                    pairs = zip(row["classes"], row["scores"])
                scores = dict(map(tuple, pairs))
                found[i] = [scores[label] for label in LABELS]
        return found

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        found = {i: row for part in pool.map(ask, range(CLIENTS)) for i, row in part.items()}
    assert sorted(found) == list(range(len(pictures)))
    np.testing.assert_allclose([found[i] for i in sorted(found)], wanted, rtol=1e-4, atol=1e-6)


class Slow:
    """A predictor whose model waits until it is let go."""

    def __init__(self, predictor):
        self._predictor = predictor
        self.labels, self.image_spec = predictor.labels, predictor.image_spec
        self.read = predictor.read
        self.begun, self.go = threading.Event(), threading.Event()

    def compute(self, batch, **kwargs):
        self.begun.set()
        assert self.go.wait(PATIENCE)
        return self._predictor.compute(batch, **kwargs)


@pytest.fixture
def slow(predictor):
    made = Slow(predictor)
    yield made
    made.go.set()


def test_past_the_queue_it_is_told_when_to_come_again(slow):
    served = slim.serving.Served(slow, "slow", limits=Limits(queue=3, timeout=PATIENCE))
    with serving(served) as address, concurrent.futures.ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(post, f"{address}/predict", content=png(i)) for i in range(3)]
        _until(lambda: served.places.taken == 3)
        response = post(f"{address}/predict", content=png(9))
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) >= 1
        assert "3 of 3 places" in response.json()["error"]
        body = {"instances": [{"b64": base64.b64encode(png(0)).decode()}]}
        assert post(f"{address}/v1/models/slow:predict", json=body).status_code == 503
        assert get(f"{address}/healthz").status_code == 200
        slow.go.set()
        assert [one.result().status_code for one in asked] == [200] * 3
        assert post(f"{address}/predict", content=png(9)).status_code == 200
    assert served.places.taken == 0


def test_an_answer_that_takes_too_long_is_given_up(slow):
    served = slim.serving.Served(slow, "slow", limits=Limits(timeout=0.5))
    with serving(served) as address:
        response = post(f"{address}/predict", content=png(0))
        assert response.status_code == 504
        assert response.json()["error"] == "There was no answer within 0.5 s."
        assert served.places.taken == 0
        slow.go.set()


def test_a_body_that_does_not_come_is_given_up(predictor):
    served = slim.serving.Served(predictor, "m", limits=Limits(timeout=0.5))
    with serving(served) as address:
        with _connected(address) as connection:
            connection.sendall(_head(100) + b"abc")
            answer = received(connection)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"within 0.5 s" in answer
        assert served.places.taken == 0


def test_who_goes_away_leaves_no_trace(slow):
    served = slim.serving.Served(slow, "slow", limits=Limits(timeout=PATIENCE))
    with serving(served) as address:
        with _connected(address) as connection:
            connection.sendall(_head(len(png(0))) + png(0))
            assert slow.begun.wait(PATIENCE)
        with _connected(address) as connection:
            connection.sendall(_head(100) + b"abc")
            _until(lambda: served.places.taken == 2)
        slow.go.set()
        _until(lambda: served.places.taken == 0)
        assert post(f"{address}/predict", content=png(1)).status_code == 200


def test_stopping_finishes_what_was_accepted(slow, predictor):
    served = slim.serving.Served(slow, "slow", limits=Limits(batch_size=2, timeout=PATIENCE))
    with concurrent.futures.ThreadPoolExecutor(7) as pool:
        with serving(served) as address:
            asked = [pool.submit(post, f"{address}/predict", content=png(i)) for i in range(7)]
            _until(lambda: served.places.taken == 7)
            threading.Timer(0.5, slow.go.set).start()
        found = [one.result().json()["labels"][0]["label"] for one in asked]
    assert found == [one.label for one in predictor([png(i) for i in range(7)])]


def _head(length: int) -> bytes:
    return f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


def _connected(address: str) -> socket.socket:
    host, _, port = address.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE)


def _until(holds) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it does not come to that"
        time.sleep(0.01)
