"""What a user sees when something fails: one short screen, and an exit status."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable

from tf_slim.cli import supervised, terminal

FAILED = 1
MISUSED = 2
INTERRUPTED = 130

_MOST_LINES = 20
_MOST_CHARACTERS = 2000


class Terminated(BaseException):
    """SIGTERM or SIGHUP has come."""

    def __init__(self, number: int = signal.SIGTERM):
        super().__init__(number)
        self.status = 128 + number


class Exit(Exception):
    """Ends the program with a status, when all has been said already."""

    def __init__(self, status: int):
        super().__init__(status)
        self.status = status


def report(error: Exception, *, debug: bool) -> int:
    """Prints an error and returns the exit status that goes with it."""
    text = shortened(explained(error))
    if supervised.is_one():  # the launcher knows whose error is to be shown
        supervised.failed(error, text, expected=is_expected(error))
        return FAILED
    if debug:
        terminal.progress("".join(traceback.format_exception(error)).rstrip())
    terminal.error(text)
    if not debug and not is_expected(error):
        terminal.progress("For the whole traceback, run it again with --debug.")
    return FAILED


def is_expected(error: BaseException) -> bool:
    """Whether the message of an error is meant for users."""
    known = isinstance(error, (ValueError, OSError, ArithmeticError))
    return known or _is_tensorflow(error) or _is_of_workers(error)


def explained(error: BaseException) -> str:
    """The message of an error, for people who did not write the program."""
    if _is_tensorflow(error):
        text = _core(getattr(error, "message", None) or str(error))
        if type(error).__name__ == "ResourceExhaustedError":
            text += (
                "\nThere is not enough memory: try train.accumulate=4 (a step in four parts), "
                "model.recompute=true, or a smaller data.batch_size."
            )
        return text
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}."
    text = str(error).strip()
    if is_expected(error) and text:
        return text
    return f"unexpected {type(error).__name__}" + (f": {text}" if text else ".")


def _is_of_workers(error: BaseException) -> bool:
    workers = sys.modules.get("tf_slim.learning.together.workers")
    return workers is not None and isinstance(error, workers.WorkerError)


def _is_tensorflow(error: BaseException) -> bool:
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow is not None and isinstance(error, tensorflow.errors.OpError)


def _core(message: str) -> str:
    """A message of TensorFlow without its node names and the traceback in its middle."""
    text = message.split("[[{{node", 1)[0].strip()
    if "Detected at node" in text:
        text = text.split("\n\n")[-1]
        lines = [line for line in text.splitlines() if not line.startswith(("  ", "Detected at"))]
        text = "\n".join(line for line in lines if line != "<stack traces unavailable>")
    return text.strip() or message.strip()


def shortened(text: str) -> str:
    """At most a screen of it."""
    lines = text[:_MOST_CHARACTERS].splitlines()
    if len(lines) <= _MOST_LINES and len(text) <= _MOST_CHARACTERS:
        return text
    return "\n".join([*lines[:_MOST_LINES], "..."])


def guarded(action: Callable[[], int | None], *, debug: Callable[[], bool]) -> int:
    """Runs a command.

    Args:
      action: the command; what it returns is the exit status (None is 0).
      debug: tells whether to show tracebacks.

    Returns:
      The exit status.
    """
    try:
        return action() or 0
    except Exit as end:
        return end.status
    except KeyboardInterrupt:
        terminal.progress("stopped")
        return INTERRUPTED
    except Terminated as end:
        terminal.progress("stopped")
        return end.status
    except BrokenPipeError:
        # Whoever read the output has seen enough. Python must not try to write the rest on exit.
        sys.stdout = None
        return FAILED
    except Exception as error:
        return report(error, debug=debug())
