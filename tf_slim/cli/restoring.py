"""A net that begins with the weights of another training."""

from __future__ import annotations

from collections.abc import Mapping

from tf_slim import checkpoints, nets
from tf_slim.cli import starting_point, terminal
from tf_slim.cli.config import Config
from tf_slim.nets import _restore
from tf_slim.ops import patterns
from tf_slim.ops.fake_quantization import names_of_ranges
from tf_slim.ops.model import Model
from tf_slim.ops.wording import first_few


def restore(config: Config, model: Model, path: str, class_names: Mapping[int, str] | None) -> None:
    """Takes what there is of a built net from a checkpoint, and says so in a line.

    Averages of the weights take the place of the weights. Logits of another number of classes, or
    of a run with other names of classes, keep their initial values.

    Args:
      config: the configuration.
      model: the net.
      path: see `starting_point.fetched`.
      class_names: those of the data, by number.

    Raises:
      CheckpointError: the checkpoint does not fit the net.
    """
    if not path:
        return
    found, exclude = nets.spec(config.model.name), list(config.train.restore_exclude)
    run = starting_point.described(config.train.restore)
    if run is not None and run.labels and class_names:
        ours = tuple(name for _, name in sorted(class_names.items()))
        if run.labels != ours:
            exclude += [
                name
                for name in model.named_variables
                if any(patterns.matches(name, glob) for glob in found.logits_patterns)
            ]
    try:
        report = _restore.restore(model, path, found, other_logits=True, exclude=exclude)
    except checkpoints.CheckpointError as error:
        if error.report is None:
            raise
        option = "train.restore_exclude"
        raise checkpoints.CheckpointError(
            f"{error.report.text({'exclude': option})}\nNothing was restored. Leave variables out "
            f"with {option}=[patterns].",
            error.report,
        ) from error
    known = {*report.restored, *names_of_ranges(model.named_variables)}
    new = [name for name in model.named_variables if name not in known]
    begins = ""
    if new:
        scopes = dict.fromkeys(name.rpartition("/")[0] for name in new)
        begins = f"; new, of {config.model.num_classes} classes: {first_few(scopes, 4)}"
    terminal.progress(f"restored {len(report.restored)} variables from {report.path}{begins}")
