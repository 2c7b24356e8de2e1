"""Reads the recorded cases from `data/`."""

from __future__ import annotations

import dataclasses
import functools
import gzip
import json
import pathlib
from typing import Any

DATA = pathlib.Path(__file__).parent / "data"

Case = dict[str, Any]


@functools.cache
def cases(kind: str) -> tuple[Case, ...]:
    """The cases of one file, in its order.

    Args:
      kind: name of the file within `data/`, without `.json.gz`: "layers", "nets/research_lenet".
    """
    with gzip.open(DATA / f"{kind}.json.gz", "rt", encoding="utf-8") as stream:
        return tuple(json.load(stream)["cases"])


def case(kind: str, case_id: str) -> Case:
    """One case by its id."""
    for candidate in cases(kind):
        if candidate["id"] == case_id:
            return candidate
    raise KeyError(f"{kind} has no case {case_id!r}.")


def net_kinds() -> list[str]:
    """The kinds that hold nets, for `cases`; those of one family follow each other."""
    kinds = sorted(f"nets/{path.name.split('.')[0]}" for path in DATA.glob("nets/*.json.gz"))
    return sorted(kinds, key=lambda kind: kind.partition("_")[2])


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A recorded checkpoint: `meta` describes it, `v2` and `v1` are the prefixes of its files.

    `frozen` is the file of a GraphDef that holds the weights as constants.
    """

    meta: Case
    v2: pathlib.Path
    v1: pathlib.Path
    frozen: pathlib.Path


def checkpoint(name: str) -> Checkpoint:
    """The checkpoint `data/checkpoints/<name>`."""
    folder = DATA / "checkpoints" / name
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    (index,) = folder.glob("v2/*.index")
    v1 = folder / "v1" / "model.ckpt"
    return Checkpoint(meta, index.with_suffix(""), v1, folder / "frozen.pb")
