"""`fit` by several workers: as by one, whatever becomes of them."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import time

import numpy as np
import pytest

from tests.workers import cluster, network
from tests.workers.forge import Forge
from tf_slim import checkpoints, learning
from tf_slim.learning.cluster import ports

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes are forked"),
]

SECONDS = 300  # for what takes three
NOTICED_SECONDS = 200  # that a worker is gone, which takes 12


@pytest.fixture(scope="module")
def forge():
    with Forge("tests.workers.training") as made:
        yield made


@pytest.fixture
def start(forge, tmp_path):
    """Starts workers that train in the folder of the test."""

    def started(workers: int, *words: str, folder=tmp_path):
        folder.mkdir(exist_ok=True)
        return cluster.started(forge, workers, [f"folder={folder}", *words], folder=folder)

    return started


@pytest.fixture
def train(start, tmp_path):
    """Trains to the end. Returns what each worker says then."""

    def trained(workers: int, *words: str, folder=tmp_path, status: int = 0):
        with start(workers, *words, folder=folder) as procs:
            assert procs.wait(SECONDS) == [status] * workers, procs.logs()
        return ends(folder, workers)

    return trained


def ends(folder, workers: int) -> list[dict]:
    return [json.loads((folder / f"end-{i}.json").read_text()) for i in range(workers)]


def assert_same_losses(one: dict, other: dict, tolerance: float = 1e-5) -> None:
    """Of the steps that both have taken."""
    losses, others = dict(one["losses"]), dict(other["losses"])
    common = sorted(set(losses) & set(others))
    assert common
    np.testing.assert_allclose(
        [losses[step] for step in common], [others[step] for step in common], 0, tolerance
    )


def assert_same_weights(one: dict, other: dict, tolerance: float = 1e-5) -> None:
    assert list(one["weights"]) == list(other["weights"])
    for name, value in one["weights"].items():
        np.testing.assert_allclose(value, other["weights"][name], 0, tolerance, err_msg=name)


def wait_for_checkpoint(folder) -> None:
    """Waits for one of a step that was taken."""
    end = time.monotonic() + SECONDS
    while not (path := checkpoints.latest(folder)) or not checkpoints.step_of(path):
        assert time.monotonic() < end
        time.sleep(0.02)


def history(folder) -> list[dict]:
    return [
        {key: value for key, value in row.items() if key != "steps_per_second"}
        for row in learning.read_history(folder)
    ]


@pytest.mark.parametrize(
    ("workers", "words", "more"),
    [
        (2, ["norm=synchronized", "decay=0.9"], []),
        (2, ["pipeline=1", "batch=15"], []),
        # Neither the batches nor the last one, of a single example, can be shared out evenly.
        (3, ["batch=21", "epochs=5", "call=3", "hook=0"], ["parts=3"]),
    ],
    ids=["two", "pipeline", "three"],
)
def test_several_workers_are_as_one(train, tmp_path, workers, words, more):
    words = ["steps=20", "validate=10", *words]
    (one,) = train(1, *words, folder=tmp_path / "one")
    several = train(workers, *words, *more)
    for end in several:
        assert end["losses"] == several[0]["losses"]
        assert end["weights"] == several[0]["weights"]
        assert end["validation"] == several[0]["validation"]
        assert_same_losses(one, end)
        assert_same_weights(one, end)
        assert end["validation"] == pytest.approx(one["validation"], abs=1e-5)
        assert (end["best"], end["stop"]) == (one["best"], one["stop"])
    assert [end["chief"] for end in several] == [True] + [False] * (workers - 1)
    assert sorted(os.listdir(tmp_path / "run")) == sorted(os.listdir(tmp_path / "one" / "run"))
    rows, expected = history(tmp_path / "run"), history(tmp_path / "one" / "run")
    assert [row["step"] for row in rows] == [row["step"] for row in expected]


def test_a_run_goes_on_with_another_number_of_workers(train, tmp_path):
    words = ["norm=synchronized", "optimizer=keras_adam"]
    (whole,) = train(1, "steps=40", *words, folder=tmp_path / "whole")
    for workers, steps in ((2, 10), (1, 20), (3, 30), (2, 40)):
        for end in train(workers, f"steps={steps}", *words):
            assert end["losses"][0][0] == steps - 9
            assert_same_losses(whole, end)
    assert_same_weights(whole, end)


def test_sigterm_to_one_ends_all_and_saves(start, train, tmp_path):
    words = ["every=0", "steps=40", "hook=0"]
    (whole,) = train(1, *words, folder=tmp_path / "whole")
    with start(2, *words, "fault=term:1:7") as procs:
        assert procs.wait(SECONDS) == [-signal.SIGTERM] * 2, procs.logs()
    # No hook may have changed anything, so all were told with the step after it.
    assert checkpoints.step_of(checkpoints.latest(tmp_path / "run")) == 8
    for end in train(2, *words):
        assert end["losses"][0][0] == 9
        assert_same_losses(whole, end)
        assert_same_weights(whole, end)


@pytest.mark.parametrize(("who", "call"), [(0, 1), (1, 2)])
def test_what_one_hook_decides_holds_for_all(train, tmp_path, who, call):
    for end in train(2, f"fault=stop:{who}:8", f"call={call}"):
        assert (end["stop"], end["step"]) == ("a hook says so", 8)
    failed = train(2, f"fault=raise:{who}:12", f"call={call}", status=3)
    assert [end["error"] for end in failed][who] == "KeyError"
    assert [end["error"] for end in failed][1 - who] == "WorkerError"
    assert f"worker {who}" in (tmp_path / f"worker-{1 - who}.log").read_text()
    assert checkpoints.step_of(checkpoints.latest(tmp_path / "run")) == 12


def test_broken_data_of_one_end_all_and_nothing_is_lost(train, tmp_path):
    failed = train(2, "fault=data:1:9", "every=0", "hook=0", status=3)
    assert [end["error"] for end in failed] == ["WorkerError", "InvalidArgumentError"]
    assert "the disk is gone" in (tmp_path / "worker-0.log").read_text()
    assert checkpoints.step_of(checkpoints.latest(tmp_path / "run")) == 9
    assert [end["losses"][-1][0] for end in train(2, "steps=12", "every=0")] == [12, 12]


def test_broken_data_within_a_call_end_all_with_the_checkpoint_before(train, tmp_path):
    words = ["every=4", "hook=0", "call=4"]
    failed = train(2, "fault=data:1:9", *words, status=3)
    assert [end["error"] for end in failed] == ["WorkerError", "InvalidArgumentError"]
    assert "the disk is gone" in (tmp_path / "worker-1.log").read_text()
    assert checkpoints.step_of(checkpoints.latest(tmp_path / "run")) == 8


def test_patience_ends_all_at_the_same_step(train):
    ended = train(2, "validate=2", "patience=1", "norm=local", "steps=400")
    assert ended[0]["stop"].startswith("no better accuracy")
    assert ended[0]["step"] == ended[1]["step"] < 400
    assert ended[0]["weights"] == ended[1]["weights"]


def test_the_clock_of_the_chief_saves(train, tmp_path):
    train(2, "every=0", "secs=0.1", "sleep=0.02", "steps=30", "hook=0")
    steps = [checkpoints.step_of(path) for path in checkpoints.prefixes(tmp_path / "run")]
    assert len(steps) > 2 and steps[-1] == 30


def test_killed_at_random_moments_a_run_ends_as_if_it_had_not_been(start, train, tmp_path):
    words = ["steps=160", "norm=local", "validate=6", "optimizer=keras_adam"]
    whole = train(2, *words, folder=tmp_path / "whole")
    chance = random.Random(os.getpid())
    for life, who in enumerate((1, 0) * 5):
        with start(2, *words, "sleep=0.05") as procs:
            procs[who].wait_for("begun", SECONDS)
            time.sleep(chance.uniform(0.0, 0.7))
            procs[who].send(signal.SIGKILL)
            if life > 1:
                continue  # the other one is killed at once, as by a launcher
            # Whom the loss leaves alone ends by itself, and says what has happened.
            assert procs[1 - who].wait(NOTICED_SECONDS) == 3, procs.logs()
            log = procs[1 - who].log()
            assert "does not answer any more" in log and "Last checkpoint: " in log
    for end, expected in zip(train(2, *words), whole, strict=True):
        assert end["losses"] == expected["losses"][-len(end["losses"]) :]
        assert end["weights"] == expected["weights"]
        assert (end["validation"], end["best"]) == (expected["validation"], expected["best"])
    assert history(tmp_path / "run") == history(tmp_path / "whole" / "run")


def test_a_frozen_worker_does_not_hold_the_others_for_ever(start):
    with start(2, "fault=freeze:1:7") as procs:
        assert procs[0].wait(NOTICED_SECONDS) == 3, procs.logs()
        assert "worker 1 (" in procs[0].log() and "frozen" in procs[0].log()
        procs[1].send(signal.SIGCONT)
        assert procs[1].wait(NOTICED_SECONDS) == 3, procs.logs()


def test_a_cut_network_ends_all_and_they_go_on_when_it_is_mended(forge, train, tmp_path):
    words = ["steps=30", "norm=local", "optimizer=keras_adam"]
    whole = train(2, *words, folder=tmp_path / "whole")
    words.append(f"folder={tmp_path}")
    with network.connected() as machines:

        def trained(*more: str):
            environs = [machines.environ(index) for index in range(2)]
            both = [[*words, *more]] * 2
            return cluster.unlike(forge, tmp_path, machines.addresses, both, environs)

        with trained("fault=hold:0:7") as procs:
            wait_for_checkpoint(tmp_path / "run")
            machines.cut()
            (tmp_path / "cut").touch()
            assert procs.wait(NOTICED_SECONDS) == [3, 3], procs.logs()
            for one in procs:
                assert "the network between them is cut" in one.log()
        machines.mend()
        with trained() as procs:
            assert procs.wait(SECONDS) == [0, 0], procs.logs()
    for end, expected in zip(ends(tmp_path, 2), whole, strict=True):
        assert 0 < len(end["losses"]) < 30
        assert end["losses"] == expected["losses"][-len(end["losses"]) :]
        assert end["weights"] == expected["weights"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("epochs=3", "number_of_steps: 8 on worker 0 .*, 12 on worker 1"),
        ("batch=8", "data: 8 batches on worker 0 .*, 16 batches on worker 1"),
        ("clip=1.0", "make_train_step: .*clip_global_norm=1.0"),
        ("seed=2", "the first batch .*on worker 0"),
        ("logdir=elsewhere", "is not seen as the chief sees it"),
    ],
)
def test_workers_that_are_not_alike_are_told_so(forge, tmp_path, word, said):
    words = ["epochs=2", f"folder={tmp_path}"]
    with (
        ports.reserved(2) as addresses,
        cluster.unlike(forge, tmp_path, addresses, [words, [*words, word]]) as procs,
    ):
        assert procs.wait(SECONDS) == [3, 3], procs.logs()
        for one in procs:
            assert re.search(said, one.log()), one.log()
            assert not json.loads((tmp_path / "end-0.json").read_text())["losses"][1:]
