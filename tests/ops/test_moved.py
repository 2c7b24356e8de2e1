"""What is reached by several paths is one thing; what only shares a name is not."""

from __future__ import annotations

import importlib
import json
import sys

import pytest
import tensorflow as tf

import tf_slim as slim
from tests.house.sources import run_python
from tf_slim.ops.moved import MOVED, Names

v1 = tf.compat.v1

# Each row by each form of import, in a process where nothing of it was imported before.
EVERY_FORM = """
import importlib, json, pickle, pkgutil, sys
import tf_slim as slim
from tf_slim.ops.moved import MOVED, Names

found = {}
for old, row in MOVED.items():
    parent, _, name = old.rpartition(".")
    home = slim
    for part in parent.split(".")[1:]:
        home = getattr(home, part)
    by_attribute = getattr(home, name)
    space = {}
    exec(f"import {old}", space)
    whole = eval(old, space)
    exec(f"import {old} as x", space)
    exec(f"from {parent} import {name} as y", space)
    exec(f"from {old} import *", {})
    modules = [
        importlib.import_module(old), by_attribute, whole, space["x"], space["y"],
        sys.modules[old], pkgutil.resolve_name(old),
    ]
    names = row.names if isinstance(row, Names) else getattr(modules[0], "__all__", ())
    same = importlib.import_module(row.home if isinstance(row, Names) else row)
    found[old] = {
        "one module": all(module is modules[0] for module in modules),
        "the new one": isinstance(row, Names) or modules[0] is same,
        "the same names": all(getattr(modules[0], n) is getattr(same, n) for n in names),
        "listed": name in dir(home) and name in home.__all__,
        "spec": importlib.util.find_spec(old) is not None,
    }
for old, name in [("data.dataset_data_provider", "DatasetDataProvider"), ("hooks", "KeepBest")]:
    by_old_path = f"ctf_slim.{old}\\n{name}\\n.".encode()
    kept = pickle.loads(by_old_path)
    found[f"pickled {name}"] = {"again": pickle.loads(pickle.dumps(kept)) is kept}
print(json.dumps(found))
"""


def test_the_same_by_every_path():
    training = importlib.import_module("tf_slim.training.training")
    assert slim.training.train is slim.training.training.train is training.train
    assert slim.training.evaluation.evaluate_once is slim.train_eval.evaluate_once
    assert slim.data.parallel_reader is slim.parallel_reader
    assert slim.evaluation.checkpoints_iterator is slim.train_eval.checkpoints_iterator


def test_two_of_a_name():
    assert slim.evaluation.evaluate_once is not slim.train_eval.evaluate_once
    assert slim.learning.train is not slim.training.train
    # Not the module in which `make_train_step` lives.
    assert slim.learning.train_step.__name__ == "train_step" and callable(slim.learning.train_step)


def test_modules_that_programs_reach_through_learning():
    assert issubclass(slim.learning.supervisor.Supervisor, v1.train.Supervisor)
    assert slim.learning.tf_saver.Saver is v1.train.Saver


def test_every_row_by_every_form_of_import():
    result = run_python(EVERY_FORM)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout.splitlines()[-1])
    assert set(MOVED) < set(found)
    assert {old: row for old, row in found.items() if not all(row.values())} == {}


def test_what_is_patched_by_the_old_path_is_patched(monkeypatch):
    old = importlib.import_module("tf_slim.training.training")
    monkeypatch.setattr(old, "train", len)
    assert importlib.import_module("tf_slim.v1.training.training").train is len


def test_what_is_below_an_old_path_is_loaded_once():
    below = importlib.import_module("tf_slim.ops.checkpoints.formats")
    assert below is importlib.import_module("tf_slim.checkpoints.formats")
    assert below.__name__ == "tf_slim.checkpoints.formats"


@pytest.mark.parametrize("name", ["tf_slim.none", "tf_slim.training.none", "tf_slim.hooks.none"])
def test_what_never_was_is_refused(name):
    with pytest.raises(ModuleNotFoundError, match="none"):
        importlib.import_module(name)


def test_no_row_leads_to_another():
    homes = [row.home if isinstance(row, Names) else row for row in MOVED.values()]
    assert not set(homes) & set(MOVED)


def test_the_finder_is_there_once():
    importlib.import_module("tf_slim.ops.moved").install()
    assert [type(finder).__name__ for finder in sys.meta_path].count("_Finder") == 1
