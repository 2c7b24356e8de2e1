"""Runs of `tf-slim train` that have no description: what their `config.toml` says."""

from __future__ import annotations

import os
import types
from typing import Any

from tf_slim import data
from tf_slim.learning.description import Description, DescriptionError, complete
from tf_slim.ops import files, paths

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

_FILE_NAME = "config.toml"


def describe(folder: str) -> Description | None:
    """What the configuration in a run folder says of the run; None if there is none.

    Raises:
      DescriptionError: it is damaged, or does not say enough.
    """
    path = os.path.join(folder, _FILE_NAME)
    if not paths.exists(path):
        return None
    try:
        table = tomllib.loads(files.read_text(path))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise DescriptionError(f"{path} cannot be read: {error}.") from error
    model, options = (table.get(name, types.MappingProxyType({})) for name in ("model", "data"))
    if not isinstance(model.get("name"), str) or not isinstance(model.get("num_classes"), int):
        raise DescriptionError(f"{path} does not say of which net and how many classes it is.")
    size = options.get("image_size")
    kwargs = dict(model.get("kwargs", {}))
    kwargs.update((k, model[k]) for k in ("weight_decay", "batch_norm_decay") if k in model)
    spec = _data(options)
    return Description(
        net=model["name"],
        num_classes=model["num_classes"],
        kwargs=kwargs,
        data=getattr(spec, "name", None),
        labels=complete(getattr(spec, "labels_to_names", None), model["num_classes"]),
        preprocessing=options.get("preprocessing"),
        image_size=data.spec.as_image_size(size),
        channels=spec.image_channels if spec is not None else options.get("channels", 3),
    )


def _data(options: Any) -> data.DatasetSpec | None:
    """The data, if they are still there: only they know the names of the classes."""
    split = options.get("train_split", "train")
    try:
        if not options.get("files"):
            return data.get_dataset(options["name"], split)
        patterns = [pattern.replace("{split}", split) for pattern in options["files"]]
        return data.from_tfrecords(
            patterns, options.get("num_classes"), image_channels=options.get("channels", 3)
        )
    except (KeyError, ValueError, OSError):
        return None
