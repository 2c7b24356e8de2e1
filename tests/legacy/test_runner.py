"""`tf-slim run` and `python -m tf_slim.legacy`: arguments, exit status, tracebacks."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.house.sources import ROOT
from tf_slim.cli.main import run as tf_slim
from tf_slim.legacy import runner
from tf_slim.ops import old_release

PROGRAM = """
import sys
import tensorflow as tf
import beside
import package.inner
from tensorflow.contrib import slim

flags = tf.app.flags
flags.DEFINE_string("how", "well", "how it ends")

def main(argv):
    net = slim.conv2d(tf.placeholder(tf.float32, [None, 8, 8, 3]), 4, 3)
    print("ran", tf.__version__, net.name, beside.CONTENT, argv[1:])
    how = flags.FLAGS.how
    if how == "badly":
        raise ValueError("of my own")
    return 7 if how == "oddly" else None

if __name__ == "__main__":
    tf.app.run()
"""

# Imports of neighbours as in Python 2, from a package and one below it.
PACKAGE = {
    "__init__": "",
    "inner": "import json, sibling\nfrom other import NAME\nprint(sibling.NAME, NAME)\n",
    "sibling": "NAME = __name__\n",
    "other": "import sibling as alias\nNAME = alias.NAME\n",
}

ARRAYS = """import numpy as np, sys
a = np.array([3], np.uint8)
print(a.tostring(), "%d" % a)
np.save("/".join(__file__.split("/")[:-1] + ["dict.npy"]), {"conv1": int(a) - 2})
loaded = np.load(__file__.replace("arrays.py", "dict.npy")).item()
print(loaded, sys.modules["__main__"].__name__)
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    folder = tmp_path_factory.mktemp("program")
    (folder / "beside.py").write_text("CONTENT = 'beside'\n")
    (folder / "main.py").write_text(PROGRAM)
    (folder / "package").mkdir()
    for name, text in PACKAGE.items():
        (folder / "package" / f"{name}.py").write_text(text)
    (folder / "without.py").write_text("from nets import vgg\n")
    return folder / "main.py"


def start(*arguments) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=550,
        check=False,
    )


RAN = "ran 1.15.5 Conv/Relu:0 beside"


def test_a_program_that_ends_well(program):
    done = start("tf_slim.cli", "run", program, "rest")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"package.sibling package.sibling\n{RAN} ['rest']\n"
    assert done.stderr == ""


def test_status_of_the_program(program):
    done = start("tf_slim.legacy", program, "--how=oddly")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (7, f"{RAN} []"), done.stderr


def test_an_error_of_the_program(program):
    done = start("tf_slim.cli", "run", program, "--how", "badly")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[-1] == "ValueError: of my own"
    assert "main.py" in lines[1] and "runpy" not in done.stderr and "runner.py" not in done.stderr


def test_research_slim_is_named(program):
    done = start("tf_slim.legacy", program.parent / "without.py")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: No module named 'nets'. If research/slim's")
    assert "tf-slim run --research-slim" in last


def test_arrays_of_old_and_pickles(program):
    script = program.parent / "arrays.py"
    script.write_text(ARRAYS)
    done = start("tf_slim.cli", "run", script)
    assert done.returncode == 1
    assert done.stdout == "b'\\x03' 3\n"
    assert "line 5, in <module>" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("hint: ")
    done = start("tf_slim.cli", "run", "--allow-pickle", script)
    assert done.stdout.splitlines()[-1] == "{'conv1': 1} __main__", done.stderr


def test_python_2_is_told_in_three_lines(program):
    script = program.parent / "python2.py"
    script.write_text("print 'hello'\n")
    done = start("tf_slim.legacy", script)
    assert done.returncode == 1
    assert "SyntaxError" in done.stderr and "Traceback" not in done.stderr
    assert "2to3" in done.stderr


def test_no_such_program(tmp_path):
    done = start("tf_slim.legacy", tmp_path / "none.py")
    assert done.returncode == 2
    assert done.stderr == f"error: There is no program {tmp_path / 'none.py'}.\n"
    assert start("tf_slim.legacy").returncode == 2


def test_both_distributions(monkeypatch, capsys):
    assert old_release.warning() is None
    monkeypatch.setattr(old_release.importlib.metadata, "version", lambda name: "1.1.0")
    assert "pip uninstall -y tf_slim" in (old_release.warning() or "")
    assert tf_slim(["train", "--print-config"]) == 0
    assert "pip uninstall -y tf_slim" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "status", "shown"),
    [
        (SystemExit(), 0, ""),
        (SystemExit(3), 3, ""),
        (SystemExit("words"), 1, "words\n"),
        (KeyError("k"), 1, "KeyError"),
    ],
)
def test_what_the_command_line_makes_of_it(raised, status, shown, monkeypatch, capsys):
    def run(*unused_args, **unused_kwargs):
        raise raised

    monkeypatch.setattr(runner, "run", run)
    assert runner.main("main.py") == status
    assert shown in capsys.readouterr().err
