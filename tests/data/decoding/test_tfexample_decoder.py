"""Decoders of records and their handlers: v1 graphs, eager mode and tf.data."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1
dec = slim.tfexample_decoder
FixedLen, VarLen = tf.io.FixedLenFeature, tf.io.VarLenFeature


def feature(value):
    array = np.asarray(value)
    value = array.ravel().tolist()
    if array.dtype.kind in "SU":
        value = [v.encode() if isinstance(v, str) else v for v in value]
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=value))
    if array.dtype.kind == "f":
        return tf.train.Feature(float_list=tf.train.FloatList(value=value))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=value))


def example(**values) -> bytes:
    features = {key: feature(value) for key, value in values.items()}
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def eager(decoder, record):
    return decoder.decode(tf.constant(record))


def in_dataset(decoder, record):
    data = tf.data.Dataset.from_tensors(record).map(lambda r: tuple(decoder.decode(r)))
    return list(next(iter(data)))


def in_v1_graph(decoder, record):
    with tf.Graph().as_default(), v1.Session() as session:
        items = decoder.decode(tf.constant(record))
        session.run(v1.tables_initializer())
        return session.run(items)


MODES = {"eager": eager, "tf.data": in_dataset, "v1": in_v1_graph}


@pytest.fixture(params=MODES)
def decode(request):
    """Decodes all items of a record in one mode."""
    return MODES[request.param]


def handled(decode, handler, features, **values):
    """What a handler makes of features with values."""
    (item,) = decode(dec.TFExampleDecoder(features, {"item": handler}), example(**values))
    if hasattr(item, "dense_shape"):
        return [np.asarray(part) for part in (item.indices, item.values, item.dense_shape)]
    return np.asarray(item)


FIXED = {"x": FixedLen([2, 2], tf.float32), "shape": FixedLen([2], tf.int64)}
SPARSE = {"x": VarLen(tf.float32), "shape": VarLen(tf.int64), "h": FixedLen([], tf.int64)}
X = [1.0, 2.0, 3.0, 4.0]

TENSORS = {
    "as it is": (dec.Tensor("x"), FIXED, [[1, 2], [3, 4]]),
    "sparse": (dec.Tensor("x"), SPARSE, X),
    "fixed shape": (dec.Tensor("x", shape=[4, 1]), FIXED, [[1], [2], [3], [4]]),
    "fixed shape of sparse": (dec.Tensor("x", shape=[1, 4]), SPARSE, [X]),
    "shape in a feature": (dec.Tensor("x", shape_keys="shape"), FIXED, [[1], [2], [3], [4]]),
    "shape in a sparse feature": (
        dec.Tensor("x", shape_keys=["shape"]),
        SPARSE,
        [[1], [2], [3], [4]],
    ),
    "shape in two features": (dec.Tensor("x", shape_keys=["h", "h"]), SPARSE, [[1, 2], [3, 4]]),
}


@pytest.mark.parametrize("case", TENSORS)
def test_tensor(case, decode):
    handler, features, expected = TENSORS[case]
    features = {key: features[key] for key in handler.keys}
    values = {"x": X, "shape": [4, 1], "h": 2}
    got = handled(decode, handler, features, **{key: values[key] for key in features})
    np.testing.assert_array_equal(got, expected)


def test_texts(decode):
    features = {"x": VarLen(tf.string)}
    got = handled(decode, dec.Tensor("x"), features, x=["a", "bc"])
    assert got.tolist() == [b"a", b"bc"]


def test_a_table(decode):
    class Lengths:
        def lookup(self, texts):
            return tf.strings.length(texts)

    handler = dec.LookupTensor("x", Lengths(), shape=[2, 1])
    got = handled(decode, handler, {"x": VarLen(tf.string)}, x=["cat", "horse"])
    np.testing.assert_array_equal(got, [[3], [5]])


@pytest.mark.parametrize("mode", ["eager", "v1"])
def test_a_real_table(mode):
    class Late:
        """Made where it is used, since a v1 graph has tables of its own."""

        def lookup(self, texts):
            init = tf.lookup.KeyValueTensorInitializer(["cat", "dog"], [1, 2])
            return tf.lookup.StaticHashTable(init, -1).lookup(texts)

    handler = dec.LookupTensor("x", Late())
    got = handled(MODES[mode], handler, {"x": VarLen(tf.string)}, x=["dog", "cow"])
    np.testing.assert_array_equal(got, [2, -1])


INDEXED = {"i": VarLen(tf.int64), "v": VarLen(tf.float32), "s": VarLen(tf.int64)}


@pytest.mark.parametrize("shape", [{"shape": [5]}, {"shape_key": "s"}])
def test_sparse_tensor(shape, decode):
    values = {"i": [0, 2, 4], "v": [1.5, 2.5, 3.5], "s": [5]}
    features = {key: INDEXED[key] for key in ("ivs" if "shape_key" in shape else "iv")}
    got = handled(decode, dec.SparseTensor("i", "v", **shape), features, **values)
    np.testing.assert_array_equal(got[0], [[0], [2], [4]])
    np.testing.assert_array_equal(got[1], [1.5, 2.5, 3.5])
    np.testing.assert_array_equal(got[2], [5])
    made_dense = dec.SparseTensor("i", "v", densify=True, default_value=-1, **shape)
    got = handled(decode, made_dense, features, **values)
    np.testing.assert_array_equal(got, [1.5, -1, 2.5, -1, 3.5])


def test_sparse_tensor_by_default():
    handler = dec.SparseTensor()
    assert handler.keys == ["indices", "values"]
    features = {"indices": VarLen(tf.int64), "values": VarLen(tf.float32)}
    got = handled(eager, handler, features, indices=[1, 0], values=[5.0, 6.0])
    np.testing.assert_array_equal(got[2], [2])


def test_a_callback(decode):
    handler = dec.ItemHandlerCallback(["x", "h"], lambda f: f["x"] * tf.cast(f["h"], tf.float32))
    features = {"x": FixedLen([4], tf.float32), "h": FixedLen([], tf.int64)}
    got = handled(decode, handler, features, x=X, h=2)
    np.testing.assert_array_equal(got, [2, 4, 6, 8])


@pytest.mark.parametrize(("first", "expected"), [([7.0], [7]), ([], [1, 2, 3, 4])])
def test_a_backup(first, expected, decode):
    handler = dec.BackupHandler(dec.Tensor("first"), dec.Tensor("x"))
    features = {"first": VarLen(tf.float32), "x": VarLen(tf.float32)}
    values = {"first": first} if first else {}
    np.testing.assert_array_equal(handled(decode, handler, features, x=X, **values), expected)


class Sum(dec.ItemHandler):
    """A handler as users write them."""

    def __init__(self, key):
        super().__init__(key)

    def tensors_to_item(self, keys_to_tensors):
        return tf.reduce_sum(keys_to_tensors[self.keys[0]])


def test_a_handler_of_ones_own(decode):
    assert handled(decode, Sum("x"), {"x": FixedLen([4], tf.float32)}, x=X) == 10


# --- images ----------------------------------------------------------------------------------

PIXELS = (np.arange(2 * 3 * 3).reshape(2, 3, 3) * 14).astype(np.uint8)
GREY = PIXELS[:, :, :1]
IMAGE = {
    "image/encoded": FixedLen((), tf.string),
    "image/format": FixedLen((), tf.string, "jpeg"),
}


def image(decode, encoded, image_format="jpeg", features=None, **options):
    values = {"image/encoded": encoded, "image/format": image_format}
    return handled(decode, dec.Image(**options), features or IMAGE, **values)


def png(pixels):
    return tf.io.encode_png(pixels).numpy()


def jpeg(pixels):
    return tf.io.encode_jpeg(pixels, quality=100).numpy()


@pytest.mark.parametrize("told", ["png", "jpeg", "PNG", "whatever"])
def test_the_header_tells_the_format(told, decode):
    np.testing.assert_array_equal(image(decode, png(PIXELS), told), PIXELS)


@pytest.mark.parametrize("options", [{}, {"dct_method": "INTEGER_ACCURATE"}])
def test_jpeg(options, decode):
    got = image(decode, jpeg(PIXELS), **options)
    np.testing.assert_array_equal(got, tf.io.decode_jpeg(jpeg(PIXELS), **options).numpy())


def test_jpeg_options_do_not_hinder_a_png(decode):
    got = image(decode, png(PIXELS), dct_method="INTEGER_FAST")
    np.testing.assert_array_equal(got, PIXELS)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"channels": 1}, GREY),
        ({"channels": 3}, np.repeat(GREY, 3, 2)),
        ({"channels": 0}, GREY),
        ({"channels": 1, "shape": [6, 1]}, GREY.reshape(6, 1)),
        ({"channels": 1, "dtype": tf.float32}, GREY.astype(np.float32)),
        ({"channels": 1, "dtype": tf.uint16}, GREY.astype(np.uint16) * 257),
    ],
)
def test_channels_shapes_and_types(options, expected, decode):
    got = image(decode, png(GREY), **options)
    np.testing.assert_array_equal(got, expected)
    assert got.dtype == expected.dtype


def test_sixteen_bits(decode):
    deep = GREY.astype(np.uint16) * 100 + 7
    got = image(decode, png(deep), dtype=tf.uint16, channels=1)
    np.testing.assert_array_equal(got, deep)
    # A JPEG has eight of them.
    got = image(decode, jpeg(PIXELS), dtype=tf.uint16)
    np.testing.assert_array_equal(got, tf.io.decode_jpeg(jpeg(PIXELS)).numpy())


@pytest.mark.parametrize("told", ["raw", "RAW"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_raw(told, dtype, decode):
    pixels = PIXELS.astype(dtype)
    got = image(decode, pixels.tobytes(), told, dtype=tf.as_dtype(dtype), shape=[2, 3, 3])
    np.testing.assert_array_equal(got, pixels)


def test_raw_needs_a_shape(decode):
    with pytest.raises(tf.errors.InvalidArgumentError, match="does not tell its size"):
        image(decode, PIXELS.tobytes(), "raw")


# One pixel, red in the first frame and blue in the second.
FRAME = "2c 0000 0000 0100 0100 00 02 02 {} 00"
GIF = bytes.fromhex(
    "474946383961 0100 0100 80 00 00 ff0000 0000ff"
    + FRAME.format("4401")
    + FRAME.format("4c01")
    + "3b"
)


def test_the_first_frame_of_a_gif_or_all(decode):
    np.testing.assert_array_equal(image(decode, GIF, "gif"), [[[255, 0, 0]]])
    frames = image(decode, GIF, "gif", shape=[2, 1, 1, 3])
    np.testing.assert_array_equal(frames, [[[[255, 0, 0]]], [[[0, 0, 255]]]])


def test_several_images(decode):
    features = {**IMAGE, "image/encoded": FixedLen((2,), tf.string)}
    encoded = [png(PIXELS), png(PIXELS[::-1].copy())]
    got = image(decode, encoded, "png", features, repeated=True)
    np.testing.assert_array_equal(got, [PIXELS, PIXELS[::-1]])


def test_static_shapes():
    with tf.Graph().as_default():
        record = v1.placeholder(tf.string, [])
        for options, shape in (
            ({}, [None, None, 3]),
            ({"channels": 1}, [None, None, 1]),
            ({"channels": 0}, [None, None, None]),
            ({"shape": [2, 3, 3]}, [2, 3, 3]),
        ):
            (item,) = dec.TFExampleDecoder(IMAGE, {"image": dec.Image(**options)}).decode(record)
            assert item.shape.as_list() == shape


def test_other_keys():
    handler = dec.Image("left", "left/format")
    assert handler.keys == ["left", "left/format"]
    assert dec.Image().keys == ["image/encoded", "image/format"]


# --- boxes -----------------------------------------------------------------------------------

SIDES = {"ymin": [0.1, 0.5], "xmin": [0.2, 0.6], "ymax": [0.3, 0.7], "xmax": [0.4, 0.8]}
BOXES = np.array([[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8]], np.float32)


@pytest.mark.parametrize(
    "kind", [VarLen(tf.float32), tf.io.FixedLenSequenceFeature([], tf.float32, allow_missing=True)]
)
def test_boxes(kind, decode):
    features = {f"b/{side}": kind for side in SIDES}
    values = {f"b/{side}": value for side, value in SIDES.items()}
    got = handled(decode, dec.BoundingBox(prefix="b/"), features, **values)
    np.testing.assert_array_equal(got, BOXES)
    other = dec.BoundingBox(["xmin", "ymin", "xmax", "ymax"], "b/")
    got = handled(decode, other, features, **values)
    np.testing.assert_array_equal(got, BOXES[:, [1, 0, 3, 2]])


def sequence(decode, handler, frames, context=None):
    """What a handler makes of a sequence: {name: [values of each frame]}."""
    lists = {
        name: tf.train.FeatureList(feature=[feature(values) for values in per_frame])
        for name, per_frame in frames.items()
    }
    record = tf.train.SequenceExample(
        context=tf.train.Features(feature={k: feature(v) for k, v in (context or {}).items()}),
        feature_lists=tf.train.FeatureLists(feature_list=lists),
    ).SerializeToString()
    decoder = dec.TFSequenceExampleDecoder(
        {key: FixedLen([], tf.int64) for key in context or {}},
        {name: VarLen(tf.float32) for name in frames},
        {"item": handler},
    )
    (item,) = decode(decoder, record)
    return item


FRAMES = {
    "ymin": [[1.0, 2.0], [3.0]],
    "xmin": [[4.0, 5.0], [6.0]],
    "ymax": [[7.0, 8.0], [9.0]],
    "xmax": [[10.0, 11.0], [12.0]],
}
SEQUENCE = np.array([[[1, 4, 7, 10], [2, 5, 8, 11]], [[3, 6, 9, 12], [-1, -1, -1, -1]]], np.float32)


@pytest.mark.parametrize("prefix", [None, "", "b/"])
def test_boxes_of_frames(prefix, decode):
    frames = {f"{prefix or ''}{side}": values for side, values in FRAMES.items()}
    got = sequence(decode, dec.BoundingBoxSequence(prefix=prefix), frames)
    np.testing.assert_array_equal(np.asarray(got), SEQUENCE)


def test_gaps_and_sparse_boxes(decode):
    got = sequence(decode, dec.BoundingBoxSequence(default_value=float("nan")), FRAMES)
    np.testing.assert_array_equal(np.asarray(got), np.where(SEQUENCE < 0, np.nan, SEQUENCE))
    got = sequence(decode, dec.BoundingBoxSequence(return_dense=False), FRAMES)
    assert len(np.asarray(got.values)) == 12
    np.testing.assert_array_equal(np.asarray(got.dense_shape), [2, 2, 4])


def test_key_points_of_frames(decode):
    frames = {"y": [[1.0], [2.0, 3.0]], "x": [[4.0], [5.0, 6.0]]}
    got = sequence(decode, dec.KeypointsSequence(), frames)
    np.testing.assert_array_equal(np.asarray(got), [[[1, 4], [-1, -1]], [[2, 5], [3, 6]]])


def test_numbers_of_boxes(decode):
    handler = dec.NumBoxesSequence(["ymin", "xmin"])
    frames = {name: [*FRAMES[name], []] for name in ("ymin", "xmin")}
    np.testing.assert_array_equal(np.asarray(sequence(decode, handler, frames)), [2, 1, 0])
    frames["xmin"] = [[4.0], [6.0], []]
    with pytest.raises(tf.errors.InvalidArgumentError, match="different numbers of boxes"):
        sequence(decode, handler, frames)
    lenient = dec.NumBoxesSequence(["ymin", "xmin"], check_consistency=False)
    np.testing.assert_array_equal(np.asarray(sequence(decode, lenient, frames)), [2, 1, 0])
    assert dec.NumBoxesSequence().keys == ["ymin", "xmin", "ymax", "xmax"]


def test_the_context_of_a_sequence(decode):
    handler = dec.ItemHandlerCallback(
        ["label", "ymin"], lambda f: tf.cast(f["label"], tf.float32) + tf.sparse.to_dense(f["ymin"])
    )
    got = sequence(decode, handler, {"ymin": FRAMES["ymin"]}, context={"label": 10})
    np.testing.assert_array_equal(np.asarray(got), [[11, 12], [13, 10]])


# --- slips -----------------------------------------------------------------------------------

SLIPS = {
    "both shapes": (lambda: dec.Tensor("x", shape_keys="s", shape=[1]), "shape_keys.*shape="),
    "backup": (lambda: dec.BackupHandler(dec.Tensor("x"), "y"), "backup must be an ItemHandler"),
    "three sides": (lambda: dec.BoundingBox(["a", "b", "c"]), "BoundingBox expects 4 keys"),
    "one coordinate": (lambda: dec.KeypointsSequence(["y"]), "KeypointsSequence expects 2 keys"),
    "item": (
        lambda: dec.TFExampleDecoder(FIXED, {"a": dec.Tensor("x")}).decode(b"", ["b"]),
        r"No items \['b'\]",
    ),
    "feature": (
        lambda: dec.TFExampleDecoder(FIXED, {"a": dec.Tensor("y")}).decode(
            example(x=X, shape=[4, 1])
        ),
        r"item 'a' needs the features \['y'\].*'shape', 'x'",
    ),
    "two kinds": (
        lambda: dec.TFSequenceExampleDecoder({"x": 1}, {"x": 2}, {}),
        r"\['x'\] are both context",
    ),
    "dense boxes": (
        lambda: dec.NumBoxesSequence("x").tensors_to_item({"x": tf.ones([2, 2])}),
        "VarLenFeature",
    ),
}


@pytest.mark.parametrize("case", SLIPS)
def test_slips(case):
    call, text = SLIPS[case]
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match=text):
        call()


def test_items():
    items = {"a": dec.Tensor("x"), "b": dec.Tensor("shape")}
    decoder = dec.TFExampleDecoder(FIXED, items)
    assert decoder.list_items() == ["a", "b"]
    record = example(x=X, shape=[4, 1])
    shape, x = decoder.decode(record, ["b", "a"])
    assert shape.shape == [2] and x.shape == [2, 2]
    assert len(decoder.decode(record)) == 2


@pytest.mark.parametrize("base", [slim.data_decoder.DataDecoder, dec.ItemHandler])
def test_what_a_decoder_and_a_handler_must_have(base):
    with pytest.raises(TypeError, match="abstract"):
        base()
