"""Reading all pictures of a source to tell what is wrong with them, and not to convert them."""

from __future__ import annotations

import contextlib
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence

from tf_slim.data.conversion.plan import Plan, plan_of
from tf_slim.data.spec import DatasetSpec


@contextlib.contextmanager
def plan_to_look_at(
    source: str | os.PathLike | DatasetSpec | Mapping[str, DatasetSpec],
    *,
    splits: Sequence[str] | None = None,
    columns: Mapping[str, str] | None,
    validation_share: float,
) -> Iterator[Plan]:
    """The plan of what there is to read, for whoever tells what is wrong with it by himself.

    Args:
        source: As in `convert`.
        splits: Names of the splits, or None for all.
        columns: As in `convert`.
        validation_share: As in `convert`.

    Yields:
        The plan, whose pictures can be read within the block. Nothing is warned of there.
    """
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield plan_of(
            source,
            scratch,
            splits=splits,
            layout=None,
            columns=columns,
            validation_share=validation_share,
            on_error="skip",
            with_digest=False,
        )
