"""`tf-slim inspect NET`: the layers, end points and numbers of a net."""

from __future__ import annotations

import dataclasses
import json

from tf_slim.cli import terminal


def show(name: str, as_json: bool) -> None:
    """Prints what a net is made of, at its own image size.

    Args:
      name: of the net.
      as_json: whether to print JSON.
    """
    from tf_slim import model_analyzer

    found = model_analyzer.analyze_net(name)
    if as_json:
        row = {"name": name, **dataclasses.asdict(found)}
        row["end_points"] = dict(found.end_points)
        terminal.say(json.dumps(row, indent=2, ensure_ascii=False))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("layer", no_wrap=True)
    table.add_column("output", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    table.add_column("multiply-adds", justify="right", no_wrap=True)
    for layer in found.layers:
        numbers = (layer.parameters, layer.multiply_adds)
        table.add_row(layer.name, layer.output, *(f"{n:,}" if n else "" for n in numbers))
    terminal.show(table)
    terminal.say()
    terminal.say(f"end points: {', '.join(key for key, _ in found.end_points) or 'none'}")
    terminal.say(
        f"{name}: {found.variables} variables, {found.parameters:,} parameters and "
        f"{found.state:,} numbers that are not trained, {found.multiply_adds:,} multiply-adds for "
        "one image"
    )
