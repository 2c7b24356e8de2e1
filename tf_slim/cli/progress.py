"""Progress: a bar in a terminal, plain lines in a pipe."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tf_slim.cli import terminal
from tf_slim.learning.hooks import Hook, ProgressLines, Rate, validation_line

if TYPE_CHECKING:
    from rich.progress import Progress

    from tf_slim.learning import Run

_SECONDS_BETWEEN_UPDATES = 0.2


def training_hook(every_secs: float = 5.0) -> Hook:
    """What shows the progress of training: a bar, or lines where there is no terminal.

    Args:
      every_secs: seconds between lines.
    """
    if terminal.is_terminal(sys.stderr):
        return ProgressBar()
    return ProgressLines(every_secs)


class ProgressBar(Hook):
    """A bar with steps, steps per second, loss and the time left."""

    every_steps = None

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._task: Any = None
        self._rate = Rate()
        self._next = 0.0

    def begin(self, run: Run) -> None:
        """Draws the bar."""
        if run.changed:
            terminal.note(run.changed)
        self._rate.start(run.step)
        texts = ["{task.fields[rate]}", "loss {task.fields[loss]}", "{task.fields[left]}"]
        # A narrow terminal would cut each of them short: the loss is what remains at last.
        width = terminal.messages().width
        self._bar = _bar(*texts[width < 56 :][: 1 if width < 44 else None])
        self._task = self._bar.add_task(
            "training", total=run.number_of_steps, completed=run.step, rate="", loss="-", left=""
        )
        self._bar.start()

    def after_step(self, run: Run) -> None:
        """Moves it, now and then: to read the loss is to wait for the step."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _SECONDS_BETWEEN_UPDATES
            self._update(run)

    def after_validation(self, run: Run, values: Mapping[str, Any]) -> None:
        """Writes a line above the bar."""
        terminal.progress(validation_line(run, values))

    def end(self, run: Run) -> None:
        """Leaves the bar as it stands."""
        if self._bar is not None:
            self._update(run)
            self._bar.stop()
            self._bar = None

    def _update(self, run: Run) -> None:
        if self._bar is None or run.loss is None:
            return
        left = self._rate.time_left(run.step, run.number_of_steps)
        self._bar.update(
            self._task,
            completed=run.step,
            # Of a fixed width, so that the bar does not jump.
            rate=f"{self._rate.at(run.step):6.1f} steps/s",
            loss=f"{run.loss_value:.4f}",
            left="" if run.step == run.number_of_steps else f"{left:>5} left",
        )


@contextmanager
def counting(title: str, total: int) -> Iterator[Callable[[int], None] | None]:
    """Shows the progress of something that is counted, such as batches; it disappears at the end.

    Args:
      title: what is being done.
      total: how many there are.

    Yields:
      A function to call with the number of those done; None where nothing is shown.
    """
    if not total or not terminal.is_terminal(sys.stderr):
        yield None
        return
    with _bar(transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def stages(every_secs: float = 10.0) -> Iterator[Callable[[str, int, int], None]]:
    """Shows the progress of work of several stages: bars that disappear at the end, or lines.

    Args:
      every_secs: seconds between lines, where there is no terminal.

    Yields:
      A function to call with what is being done, how much of it is, and how much there is; from
      any thread.
    """
    if not terminal.is_terminal(sys.stderr):
        yield _Lines(every_secs).show
        return
    tasks: dict[str, Any] = {}
    guard = threading.Lock()
    with _bar(transient=True) as bar:

        def show(what: str, done: int, total: int) -> None:
            with guard:
                if what not in tasks:
                    for task in tasks.values():
                        bar.update(task, visible=False)
                    tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        yield show


class _Lines:
    """A line now and then, so that a log shows that it goes on."""

    def __init__(self, every_secs: float):
        self._every, self._next = every_secs, time.monotonic() + every_secs
        self._guard = threading.Lock()

    def show(self, what: str, done: int, total: int) -> None:
        with self._guard:
            now = time.monotonic()
            if now < self._next:
                return
            self._next = now + self._every
        terminal.progress(f"{what}: {done:,} of {total:,}")


def _bar(*more: str, transient: bool = False) -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = terminal.messages()
    return Progress(
        TextColumn("{task.description}"),
        # Short of the edge: the `^C` that a terminal echoes there would begin another line.
        *([] if console.width < 72 else [BarColumn(bar_width=min(40, console.width - 62))]),
        MofNCompleteColumn(),
        *(TextColumn(text) for text in more),
        console=console,
        transient=transient,
    )
