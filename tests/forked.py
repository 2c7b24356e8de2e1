"""How a process that was forked for a test runs: as a program of its own, from here to its end."""

from __future__ import annotations

import gc
import os
import signal
import traceback
from collections.abc import Callable
from typing import NoReturn


def keep() -> None:
    """Has all that is loaded left alone by those that are forked from here on.

    Their collector of garbage would read, and so copy, all of TensorFlow again and again.
    """
    gc.collect()
    gc.freeze()


def run(program: Callable[[], object]) -> NoReturn:
    """Ends this process with the status that Python gives a program."""
    status = 1
    try:
        # As in a program that is started in a terminal, however the tests are.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        program()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        status = 128 + signal.SIGINT
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
