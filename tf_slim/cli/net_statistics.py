"""The parameters and multiply-adds of nets: those of the package come with it."""

from __future__ import annotations

import json
import pathlib

# Made by scripts/count_nets.py.
FILE = pathlib.Path(__file__).parent / "net_statistics.json"


def known() -> dict[str, dict[str, int]]:
    """What is known of the nets of the package, by their names."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def completed(incomplete: str) -> list[str]:
    """The nets whose names begin so, for a shell. TensorFlow is not asked: it takes seconds."""
    return [name for name in known() if name.startswith(incomplete)]


def of(names: list[str]) -> dict[str, dict[str, int]]:
    """What nets are made of, at their own image size, for one image.

    Args:
      names: names of nets. The graph of one that does not come with the package is built.

    Returns:
      "parameters" and "multiply_adds" of each.
    """
    there = known()
    return {name: there[name] if name in there else counted(name) for name in names}


def counted(name: str) -> dict[str, int]:
    """Counts what a net is made of, which takes seconds for a large one."""
    from tf_slim import model_analyzer

    found = model_analyzer.analyze_net(name)
    return {"parameters": found.parameters, "multiply_adds": found.multiply_adds}
