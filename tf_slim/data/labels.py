"""Label files: the names of the classes, one `id:name` a line."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from tf_slim.ops import files
from tf_slim.ops.arguments import checked
from tf_slim.ops.data_errors import DataError

FILE_NAME = "labels.txt"


@checked
def read_labels(path: str) -> dict[int, str]:
    """Reads a label file.

    Args:
        path: The file, in UTF-8. Empty lines are skipped, a name may hold colons.

    Returns:
        The name of each class by its number.

    Raises:
        DataError: If a line is not `id:name`, or an id comes twice.

    Examples:
        >>> slim.data.write_labels("labels.txt", {0: "cat", 1: "dog"})
        >>> slim.data.read_labels("labels.txt")
        {0: 'cat', 1: 'dog'}
    """
    with tf.io.gfile.GFile(path, "r") as file:
        lines = file.read().splitlines()
    names: dict[int, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        key, colon, name = line.partition(":")
        if not colon or not key.strip().isdecimal():
            raise DataError(f"line {number} must be 'id:name', received {line!r}.", path=path)
        if int(key) in names:
            raise DataError(f"line {number} gives the label {int(key)} again.", path=path)
        names[int(key)] = name.strip()
    return names


@checked
def write_labels(path: str, names: Mapping[int, str]) -> None:
    """Writes a label file, in the order of the ids.

    Args:
        path: Where to write.
        names: The name of each class by its number.

    Raises:
        TypeError: `path` is no path.
        OSError: the file cannot be written.

    Examples:
        >>> slim.data.write_labels("labels.txt", {1: "dog", 0: "cat"})
        >>> print(open("labels.txt").read().strip())
        0:cat
        1:dog
    """
    files.replace_text(path, "".join(f"{label}:{names[label]}\n" for label in sorted(names)))
