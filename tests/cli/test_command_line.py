"""What stands on the command line: help, version, wrong commands and flags."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import pytest

from tests.house.sources import PACKAGE, ROOT, run_python

COMMANDS = ["train", "eval", "nets", "inspect", "diff", "convert-checkpoint", "demo"]

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
    modules = _modules(ALONE, str(PACKAGE), json.dumps([[], *([name] for name in COMMANDS)]))
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


def test_help_lists_the_commands(cli):
    result = cli("--help")
    assert result.status == 0
    for name in COMMANDS:
        assert f" {name} " in result.out


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(cli, command):
    result = cli(command, "--help")
    assert result.status == 0
    assert "Usage: tf-slim" in result.out
    assert "--debug" in result.out


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


def test_tensorflow_is_not_heard():
    environment = {key: text for key, text in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    result = subprocess.run(
        [sys.executable, "-m", "tf_slim.cli", "nets", "lenet"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "lenet" in result.stdout
    assert result.stderr == ""
