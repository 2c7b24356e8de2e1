"""Trainings of ten steps, against what TF 1.15 computed: losses, and all variables at the end."""

from __future__ import annotations

import numpy as np
import pytest

from tests.goldens import compare, loader, training
from tests.goldens.departures import MODES
from tests.goldens.loader import Case
from tests.goldens.supported import training_parameters


@pytest.mark.parametrize(("key", "case", "mode"), training_parameters())
def test_training(key: str, case: Case, mode: str):
    done = training.run(case, mode)
    assert done.losses == pytest.approx(case["losses"], rel=1e-3)
    assert sorted(done.final) == sorted(case["final"])
    for name, recorded in case["final"].items():
        value = np.asarray(done.final[name], np.float64)
        assert list(value.shape) == recorded["shape"], name
        norm = np.sqrt(np.sum(np.square(value)))
        assert norm == pytest.approx(recorded["l2"], rel=2e-3, abs=2e-5), name
        first = compare.numbers(recorded["first"])
        scale = max(recorded["l2"], 1e-2)
        np.testing.assert_allclose(value.ravel()[: first.size], first, atol=2e-3 * scale)


def test_all_trainings_are_in_scope_in_all_modes():
    wanted = {(f"learning/{c['id']}", m) for c in loader.cases("learning") for m in MODES}
    assert {(p.values[0], p.values[2]) for p in training_parameters()} == wanted
