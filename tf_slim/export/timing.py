"""How long a call takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

_WARM_UP = 2
_LEAST, _MOST = 3, 50


def median_ms(call: Callable[[], Any], seconds: float = 0.2) -> float:
    """The median time of a call, in milliseconds, after calls that warm it up.

    Args:
      call: what is timed; it has ended when it returns.
      seconds: how long to go on timing.
    """
    for _ in range(_WARM_UP):
        call()
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while len(taken) < _LEAST or (len(taken) < _MOST and time.perf_counter() < end):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return 1000 * statistics.median(taken)
