"""One row for each kind of source: the same numbered pictures, from each."""

from __future__ import annotations

import csv
import json
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tests.data import made
from tf_slim import data

COUNT = 45
CLASSES = 5


def label_of(number: int) -> int:
    """The label of a picture by its number."""
    return number % CLASSES


def pixels(number: int) -> np.ndarray:
    """A picture whose first two pixels are its number, as `made.identify` reads it."""
    return np.array([[number % 256, number // 256], [7, 9]], np.uint8)[:, :, np.newaxis]


def png(number: int) -> bytes:
    return tf.io.encode_png(pixels(number)).numpy()


def weight_of(number: int) -> float:
    return 0.5 + number % 3


def _tfrecords(folder: Path, count: int) -> data.DatasetSpec:
    half = count // 2
    for part, numbers in enumerate((range(half), range(half, count))):
        examples = [made.example(number, label_of(number)) for number in numbers]
        data.write_examples(folder / f"part-{part}.tfrecord", examples)
    return data.from_tfrecords(folder / "part-*", CLASSES, image_channels=1)


def write_pictures(folder: Path, count: int) -> list[str]:
    """Writes pictures in class folders, and returns their relative paths."""
    paths = []
    for number in range(count):
        home = folder / f"class {label_of(number)}"
        home.mkdir(parents=True, exist_ok=True)
        (home / f"{number} é.png").write_bytes(png(number))
        paths.append(f"class {label_of(number)}/{number} é.png")
    return paths


def _folder(folder: Path, count: int) -> data.DatasetSpec:
    write_pictures(folder, count)
    return data.from_folder(folder, "all", image_channels=1)


def _table(folder: Path, count: int) -> data.DatasetSpec:
    with open(folder / "table.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label"])
        writer.writerows(
            (path, label_of(number)) for number, path in enumerate(write_pictures(folder, count))
        )
    return data.from_table(folder / "table.csv", "all", image_channels=1)


def _weighted_json(folder: Path, count: int) -> data.DatasetSpec:
    rows = [
        {"file": path, "label": f"class {label_of(number)}", "weight": weight_of(number)}
        for number, path in enumerate(write_pictures(folder, count))
    ]
    (folder / "table.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return data.from_table(folder / "table.jsonl", "all", image_channels=1)


def _arrays(folder: Path, count: int) -> data.DatasetSpec:
    del folder
    images = np.stack([pixels(number) for number in range(count)])
    return data.from_arrays(images, [label_of(number) for number in range(count)])


def _list_of_arrays(folder: Path, count: int) -> data.DatasetSpec:
    del folder
    images = [pixels(number) for number in range(count)]
    weights = [weight_of(number) for number in range(count)]
    return data.from_arrays(images, [label_of(n) for n in range(count)], weights=weights)


def _generator(folder: Path, count: int) -> data.DatasetSpec:
    del folder

    def drawn():
        for number in range(count):
            yield pixels(number), label_of(number)

    return data.from_generator(drawn, CLASSES, num_samples=count)


def _generator_of_files(folder: Path, count: int) -> data.DatasetSpec:
    def files():
        for number, path in enumerate(write_pictures(folder, count)):
            yield folder / path, label_of(number), weight_of(number)

    return data.from_generator(files, CLASSES, weighted=True, image_channels=1)


def _tfds(folder: Path, count: int) -> data.DatasetSpec:
    del folder
    module: Any = stub_of_tfds(count)
    before = sys.modules.get("tensorflow_datasets")
    sys.modules["tensorflow_datasets"] = module
    try:
        return data.from_source("tfds:numbered", "train")
    finally:
        sys.modules.pop("tensorflow_datasets")
        if before is not None:
            sys.modules["tensorflow_datasets"] = before


def stub_of_tfds(count: int) -> types.ModuleType:
    """As much of tensorflow-datasets as is used, with one data set of numbered pictures."""

    images = [png(number) for number in range(count)]
    labels = [label_of(number) for number in range(count)]

    class Builder:
        info = types.SimpleNamespace(
            name="numbered",
            full_name="numbered/1.0.0",
            citation="",
            supervised_keys=("image", "label"),
            features={
                "image": types.SimpleNamespace(shape=(None, None, 1)),
                "label": types.SimpleNamespace(
                    shape=(), num_classes=CLASSES, names=[f"class {i}" for i in range(CLASSES)]
                ),
            },
            splits={
                "train": types.SimpleNamespace(num_examples=count),
                "val": types.SimpleNamespace(num_examples=count),
            },
        )

        def download_and_prepare(self):
            pass

        def as_dataset(self, *, split, shuffle_files, decoders, read_config):
            assert not shuffle_files
            assert split in ("train", "val", "train+val")
            assert list(decoders) == ["image"]
            assert read_config.interleave_cycle_length == 1
            return tf.data.Dataset.from_tensor_slices({"image": images, "label": labels})

    module: Any = types.ModuleType("tensorflow_datasets")
    builders = {"numbered": Builder()}
    module.builder = builders.__getitem__
    module.decode = types.SimpleNamespace(SkipDecoding=lambda: None)
    module.ReadConfig = types.SimpleNamespace
    return module


# Name -> `fn(folder, count)`, the spec of the pictures 0 to count - 1.
SOURCES: dict[str, Callable[[Path, int], data.DatasetSpec]] = {
    "tfrecords": _tfrecords,
    "folder": _folder,
    "table": _table,
    "weighted table": _weighted_json,
    "arrays": _arrays,
    "list of arrays": _list_of_arrays,
    "generator": _generator,
    "generator of files": _generator_of_files,
    "tfds": _tfds,
}
