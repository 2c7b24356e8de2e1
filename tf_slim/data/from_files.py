"""`from_tfrecords`: a spec for TFRecord files that nobody registered."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence

import tensorflow as tf

from tf_slim.data.labels import FILE_NAME, read_labels
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops import paths
from tf_slim.ops.arguments import checked
from tf_slim.ops.data_errors import DataNotFoundError


@checked
def from_tfrecords(
    pattern: str | os.PathLike | Sequence[str | os.PathLike],
    num_classes: int | None = None,
    *,
    name: str | None = None,
    split: str = "all",
    num_samples: int | None = None,
    image_channels: int = 3,
    image_size: int | Sequence[int] | None = None,
    preprocessing: str = "none",
    labels_file: str | os.PathLike | None = None,
    multi_label: bool = False,
    weighted: bool = False,
) -> DatasetSpec:
    """Describes any TFRecord files with the keys `image/encoded` and `image/class/label`.

    Args:
        pattern: A file, a glob pattern, or several of them.
        num_classes: Number of classes. If None, one more than the highest id in the label file.
        name: Name of the data set. If None, the name of the folder.
        split: Name of the split.
        num_samples: Number of records. If None, they are counted when first needed.
        image_channels: Channels to decode: 1 (grey), 3 (RGB) or 4 (RGBA).
        image_size: Size in pixels to hand to the preprocessing: one integer or `(height, width)`.
        preprocessing: Name of the preprocessing to use unless a pipeline is given another.
        labels_file: A file of `id:name` lines. If None, `labels.txt` beside the data, if it is
            there.
        multi_label: Whether a record has any number of labels.
        weighted: Whether records have a weight (`image/weight`, by default 1), which training
            batches then hold.

    Returns:
        The spec.

    Raises:
        DataNotFoundError: If a pattern matches nothing, or `labels_file` is not there.
        ValueError: If `num_classes` is neither given nor to be had from a label file, or a label
            of the file is not below it.

    Examples:
        >>> example = slim.data.image_example(np.zeros([4, 4, 3], np.uint8), label=7)
        >>> slim.data.write_examples("a.tfrecord", [example] * 3)
        3
        >>> spec = slim.data.from_tfrecords("*.tfrecord", num_classes=10)
        >>> len(spec.files()), slim.data.Pipeline(spec, 2).num_samples
        (1, 3)
    """
    draft = DatasetSpec(
        name=name or "",
        split=split,
        data_sources=pattern,
        num_classes=1 if num_classes is None else num_classes,
        num_samples=num_samples,
        image_channels=image_channels,
        image_size=image_size,
        preprocessing=preprocessing,
        multi_label=multi_label,
        weighted=weighted,
    )
    folder = os.path.dirname(paths.absolute(draft.files()[0]))
    path = os.path.join(folder, FILE_NAME) if labels_file is None else os.fspath(labels_file)
    labels_to_names = None
    if tf.io.gfile.exists(path):
        labels_to_names = read_labels(path)
    elif labels_file is not None:
        raise DataNotFoundError("there is no such label file.", path=path)
    if num_classes is None:
        if not labels_to_names:
            raise ValueError(
                f"How many classes does {pattern!r} have? Give num_classes, or put a label file "
                f"of 'id:name' lines at {path!r}."
            )
        num_classes = max(labels_to_names) + 1
    elif labels_to_names and max(labels_to_names) >= num_classes:
        raise ValueError(
            f"{path} names the label {max(labels_to_names)}, but num_classes is {num_classes}: "
            f"labels must be in [0, {num_classes})."
        )
    return dataclasses.replace(
        draft,
        name=name or os.path.basename(folder),
        num_classes=num_classes,
        labels_to_names=labels_to_names,
    )
