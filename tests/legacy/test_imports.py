"""What a program gets from `import`, in a process where the shim is in force."""

from __future__ import annotations

import json
import textwrap

import pytest

from tests.house.sources import run_python

PRIVATE = "tensorflow" + ".python"

HELPER = """
import numpy as np
import tensorflow as tf
slim = tf.contrib.slim
numbers = list(xrange(np.int(3)))
version = tf.__version__
"""

LIBRARY = """
import tensorflow as tf
version = tf.__version__
has_contrib = 'contrib' in dir(tf)
"""

PROGRAM = f"""
import importlib, json, sys, warnings
warnings.simplefilter("ignore")
import tf_slim.legacy
import tensorflow as before
tf_slim.legacy.install(treat_as_tf1=["old_library"], research_slim=True)
tf_slim.legacy.install()

import tensorflow as tf
import tensorflow.compat.v1 as tf_v1
import tensorflow.compat.v2 as tf_v2
import tensorflow.contrib.slim as slim
import tensorflow.contrib.slim.python.slim.learning
import tensorflow.contrib.slim.python.slim.nets.vgg as deep_vgg
import tensorflow.contrib.layers as contrib_layers
from tensorflow.contrib import slim as slim_2
from tensorflow.contrib.framework.python.ops import arg_scope
from tensorflow.contrib.framework.python.ops import variables as contrib_variables
from tensorflow.contrib import gan
from {PRIVATE}.ops import control_flow_ops, array_ops
from {PRIVATE}.framework import ops, graph_util
from {PRIVATE} import pywrap_tensorflow
from {PRIVATE}.ops.rnn_cell import GRUCell
import {PRIVATE}.ops.variable_scope as private_vs
from {PRIVATE}.layers import utils as layers_utils
from {PRIVATE}.layers.normalization import BatchNormalization
from {PRIVATE}.keras.applications.imagenet_utils import decode_predictions
from {PRIVATE}.keras.layers.normalization import BatchNormalization as of_keras
from {PRIVATE}.keras.engine.topology import Layer
import {PRIVATE}.keras.layers.normalization as gone
import tensorflow.core.framework.graph_pb2
from tensorflow.core.protobuf.config_pb2 import ConfigProto
from deployment import model_deploy
from nets import vgg
import tf_slim as real_slim
import helper, library, old_library
import keras

def error_of(code):
    try:
        exec(code, globals())
    except Exception as error:
        return [type(error).__name__, str(error)]

def exported(module):
    scope = {{"__name__": "__main__"}}
    exec(f"from {{module}} import *", scope)
    return scope

print(json.dumps(dict(
    version=tf.__version__,
    versions=[helper.version, library.version, old_library.version],
    is_real_before=before.__version__ == library.version,
    v1_is_it=tf_v1 is tf, v2_is_real=tf_v2 is sys.modules["tensorflow"],
    slim_same=all(x is real_slim for x in (slim, slim_2, tf.contrib.slim, helper.slim)),
    by_importlib=importlib.import_module("tensorflow.contrib.slim") is real_slim,
    conv_same=contrib_layers.conv2d is real_slim.conv2d,
    arg_scope=arg_scope is real_slim.arg_scope,
    step=contrib_variables.get_or_create_global_step is real_slim.get_or_create_global_step,
    numbers=helper.numbers,
    dimension=type(tf.zeros([2, 3]).get_shape()[1]).__name__,
    eager=tf.executing_eagerly(),
    moved=[bool(x) for x in (
        control_flow_ops.cond is tf.cond, control_flow_ops.Assert, array_ops.stack is tf.stack,
        ops.Tensor is tf.Tensor, ops.IndexedSlices is tf.IndexedSlices,
        graph_util.convert_variables_to_constants, pywrap_tensorflow.NewCheckpointReader,
        GRUCell is tf.nn.rnn_cell.GRUCell, private_vs.get_variable is tf.get_variable,
        layers_utils.normalize_tuple, BatchNormalization is tf.layers.BatchNormalization,
        decode_predictions is tf.keras.applications.imagenet_utils.decode_predictions,
        of_keras is gone.BatchNormalization is tf.keras.layers.BatchNormalization,
        Layer is tf.keras.layers.Layer, ConfigProto is tf.ConfigProto,
        tensorflow.core.framework.graph_pb2.GraphDef is tf.GraphDef)],
    stars=[name in exported(module) for name, module in (
        ("conv2d", "tensorflow.contrib.layers"), ("GRUCell", "{PRIVATE}.ops.rnn_cell"),
        ("boolean_mask", "{PRIVATE}.ops.array_ops"), ("Session", "tensorflow"),
        ("Session", "{PRIVATE}.ops.array_ops"), ("np", "{PRIVATE}.ops.array_ops"),
        ("tf", "tensorflow.contrib.layers"))],
    deployment=model_deploy.__name__,
    vgg=vgg.__name__,
    absent=error_of("gan.gan_model()"),
    missing_module=error_of("import tensorflow.contrib.unheard_of"),
    missing_submodule=error_of("import tensorflow.unheard_of"),
    missing_name=error_of("from tensorflow.contrib.layers import unheard_of"),
    missing_attribute=error_of("tf.unheard_of"),
    later=error_of("tf.nn.gelu"),
    missing_private=error_of("from {PRIVATE}.framework.ops import unheard_of"),
    estimator=error_of("tf.estimator.Estimator()"),
)))
tf_slim.legacy.uninstall()
import tensorflow as after
assert after is sys.modules["tensorflow"]
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What the program above prints."""
    folder = tmp_path_factory.mktemp("program")
    for name, text in {"helper": HELPER, "library": LIBRARY, "old_library": LIBRARY}.items():
        place = folder / "site-packages" if "library" in name else folder
        place.mkdir(exist_ok=True)
        (place / f"{name}.py").write_text(text)
    start = f"""
        import site, sys
        from tf_slim.legacy import programs
        site.getsitepackages = lambda: [{str(folder / "site-packages")!r}]
        sys.path[:0] = [{str(folder)!r}, {str(folder / "site-packages")!r}]
    """
    done = run_python(textwrap.dedent(start) + PROGRAM)
    if done.returncode:
        pytest.fail(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("version", "1.15.5"),
        ("is_real_before", True),
        ("v1_is_it", True),
        ("v2_is_real", True),
        ("slim_same", True),
        ("by_importlib", True),
        ("conv_same", True),
        ("arg_scope", True),
        ("step", True),
        ("numbers", [0, 1, 2]),
        ("dimension", "Dimension"),
        ("eager", False),
        ("moved", [True] * 16),
        ("stars", [True, True, True, True, False, False, False]),
        ("deployment", "tf_slim.legacy.research_slim.deployment.model_deploy"),
        ("vgg", "tf_slim.legacy.research_slim.nets.vgg"),
    ],
)
def test_a_program_sees(seen, key, expected):
    assert seen[key] == expected


def test_only_programs_see_it(seen):
    program, library, named = seen["versions"]
    assert program == named == "1.15.5"
    assert library.startswith("2.")


@pytest.mark.parametrize(
    ("key", "kind", "words"),
    [
        ("absent", "NotProvidedError", "tf.contrib.gan.gan_model"),
        ("missing_module", "ModuleNotFoundError", "tf.contrib.unheard_of"),
        ("missing_submodule", "ImportError", "tf.unheard_of"),
        ("missing_name", "ImportError", "tf.contrib.layers.unheard_of"),
        ("missing_attribute", "NotProvidedError", "tf.unheard_of is not provided: today's"),
        ("later", "NotProvidedError", "Use tf.compat.v2.nn.gelu, which came with TensorFlow 2"),
        ("missing_private", "ImportError", "unheard_of"),
        ("estimator", "NotProvidedError", "slim.learning"),
    ],
)
def test_what_is_not_there_is_named(seen, key, kind, words):
    assert seen[key][0] == kind
    assert words in seen[key][1]
