"""Runs one recorded call in any of the three modes."""

from __future__ import annotations

from tests.goldens import in_graph, in_model
from tests.goldens.call import Replay
from tests.goldens.departures import EAGER, FUNCTION, V1
from tests.goldens.loader import Case

_RUN = {V1: in_graph.run, EAGER: in_model.run_eagerly, FUNCTION: in_model.run_in_function}


def replay(case: Case, mode: str) -> Replay:
    """Runs a case of layers, blocks or losses. Errors of the call pass through."""
    return _RUN[mode](case)
