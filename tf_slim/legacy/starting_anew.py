"""Programs that find out late how they should have begun, and are run a second time."""

from __future__ import annotations

import contextvars
import os
import subprocess
import sys
from collections.abc import Sequence

from tf_slim.ops.setting import Setting

__all__ = ["StartAnew", "again", "caught", "is_caught", "plan"]

_ENVIRONMENT = "TF_SLIM_QUANTIZE"

_CAUGHT: contextvars.ContextVar[bool] = contextvars.ContextVar("caught", default=False)


class StartAnew(BaseException):
    """Ends a program that is to be run again; raised only where `is_caught`.

    No `Exception`, so that the program does not take it for an error.

    Attributes:
      reason: a sentence for the user.
      plan: for the second run.
    """

    def __init__(self, reason: str, plan: str):
        super().__init__(reason)
        self.reason = reason
        self.plan = plan


def caught() -> Setting[bool]:
    """Inside, somebody catches `StartAnew` and calls `again`."""
    return Setting(_CAUGHT, True)


def is_caught() -> bool:
    """Whether the program of this process can be run again."""
    return _CAUGHT.get()


def plan() -> str | None:
    """What the first run has found out, in a program that is run again; else None."""
    return os.environ.get(_ENVIRONMENT)


def again(request: StartAnew, command: Sequence[str]) -> int:
    """Runs the program again and returns its exit status.

    Args:
      request: why.
      command: the command line of `tf-slim`.
    """
    print(request.reason, file=sys.stderr)
    sys.stdout.flush()
    environment = {**os.environ, _ENVIRONMENT: request.plan}
    whole = [sys.executable, "-m", "tf_slim.cli", *command]
    return subprocess.run(whole, env=environment, check=False).returncode
