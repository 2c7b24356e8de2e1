"""What the report of a run says about its data."""

from __future__ import annotations

import tf_slim as slim
from tf_slim.cli import progress, terminal
from tf_slim.cli.config import Config
from tf_slim.cli.run_data import RunData
from tf_slim.data import DatasetSpec

_MOST = 20_000
"""More pictures are not all read again for the sake of a page."""


def warnings(config: Config, of_run: RunData, evaluated: DatasetSpec) -> list[str]:
    """What speaks against pictures of one's own, a sentence each: duplicates across splits, ...

    Args:
      config: the configuration of the run.
      of_run: its data.
      evaluated: what it is evaluated on.
    """
    if not config.data.source:
        return []
    specs = {evaluated.split: evaluated}
    try:
        specs[config.data.train_split] = of_run.spec(config.data.train_split)
        pictures = sum(spec.records().count() for spec in specs.values())
        if pictures > _MOST:
            source = terminal.quoted(config.data.source)
            return [f"{pictures:,} pictures were not looked through: tf-slim data inspect {source}"]
        with progress.stages() as tell:
            found = slim.data.inspect(specs, progress=tell)
    except (slim.data.DataError, OSError, ValueError) as error:
        return [f"The data could not be looked through: {error}"]
    return [problem.text for problem in found.problems]
