"""The layers of a net as a table, for `tf-slim inspect NET`."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from tf_slim.cli import terminal


def show(name: str, *, as_json: bool = False, image_size: int | None = None) -> None:
    """Prints what a net is made of: its layers, end points, parameters and multiply-adds.

    Args:
      name: one of `slim.nets.names()`.
      as_json: whether to print JSON, with the end points.
      image_size: height and width in pixels; None for the net's own.

    Raises:
      ValueError: there is no such net, or it cannot take images of that size.
    """
    import tf_slim as slim
    from tf_slim import model_analyzer

    found = model_analyzer.analyze_net(name, image_size)
    spec = slim.nets.spec(name)
    if as_json:
        row = {"name": name, **dataclasses.asdict(found), "end_points": dict(found.end_points)}
        terminal.say(json.dumps(row, indent=2))
        return
    size = image_size or spec.image_size
    terminal.say(f"{name}: {size}x{size}x{spec.channels}, {spec.num_classes} classes. {spec.paper}")
    _table(found)
    terminal.say(
        f"{found.parameters:,} parameters and {found.state:,} moving statistics in "
        f"{found.variables} variables; {found.multiply_adds:,} multiply-adds; "
        f"{len(found.end_points)} end points"
    )


def _table(found: Any) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("layer", overflow="fold")
    table.add_column("output", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    table.add_column("mult-adds", justify="right", no_wrap=True)
    for layer in found.layers:
        output = layer.output.removeprefix("(").removesuffix(")").partition(" ")[2]
        table.add_row(
            layer.name, output or "-", f"{layer.parameters:,}", f"{layer.multiply_adds:,}"
        )
    terminal.show(table)
