"""Who takes part in the table of nets: one small class each, and one line in `ALL`.

Each runs in a process of its own, which waits for its turns; one that is not there is left out, in
words.
"""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import tf_slim as slim
from benchmarks import machine, peers, recording, settings

TRAIN, INFER = "train", "infer"
PROGRAMS = machine.ROOT / "benchmarks" / "programs"


@dataclasses.dataclass(frozen=True)
class Net:
    """A net, and what others call it.

    Attributes:
      name: ours.
      keras: the class in `keras.applications`.
      timm: the name in timm.
      batch: images in a batch.
    """

    name: str
    keras: str
    timm: str
    batch: int

    @property
    def pixels(self) -> str:
        """A side of its images."""
        return str(slim.nets.spec(self.name).image_size)

    @property
    def decay(self) -> str:
        """The factor of its weight decay."""
        return str(slim.nets.spec(self.name).weight_decay)


@dataclasses.dataclass(frozen=True)
class Work:
    """What all contestants do: a net, "train" or "infer", and the type that it computes in."""

    net: Net
    mode: str
    precision: str
    batch: int

    def __str__(self) -> str:
        return f"{self.net.name} b{self.batch} {self.mode} {self.precision}"


class LeftOut(Exception):
    """A contestant does not take part; the message says why."""


class Contestant:
    """One of the table."""

    name = ""

    def command(self, work: Work) -> Sequence[str]:
        """Starts a program that serves the work (see `programs/turns.py`).

        Raises:
          LeftOut: there is none for this work.
        """
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Variables of the environment that the program needs."""
        return {}


class Slim(Contestant):
    """The model as it is."""

    name, way = "slim", "model"

    def command(self, work: Work) -> Sequence[str]:
        program = [sys.executable, "-m", "benchmarks.programs.ours", self.way]
        return [*program, work.net.name, str(work.batch), work.mode, work.precision]

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(machine.ROOT)}


class Folded(Slim):
    """What `slim.export.for_inference` makes of it."""

    name, way = "slim folded", "folded"

    def command(self, work: Work) -> Sequence[str]:
        if work.mode == TRAIN:
            raise LeftOut("it is for inference")
        return super().command(work)


class Compiled(Slim):
    """The model, compiled by XLA."""

    name, way = "slim XLA", "compiled"

    def command(self, work: Work) -> Sequence[str]:
        if not settings.on_gpu():
            raise LeftOut("XLA is for GPUs and TPUs: on CPUs it halves the speed")
        return super().command(work)


class Keras(Contestant):
    """`keras.applications`."""

    name = "Keras 3"

    def command(self, work: Work) -> Sequence[str]:
        net = (work.net.keras, work.net.pixels, work.net.decay)
        program = [sys.executable, str(PROGRAMS / "of_keras.py")]
        return [*program, *net, str(work.batch), work.mode, work.precision]


class Release(Contestant):
    """The last release of the original, with tf_keras."""

    name = peers.RELEASE

    def command(self, work: Work) -> Sequence[str]:
        if work.precision != "float32":
            raise LeftOut("it computes in float32 alone")
        try:
            peers.released()
        except Exception as error:  # of pip, of the network, of the disk
            raise LeftOut(f"it cannot be installed: {error}") from error
        program = [sys.executable, str(PROGRAMS / "of_the_release.py")]
        return [*program, work.net.name, work.net.pixels, str(work.batch), work.mode]

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(peers.released()), "TF_USE_LEGACY_KERAS": "1"}


class Torch(Contestant):
    """timm, channels last."""

    name, way = "torch", "eager"

    def command(self, work: Work) -> Sequence[str]:
        if settings.TORCH_PYTHON is None:
            raise LeftOut("TORCH_PYTHON names no Python with torch and timm")
        net = (work.net.timm, work.net.pixels, work.net.decay)
        program = [settings.TORCH_PYTHON, str(PROGRAMS / "of_timm.py"), self.way]
        return [*program, *net, str(work.batch), work.mode, work.precision]


class TorchCompiled(Torch):
    """The same by `torch.compile`."""

    name, way = "torch.compile", "compiled"

    def command(self, work: Work) -> Sequence[str]:
        if not (settings.FULL or settings.on_gpu()):
            raise LeftOut("it takes minutes to compile; SLIM_BENCH=full measures it")
        return super().command(work)


ALL: Sequence[Contestant] = (
    Slim(),
    Folded(),
    Compiled(),
    Keras(),
    Release(),
    Torch(),
    TorchCompiled(),
)


@contextlib.contextmanager
def started(work: Work) -> Iterator[tuple[dict[str, peers.Turns], dict[str, Any]]]:
    """Starts all that take part, and ends them.

    Yields:
      Each by its name, ready and warm; and what they tell of the work.
    """
    turns: dict[str, peers.Turns] = {}
    told: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:
        for one in ALL:
            if not settings.wanted(one.name):
                continue
            try:
                turns[one.name] = peers.Turns(one.command(work), one.environment())
                stack.callback(turns[one.name].close)
            except LeftOut as why:
                print(f"  {one.name:<16} left out: {why}")
        for name in list(turns):
            answer = turns[name].answer()
            if "missing" in answer:
                print(f"  {name:<16} left out: {answer['missing']}")
                del turns[name]
            else:
                told.update(answer)
        yield turns, told


def measured(
    work: Work, ready: dict[str, peers.Turns], told: dict[str, Any], rounds: int, seconds: float
) -> list[recording.Result]:
    """Runs all in turns, and records images a second.

    Args:
      work: what they do.
      ready: of `started`, as is `told`.
      rounds: how many turns each has.
      seconds: how long a turn is, at least.
    """
    times: dict[str, list[float]] = {name: [] for name in ready}
    for turn in range(rounds):
        # Each second time in the opposite order: a machine that slows down slows all.
        for name in list(ready)[:: -1 if turn % 2 else 1]:
            times[name] += ready[name](str(seconds))
    gflop = told.get("gflop")
    if gflop is not None and work.mode == TRAIN:
        gflop *= 3
    return [
        recording.record(
            str(work),
            name,
            [work.batch / one for one in times[name]],
            "images/s",
            # A peer's net may be another one by a little.
            gflop=gflop if settings.is_ours(name) else None,
            precision=work.precision,
        )
        for name in ready
    ]
