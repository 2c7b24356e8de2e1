"""Tiny archives of the kinds in which known data sets are published."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import tarfile
import zipfile

import numpy as np
import tensorflow as tf

SYNSETS = ("n01440764", "n01443537", "n01484850")


def jpeg(number: int, size: int = 8) -> bytes:
    """A picture that tells which one it is by its grey."""
    pixels = np.full([size, size + 1, 3], number * 7 % 256, np.uint8)
    return tf.io.encode_jpeg(pixels).numpy()


def tar(files: dict[str, bytes], compression: str = "") -> bytes:
    """A tar archive of files; `None` for a link to /etc/passwd."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{compression}") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            else:
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content or b""))
    return buffer.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip archive of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def idx(values: np.ndarray) -> bytes:
    """An array as MNIST's files have it."""
    sizes = np.asarray(values.shape, ">u4").tobytes()
    return bytes([0, 0, 8, values.ndim]) + sizes + values.astype(np.uint8).tobytes()


def mnist(folder, counts=(("train", 12), ("t10k", 5)), compressed=True):
    """The four files; picture i is filled with i, and its label is i modulo 10."""
    folder.mkdir(exist_ok=True)
    for split, count in counts:
        numbers = np.arange(count)
        images = np.broadcast_to(numbers[:, None, None], [count, 28, 28])
        for kind, values in (("images-idx3", images), ("labels-idx1", numbers % 10)):
            content = idx(values)
            path = folder / f"{split}-{kind}-ubyte{'.gz' if compressed else ''}"
            path.write_bytes(gzip.compress(content) if compressed else content)
    return folder


def cifar_pixels(number: int) -> np.ndarray:
    """A picture as CIFAR-10 stores it, plane by plane: all of a plane is of one value."""
    return np.repeat(np.array([number, number + 1, number + 2], np.uint8), 1024)


def cifar10(path, kind: str = "python", count: int = 3):
    """The archive, with `count` pictures a batch, of the labels 0, 1, ..."""
    files = {}
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    for batch, name in enumerate(names):
        pixels = np.stack([cifar_pixels(10 * batch + i) for i in range(count)])
        labels = list(range(count))
        if kind == "python":
            content = pickle.dumps({b"data": pixels, b"labels": labels}, protocol=2)
            files[f"cifar-10-batches-py/{name}"] = content
        else:
            rows = np.concatenate([np.array(labels, np.uint8)[:, None], pixels], axis=1)
            files[f"cifar-10-batches-bin/{name}.bin"] = rows.tobytes()
    path.write_bytes(tar(files, "gz"))
    return path


def imagenet(folder, validation: bool = True, whole: bool = True):
    """The archives, three classes of two pictures each, and one validation picture a class."""
    folder.mkdir(exist_ok=True)
    classes = {
        f"{synset}.tar": tar({f"{synset}_{i}.JPEG": jpeg(10 * place + i) for i in range(2)})
        for place, synset in enumerate(SYNSETS)
    }
    if whole:
        (folder / "ILSVRC2012_img_train.tar").write_bytes(tar(classes))
    else:
        for name, content in classes.items():
            (folder / name).write_bytes(content)
    if validation:
        files = {f"ILSVRC2012_val_{i:08d}.JPEG": jpeg(100 + i) for i in range(1, 4)}
        (folder / "ILSVRC2012_img_val.tar").write_bytes(tar(files))
        lines = "".join(f"{synset}\n" for synset in reversed(SYNSETS))
        (folder / "imagenet_2012_validation_synset_labels.txt").write_text(lines)
    return folder


def coco(folder, zip_of=("val",)):
    """Annotations and pictures of both splits: one with a large person, a small one, and none."""
    (folder / "annotations").mkdir(parents=True)
    for split in ("train", "val"):
        images = [
            {"id": i, "file_name": f"{split}_{i}.jpg", "width": 100, "height": 100}
            for i in range(3)
        ]
        boxes = [(0, 1, [0, 0, 50, 50]), (1, 1, [0, 0, 5, 10]), (2, 2, [0, 0, 90, 90])]
        content = {
            "images": images,
            "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "dog"}],
            "annotations": [
                {"image_id": image, "category_id": category, "bbox": box}
                for image, category, box in boxes
            ],
        }
        (folder / "annotations" / f"instances_{split}2014.json").write_text(json.dumps(content))
        files = {one["file_name"]: jpeg(one["id"]) for one in images}
        if split in zip_of:
            (folder / f"{split}2014.zip").write_bytes(zipped(files))
        else:
            (folder / f"{split}2014").mkdir()
            for name, data in files.items():
                (folder / f"{split}2014" / name).write_bytes(data)
    return folder
