"""The heart's page names what exists, and few rooms ask in which world they are."""

from __future__ import annotations

import re

from tests.house.sources import PACKAGE, python_files

# What computes differently in a v1 graph and leaves nothing behind may ask; effects are for places.
MAY_ASK = {
    "ops/calls.py",
    "ops/convolve.py",
    "ops/keras_objects.py",
    "ops/modes.py",
    "ops/places/__init__.py",
    "ops/precision.py",
    "ops/serving.py",
    "ops/tracing.py",
}


def test_the_page_of_the_heart_names_files_and_functions_that_exist():
    folder = PACKAGE / "ops"
    page = (folder / "README.md").read_text(encoding="utf-8")
    files = re.findall(r"`([\w/]+(?:\.py|/))`", page)
    assert len(files) > 15
    assert [name for name in files if not (folder / name).exists()] == []
    sources = "".join(path.read_text(encoding="utf-8") for path in python_files(folder))
    for owner, name in re.findall(r"`([A-Z]\w+)\.(\w+)`", page):
        assert f"class {owner}" in sources and f"def {name}(" in sources, f"{owner}.{name}"


def test_only_a_few_rooms_ask_for_the_mode():
    asking = {
        path.relative_to(PACKAGE).as_posix()
        for path in python_files(PACKAGE / "ops")
        if re.search(r"\bin_v1_graph\(\)", path.read_text(encoding="utf-8"))
    }
    assert asking == MAY_ASK
