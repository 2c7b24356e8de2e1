"""`datasets.dataset_utils` of research/slim: features, label files, archives, sharded output."""

from __future__ import annotations

import os
import posixpath
import tempfile
import urllib.parse
import zipfile

import tensorflow as tf

from tf_slim.data import labels
from tf_slim.ops import downloads, unpacking

__all__ = [
    "LABELS_FILENAME",
    "bytes_feature",
    "bytes_list_feature",
    "download_and_uncompress_tarball",
    "download_and_uncompress_zipfile",
    "download_url",
    "float_feature",
    "float_list_feature",
    "has_labels",
    "image_to_tfexample",
    "int64_feature",
    "open_sharded_output_tfrecords",
    "read_label_file",
    "write_label_file",
]

LABELS_FILENAME = labels.FILE_NAME


# ------------------------------------------------------------------------------- features


def int64_feature(values):
    """The feature of an integer, or of a list or tuple of integers."""
    values = values if isinstance(values, (list, tuple)) else [values]
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def bytes_feature(values):
    """The feature of one string; a `str` is written in UTF-8."""
    return bytes_list_feature([values])


def bytes_list_feature(values):
    """The feature of a list of strings; a `str` is written in UTF-8."""
    encoded = [value.encode() if isinstance(value, str) else value for value in values]
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=encoded))


def float_feature(values):
    """The feature of a number, or of a list or tuple of numbers."""
    values = values if isinstance(values, (list, tuple)) else [values]
    return float_list_feature(values)


def float_list_feature(values):
    """The feature of a list of numbers."""
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))


def image_to_tfexample(image_data, image_format, height, width, class_id):
    """The record of an image.

    Args:
      image_data: the encoded image, bytes.
      image_format: such as b"png".
      height: in pixels.
      width: in pixels.
      class_id: the number of its class.

    Returns:
      A `tf.train.Example`.
    """
    features = {
        "image/encoded": bytes_feature(image_data),
        "image/format": bytes_feature(image_format),
        "image/class/label": int64_feature(class_id),
        "image/height": int64_feature(height),
        "image/width": int64_feature(width),
    }
    return tf.train.Example(features=tf.train.Features(feature=features))


# ------------------------------------------------------------------------------- label files


def write_label_file(labels_to_class_names, dataset_dir, filename=LABELS_FILENAME):
    """Writes the names of the classes, one `id:name` a line.

    Args:
      labels_to_class_names: the name of each class by its number.
      dataset_dir: the folder.
      filename: the name of the file in it.
    """
    labels.write_labels(os.path.join(dataset_dir, filename), labels_to_class_names)


def has_labels(dataset_dir, filename=LABELS_FILENAME):
    """Whether a folder has a file of labels."""
    return tf.io.gfile.exists(os.path.join(dataset_dir, filename))


def read_label_file(dataset_dir, filename=LABELS_FILENAME):
    """Reads what `write_label_file` wrote.

    Args:
      dataset_dir: the folder.
      filename: the name of the file in it.

    Returns:
      The name of each class by its number.

    Raises:
      ValueError: a line is not `id:name`, or an id comes twice.
    """
    return labels.read_labels(os.path.join(dataset_dir, filename))


# ------------------------------------------------------------------------------- archives


def download_url(url, dataset_dir):
    """Fetches a file into a folder, unless it is there already.

    Args:
      url: beginning with http:// or https://.
      dataset_dir: the folder.

    Returns:
      The path of the file, which is called as the last part of the address.

    Raises:
      OSError: it cannot be fetched.
    """
    return _fetched(url, dataset_dir)


def _fetched(url: str, dataset_dir: str, **kwargs) -> str:
    name = posixpath.basename(urllib.parse.urlsplit(url).path)
    path = os.path.join(dataset_dir, name)
    return downloads.download(url, path, progress=downloads.ProgressLine(name), **kwargs)


def download_and_uncompress_tarball(tarball_url, dataset_dir):
    """Fetches a tar archive and unpacks it in a folder.

    Args:
      tarball_url: its address.
      dataset_dir: the folder. Files in it that the archive has too are replaced.

    Raises:
      OSError: the archive cannot be fetched, is damaged, or holds anything but files and folders
        below `dataset_dir`. Nothing is unpacked then.
    """
    archive = _fetched(tarball_url, dataset_dir, archive=True)
    with tempfile.TemporaryDirectory(prefix=".unpacked-", dir=dataset_dir) as staging:
        unpacked = downloads.extract(archive, os.path.join(staging, "files"))
        for folder, _, files in os.walk(unpacked):
            target = os.path.join(dataset_dir, os.path.relpath(folder, unpacked))
            os.makedirs(target, exist_ok=True)
            for name in files:
                os.replace(os.path.join(folder, name), os.path.join(target, name))


def download_and_uncompress_zipfile(zip_url, dataset_dir):
    """Fetches a zip archive and unpacks it in a folder.

    Args:
      zip_url: its address.
      dataset_dir: the folder. Files in it that the archive has too are replaced.

    Raises:
      OSError: the archive cannot be fetched, or is damaged.
    """
    archive = download_url(zip_url, dataset_dir)
    try:
        with zipfile.ZipFile(archive) as members:
            if sum(member.file_size for member in members.infolist()) > unpacking.MOST_BYTES:
                raise downloads.DownloadError(f"Refused to unpack {archive}: it is too large.")
            members.extractall(dataset_dir)  # a zip member never leaves its folder
    except zipfile.BadZipFile as error:
        raise downloads.DownloadError(
            f"Cannot unpack {archive}: {error}. If it is damaged, remove it to fetch it again."
        ) from error


# ------------------------------------------------------------------------------- output


def open_sharded_output_tfrecords(exit_stack, base_path, num_shards):
    """Opens the files that the records of a split are spread over.

        with contextlib.ExitStack() as stack:
            shards = open_sharded_output_tfrecords(stack, "/data/train.record", 10)
            shards[index % 10].write(example.SerializeToString())

    Args:
      exit_stack: a `contextlib.ExitStack`, which closes them.
      base_path: what their paths begin with: `-00000-of-00010` and so on comes after it.
      num_shards: how many there are.

    Returns:
      A list of `tf.io.TFRecordWriter`.
    """
    return [
        exit_stack.enter_context(
            tf.io.TFRecordWriter(f"{base_path}-{shard:05d}-of-{num_shards:05d}")
        )
        for shard in range(num_shards)
    ]
