"""`tf-slim migrate`: what it writes runs as it is, and nothing but what must change changes."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from tests.house.sources import run_python
from tf_slim.legacy import migrate

HEAD = "import tensorflow as tf\nimport numpy as np\nimport tensorflow.contrib.slim as slim\n"
NEW_HEAD = "import tensorflow.compat.v1 as tf\nimport numpy as np\nimport tf_slim as slim\n"

IMPORTS = {
    "import tensorflow as tf  # why": "import tensorflow.compat.v1 as tf  # why",
    "import tensorflow": "import tensorflow.compat.v1 as tensorflow",
    "from tensorflow import gfile, flags": "from tensorflow.compat.v1 import gfile, flags",
    "import tensorflow.contrib.slim as slim": "import tf_slim as slim",
    "import tensorflow.contrib.slim as tf_slim": "import tf_slim",
    "from tensorflow.contrib import slim": "import tf_slim as slim",
    "from tensorflow.contrib import slim as s, layers": (
        "import tf_slim as s; from tf_slim import layers"
    ),
    "from tensorflow.contrib.slim.nets import vgg as v, alexnet": (
        "from tf_slim.nets import vgg as v, alexnet"
    ),
    "from tensorflow.contrib.slim.python.slim.nets.vgg import vgg_16": (
        "from tf_slim.nets.vgg import vgg_16"
    ),
    "import tensorflow.contrib.slim.python.slim.nets.vgg as vgg": "import tf_slim.nets.vgg as vgg",
    "from tensorflow.contrib.framework.python.ops import add_arg_scope": (
        "from tf_slim import add_arg_scope"
    ),
    "from tensorflow.contrib.layers.python.layers import utils": "from tf_slim.layers import utils",
    "from tensorflow.contrib.rnn import GRUCell": (
        "from tf_slim.legacy.tensorflow1.rnn_cell import GRUCell"
    ),
    "from tensorflow.contrib import gan": None,
    "from tensorflow.contrib.layers import *": None,
    "import tensorflow_hub as hub": "import tensorflow_hub as hub",
    "from . import tensorflow": "from . import tensorflow",
}

USES = {
    "tf.contrib.slim.conv2d(x, 3, 3)": "slim.conv2d(x, 3, 3)",
    "tf.contrib.layers.xavier_initializer( )": "slim.xavier_initializer( )",
    "tf.contrib.framework.arg_scope": "slim.arg_scope",
    "tf.contrib.metrics.streaming_mean": "slim.metrics.streaming_mean",
    "tf.contrib.losses.log_loss": "slim.losses.log_loss",
    "tf.placeholder(tf.float32)": "tf.placeholder(tf.float32)",
    "np.int(3) + np.float_(4)": "int(3) + np.float64(4)",
    "np.zeros(3, np.bool)": "np.zeros(3, bool)",
    "[np.bool_, np.random.rand]": "[np.bool_, np.random.rand]",
    "other.contrib.slim": "other.contrib.slim",
    "tf.contrib.crf.crf_decode": None,
    "np.asscalar(a)": None,
}


@pytest.mark.parametrize("line", IMPORTS)
def test_imports(line):
    done = migrate.migrate(line + "\n")
    expected = IMPORTS[line]
    assert done.after == (line if expected is None else expected) + "\n"
    assert bool(done.left) == (expected is None)


@pytest.mark.parametrize("line", USES)
def test_uses(line):
    done = migrate.migrate(f"{HEAD}y = {line}\n")
    expected = USES[line]
    assert done.after == f"{NEW_HEAD}y = {line if expected is None else expected}\n"
    assert len(done.left) == (expected is None)
    assert migrate.migrate(done.after).after == done.after


def test_new_imports_stand_behind_the_others():
    done = migrate.migrate(
        '"""Doc."""\nfrom __future__ import print_function\nimport tensorflow as tf\n\n'
        "y = tf.layers.dense(tf.contrib.layers.flatten(x), 3)\n"
    )
    assert done.after == (
        '"""Doc."""\nfrom __future__ import print_function\nimport tensorflow.compat.v1 as tf\n'
        "import tf_slim\nfrom tf_slim.legacy.tensorflow1 import layers as tf_layers\n\n"
        "y = tf_layers.dense(tf_slim.flatten(x), 3)\n"
    )


PROGRAM = """
    import tensorflow as tf
    import tensorflow.contrib.slim as slim
    from tensorflow.contrib.framework.python.ops import arg_scope
    import numpy as np

    def net(images):
        with arg_scope([slim.conv2d],   normalizer_fn=tf.contrib.layers.batch_norm):
            return tf.layers.dense(slim.flatten(slim.conv2d(images, 3, 3)), np.int(2))

    if __name__ == "__main__":
        logits = net(tf.placeholder(tf.float32, [None, 8, 8, 3]))
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            print(session.run(logits, {"Placeholder:0": np.ones([2, 8, 8, 3])}).shape)
"""


def test_what_it_writes_runs(tmp_path, capsys):
    (tmp_path / "inner").mkdir()
    program = tmp_path / "inner" / "main.py"
    program.write_text(textwrap.dedent(PROGRAM))
    (tmp_path / "old.py").write_text("print 'hello'\n")
    assert migrate.main(str(tmp_path)) == 1
    shown = capsys.readouterr()
    assert "+import tensorflow.compat.v1 as tf" in shown.out
    assert "old.py" in shown.err and "1 file to rewrite" in shown.err
    assert program.read_text() == textwrap.dedent(PROGRAM)
    (tmp_path / "old.py").unlink()
    assert migrate.main(str(tmp_path), apply=True) == 0
    assert migrate.main(str(tmp_path)) == 0
    assert "0 files" in capsys.readouterr().err.splitlines()[-1]
    done = run_python(f"import runpy; runpy.run_path({str(program)!r}, run_name='__main__')")
    assert done.stdout == "(2, 2)\n", done.stderr


def test_no_such_file(tmp_path, capsys):
    assert migrate.main(str(tmp_path / "none")) == 2
    assert "There is no file" in capsys.readouterr().err


def test_without_libcst():
    code = "import sys; sys.modules['libcst'] = None; from tf_slim.legacy import migrate as m"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; m.migrate('')"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "tf-slim2[migrate]" in done.stderr
