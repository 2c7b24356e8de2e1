"""The batcher: what is computed together, in which order, and what becomes of failures."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from tests.serving.conftest import PATIENCE
from tf_slim.serving.batching import Batcher


def image(value: float, side: int = 2) -> np.ndarray:
    return np.full([side, side, 1], value, np.float32)


class Model:
    """Adds up what it is given; its first batch waits until it is let go."""

    def __init__(self, held: bool = True):
        self.batches: list[tuple] = []
        self.begun, self.go = threading.Event(), threading.Event()
        if not held:
            self.go.set()

    def __call__(self, images, key):
        self.begun.set()
        assert self.go.wait(PATIENCE)
        sums = np.array([one.sum() for one in images])
        self.batches.append((key, sums.tolist()))
        if -4.0 in sums:
            raise ValueError("negative")
        return {"sum": sums}


def sums(futures):
    return [future.result(PATIENCE)["sum"] for future in futures]


def test_what_comes_meanwhile_is_the_next_batch():
    model, seen = Model(), []
    batcher = Batcher(model, 4, lambda count, seconds: seen.append((count, seconds >= 0)))
    futures = [batcher.submit(image(0))]
    assert model.begun.wait(PATIENCE)
    futures += [batcher.submit(image(value)) for value in range(1, 7)]
    assert batcher.waiting == 6
    model.go.set()
    assert sums(futures) == [0, 4, 8, 12, 16, 20, 24]
    batcher.close()
    assert [batch for _, batch in model.batches] == [[0], [4, 8, 12, 16], [20, 24]]
    assert seen == [(1, True), (4, True), (2, True)]


def test_only_what_goes_together_is_computed_together():
    model = Model()
    batcher = Batcher(model, 8)
    futures = [batcher.submit(image(0), "a")]
    assert model.begun.wait(PATIENCE)
    rows = [(1, "a", 2), (2, "b", 2), (3, "a", 4), (4, "a", 2), (5, "b", 2)]
    futures += [batcher.submit(image(value, side), key) for value, key, side in rows]
    model.go.set()
    assert sums(futures) == [0, 4, 8, 48, 16, 20]
    batcher.close()
    assert model.batches == [("a", [0]), ("a", [4, 16]), ("b", [8, 20]), ("a", [48])]


def test_one_that_cannot_be_computed_does_not_take_its_neighbours_with_it():
    model = Model()
    batcher = Batcher(model, 8)
    first = batcher.submit(image(0))
    assert model.begun.wait(PATIENCE)
    futures = [batcher.submit(image(value)) for value in (1, -1, 2)]
    model.go.set()
    assert sums([first, futures[0], futures[2]]) == [0, 4, 8]
    with pytest.raises(ValueError, match="negative"):
        futures[1].result(PATIENCE)
    batcher.close()


def test_what_nobody_waits_for_any_more_is_left_out():
    model = Model()
    batcher = Batcher(model, 8)
    futures = [batcher.submit(image(0))]
    assert model.begun.wait(PATIENCE)
    futures += [batcher.submit(image(value)) for value in (1, 2, 3)]
    assert futures[2].cancel()
    model.go.set()
    assert sums([futures[0], futures[1], futures[3]]) == [0, 4, 12]
    batcher.close()
    assert [batch for _, batch in model.batches] == [[0], [4, 12]]


def test_what_was_accepted_is_computed_when_it_closes():
    model = Model()
    batcher = Batcher(model, 2)
    futures = [batcher.submit(image(value)) for value in range(7)]
    closing = threading.Thread(target=batcher.close)
    closing.start()
    model.go.set()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    assert sums(futures) == [0, 4, 8, 12, 16, 20, 24]
    with pytest.raises(RuntimeError, match="closed"):
        batcher.submit(image(0))


def test_many_threads_lose_nothing():
    batcher = Batcher(Model(held=False), 7)
    found: dict[int, float] = {}

    def ask(begin):
        for value in range(begin, begin + 50):
            found[value] = batcher.submit(image(value)).result(PATIENCE)["sum"]

    threads = [threading.Thread(target=ask, args=[50 * i]) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    batcher.close()
    assert found == {value: 4 * value for value in range(400)}
