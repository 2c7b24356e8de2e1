"""How a command loads TensorFlow."""

from __future__ import annotations

import json

from tests.house.sources import run_python

# In the place of TensorFlow, which takes seconds to load.
STUB = """
import gc, types

paused = not gc.isenabled()
cycles = [[number] for number in range(5000)]
config = types.SimpleNamespace(list_physical_devices=lambda: [])
"""
PROGRAM = """
import gc, json
from tf_slim.cli import quiet

quiet.import_tensorflow()
import tensorflow
print(json.dumps([tensorflow.paused, gc.isenabled(), gc.get_freeze_count()]))
"""
BROKEN = """
import gc
from tf_slim.cli import quiet

try:
    quiet.import_tensorflow()
except ImportError as error:
    print(error, gc.isenabled(), gc.get_freeze_count())
"""


def test_garbage_is_not_looked_for_in_tensorflow(tmp_path):
    (tmp_path / "tensorflow.py").write_text(STUB)
    done = run_python(PROGRAM, path=tmp_path)
    assert not done.returncode, done.stderr
    paused, enabled, kept = json.loads(done.stdout)
    assert paused and enabled and kept > 5000


def test_a_tensorflow_that_does_not_load_leaves_the_collector_on(tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise ImportError('a library is missing')")
    done = run_python(BROKEN, path=tmp_path)
    assert done.stdout == "a library is missing True 0\n", done.stderr
