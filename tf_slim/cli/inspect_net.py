"""`tf-slim inspect NET`: the layers, end points and numbers of a net."""

from __future__ import annotations

import dataclasses

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
        terminal.data(row, indent=2)
        return
    rows = []
    for layer in found.layers:
        numbers = (layer.parameters, layer.multiply_adds)
        rows.append([layer.name, layer.output, *(f"{n:,}" if n else "" for n in numbers)])
    columns = ["*layer", "output", "parameters", "multiply-adds"]
    terminal.show(columns, rows, numbers="parameters, multiply-adds")
    terminal.say()
    terminal.say(f"end points: {', '.join(key for key, _ in found.end_points) or 'none'}")
    terminal.say(
        f"{name}: {found.variables} variables, {found.parameters:,} parameters and "
        f"{found.state:,} numbers that are not trained, {found.multiply_adds:,} multiply-adds for "
        "one image"
    )
