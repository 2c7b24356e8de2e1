"""`tf-slim run --check`: what is not provided is found without running anything."""

from __future__ import annotations

import textwrap

import pytest

from tf_slim.legacy import runner
from tf_slim.legacy.check import check

FINE = """
    import tensorflow as tf
    import tensorflow.contrib.slim as slim
    from tensorflow.contrib.framework.python.ops import arg_scope as scope
    from tensorflow.contrib import gan      # imported, and not used
    import numpy as np
    import numpy.lib.arraysetops
    from tensorflow.core.framework import graph_pb2
    from numpy import infty, in1d

    d = np.load("a.npy", allow_pickle=True).item(), {}.item(), np.load("b.npy").shape
    graph_pb2.GraphDef(np.cast["float32"](1).tostring())
    x = tf.placeholder(tf.float32, [None, np.int(3)])
    with scope([slim.conv2d], padding="SAME"):
        print(tf.layers.dense(x, 3), tf.contrib.layers.xavier_initializer(), tf.nn.rnn_cell.GRUCell)
    tf.app.flags.FLAGS.anything.at_all
    raise SystemExit("never run")
"""

LACKING = {
    "tf.contrib.gan.gan_model(x)": "tf.contrib.gan.gan_model",
    "gan.gan_loss(x)": "tf.contrib.gan.gan_loss",
    "tf.estimator.Estimator(x)": "tf.estimator.Estimator",
    "tf.unheard_of": "tf.unheard_of",
    "tf.nn.unheard_of": "tf.nn.unheard_of",
    "slim.unheard_of(x)": "tf.contrib.slim.unheard_of",
    "class A(tf.contrib.learn.Estimator): pass": "tf.contrib.learn",
    "import tensorflow.contrib.unheard_of": "tf.contrib.unheard_of",
    "import tensorflow.unheard_of": "tf.unheard_of",
    "from tensorflow.contrib.layers import unheard_of": "tf.contrib.layers.unheard_of",
    "import numpy as np; np.npv(1)": "np.npv",
    "from numpy import irr": "np.irr",
    "import numpy as np; d = np.load('a.npy').item()": "np.load(...).item()",
    "import nets.vgg": "nets",
    "from preprocessing import preprocessing_factory": "preprocessing",
}


def write(folder, text, name="main.py"):
    (folder / name).write_text(textwrap.dedent(text))
    return folder / name


def test_a_program_that_lacks_nothing(tmp_path, capsys):
    program = write(tmp_path, FINE)
    assert check(program) == []
    assert runner.main(str(program), only_check=True) == 0
    assert "provided" in capsys.readouterr().out


@pytest.mark.parametrize("line", LACKING)
def test_what_is_lacking(line, tmp_path):
    head = "import tensorflow as tf\nfrom tensorflow.contrib import gan, slim\nx = None\n"
    (finding,) = check(write(tmp_path, head + line))
    assert finding.symbol.startswith(LACKING[line])
    assert finding.line == 4
    assert f"main.py:4: {finding.symbol} is not provided" in str(finding)


def test_modules_of_the_program_are_looked_at_too(tmp_path, capsys):
    (tmp_path / "package").mkdir()
    write(tmp_path / "package", "from . import inner\n", "__init__.py")
    write(tmp_path / "package", "import tensorflow as tf\ntf.contrib.crf.crf_decode\n", "inner.py")
    program = write(tmp_path, "import package\nimport numpy, json\n")
    (finding,) = check(program)
    assert finding.path.endswith("inner.py")
    assert runner.main(str(program), only_check=True) == 1
    assert "1 use of" in capsys.readouterr().out


def test_python_2(tmp_path, capsys):
    assert runner.main(str(write(tmp_path, "print 'hello'\n")), only_check=True) == 1
    said = capsys.readouterr().err
    assert "main.py:1: Missing parentheses" in said and "2to3" in said


def test_flags_count(tmp_path):
    text = "import numpy as np\nfrom nets import vgg\nd = np.load('a.npy', None).item()\n"
    program = write(tmp_path, text)
    assert [found.symbol.partition("(")[0] for found in check(program)] == ["nets", "np.load"]
    assert check(program, research_slim=True, allow_pickle=True) == []
    assert [found.alternative for found in check(program)] == ["--research-slim", "--allow-pickle"]
    (tmp_path / "nets").mkdir()
    assert [found.line for found in check(program)] == [3]


def test_neighbours_as_in_python_2(tmp_path):
    (tmp_path / "package").mkdir()
    write(tmp_path / "package", "import inner\n", "__init__.py")
    write(tmp_path / "package", "import tensorflow as tf\ntf.contrib.crf.crf_decode\n", "inner.py")
    assert len(check(write(tmp_path, "import package\n"))) == 1


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8-sig", "gbk"])
def test_encodings(encoding, tmp_path):
    program = tmp_path / "main.py"
    text = (
        f"# -*- coding: {encoding} -*-\nimport tensorflow as tf\nprint('\u00b0', tf.unheard_of)\n"
    )
    program.write_bytes(text.encode(encoding))
    assert [found.symbol for found in check(program)] == ["tf.unheard_of"]


@pytest.mark.parametrize("head", ["", "\n\n", "# -*- coding: unheard-of -*-\n"])
def test_undeclared_encoding(head, tmp_path, capsys):
    program = tmp_path / "main.py"
    program.write_bytes(head.encode() + b"print('\xb0')\n")
    assert runner.main(str(program), only_check=True) == 1
    shown = capsys.readouterr().err
    assert "main.py:1: " in shown and "coding: latin-1" in shown
