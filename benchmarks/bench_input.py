"""Images a second with Inception's training preprocessing at 224, beside three peers.

From a folder and from TFRecords of generated JPEGs, 500x375, quality 90. In one run, taking turns:
this package, plain tf.data with the same operations, Keras 3 (image_dataset_from_directory and its
augmentation layers), torch's DataLoader with torchvision's transforms where a Python with these is
named in TORCH_PYTHON, and decoding alone. What counts are the ratios.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from benchmarks import recording, settings
from benchmarks.peers import in_turns

SIZE, BATCH, PICTURES = 224, 32, 320
BATCHES, ROUNDS = settings.sized(10, 40), settings.sized(3, 4)
TITLE = "Inception's training input at 224, JPEGs of 500x375"
BOUND = "decoding alone"

TORCH = """
import json, sys, time, torch
from torchvision import datasets, transforms as t
steps = t.Compose([
    t.RandomResizedCrop(int(sys.argv[3]), scale=(0.05, 1.0)), t.RandomHorizontalFlip(),
    t.ColorJitter(brightness=32 / 255, saturation=0.5), t.ToTensor(),
    t.Normalize([0.5] * 3, [0.5] * 3),
])
data = datasets.ImageFolder(sys.argv[1], steps)
loader = torch.utils.data.DataLoader(
    data, int(sys.argv[2]), shuffle=True, num_workers=torch.get_num_threads(), drop_last=True,
    persistent_workers=True,
)
sum(1 for _ in loader)
for line in sys.stdin:
    start, count = time.perf_counter(), 0
    for images, _ in loader:
        count += len(images)
    print(count / (time.perf_counter() - start), flush=True)
"""


def textured(seed: int) -> np.ndarray:
    """Noise on four scales, of which a JPEG is about as large as one of a photograph."""
    random = np.random.RandomState(seed)
    total = np.zeros((375, 500, 3), np.float32)
    for cells, amount in ((3, 60), (12, 50), (48, 30), (190, 18)):
        noise = random.rand(cells, cells * 4 // 3, 3).astype(np.float32)
        total += amount * tf.image.resize(noise, (375, 500), "bicubic").numpy()
    return np.clip(total + 4 * random.randn(375, 500, 3), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder of two classes, and the same as TFRecords."""
    root = tmp_path_factory.mktemp("input")
    examples = []
    for index in range(PICTURES):
        home = root / "pictures" / "ab"[index % 2]
        home.mkdir(parents=True, exist_ok=True)
        file = tf.io.encode_jpeg(textured(index % 40), quality=90).numpy()
        (home / f"{index:04d}.jpg").write_bytes(file)
        examples.append(slim.data.image_example(file, index % 2))
    slim.data.write_examples(root / "records" / "train-0.tfrecord", examples)
    return root


def ours(spec) -> tf.data.Dataset:
    pipeline = slim.data.Pipeline(
        spec, BATCH, is_training=True, preprocess="inception", image_size=SIZE
    )
    return pipeline.dataset()


def plain(files: tf.data.Dataset) -> tf.data.Dataset:
    """The same operations, as a person writes them."""

    def prepare(file: tf.Tensor) -> tf.Tensor:
        image = tf.io.decode_jpeg(file, channels=3)
        image = tf.image.convert_image_dtype(image, tf.float32)
        begin, size, _ = tf.image.sample_distorted_bounding_box(
            tf.shape(image),
            tf.zeros([1, 0, 4]),
            area_range=(0.05, 1.0),
            aspect_ratio_range=(0.75, 1.33),
            use_image_if_no_bounding_boxes=True,
        )
        image = tf.image.resize(tf.slice(image, begin, size), (SIZE, SIZE))
        image = tf.image.random_flip_left_right(image)
        image = tf.image.random_brightness(image, 32 / 255)
        image = tf.image.random_saturation(image, 0.5, 1.5)
        return (tf.clip_by_value(image, 0, 1) - 0.5) * 2

    return files.map(prepare, tf.data.AUTOTUNE).batch(BATCH, True).prefetch(tf.data.AUTOTUNE)


def keras(folder) -> tf.data.Dataset:
    layers = tf.keras.layers
    augment = [
        layers.RandomFlip("horizontal"),
        layers.RandomBrightness(32 / 255, value_range=(0, 255)),
        layers.Rescaling(1 / 127.5, offset=-1),
    ]
    if hasattr(layers, "RandomSaturation"):
        augment.insert(2, layers.RandomSaturation(0.5, value_range=(0, 255)))
    data = tf.keras.utils.image_dataset_from_directory(
        folder, image_size=(SIZE, SIZE), batch_size=BATCH, verbose=False
    ).repeat()
    pipeline = tf.keras.Sequential(augment)
    return data.map(lambda x, y: pipeline(x, training=True), tf.data.AUTOTUNE).prefetch(2)


def decoding(files: tf.data.Dataset) -> tf.data.Dataset:
    """Nothing but decoding."""

    def shape(file: tf.Tensor) -> tf.Tensor:
        return tf.reduce_max(tf.io.decode_jpeg(file, channels=3)[::64, ::64])

    return files.map(shape, tf.data.AUTOTUNE).batch(BATCH, True).prefetch(tf.data.AUTOTUNE)


def drawing(dataset: tf.data.Dataset):
    """Images a second of an endless stream. It runs only while it is drawn from."""

    def draw() -> float:
        iterator = iter(dataset)
        for _ in range(10):
            next(iterator)
        start = time.perf_counter()
        for _ in range(BATCHES):
            next(iterator)
        return BATCH * BATCHES / (time.perf_counter() - start)

    return draw


def test_images_a_second(pictures, capsys):
    folder, records = pictures / "pictures", pictures / "records" / "train-0.tfrecord"

    def from_folder() -> tf.data.Dataset:
        paths = tf.data.Dataset.list_files(str(folder / "*" / "*.jpg")).repeat()
        return paths.map(tf.io.read_file, tf.data.AUTOTUNE)

    contestants = {
        "slim, folder": drawing(ours(slim.data.from_folder(folder, "all"))),
        "slim, TFRecords": drawing(ours(slim.data.from_tfrecords(records, 2))),
        "tf.data, the same operations": drawing(plain(from_folder())),
        "Keras 3 (no crop)": drawing(keras(folder)),
        BOUND: drawing(decoding(from_folder())),
    }
    if settings.TORCH_PYTHON and settings.wanted("torch and torchvision"):
        python, sizes = settings.TORCH_PYTHON, (str(BATCH), str(SIZE))
        turn = in_turns([python, "-c", TORCH, str(folder), *sizes])
        contestants["torch and torchvision"] = lambda: turn("")
    rates = {name: [] for name in contestants if settings.wanted(name)}
    for _ in range(ROUNDS):
        for name, all_ in rates.items():
            all_.append(contestants[name]())
    bound = rates.pop(BOUND, None)
    with capsys.disabled():
        print(f"\n{TITLE}")
        recording.show([recording.record(TITLE, *one, "images/s") for one in rates.items()])
        if bound:
            print(f"\n{BOUND}, which nothing above can beat")
            recording.show([recording.record(BOUND, "tf.data", bound, "images/s")])
