"""What stands on the command line: help, version, wrong commands and flags."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import numpy as np
import pytest

from tests.house.sources import PACKAGE, ROOT, run_python
from tf_slim import checkpoints
from tf_slim.cli import main

COMMANDS = ["train", "eval", "predict", "export", "nets", "inspect", "diff", "convert-checkpoint"]
COMMANDS += ["demo", "serve", "benchmark", "info"]
LEGACY_COMMANDS = ["migrate", "run"]
OF_DATA = ["data inspect", "data convert", "data verify", "data serve"]

# The package itself is replaced by an empty one of the same folder: what is looked at is the
# command line alone.
ALONE = """
import json, sys, types
package = types.ModuleType("tf_slim")
package.__path__ = [sys.argv[1]]
sys.modules["tf_slim"] = package
from tf_slim.cli.main import run
status = [run([*command, "--help"]) for command in json.loads(sys.argv[2])]
print(json.dumps([status, sorted(sys.modules)]))
"""

WHOLE = """
import json, sys
from tf_slim.cli.main import run
status = run(["--help"])
print(json.dumps([[status], sorted(sys.modules)]))
"""


def _modules(code, *arguments):
    result = run_python(code, *arguments)
    assert result.returncode == 0, result.stderr
    statuses, modules = json.loads(result.stdout.splitlines()[-1])
    assert not any(statuses)
    return modules


def test_the_files_of_the_command_line_import_no_tensorflow():
    modules = _modules(
        ALONE, str(PACKAGE), json.dumps([[], *(name.split() for name in [*COMMANDS, *OF_DATA])])
    )
    assert "tf_slim.cli.train" in modules
    assert not {"tensorflow", "numpy", "keras"} & set(modules)


def test_help_needs_no_tensorflow():
    assert "tensorflow" not in _modules(WHOLE)


def test_a_program_that_calls_a_command_keeps_its_log_level(cli):
    logger = logging.getLogger("tensorflow")
    before = logger.level
    try:
        logger.setLevel(logging.INFO)
        assert cli("nets", "lenet").status == 0
        assert logger.level == logging.INFO
    finally:
        logger.setLevel(before)


def test_every_command_is_in_a_list():
    assert sorted(main.COMMANDS) == sorted(COMMANDS + LEGACY_COMMANDS)


def test_help_lists_the_commands(cli):
    result = cli("--help")
    assert result.status == 0
    for name in COMMANDS:
        assert f" {name} " in result.out


@pytest.mark.parametrize("command", [*COMMANDS, *OF_DATA])
def test_each_command_explains_itself(cli, command):
    result = cli(*command.split(), "--help")
    assert result.status == 0
    assert "Usage: tf-slim" in result.out
    assert "--debug" in result.out


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_the_commands_of_data_are_listed(cli, arguments):
    result = cli("data", *arguments)
    assert (result.status, result.err) == (0, "")
    for name in OF_DATA:
        assert f"\n  {name.split()[1]} " in result.out


def test_version(cli):
    result = cli("--version")
    assert result.status == 0
    assert result.out.startswith("tf-slim ")
    assert "TensorFlow 2." in result.out
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in result.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trian"], ["trian"]),
        (["--versoin"], ["--versoin"]),
        (["train", "--step", "3"], ["--step"]),
        (["train", "--steps"], ["--steps"]),
        (["train", "--steps", "many"], ["--steps"]),
        (["train", "a.toml", "b.toml"], ["b.toml"]),
        (["eval"], ["RUN"]),
    ],
)
def test_a_wrong_command_line_exits_with_2(cli, arguments, words):
    result = cli(*arguments)
    assert result.status == 2
    assert result.err.startswith("error: ")
    assert "--help" in result.err
    for word in words:
        assert word in result.err
    assert result.out == ""


def test_debug_is_forgotten_by_the_next_command(cli):
    assert "Traceback" in cli("train", "nowhere.toml", "--debug").err
    assert "Traceback" in cli("--debug", "train", "nowhere.toml").err
    assert "Traceback" not in cli("train", "nowhere.toml").err


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_alone_it_shows_its_help(cli, arguments):
    result = cli(*arguments)
    assert (result.status, result.err) == (0, "")
    for name in COMMANDS + LEGACY_COMMANDS:
        assert f"\n  {name} " in result.out
    assert "..." not in result.out.partition("Commands:")[2]


@pytest.mark.parametrize("width", ["30", "80"])
@pytest.mark.parametrize("command", ["", "data", *COMMANDS, *OF_DATA, *LEGACY_COMMANDS])
def test_help_is_whole_at_any_width(cli, command, width, monkeypatch):
    wide = cli(*command.split(), "--help").out.split()
    monkeypatch.setenv("COLUMNS", width)
    narrow = cli(*command.split(), "--help").out
    assert "".join(narrow.split()) == "".join(wide)
    assert "[[" not in narrow and "…" not in narrow


@pytest.mark.parametrize(
    ("words", "shell", "expected"),
    [
        ("tf-slim con", "bash", ["convert-checkpoint"]),
        ("tf-slim train --st", "bash", ["--steps"]),
        ("tf-slim nets resnet_v1_1", "bash", ["resnet_v1_101", "resnet_v1_152", "resnet_v1_18"]),
        ("tf-slim inspect len", "bash", ["lenet"]),
        ("tf-slim con", "zsh", ["convert-checkpoint"]),
        ("tf-slim con", "fish", ["convert-checkpoint"]),
    ],
)
def test_the_shell_completes(words, shell, expected):
    """In a process that imports no TensorFlow: it is waited for at each key."""
    environment = {
        "_TF_SLIM_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
        "_TYPER_COMPLETE_ARGS": words,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    code = (
        "import sys; from tf_slim.cli.main import run; sys.argv = ['tf-slim']\n"
        "try: run()\n"
        "finally: print('tensorflow' in sys.modules, file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert all(word in result.stdout for word in expected), result
    assert result.stderr == "False\n"


@pytest.mark.parametrize("level", [None, "2", "3"])
def test_tensorflow_is_not_heard_and_names_are_no_markup(level, tmp_path):
    names = ["net/[/x]/w", "[red]w", "a:smile:b", "é", "\x1b[2Jw", "\u202ew"]
    path = checkpoints.save(tmp_path / "m.npz", dict.fromkeys(names, np.float32([1, 2])))
    environment = {key: text for key, text in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    if level is not None:
        environment["TF_CPP_MIN_LOG_LEVEL"] = level
    result = subprocess.run(
        [sys.executable, "-m", "tf_slim.cli", "inspect", path],
        cwd=ROOT,
        env={**environment, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=200,
        check=True,
    )
    shown = {line.split()[0] for line in result.stdout.splitlines()}
    assert {*names[:4], r"\x1b[2Jw", r"\u202ew"} < shown
    assert result.stderr == ""
