"""Wrong arguments are refused before anything is made, and the message helps."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1

IMAGES = np.ones([2, 7, 6, 3], np.float32)
VECTORS = np.ones([2, 5], np.float32)

# (call, exception, what the message must contain)
BAD = {
    "conv rank": (lambda: slim.conv2d(IMAGES[0], 4, 3), ValueError, ["rank 4", "[7, 6, 3]"]),
    "conv1d rank": (lambda: slim.conv1d(IMAGES, 4, 3), ValueError, ["rank 3", "[2, 7, 6, 3]"]),
    "conv of rank 2": (lambda: slim.convolution(VECTORS, 4, 3), ValueError, ["rank 3 or more"]),
    "conv of rank 6": (
        lambda: slim.convolution(IMAGES[None, None], 4, 3),
        ValueError,
        ["at most 3 spatial", "[1, 1, 2, 7, 6, 3]"],
    ),
    "conv_dims": (lambda: slim.convolution(IMAGES, 4, 3, conv_dims=4), ValueError, ["conv_dims=4"]),
    "conv data format": (
        lambda: slim.conv2d(IMAGES, 4, 3, data_format="NHCW"),
        ValueError,
        ["'NHCW'", "either", "NCHW"],
    ),
    "conv padding": (
        lambda: slim.conv2d(IMAGES, 4, 3, padding="full"),
        ValueError,
        ["'full'", "'SAME'", "tf.pad"],
    ),
    "rate and stride": (
        lambda: slim.conv2d(IMAGES, 4, 3, rate=2, stride=2),
        ValueError,
        ["stride=2", "rate=2"],
    ),
    "no kernel": (lambda: slim.conv2d(IMAGES, 4, 0), ValueError, ["kernel_size=0"]),
    "kernel of three": (
        lambda: slim.conv2d(IMAGES, 4, [3, 2, 1]),
        ValueError,
        ["kernel_size=[3, 2, 1]", "2 of them"],
    ),
    "kernel of text": (lambda: slim.conv2d(IMAGES, 4, "33"), ValueError, ["kernel_size='33'"]),
    "unknown kernel": (
        lambda: slim.conv2d(IMAGES, 4, tf.TensorShape([None, 3])),
        ValueError,
        ["kernel_size"],
    ),
    "kernel of unknown rank": (
        lambda: slim.conv2d(IMAGES, 4, tf.TensorShape(None)),
        ValueError,
        ["kernel_size"],
    ),
    "negative stride": (lambda: slim.conv2d(IMAGES, 4, 3, -1), ValueError, ["stride=-1"]),
    "rate 0": (lambda: slim.conv2d(IMAGES, 4, 3, rate=0), ValueError, ["rate=0"]),
    "no outputs": (lambda: slim.conv2d(IMAGES, 0, 3), ValueError, ["num_outputs=0"]),
    "half an output": (lambda: slim.conv2d(IMAGES, 4.5, 3), ValueError, ["num_outputs=4.5"]),
    "outputs None": (lambda: slim.conv2d(IMAGES, None, 3), ValueError, ["num_outputs=None"]),
    "integer images": (
        lambda: slim.conv2d(IMAGES.astype(np.uint8), 4, 3),
        TypeError,
        ["uint8", "tf.cast"],
    ),
    "fc float outputs": (
        lambda: slim.fully_connected(VECTORS, 4.0),
        ValueError,
        ["num_outputs=4.0", "//"],
    ),
    "fc negative": (lambda: slim.fully_connected(VECTORS, -1), ValueError, ["num_outputs=-1"]),
    "fc rank": (lambda: slim.fully_connected(VECTORS[0], 2), ValueError, ["rank 2 or more"]),
    "fc integers": (
        lambda: slim.fully_connected(VECTORS.astype(np.int32), 2),
        TypeError,
        ["int32"],
    ),
    "bn data format": (
        lambda: slim.batch_norm(IMAGES, data_format="NWHC"),
        ValueError,
        ["'NWHC'"],
    ),
    "bn rank": (lambda: slim.batch_norm(VECTORS[0]), ValueError, ["rank 2 or more"]),
    "bn renorm and weights": (
        lambda: slim.batch_norm(IMAGES, renorm=True, batch_weights=[1.0, 1.0]),
        ValueError,
        ["renorm", "batch_weights"],
    ),
    "bn renorm and updates": (
        lambda: slim.batch_norm(IMAGES, renorm=True, updates_collections=None),
        ValueError,
        ["updates_collections"],
    ),
    "bn clipping": (
        lambda: slim.batch_norm(IMAGES, renorm=True, renorm_clipping={"max": 1.0}),
        ValueError,
        ["max", "rmax"],
    ),
    "bn weights": (
        lambda: slim.batch_norm(IMAGES, batch_weights=[1.0, 1.0, 1.0]),
        ValueError,
        ["[2]", "[3]"],
    ),
    "bn is_training": (lambda: slim.batch_norm(IMAGES, is_training=None), ValueError, ["None"]),
    "bn integers": (lambda: slim.batch_norm(IMAGES.astype(np.int32)), TypeError, ["int32"]),
    "bias rank": (lambda: slim.bias_add(VECTORS, data_format="NCHW"), ValueError, ["rank 4"]),
    "bias data format": (lambda: slim.bias_add(VECTORS, data_format="X"), ValueError, ["'X'"]),
    "pool data format": (
        lambda: slim.max_pool2d(IMAGES, 2, data_format="X"),
        ValueError,
        ["'X'", "either", "NCHW"],
    ),
    "pool rank": (lambda: slim.avg_pool2d(VECTORS, 2), ValueError, ["rank 4", "[2, 5]"]),
    "pool kernel": (lambda: slim.max_pool2d(IMAGES, 0), ValueError, ["kernel_size=0"]),
    "pool padding": (lambda: slim.max_pool2d(IMAGES, 2, padding="x"), ValueError, ["padding='x'"]),
    "keep nothing": (lambda: slim.dropout(IMAGES, 0.0), ValueError, ["keep_prob=0.0", "1 - r"]),
    "keep too much": (lambda: slim.dropout(IMAGES, 1.5), ValueError, ["keep_prob=1.5"]),
    "flatten a scalar": (lambda: slim.flatten(1.0), ValueError, ["rank 1 or more"]),
    "softmax rank": (lambda: slim.softmax(VECTORS[0]), ValueError, ["rank 2 or more", "[5]"]),
    "float labels": (lambda: slim.one_hot_encoding([1.5], 2), TypeError, ["float32"]),
    "stack args": (
        lambda: slim.stack(VECTORS, slim.fully_connected, 5),
        ValueError,
        ["stack_args", "5"],
    ),
    "transpose data format": (
        lambda: slim.conv2d_transpose(IMAGES, 2, 3, data_format="CHWN"),
        ValueError,
        ["'CHWN'", "either", "NCHW"],
    ),
    "transpose rank": (lambda: slim.conv3d_transpose(IMAGES, 2, 3), ValueError, ["rank 5"]),
    "transpose stride": (lambda: slim.conv2d_transpose(IMAGES, 2, 3, 0), ValueError, ["stride=0"]),
    "separable multiplier": (
        lambda: slim.separable_conv2d(IMAGES, 4, 3, 1.5),
        ValueError,
        ["depth_multiplier=1.5"],
    ),
    "separable rate and stride": (
        lambda: slim.separable_conv2d(IMAGES, None, 3, rate=2, stride=2),
        ValueError,
        ["stride=2", "rate=2"],
    ),
    "separable outputs": (
        lambda: slim.separable_conv2d(IMAGES, 0, 3),
        ValueError,
        ["num_outputs=0"],
    ),
    "in plane rank": (lambda: slim.conv2d_in_plane(VECTORS, 3), ValueError, ["rank 4"]),
    "layer norm axis": (
        lambda: slim.layer_norm(VECTORS, begin_norm_axis=2),
        ValueError,
        ["begin_norm_axis=2", "-2 and 1"],
    ),
    "layer norm parameters": (
        lambda: slim.layer_norm(VECTORS, begin_params_axis=5),
        ValueError,
        ["begin_params_axis=5"],
    ),
    "instance norm rank": (lambda: slim.instance_norm(VECTORS), ValueError, ["rank 3 or more"]),
    "instance norm data format": (
        lambda: slim.instance_norm(IMAGES, data_format="NWC"),
        ValueError,
        ["'NWC'"],
    ),
    "uneven groups": (lambda: slim.group_norm(IMAGES, 2), ValueError, ["3 channels", "groups=2"]),
    "too many groups": (lambda: slim.group_norm(IMAGES), ValueError, ["groups=32"]),
    "group norm over channels": (
        lambda: slim.group_norm(IMAGES, 3, reduction_axes=(1, 3)),
        ValueError,
        ["(1, 3)", "channels_axis=-1"],
    ),
    "group norm axis": (
        lambda: slim.group_norm(IMAGES, 3, channels_axis=4),
        ValueError,
        ["channels_axis=4"],
    ),
    "unit norm axis": (lambda: slim.unit_norm(VECTORS, -1), ValueError, ["dim=-1", "Write 1"]),
    "maxout units": (lambda: slim.maxout(IMAGES, 2), ValueError, ["3 channels", "num_units=2"]),
    "maxout axis": (lambda: slim.maxout(IMAGES, 3, 4), ValueError, ["axis=4"]),
    "pooling type": (lambda: slim.pool(IMAGES, 2, "MEAN"), ValueError, ["'MEAN'", "'AVG'"]),
    "dilated pool": (
        lambda: slim.pool(IMAGES, 2, "MAX", "SAME", dilation_rate=2),
        ValueError,
        ["dilation_rate=2", "'SAME'"],
    ),
    "pool3d rank": (lambda: slim.max_pool3d(IMAGES, 2), ValueError, ["rank 5"]),
    "reuse without scope": (
        lambda: slim.conv2d(IMAGES, 4, 3, reuse=True),
        ValueError,
        ["reuse"],
    ),
}


@pytest.fixture(params=["eager", "v1 graph", "Model"])
def outside(request):
    """The scope `outer`, in each kind of place."""

    def raises(call, kind):
        def net():
            with slim.scope("outer"):
                call()

        with pytest.raises(kind) as caught:
            slim.Model(net)() if request.param == "Model" else net()
        return str(caught.value)

    if request.param == "v1 graph":
        with tf.Graph().as_default():
            yield raises
    else:
        yield raises


@pytest.mark.parametrize("case", BAD)
def test_refused(case, outside):
    call, kind, fragments = BAD[case]
    message = outside(call, kind)
    for fragment in fragments:
        assert fragment in message
    assert "%" not in message
    assert not slim.get_variables()


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda: slim.conv2d(VECTORS, 4, 3), "outer/Conv"),
        (lambda: slim.conv2d(VECTORS, 4, 3, scope="mine"), "outer/mine"),
        (lambda: slim.batch_norm(VECTORS[0]), "outer/BatchNorm"),
        (lambda: slim.max_pool2d(VECTORS, 2, scope="pool1"), "outer/pool1"),
        (lambda: slim.repeat(VECTORS, 2, slim.conv2d, 4, 3, scope="r"), "outer/r/r_1"),
    ],
)
def test_the_message_says_where(call, path, outside):
    assert f"'{path}'" in outside(call, ValueError)


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        (lambda x: slim.conv2d(x, 4, 3), [None, 7, 6, None]),
        (lambda x: slim.conv2d(x, 4, 3), None),
        (lambda x: slim.convolution(x, 4, 3), None),
        (lambda x: slim.fully_connected(x, 4), [None, None]),
        (lambda x: slim.fully_connected(x, 4), None),
        (slim.batch_norm, [None, None, None, None]),
        (slim.batch_norm, None),
        (slim.bias_add, [2, None]),
        (slim.bias_add, None),
        (lambda x: slim.conv2d_transpose(x, 2, 3), [2, 4, 4, None]),
        (lambda x: slim.separable_conv2d(x, 2, 3), [2, 4, 4, None]),
        (lambda x: slim.conv2d_in_plane(x, 3), [2, 4, 4, None]),
        (slim.layer_norm, [2, None]),
        (slim.instance_norm, [2, 4, 4, None]),
        (slim.group_norm, [2, 4, 4, None]),
        (lambda x: slim.maxout(x, 2), [2, None]),
        (slim.softmax, None),
        (slim.softmax, [2, None]),
    ],
)
def test_unknown_channels(call, shape):
    with tf.Graph().as_default(), pytest.raises(ValueError, match="set_shape"):
        call(v1.placeholder(tf.float32, shape))
    traced = tf.function(call, input_signature=[tf.TensorSpec(shape, tf.float32)])
    with pytest.raises(ValueError, match="set_shape"):
        traced.get_concrete_function()


def test_shared_variables_of_another_shape():
    def net(images):
        slim.conv2d(images, 4, 3, scope="c")
        slim.conv2d(images[..., :2], 4, 3, scope="c", reuse=True)

    with pytest.raises(ValueError, match=r"c/weights.*\(3, 3, 3, 4\).*\(3, 3, 2, 4\)"):
        slim.Model(net)(tf.constant(IMAGES))
    with tf.Graph().as_default(), pytest.raises(ValueError, match="c/weights"):
        net(tf.constant(IMAGES))


def test_a_scope_over_convolution_only_is_refused():
    with slim.arg_scope([slim.convolution], padding="VALID"):
        assert slim.convolution(IMAGES, 4, 3).shape == [2, 5, 4, 4]
        with pytest.raises(TypeError, match=r"conv2d.*padding.*slim\.convolution, slim\.conv2d"):
            slim.conv2d(IMAGES, 4, 3)
    with slim.arg_scope([slim.convolution, slim.conv2d], padding="VALID"):
        assert slim.conv2d(IMAGES, 4, 3).shape == [2, 5, 4, 4]
