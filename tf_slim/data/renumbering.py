"""Data with the numbers of classes that a model has, told by their names."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from tf_slim.data.sources.checking import with_listing
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops.data_errors import DataError
from tf_slim.ops.wording import first_few


def of_classes(spec: DatasetSpec, names: Sequence[str] | None) -> DatasetSpec:
    """Data with the numbers that a model has for their classes.

    Args:
        spec: The data. In a folder the classes are counted from 0 as they come.
        names: Those that the model knows; None if nobody knows them.

    Raises:
        DataError: If there are others among them, or records have other numbers for them.
    """
    ours = spec.labels_to_names
    if not ours or not names:
        return spec
    moved = [number for number, name in ours.items() if [name] != list(names[number : number + 1])]
    if not moved:
        return dataclasses.replace(spec, num_classes=len(names))
    unknown = [name for name in ours.values() if name not in names]
    if unknown:
        raise DataError(
            f"The data {spec.name!r} have classes that the model does not know: "
            f"{first_few(map(repr, unknown))}. It knows: {first_few(map(repr, names), 10)}."
        )
    if spec.listing is None:
        name = ours[moved[0]]
        raise DataError(
            f"The label file of the data {spec.name!r} disagrees with the model: {name!r} is class "
            f"{moved[0]} there, and class {names.index(name)} of the model. Convert the data again."
        )
    number_of = {k: names.index(v) for k, v in ours.items()}
    labels = [
        tuple(number_of[one] for one in label) if isinstance(label, tuple) else number_of[label]
        for label in spec.listing.labels
    ]
    listing = dataclasses.replace(spec.listing, labels=labels)
    changed = dataclasses.replace(
        spec, num_classes=len(names), labels_to_names=dict(enumerate(names))
    )
    return with_listing(changed, listing)
