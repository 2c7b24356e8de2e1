"""Each program and notebook of examples/ runs, says what it should, and is small."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from tests.house.sources import ROOT

FOLDER = ROOT / "examples"
LINES = 80

# The program, its arguments, and what it prints, which a net that has learned nothing would not.
PROGRAMS = {
    "own_loop": ([], r"test accuracy: 0\.[789]"),
    "transfer": (
        ["pets", "--net", "cifarnet", "--checkpoint", "runs/other", "--epochs", "6"],
        r"head: accuracy (0\.\d|1)(.|\n)*all: accuracy (0\.[4-9]|1)(.|\n)*label='",
    ),
    "old_graph": ([], r"test accuracy: 0\.[789]"),
    "mixed_precision": (
        [],
        r"float32: accuracy 0\.[789].* float32\nmixed_bfloat16: accuracy 0\.[789].* float32\n",
    ),
    "keras_inside": ([], r"test accuracy: 0\.[789].*\n\['conv1/weights'"),
    "sweep": (["--trials", "2", "--rounds", "2"], r"after 80 steps, 1 trials:\n  0\.[789]"),
    "search_by_example": (
        ["pets", "pets/cat/01.jpg", "--run", "runs/other", "--end-point", "fc3"],
        r"72 pictures.*\n  1\.000  pets/cat/01\.jpg\n(.*pets/(cat|dog|fox)/.*\n){4}",
    ),
    "distill": ([], r"large.*: 0\.[789](.|\n)*small.*: 0\.[789].*\n.*small.*: 0\.[789]"),
    "odd_one_out": ([], r"area under the curve: 0\.[789]"),
}
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
# It needs data that are not ours to give.
ELSEWHERE = {"solar_cells"}


def _notebook(path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def _code(path) -> list[str]:
    cells = [cell for cell in _notebook(path)["cells"] if cell["cell_type"] == "code"]
    return "\n".join("".join(cell["source"]) for cell in cells).splitlines()


@pytest.fixture(scope="module")
def folder(pictures, forge, tmp_path_factory):
    """Pictures, and a run on them: enough for who needs either."""
    folder = tmp_path_factory.mktemp("examples") / "here"
    shutil.copytree(pictures, folder)
    return folder


@pytest.fixture
def run_of_pictures(folder, start):
    if not (folder / "runs" / "other").exists():
        words = ["train", "--data", "pets", "--net", "cifarnet", "--epochs", "6"]
        result = start(["tf-slim", *words, "--logdir", "runs/other"], folder)
        assert result.returncode == 0, result.stdout


def test_the_table_has_every_program():
    assert {path.stem for path in FOLDER.glob("*.py")} == set(PROGRAMS) | ELSEWHERE
    assert len(PROGRAMS) >= 8
    assert len(NOTEBOOKS) >= 3


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name, folder, run_of_pictures, start):
    words, told = PROGRAMS[name]
    result = start(["python", str(FOLDER / f"{name}.py"), *words], folder)
    assert result.returncode == 0, result.stdout
    assert re.search(told, result.stdout), result.stdout


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path, tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    book = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(
        book, timeout=200, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
    assert any("image/png" in output.get("data", {}) for output in outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_what_it_has_drawn(path):
    cells = [cell for cell in _notebook(path)["cells"] if cell["cell_type"] == "code"]
    assert [cell for cell in cells if cell["outputs"] or cell["execution_count"]] == []


@pytest.mark.parametrize(
    "path", [*sorted(FOLDER.glob("*.py")), *NOTEBOOKS], ids=lambda path: path.name
)
def test_it_is_small_and_listed(path):
    lines = _code(path) if path.suffix == ".ipynb" else path.read_text().splitlines()
    assert len(lines) < LINES
    assert f"[{path.name}]({path.name})" in (FOLDER / "README.md").read_text(encoding="utf-8")
