"""The tables of this folder say what is the case."""

from __future__ import annotations

import pytest

from tests.goldens import decode, departures, loader, supported


@pytest.mark.parametrize("name", supported.MILESTONE)
def test_what_the_goldens_call_exists(name):
    decode.find(name)


@pytest.mark.parametrize("kind", supported.COMPLETE)
def test_whole_files_are_in_scope(kind):
    missing = [case["id"] for case in loader.cases(kind) if not supported.call_is_there(case)]
    assert not missing


@pytest.mark.parametrize("name", supported.NETS)
def test_nets_in_scope_exist_and_have_cases(name):
    cases = [
        case
        for kind in loader.net_kinds()
        for case in loader.cases(kind)
        if supported.net_name(case) == name
    ]
    assert cases
    for case in cases:
        assert supported.net_is_there(case)


def test_case_ids_are_unique_within_a_file():
    for path in loader.DATA.rglob("*.json.gz"):
        if path.name == "api.json.gz":
            continue
        kind = path.relative_to(loader.DATA).as_posix().removesuffix(".json.gz")
        ids = [case["id"] for case in loader.cases(kind)]
        assert len(ids) == len(set(ids)) > 0, kind


def test_departures_are_of_cases_that_exist():
    keys = {
        *departures.DEPARTURES,
        *departures.OTHER_COLLECTIONS,
        *departures.VALUED_UPDATES,
        *departures.STRICT_SCOPES,
        *(key for key, _ in departures.ERRORS),
        *(key for key, _ in departures.NOT_IN_MODE),
        *(key for key, _ in departures.OTHER_NAMES),
    }
    for key in keys:
        kind, _, case_id = key.rpartition("/")
        loader.case(kind, case_id)


def test_errors_of_another_type_belong_to_cases_that_raise():
    for key, mode in departures.ERRORS:
        kind, _, case_id = key.rpartition("/")
        assert "error" in loader.case(kind, case_id)
        assert mode in departures.MODES
