"""Visual Wake Words, out of the pictures and annotations of COCO: is there a person?

A. Chowdhery, P. Warden, J. Shlens, A. Howard and R. Rhodes. Visual Wake Words Dataset. 2019.
https://arxiv.org/abs/1906.05721
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence

from tf_slim.data.archives import far
from tf_slim.data.archives.archive import Archive, Packed
from tf_slim.data.archives.members import in_folder, members_of
from tf_slim.data.layouts import LAYOUTS
from tf_slim.ops import paths
from tf_slim.ops.data_errors import DataError
from tf_slim.ops.wording import first_few

LABELS = {0: "background", 1: "person"}
LEAST_SHARE = 0.005
"""Share of the picture that the box of a person has to be larger than."""

_ENDINGS = (".zip", ".tar", ".tar.gz")
_ANNOTATIONS = re.compile(r"instances_((?:train|val)20\d\d)\.json")


def find(folder: str, folders: Sequence[str]) -> dict[str, str]:
    """Looks for annotations such as `annotations/instances_train2014.json`.

    Args:
        folder: Where to look.
        folders: Names of the folders in it.

    Returns:
        The path of each file by the name of the pictures, such as `train2014`.
    """
    inside = os.path.join(folder, "annotations")
    names = paths.names(inside) if "annotations" in folders else []
    return {
        match[1]: os.path.join(inside, name)
        for name in names
        if (match := _ANNOTATIONS.fullmatch(name))
    }


def read(
    folder: str,
    annotations: Mapping[str, str],
    folders: Sequence[str],
    names: Sequence[str],
    scratch: str,
) -> Archive:
    """Reads the annotations and finds the pictures.

    Of a folder that is far away, annotations and archives are copied; pictures in a folder are
    read where they are.

    Args:
        folder: The folder. Beside the annotations it has a folder or an archive of the pictures of
            each split, such as `train2014` or `train2014.zip`.
        annotations: What `find` found.
        folders: Names of the folders in it.
        names: Names of the files in it.
        scratch: See `members_of`.

    Returns:
        The data set.

    Raises:
        DataError: If the annotations are none of COCO's, or pictures are missing.
    """
    archives = {
        called: os.path.join(folder, called + ending)
        for called in annotations
        for ending in reversed(_ENDINGS)
        if called not in folders and called + ending in names
    }
    near = far.copies([*annotations.values(), *archives.values()])
    splits = {}
    for called, file in annotations.items():
        split = called[:-4]
        if called in archives:
            archive = archives[called]
            inside = members_of(near[archive], scratch, archive)
        elif called in folders:
            path = os.path.join(folder, called)
            inside = in_folder(path, paths.folders_and_files(path)[1], copied=False)
        else:
            raise DataError(
                f"the pictures that it is about are missing: there is neither a folder {called} "
                f"nor an archive {called}.zip in {folder!r}.",
                path=file,
            )
        pictures = {name.rpartition("/")[2]: one for name, one in inside.files.items()}
        labels = _labels(near[file], file)
        missing = sorted(set(labels) - set(pictures))
        if missing:
            raise DataError(
                f"{len(missing)} of the {len(labels)} pictures that it names are missing: "
                f"{first_few(missing, 3)}.",
                path=file,
                remedy=f"Put the folder or archive {called} there, whole.",
            )
        splits[split] = [
            Packed(
                f"{split}/{LABELS[label]}/{name}",
                label,
                pictures[name].size,
                pictures[name].where,
                pictures[name].read,
            )
            for name, label in labels.items()
        ]
    return Archive(
        LAYOUTS["visualwakewords"],
        splits=splits,
        labels=LABELS,
    )


def _labels(path: str, called: str) -> dict[str, int]:
    """Whether there is a person in a picture, by the name of its file."""
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        persons = {one["id"] for one in content["categories"] if one["name"] == "person"}
        images = {one["id"]: one for one in content["images"]}
        labels = dict.fromkeys((one["file_name"] for one in images.values()), 0)
        for one in content["annotations"]:
            image = images[one["image_id"]]
            _, _, width, height = one["bbox"]
            share = width * height / (image["width"] * image["height"])
            if one["category_id"] in persons and share > LEAST_SHARE:
                labels[image["file_name"]] = 1
    except (ValueError, KeyError, TypeError, ZeroDivisionError) as error:
        raise DataError(
            f"these are no annotations of COCO: {type(error).__name__}: {error}.", path=called
        ) from error
    return labels
