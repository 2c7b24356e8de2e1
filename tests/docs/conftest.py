"""What the tests of pages share: a process that forks others, and folders as pages find them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.docs import pets
from tests.docs.forge import Forge


@pytest.fixture(scope="session")
def forge(tmp_path_factory):
    started = Forge(tmp_path_factory.mktemp("forge"))
    yield started
    started.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    """A folder with `pets/` and `new/`. Only to be read."""
    pytest.importorskip("PIL", reason="the pictures of the pages are drawn by Pillow")
    folder = tmp_path_factory.mktemp("pictures")
    pets.make(folder)
    return folder


@pytest.fixture
def start(forge, tmp_path):
    """`start(["tf-slim", "nets"], folder)` runs a program of the forge, with its output as text."""

    def run(words: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        return subprocess.run(
            [str(forge.bin / words[0]), *words[1:]],
            cwd=folder,
            env=forge.environ(home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=550,
            check=False,
        )

    return run


@pytest.fixture
def page_folder(pictures, tmp_path) -> Path:
    """The folder that a page is run in."""
    folder = tmp_path / "page"
    shutil.copytree(pictures, folder)
    return folder
