"""The arithmetic of docs/scale.md, beside exchanges that are gone through message by message."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import scale_model
from benchmarks.scale_model import Cluster, Net
from tests.house.sources import ROOT


def ring(workers: int, size: int) -> tuple[int, int]:
    """Goes round: how many numbers each worker sends, and in how many turns. Checks the sums."""
    rng = np.random.RandomState(0)
    values = rng.randint(0, 9, (workers, workers, size // workers))
    expected = values.sum(0)
    sent = turns = 0
    for summing in (True, False):
        for turn in range(workers - 1):
            parts = [(i - turn + (not summing)) % workers for i in range(workers)]
            messages = [values[i, part].copy() for i, part in enumerate(parts)]
            for i, (part, message) in enumerate(zip(parts, messages)):
                there = values[(i + 1) % workers]
                there[part] = there[part] + message if summing else message
            sent += messages[0].size
            turns += 1
    assert all((one == expected).all() for one in values)
    return sent, turns


@pytest.mark.parametrize("workers", [2, 4, 8])
def test_a_ring(workers):
    sent, turns = ring(workers, 64)
    assert scale_model.ring_bytes(64, workers) == sent
    assert scale_model.ring_seconds(64, workers, 1e3, 0.5) == pytest.approx(
        0.5 * turns + sent / 1e3
    )


def test_servers():
    # 8 workers, 2 servers: a server sends half of 100 bytes to each, at 1000 a second, and back.
    assert scale_model.servers_seconds(100, 8, 2, 1000, 0) == pytest.approx(2 * 8 * 50 / 1000)
    # As many servers as workers: the workers' own links are what is full.
    assert scale_model.servers_seconds(100, 8, 8, 1000, 0) == pytest.approx(2 * 100 / 1000)
    assert scale_model.servers_seconds(100, 8, 99, 1000, 1) == pytest.approx(2 * (1 + 0.1))


@pytest.mark.parametrize("workers", [1, 8, 64])
def test_the_slowest(workers):
    draws = np.random.RandomState(0).normal(1, 0.05, (4000, workers)).max(1)
    assert scale_model.slowest(workers, 0.05) == pytest.approx(draws.mean(), abs=0.004)


def test_a_step():
    net, alone = Net(1000, image_bytes=10), Cluster(100, 50, 1e4, latency=0, spread=0)
    assert scale_model.step_seconds(net, alone, 1) == pytest.approx(0.5)
    assert scale_model.step_seconds(net, alone, 2) == pytest.approx(0.5 + 1000 / 1e4)
    assert scale_model.efficiency(net, alone, 2) == pytest.approx(0.5 / 0.6)
    dear = Cluster(100, 50, 1e4, latency=0, spread=0, besides=0.3)
    assert scale_model.step_seconds(net, dear, 1) == pytest.approx(0.5)
    assert scale_model.step_seconds(net, dear, 2) == pytest.approx(0.5 + 0.1 + 0.3)
    # A storage of 500 bytes a second gives a step's 1000 bytes in 2 s, while it computes.
    slow = Cluster(100, 50, 1e4, latency=0, spread=0, storage=500)
    assert scale_model.step_seconds(net, slow, 2) == pytest.approx(2.0)


def test_failures():
    between = 3600.0  # one of 2 workers, each after 2 h
    seconds, lost = scale_model.lost_to_failures(2, 2, 5, 60)

    def of(interval):
        return 5 / interval + (interval / 2 + 60) / between

    assert lost == pytest.approx(of(seconds))
    assert min(of(seconds * 0.9), of(seconds * 1.1)) > lost


def test_the_page_has_the_tables(capsys):
    scale_model.main()
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(rows) > 20 and all(row in page for row in rows)
