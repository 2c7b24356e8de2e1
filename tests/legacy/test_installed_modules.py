"""Under the runner a program can import what plain Python can: every module of TensorFlow."""

from __future__ import annotations

import json

import pytest

from tests.house.sources import run_python

# One process answers for both: who imports, a library or the program, is told by the globals.
DRIVER = """
import json, os, sys, types, warnings
warnings.simplefilter("ignore")
from tf_slim.legacy import imports
from tf_slim.legacy.overlay import Overlay
from tf_slim.legacy.tensorflow1 import moved
imports.install()
import tensorflow
real = sys.modules["tensorflow"]

def modules(folder, package):
    for where, folders, files in os.walk(folder):
        # Tests, and the script that packs TensorFlow, run when they are imported.
        skipped = ("include", "__pycache__", "_api", "pip_package", "tests")
        folders[:] = sorted(name for name in folders if name not in skipped)
        inner = os.path.relpath(where, folder).replace(os.sep, ".")
        base = package if inner == "." else f"{package}.{inner}"
        for name in sorted(files):
            stem, extension = os.path.splitext(name)
            if extension == ".py":
                yield base if stem == "__init__" else f"{base}.{stem}"

def outcome(code, name):
    scope = {"__name__": name, "__file__": json.__file__ if name == "json.x" else "/program.py"}
    try:
        exec(code, scope)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return "fine"

root = os.path.dirname(real.__file__)
names = {*modules(root, "tensorflow"), *modules(os.path.join(root, "_api", "v2"), "tensorflow")}
keras_root = os.path.dirname(os.path.dirname(real.keras.layers.__file__))
names |= set(modules(keras_root, "tensorflow.keras"))
failed, statements, differing = [], 0, []
for name in sorted(names - {"tensorflow"}):
    parent, _, last = name.rpartition(".")
    for code in (f"import {name}", f"from {parent} import {last}", f"import {name} as x"):
        if outcome(code, "json.x") == "fine":
            statements += 1
            got = outcome(code, "__main__")
            if got != "fine":
                failed.append(f"{code}: {got}")
    plain = sys.modules.get(name)
    if plain is None or not name.startswith(moved._PREFIX) or name in moved._OURS:
        continue
    seen = imports.old_module(name)
    for attribute, value in vars(plain).items():
        if not attribute.startswith("_") and not isinstance(value, types.ModuleType):
            if getattr(seen, attribute, None) is not value:
                differing.append(f"{name}.{attribute}")
print(json.dumps(dict(statements=statements, failed=failed, differing=differing)))
"""


@pytest.fixture(scope="module")
def compared():
    done = run_python(DRIVER)
    if done.returncode:
        pytest.fail(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def test_every_module_in_every_form(compared):
    assert compared["statements"] > 3000
    assert compared["failed"] == []


def test_private_modules_have_the_names_that_they_have(compared):
    assert compared["differing"] == []
