"""A contestant's side of the turns. It needs nothing but Python: any environment can run it."""

from __future__ import annotations

import importlib
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence

_WARM_UP = 2


def peak_mib() -> float:
    """The most memory that this process has held so far, in MiB."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            found = re.search(r"VmHWM:\s+(\d+)", status.read())
    except FileNotFoundError:
        found = None
    # What `resource` tells of a child begins with the memory of its parent.
    most = int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1024


def serve(
    make: Callable[[], Callable[[], object]],
    told: Mapping[str, object] | None = None,
    libraries: Sequence[str] = (),
):
    """Makes what is to be timed, says that it is ready, and runs it whenever it is asked.

    Each line asked is for how many seconds to run it; the answer is how long each call took. What
    the program prints itself goes to its standard error.

    Args:
      make: returns what is to be timed, which has ended when it returns.
      told: said together with "ready" and the peak of memory beyond what the libraries hold;
        `make` may put things into it.
      libraries: what is imported before that. One that is missing is told.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(what: object) -> None:
        print(json.dumps(what), file=answers, flush=True)

    try:
        for name in libraries:
            importlib.import_module(name)
        held = peak_mib()
        call = make()
        for _ in range(_WARM_UP):
            call()
    except ImportError as error:
        answer({"missing": str(error)})
        return
    answer({"ready": True, "peak_mib": peak_mib() - held, **(told or {})})
    for line in sys.stdin:
        seconds, times = float(line), []
        begin = end = time.perf_counter()
        while end - begin < seconds:
            start = time.perf_counter()
            call()
            end = time.perf_counter()
            times.append(end - start)
        answer(times)
