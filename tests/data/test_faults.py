"""Bad data: each fault is told with its file, its record and a remedy."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest
import tensorflow as tf

from tests.data import made
from tf_slim import data
from tf_slim.data import parallel_reader
from tf_slim.ops import tfrecord

COUNT = 40
BAD = 35


@pytest.fixture
def path(tmp_path):
    made.write(tmp_path, (3,), name="a-good")
    return tmp_path / "bad.tfrecord"


@pytest.fixture
def good(path):
    """The bytes of a good file, and where its records start (and the last ends)."""
    data.write_examples(path, [made.example(number) for number in range(COUNT)])
    content = path.read_bytes()
    starts = [start for start, _ in tfrecord.offsets(str(path))]
    return content, [*starts, len(content)]


def spec(path, **changes):
    return made.describe(str(path.parent / "*.tfrecord"), image_size=2, **changes)


def consume(pipeline):
    with pipeline.diagnosing():
        for _ in pipeline.dataset().take(100):
            pass


def fault(path, is_training=False, **changes) -> data.DataError:
    """The error of reading the folder, which `check` has to find as well."""
    with pytest.raises(data.DataError) as info:
        consume(data.Pipeline(spec(path, **changes), 8, is_training=is_training))
    with pytest.raises(data.DataError) as checked:
        data.check(spec(path, **changes))
    assert str(checked.value) == str(info.value)
    return info.value


def write_with(path, bad) -> int:
    """Writes a file whose record BAD is `bad`, and returns where that starts."""
    records = [made.example(number) for number in range(COUNT)]
    records[BAD] = bad
    data.write_examples(path, records)
    return [start for start, _ in tfrecord.offsets(str(path))][BAD]


def changed(**features):
    """A good record with some features replaced, or left out (None)."""
    record = made.example(1)
    for key, feature in features.items():
        key = {"image": "image/encoded", "label": "image/class/label"}[key]
        del record.features.feature[key]
        if feature is not None:
            record.features.feature[key].CopyFrom(feature)
    return record


def integers(*values):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def strings(*values):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))


@pytest.mark.usefixtures("png_alone")
@pytest.mark.parametrize(("counted", "is_training"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("kept", [1, 11, 12, 60, -1])
def test_a_file_cut_off_within_a_record(path, good, kept, counted, is_training):
    content, starts = good
    end = starts[BAD + 1] - 1 if kept < 0 else starts[BAD] + kept
    path.write_bytes(content[:end])
    error = fault(path, is_training, num_samples=COUNT + 3 if counted else None)
    assert (error.path, error.record, error.offset) == (str(path), BAD, starts[BAD])
    assert f"cut off or damaged (the file has {end} bytes)" in str(error)


@pytest.mark.usefixtures("png_alone")
def test_a_file_cut_off_between_records_is_told_by_the_count(path, good):
    content, starts = good
    path.write_bytes(content[: starts[BAD]])
    error = fault(path, num_samples=COUNT + 3)
    assert "should have 43 records, but its 2 files hold 38" in str(error)
    data.check(spec(path, num_samples=BAD + 3))


@pytest.mark.usefixtures("png_alone")
def test_more_records_than_the_spec_says(path, good):
    assert "should have 20 records" in str(fault(path, num_samples=20))


@pytest.mark.usefixtures("png_alone")
@pytest.mark.parametrize("is_training", [False, True])
@pytest.mark.parametrize("place", [0, 5, 9, 12, 40, -1])
def test_a_flipped_byte(path, good, place, is_training):
    content, starts = good
    where = starts[BAD] + place if place >= 0 else starts[BAD + 1] + place
    flipped = bytearray(content)
    flipped[where] ^= 0x10
    path.write_bytes(flipped)
    error = fault(path, is_training, num_samples=COUNT + 3)
    assert (error.path, error.record, error.offset) == (str(path), BAD, starts[BAD])
    assert "Copy or write the file again." in str(error)


def test_a_compressed_file(path, good):
    path.write_bytes(gzip.compress(good[0]))
    error = fault(path, num_samples=COUNT + 3)
    assert error.path == str(path)
    assert "this is a gzip file" in str(error)
    assert "gunzip" in str(error)


def test_no_records_at_all(tmp_path):
    pattern = made.write(tmp_path, (0, 0))
    for is_training in (False, True):
        with pytest.raises(data.DataError, match=r"has no records: .*part-000\.tfrecord"):
            data.Pipeline(made.describe(pattern), 8, is_training=is_training)
    with pytest.raises(data.DataError, match="has no records"):
        data.check(made.describe(pattern))


def test_no_files(tmp_path):
    with pytest.raises(data.DataNotFoundError, match="nothing-"):
        data.Pipeline(data.DatasetSpec("x", "train", str(tmp_path / "nothing-*"), 10), 8)


def test_a_file_that_disappears(path, good):
    pipeline = data.Pipeline(spec(path), 8)
    dataset = pipeline.dataset()
    path.unlink()
    with pytest.raises(data.DataError, match="cannot be read") as info, pipeline.diagnosing():
        list(dataset)
    assert info.value.path == str(path)


@pytest.mark.usefixtures("png_alone")
@pytest.mark.parametrize("label", [-1, made.CLASSES, 2**40])
@pytest.mark.parametrize("is_training", [False, True])
def test_a_label_out_of_range(path, label, is_training):
    offset = write_with(path, made.example(1, label=label))
    error = fault(path, is_training)
    assert (error.path, error.record, error.offset) == (str(path), BAD, offset)
    assert f"image/class/label is {label}, but labels must be in [0, 10)" in str(error)


def test_tensorflows_own_error_tells_the_label_and_the_record(path):
    write_with(path, made.example(1, label=70))
    with pytest.raises(tf.errors.InvalidArgumentError) as info:
        list(data.Pipeline(spec(path), 8).dataset())
    assert "labels must be in [0, 10), received" in str(info.value)
    assert "[70]" in str(info.value)
    assert f"[{BAD + 3}]" in str(info.value)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b"not a record", "its 12 bytes are not a tf.train.Example"),
        (tf.train.Example(), "'image/encoded' is missing. Its keys are: none"),
        (changed(image=None), "'image/encoded' is missing. Its keys are: image/class/label, "),
        (changed(label=None), "'image/class/label' is missing"),
        (changed(label=strings(b"cat")), "one value of int64_list, received bytes_list"),
        (changed(image=integers(1)), "one value of bytes_list, received int64_list"),
        (changed(label=integers(1, 2)), "'image/class/label' must be one value, received 2"),
        (changed(label=integers()), "'image/class/label' must be one value, received 0"),
        (changed(image=strings(b"cat.png")), r"starting with b'cat.png', does not decode"),
        (changed(image=strings(b"")), "image of 0 bytes, starting with b'', does not decode"),
        (
            changed(image=strings(tf.io.encode_png(np.zeros([9, 9, 1], np.uint8)).numpy()[:40])),
            r"starting with b'\x89PNG\r\n\x1a\n', does not decode",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_record(path, bad, message):
    offset = write_with(path, bad)
    error = fault(path)
    assert (error.path, error.record, error.offset) == (str(path), BAD, offset)
    assert message in str(error)
    assert "slim.data.image_example" in str(error)


def test_an_image_of_another_size(path):
    odd = data.image_example(np.zeros([3, 2], np.uint8), 1)
    offset = write_with(path, odd)
    sized = data.Pipeline(spec(path), 8)
    with pytest.raises(data.DataError, match="decodes, but preprocessing it fails") as info:
        consume(sized)
    assert (info.value.path, info.value.record, info.value.offset) == (str(path), BAD, offset)
    unsized = data.Pipeline(made.describe(str(path.parent / "*.tfrecord")), 8)
    with pytest.raises(data.DataError, match=r"is \[3, 2, 1\], but .* is \[2, 2, 1\]") as info:
        consume(unsized)
    assert (info.value.path, info.value.record, info.value.offset) == (str(path), BAD, offset)
    assert "image_size" in str(info.value)
    # Data of several sizes is no fault of itself, and one image a batch is fine.
    assert sum(data.check(spec(path)).values()) == COUNT + 3
    assert len(list(data.Pipeline(made.describe(str(path)), 1).dataset())) == COUNT


def test_errors_of_the_program_are_left_alone(path, good):
    pipeline = data.Pipeline(spec(path), 8)
    for error in (
        RuntimeError("mine"),
        tf.errors.InvalidArgumentError(None, None, "of the model"),
        tf.errors.DataLossError(None, None, "of a checkpoint"),
        tf.errors.OutOfRangeError(None, None, "End of sequence [Op:IteratorGetNext]"),
    ):
        assert pipeline.diagnose(error) is error
        with pytest.raises(type(error)) as info, pipeline.diagnosing():
            raise error
        assert info.value is error


def test_an_error_of_the_preprocessing_names_the_record(path, good):
    def picky(image, *, is_training, seed):
        del is_training, seed
        tf.debugging.Assert(image[0, 0, 0] < 20, ["too bright"])
        return tf.cast(image, tf.float32)

    pipeline = data.Pipeline(spec(path), 8, preprocess=picky)
    with pytest.raises(data.DataError, match=r"preprocessing it fails.*too bright") as info:
        consume(pipeline)
    assert (info.value.path, info.value.record) == (str(path), 20)


def test_the_cause_is_kept(path):
    write_with(path, b"not a record")
    with pytest.raises(data.DataError) as info:
        consume(data.Pipeline(spec(path), 8))
    assert isinstance(info.value.__cause__, tf.errors.InvalidArgumentError)


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("length", [2**40, 2**62])
def test_a_length_that_would_end_the_process(path, good, length, counted):
    """TensorFlow believes it, as its checksum is right."""
    header = struct.pack("<Q", length)
    with open(path, "ab") as file:
        file.write(header + tfrecord._checksum(header))
    spec = made.describe(path, num_samples=COUNT if counted else None)
    where = f"record {COUNT} at byte {len(good[0])}"
    with pytest.raises(data.DataError, match=where):
        list(data.Pipeline(spec, 2, preprocess=made.identify).dataset())
    with pytest.raises(data.DataError, match=where):
        data.check(spec)
    with tf.Graph().as_default():
        for read in (parallel_reader.parallel_read, parallel_reader.single_pass_read):
            with pytest.raises(data.DataError, match=where):
                read(str(path), tf.compat.v1.TFRecordReader)


def test_the_checksum_of_a_length_is_that_of_tensorflow(tmp_path):
    for size in (0, 1, 300):
        data.write_examples(tmp_path / "x", [bytes(size)])
        whole = (tmp_path / "x").read_bytes()
        assert whole[8:12] == tfrecord._checksum(whole[:8])


def test_records_are_found_without_being_read(path, good):
    content, starts = good
    assert [start for start, _ in tfrecord.offsets(str(path))] == starts[:-1]
    assert tfrecord.count_records([str(path)] * 2) == 2 * COUNT
    (length,) = struct.unpack("<Q", content[starts[5] : starts[5] + 8])
    record = content[starts[5] + 12 : starts[5] + 12 + length]
    assert tfrecord.read_record(str(path), 5) == record
    with pytest.raises(IndexError, match="has no record 40"):
        tfrecord.read_record(str(path), COUNT)
