"""What a benchmark is told from outside, by variables of the environment."""

from __future__ import annotations

import fnmatch
import os

VARIABLES = {
    "SLIM_BENCH": "`full` measures at the sizes of docs/numbers.md; by default all is small",
    "SLIM_BENCH_NETS": "a glob over the names of the nets, such as 'resnet*'",
    "SLIM_BENCH_PEERS": "a glob over the contestants beside this package; 'none' for none of them",
    "SLIM_BENCH_BATCH": "images in a batch of the table of nets, in place of its own",
    "TORCH_PYTHON": "a Python with torch and timm (and torchvision), to measure beside",
}

FULL = os.environ.get("SLIM_BENCH") == "full"
TORCH_PYTHON = os.environ.get("TORCH_PYTHON")
_NETS = os.environ.get("SLIM_BENCH_NETS", "*")
_PEERS = os.environ.get("SLIM_BENCH_PEERS", "*")


def sized(small, full):
    """The first by default, the second for those of docs/numbers.md."""
    return full if FULL else small


def on_gpu() -> bool:
    """Whether `make bench-gpu` is running, which has found one."""
    return os.environ.get("SLIM_BENCH_GPU") == "1"


def batch(own: int) -> int:
    """Images in a batch of a net whose own number is `own`."""
    asked = os.environ.get("SLIM_BENCH_BATCH")
    return int(asked) if asked else 64 if on_gpu() else sized(4, own)


def chosen_nets(names) -> list[str]:
    """Those of the names of nets that are asked for."""
    return [name for name in names if fnmatch.fnmatchcase(name, _NETS)]


def wanted(contestant: str) -> bool:
    """Whether a contestant is to be measured: this package is, and a peer that is asked for."""
    return is_ours(contestant) or fnmatch.fnmatchcase(contestant, _PEERS)


def is_ours(contestant: str) -> bool:
    """Whether it is this package: its name then begins with its own."""
    return contestant.split(maxsplit=1)[0].rstrip(",") == "slim"
