"""`import tf_slim` loads the package and nothing heavy: no command line, no legacy, no extras."""

from __future__ import annotations

import json
from functools import cache

import pytest

from tests.house.sources import run_python

CODE = """
import json, sys
import tensorflow
before = set(sys.modules)
import tf_slim
print(json.dumps(sorted(set(sys.modules) - before)))
"""

MOST_MODULES = 150
NOT_ON_IMPORT = [
    "tf_slim.legacy",
    "tf_slim.cli",
    "keras",
    "typer",
    "rich",
    "sklearn",
    "matplotlib",
    "tensorflow_datasets",
    "onnx",
    "safetensors",
]


@cache
def _process():
    return run_python(CODE)


def _new_modules() -> list[str]:
    result = _process()
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def _of(package: str) -> list[str]:
    return [name for name in _new_modules() if name == package or name.startswith(package + ".")]


def test_it_loads_the_package_itself():
    assert "tf_slim" in _new_modules()


def test_it_loads_few_modules():
    assert len(_of("tf_slim")) < MOST_MODULES


@pytest.mark.parametrize("package", NOT_ON_IMPORT)
def test_it_does_not_load(package):
    assert _of(package) == []


def test_alone_it_loads_little_more_than_its_own_files():
    """Each of these takes longer than all of `import tf_slim`."""
    code = (
        "import sys; before = set(sys.modules); import tf_slim; print(*set(sys.modules) - before)"
    )
    result = run_python(code)
    assert result.returncode == 0, result.stderr
    new = set(result.stdout.split())
    assert "tf_slim" in new
    assert not {"ast", "importlib.abc", "inspect", "numpy", "tensorflow", "typing"} & new
