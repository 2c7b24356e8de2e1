"""`benchmark`: how fast nets, runs and exported files are, side by side."""

from __future__ import annotations

import dataclasses
import os
import platform
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tf_slim.data.spec import as_image_size
from tf_slim.export import contestants, memory
from tf_slim.export.contestants import NET, RUN, Contestant, Ready
from tf_slim.export.engines import tensorflow as tensorflow_engine
from tf_slim.export.errors import ExportError
from tf_slim.ops.arguments import describe, integer

_ROUNDS = 5
_WARM_UP = 2
# Between two contestants, in seconds: the threads of some wait for more work for a while.
_PAUSE = 0.02
_OF_TENSORFLOW = (NET, RUN, "saved_model", "frozen", "keras")


@dataclasses.dataclass(frozen=True)
class Timing:
    """How long batches of one size took.

    Attributes:
      batch_size: images in a batch.
      runs: how many batches were timed.
      median_ms: the median, in milliseconds a batch.
      p95_ms: the 95th percentile.
      images_per_second: at the median.

    Examples: see `slim.export.benchmark`.
    """

    batch_size: int
    runs: int
    median_ms: float
    p95_ms: float
    images_per_second: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Benchmarked:
    """How one contestant did.

    Attributes:
      name: of the net, or the path.
      kind: "net", "run", or the format of the file.
      precision: what it computes in, or how it is quantized.
      image_shape: of the images that it was given.
      size: of the file in bytes; None of a net or a run.
      memory: what loading and running it adds to a process, at its peak, in bytes, with the largest
        batch; None if nobody knows.
      memory_after: what is left of that once it has run.
      timings: by batch size.

    Examples: see `slim.export.benchmark`.
    """

    name: str
    kind: str
    precision: str
    image_shape: tuple[int, ...]
    size: int | None
    memory: int | None
    memory_after: int | None
    timings: tuple[Timing, ...]


def benchmark(
    targets: Sequence[str | os.PathLike] | str | os.PathLike,
    *,
    batch_sizes: Sequence[int] = (1, 16),
    threads: int | None = None,
    seconds: float = 2.0,
    image_size: int | Sequence[int] | None = None,
    precisions: Sequence[str] = (),
    with_memory: bool = True,
    show: Callable[[str, int, int], None] | None = None,
) -> list[Benchmarked]:
    """Times nets, runs and exported files, in one process, in turns.

    Each is given the same random images. They take turns, several times over and each second time
    in the opposite order, so that a machine that slows down slows all of them. Nets (with random
    weights) and runs are what `slim.export.for_inference` makes of them. Memory is measured in a
    process of its own for each.

    Args:
      targets: names of nets, folders of runs, exported files.
      batch_sizes: images in a batch.
      threads: how many each computes by; None for what it takes by itself.
      seconds: for how long to run each, with each batch size.
      image_size: pixels a side, or `(height, width)`, where one takes images of several sizes.
      precisions: in which nets and runs are to compute, one after the other; by default in their
        own.
      with_memory: whether to measure memory, too.
      show: is called with what is being done, how much of it is, and how much there is.

    Returns:
      A `Benchmarked` of each, in the order of the targets.

    Raises:
      ExportError: a target is none of these, or cannot be run with these images.
      MissingExtraError: what runs a file is not installed.
      LoadError, EngineError: one cannot be loaded.
      ValueError: an argument is out of its range.

    Examples:
      >>> [found] = slim.export.benchmark(
      ...     ["runs/digits"], batch_sizes=[8], seconds=0.05, with_memory=False
      ... )
      >>> found.name, found.image_shape, [one.batch_size for one in found.timings]
      ('runs/digits', (8, 8, 1), [8])
    """
    if isinstance(targets, (str, os.PathLike)):
        targets = [targets]
    batches = _checked(batch_sizes, threads, seconds)
    size = as_image_size(image_size)
    found = contestants.find([os.fsdecode(one) for one in targets], precisions)
    if not found:
        raise ExportError("There is nothing to measure: give a net, a run or an exported file.")
    if threads is not None and any(one.kind in _OF_TENSORFLOW for one in found):
        tensorflow_engine.set_threads(threads, found[0].target)
    tell = show or _silent
    ready = []
    for number, one in enumerate(found):
        tell("loading", number, len(found))
        ready.append(one.load(size, threads))
    shapes = [_shape(one, loaded, size) for one, loaded in zip(found, ready)]
    taken: list[memory.Memory | None] = []
    for number, (one, shape) in enumerate(zip(found, shapes)):
        tell("memory", number, len(found))
        of_one = (max(batches), *shape)
        taken.append(
            memory.measure(one, of_one, image_size=size, threads=threads) if with_memory else None
        )
    timings: list[list[Timing]] = [[] for _ in found]
    steps = len(batches) * _ROUNDS
    for number, batch in enumerate(batches):
        images = [_images(batch, shape) for shape in shapes]
        _warm_up(found, ready, images)
        lists: list[list[float]] = [[] for _ in found]
        for turn in range(_ROUNDS):
            tell("timing", number * _ROUNDS + turn, steps)
            for place in _order(len(found), turn):
                time.sleep(_PAUSE)
                lists[place] += _times(ready[place].run, images[place], seconds / _ROUNDS)
        for place, times in enumerate(lists):
            timings[place].append(_timing(batch, times))
    tell("timing", steps, steps)
    return [
        Benchmarked(
            name=one.target,
            kind=one.kind,
            precision=loaded.precision,
            image_shape=shape,
            size=one.size,
            memory=None if room is None else room.peak,
            memory_after=None if room is None else room.after,
            timings=tuple(of_one),
        )
        for one, loaded, shape, room, of_one in zip(found, ready, shapes, taken, timings)
    ]


def environment(threads: int | None = None) -> dict[str, Any]:
    """What a benchmark depends on besides its contestants: processor, cores, releases.

    Args:
      threads: that were asked for.
    """
    import importlib.metadata

    packages = ("tensorflow", "ai-edge-litert", "onnxruntime", "openvino")
    releases = {}
    for name in packages:
        try:
            releases[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "python": platform.python_version(),
        **releases,
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _checked(batch_sizes: Sequence[int], threads: int | None, seconds: float) -> list[int]:
    batches = list(batch_sizes)
    if not batches or any((integer(one) or 0) < 1 for one in batches):
        raise ValueError(
            f"batch_sizes: expected numbers of at least 1; got {describe(batch_sizes)}."
        )
    if threads is not None and (integer(threads) or 0) < 1:
        raise ValueError(f"threads: expected at least 1, or None; got {describe(threads)}.")
    if not seconds > 0:
        raise ValueError(f"seconds: expected more than 0; got {describe(seconds)}.")
    return sorted(set(batches))


def _shape(one: Contestant, ready: Ready, size: tuple[int, int] | None) -> tuple[int, ...]:
    """The shape of an image that is given to one.

    Raises:
      ExportError: it takes any, or not the one that is asked for.
    """
    known = tuple(side for side in ready.shape if side is not None)
    if len(known) < len(ready.shape):
        raise ExportError(
            f"{one.target} takes images of any size: say which to measure, by image_size=, or "
            "--image-size."
        )
    if size is not None and len(known) == 3 and known[:2] != size:
        raise ExportError(
            f"{one.target} takes images of {known[0]}x{known[1]} pixels, not of "
            f"{size[0]}x{size[1]}. Leave the size out: each is then given its own."
        )
    return known


def _images(batch: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.RandomState(0).uniform(-1, 1, [batch, *shape]).astype(np.float32)


def _warm_up(
    found: Sequence[Contestant], ready: Sequence[Ready], images: Sequence[np.ndarray]
) -> None:
    """Runs each: the first calls make plans and room.

    Raises:
      ExportError: one cannot be run.
    """
    for one, loaded, batch in zip(found, ready, images):
        try:
            for _ in range(_WARM_UP):
                loaded.run(batch)
        except Exception as error:  # of whatever library
            said = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ExportError(
                f"{one.target} cannot be run on images {list(batch.shape)}: {said}"
            ) from error


def _order(count: int, turn: int) -> list[int]:
    places = list(range(count))
    return places[::-1] if turn % 2 else places


def _times(run: Callable, images: np.ndarray, seconds: float) -> list[float]:
    """How long each call took, in seconds; at least one."""
    times: list[float] = []
    begin = time.perf_counter()
    end = begin
    while end - begin < seconds or not times:
        start = time.perf_counter()
        run(images)
        end = time.perf_counter()
        times.append(end - start)
    return times


def _timing(batch: int, times: Sequence[float]) -> Timing:
    median = float(np.median(times))
    return Timing(
        batch_size=batch,
        runs=len(times),
        median_ms=1000 * median,
        p95_ms=1000 * float(np.percentile(times, 95)),
        images_per_second=batch / median,
    )


def _silent(what: str, done: int, total: int) -> None:
    pass
