"""Queue runners, readers side by side, and what reads a data set through them."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.goldens.in_graph import tf1_graphs
from tests.v1 import linear

v1 = tf.compat.v1


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Three files with four records each, from "0" to "11"."""
    folder = tmp_path_factory.mktemp("records")
    paths = [str(folder / f"part-{k:05d}-of-00003") for k in range(3)]
    for k, path in enumerate(paths):
        with tf.io.TFRecordWriter(path) as writer:
            for record in range(4 * k, 4 * k + 4):
                writer.write(str(record).encode())
    return paths


@pytest.fixture(params=["v2 behaviour", "TensorFlow 1"])
def session(request):
    """A session in a graph of its own."""
    with tf.Graph().as_default(), v1.Session() as made:
        if request.param == "TensorFlow 1":
            with tf1_graphs():
                yield made
        else:
            yield made


def drain(session, value, most=100):
    """All that `value` gives until the data end."""
    session.run([v1.global_variables_initializer(), v1.local_variables_initializer()])
    found = []
    with slim.queues.QueueRunners(session):
        try:
            for _ in range(most):
                found.append(session.run(value))
        except tf.errors.OutOfRangeError:
            pass
    return found


@pytest.mark.parametrize("shuffle", [False, True])
def test_every_record_is_read_once_an_epoch(session, files, shuffle):
    _, value = slim.parallel_reader.parallel_read(
        files,
        v1.TFRecordReader,
        num_epochs=2,
        num_readers=3,
        shuffle=shuffle,
        seed=1,
        capacity=8,
        min_after_dequeue=4,
    )
    numbers = [int(n) for n in drain(session, value)]
    assert sorted(numbers) == sorted([*range(12), *range(12)])
    if shuffle:
        assert numbers[:12] != sorted(numbers[:12])


def test_keys_name_the_file_and_the_place(session, files):
    key, _ = slim.parallel_reader.parallel_read(
        files[:1], v1.TFRecordReader, num_epochs=1, shuffle=False, num_readers=1
    )
    keys = [text.decode() for text in drain(session, key)]
    assert len(set(keys)) == 4
    assert all(text.startswith(f"{files[0]}:") for text in keys)


def test_a_single_pass_keeps_the_order(session, files):
    _, value = slim.parallel_reader.single_pass_read(files, v1.TFRecordReader, scope="pass")
    assert [int(n) for n in drain(session, value)] == list(range(12))
    assert value.op.name.startswith("pass/")


def test_arguments_of_a_reader(session, tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("a title\none\ntwo\n")
    options = {"skip_header_lines": 1}
    _, value = slim.parallel_reader.single_pass_read(
        str(path), v1.TextLineReader, reader_kwargs=options
    )
    _, other = slim.parallel_reader.parallel_read(
        str(path), v1.TextLineReader, num_epochs=1, shuffle=False, reader_kwargs=options
    )
    assert drain(session, [value, other]) == [[b"one", b"one"], [b"two", b"two"]]


def test_several_records_at_once_and_counts(session, files):
    names = v1.train.string_input_producer(files, num_epochs=1, shuffle=False)
    queue = v1.FIFOQueue(100, [tf.string, tf.string], shapes=[[], []])
    reader = slim.parallel_reader.ParallelReader(v1.TFRecordReader, queue, num_readers=2)
    assert reader.num_readers == 2 and reader.common_queue is queue
    _, values = reader.read_up_to(names, 5)
    sizes = [len(batch) for batch in drain(session, values)]
    assert sum(sizes) == 12 and max(sizes) == 5
    counts = [reader.num_records_produced(), reader.num_work_units_completed()]
    assert session.run(counts) == [12, 3]


def test_a_common_queue_of_other_types():
    with tf.Graph().as_default():
        queue = v1.FIFOQueue(8, [tf.string, tf.int64])
        with pytest.raises(TypeError, match="two strings.*int64"):
            slim.parallel_reader.ParallelReader(v1.TFRecordReader, queue)


def test_the_summary_of_a_queue(session, files):
    slim.parallel_reader.parallel_read(files, v1.TFRecordReader, scope="read", capacity=32)
    names = [summary.op.name for summary in v1.get_collection(v1.GraphKeys.SUMMARIES)]
    assert "read/fraction_of_32_full" in names


def test_files(files, tmp_path):
    find = slim.parallel_reader.get_data_files
    folder = files[0].rpartition("/")[0]
    assert find(f"{folder}/part-*") == files
    assert find([f"{folder}/part-0000[01]*", (files[2],)]) == files
    assert find(f"{folder}/part@3") == files
    assert find("not-looked-up") == ["not-looked-up"]
    (tmp_path / "odd@2").write_text("")
    assert find(str(tmp_path / "odd@2")) == [str(tmp_path / "odd@2")]
    for nothing in (f"{folder}/none-*", [], [f"{folder}/none-*"]):
        with pytest.raises(ValueError, match="No data files found in"):
            find(nothing)


# --- prefetch_queue --------------------------------------------------------------------------


def counter(most):
    return v1.train.limit_epochs(tf.constant(1), most), v1.train.range_input_producer(
        most, shuffle=False, num_epochs=1
    ).dequeue()


def test_prefetching_a_list(session):
    one, number = counter(4)
    queue = slim.prefetch_queue.prefetch_queue([one, number], capacity=2, name="ahead")
    assert queue.name.startswith("ahead")
    assert drain(session, queue.dequeue()) == [[1, k] for k in range(4)]
    names = [s.op.name for s in v1.get_collection(v1.GraphKeys.SUMMARIES)]
    assert "ahead/fraction_of_2_full" in names


def test_prefetching_a_dict_by_several_threads(session):
    _, number = counter(6)
    queue = slim.prefetch_queue.prefetch_queue({"b": number, "a": number * 10}, num_threads=3)
    found = drain(session, queue.dequeue())
    assert sorted(row["b"] for row in found) == list(range(6))
    assert len({row["a"] for row in found}) == 6


def test_prefetching_what_has_no_fixed_size(session):
    _, number = counter(4)
    filled = tf.fill([number], number)
    queue = slim.prefetch_queue.prefetch_queue([filled], dynamic_pad=True)
    session.run(v1.local_variables_initializer())
    with slim.queues.QueueRunners(session):
        batch = session.run(queue.dequeue_many(4))
    np.testing.assert_array_equal(batch, np.tril(np.ones((4, 3), int), -1) * np.c_[0:4])


# --- QueueRunners ----------------------------------------------------------------------------


def test_one_block_at_a_time(session):
    with (
        slim.queues.QueueRunners(session),
        pytest.raises(slim.queues.NestedQueueRunnerError, match="one block"),
        slim.queues.QueueRunners(session),
    ):
        pass
    with slim.queues.QueueRunners(session):
        pass


def test_the_threads_end_with_the_block(session):
    before = set(threading.enumerate())
    _, number = counter(1000)
    slim.prefetch_queue.prefetch_queue([number])
    session.run(v1.local_variables_initializer())
    with slim.queues.QueueRunners(session):
        assert set(threading.enumerate()) - before
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    assert not set(threading.enumerate()) - before


def test_an_error_of_the_block_comes_out(session):
    with pytest.raises(KeyError, match="of my own"), slim.queues.QueueRunners(session):
        raise KeyError("of my own")
    with slim.queues.QueueRunners(session):
        pass


def test_an_error_of_a_thread_comes_out(session):
    bad = tf.debugging.check_numerics(tf.constant(float("nan")), "not a number")
    queue = slim.prefetch_queue.prefetch_queue([bad])
    with pytest.raises(tf.errors.OpError), slim.queues.QueueRunners(session):
        session.run(queue.dequeue())


def test_the_graph_is_that_of_the_session():
    with tf.Graph().as_default() as graph:
        _, number = counter(3)
        value = slim.prefetch_queue.prefetch_queue([number]).dequeue()
        start = v1.local_variables_initializer()
    session = v1.Session(graph=graph)
    session.run(start)
    with slim.queues.QueueRunners(session):
        assert session.run(value) == 0
    session.close()


# --- data sets -------------------------------------------------------------------------------


class Numbers(slim.data_decoder.DataDecoder):
    """Decodes a record that is a number."""

    def list_items(self):
        return ["number", "double"]

    def decode(self, data, items):
        number = v1.string_to_number(data, tf.int32)
        return [{"number": number, "double": 2 * number}[item] for item in items]


def numbers(files, **kwargs):
    return slim.dataset.Dataset(
        data_sources=files,
        reader=v1.TFRecordReader,
        decoder=Numbers(),
        num_samples=12,
        items_to_descriptions={"number": "a number", "double": "twice that"},
        num_classes=12,
        **kwargs,
    )


def test_a_dataset_keeps_what_it_is_told(files):
    dataset = numbers(files, labels_to_names={0: "zero"}, ignore_label=255)
    assert dataset.num_samples == dataset.num_classes == 12
    assert dataset.labels_to_names == {0: "zero"} and dataset.ignore_label == 255
    assert dataset.items_to_descriptions["double"] == "twice that"


def test_a_provider_reads_a_dataset(session, files):
    provider = slim.dataset_data_provider.DatasetDataProvider(
        numbers(files),
        num_readers=2,
        num_epochs=1,
        seed=3,
        common_queue_capacity=8,
        common_queue_min=4,
        record_key="key",
    )
    assert provider.list_items() == ["number", "double", "key"]
    assert provider.num_samples() == 12
    found = drain(session, provider.get(["double", "number", "key"]))
    assert sorted(int(number) for _, number, _ in found) == list(range(12))
    assert all(double == 2 * number for double, number, _ in found)
    assert len({key for *_, key in found}) == 12


def test_items_that_are_not_there(session, files):
    provider = slim.dataset_data_provider.DatasetDataProvider(numbers(files))
    with pytest.raises(ValueError, match=r"\['label'\].*'number', 'double', 'record_key'"):
        provider.get(["number", "label"])
    with pytest.raises(ValueError, match="record_key is 'number'"):
        slim.dataset_data_provider.DatasetDataProvider(numbers(files), record_key="number")


def test_a_pipeline_feeds_a_training(files, tmp_path):
    with tf.Graph().as_default():
        provider = slim.dataset_data_provider.DatasetDataProvider(
            numbers(files), shuffle=False, num_epochs=1
        )
        batch = v1.train.batch(provider.get(["number"]), 4)
        queue = slim.prefetch_queue.prefetch_queue([batch])
        factor = tf.cast(tf.reduce_max(queue.dequeue()) >= 0, tf.float32)
        optimizer = v1.train.GradientDescentOptimizer(linear.RATE)
        op = slim.learning.create_train_op(linear.loss() * factor, optimizer)
        loss = slim.learning.train(op, str(tmp_path), number_of_steps=100)
    assert linear.saved(tmp_path)[1] == 3
    assert loss == pytest.approx(linear.expected(3)[1][-1], rel=1e-5)


def test_an_eager_caller_is_told_what_to_use(files):
    for call, instead in (
        (lambda: slim.parallel_reader.parallel_read(files, v1.TFRecordReader), "Pipeline"),
        (lambda: slim.parallel_reader.single_pass_read(files, v1.TFRecordReader), "Pipeline"),
        (lambda: slim.prefetch_queue.prefetch_queue([tf.constant(1)]), "prefetch"),
        (lambda: slim.dataset_data_provider.DatasetDataProvider(numbers(files)), "Pipeline"),
    ):
        with pytest.raises(RuntimeError, match=instead):
            call()
