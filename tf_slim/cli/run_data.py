"""The data of a configuration, split by split, and those that a run keeps to."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import tf_slim as slim
from tf_slim.cli import progress, quiet, terminal
from tf_slim.cli.config import Config
from tf_slim.cli.options import ConfigError
from tf_slim.data import DatasetSpec, from_source, from_tfrecords, get_dataset, sources
from tf_slim.data.sources import table_files, tfds
from tf_slim.data.sources.kinds import SPLIT
from tf_slim.ops import paths
from tf_slim.ops.wording import first_few


class RunData:
    """The splits of the data that a configuration names, each described once.

    Of pictures in a folder or a table a run keeps a list. So it goes on with the same ones,
    whatever has been added meanwhile.

    Args:
      config: the configuration.
      folder: the run folder; None before there is one.
    """

    def __init__(self, config: Config, folder: str | None = None):
        self._config = config
        self._path = None if folder is None else os.path.join(folder, sources.FILE_NAME)
        self.is_kept = self._path is not None and paths.exists(self._path)
        self._specs: dict[str, DatasetSpec] = {}
        if self._path is not None and self.is_kept:
            self._specs = dict(sources.read_rows(self._path))

    def spec(self, split: str) -> DatasetSpec:
        """The data of a split.

        Raises:
          ConfigError, ValueError: there are none.
        """
        if split not in self._specs:
            self._specs[split] = dataset(self._config, split)
        return self._specs[split]

    def eval_split(self) -> str:
        """The split to evaluate on; "" for none."""
        options = self._config.data
        if options.eval_split is not None:
            return options.eval_split
        if not options.source:
            return "test"
        there = (
            self._specs
            if self.is_kept
            else slim.data.source_splits(options.source, columns=options.columns)
        )
        return next((name for name in ("validation", "test") if name in there), "")

    def check(self, splits: Sequence[str]) -> None:
        """Decodes the pictures of a run that begins, once, with progress, and keeps their list.

        Those that cannot be read are named: it ends here, or goes on without them, as
        `data.on_error` says.

        Raises:
          DataError: a picture cannot be read.
        """
        faults = []
        for split in splits:
            spec = self.spec(split)
            if spec.listing is None:
                continue
            title = f"checking {split}"
            with quiet.only_python(), progress.counting(title, len(spec.listing)) as on_picture:
                try:
                    self._specs[split] = self._checked(spec, on_picture)
                except slim.data.DataError as error:
                    faults.append((split, error))
        if len(faults) == 1:
            raise faults[0][1]
        if faults:
            raise ConfigError("\n".join(f"{split}: {error}" for split, error in faults))

    def _checked(self, spec: DatasetSpec, tell: Callable[[int], None] | None) -> DatasetSpec:
        def progress(done: int, _: int) -> None:
            if tell is not None:
                tell(done)

        return sources.checked(spec, self._config.data.on_error, progress=progress)

    def keep(self, folder: str) -> None:
        """Writes the list of the pictures into the folder of a run that begins."""
        if any(spec.listing is not None for spec in self._specs.values()):
            sources.write_rows(os.path.join(folder, sources.FILE_NAME), self._specs)

    def say_skipped(self) -> None:
        """Lists what was left out of the data."""
        skipped = dict(one for s in self._specs.values() if s.listing for one in s.listing.skipped)
        if not skipped:
            return
        shown = first_few([f"{path} ({reason})" for path, reason in sorted(skipped.items())], 10)
        where = "" if self._path is None else f" All of them: {self._path}."
        terminal.note(f"{len(skipped)} files were left out: {shown}.{where}")


def dataset(config: Config, split: str) -> DatasetSpec:
    """A split of the data that the configuration names.

    Raises:
      ConfigError, ValueError: there are none.
    """
    options = config.data
    if not options.source and not options.files:
        return get_dataset(options.name, split)
    try:
        if options.source:
            return from_source(
                absolute_source(options.source),
                split,
                columns=options.columns,
                validation_share=options.validation_share,
                on_error=options.on_error,
                check=False,  # pictures are decoded by `check`, with progress
                num_classes=options.num_classes,
                image_channels=options.channels,
            )
        return _of_files(
            [absolute(pattern).replace(SPLIT, split) for pattern in options.files],
            split,
            options.num_classes,
            options.channels,
        )
    except ValueError as error:
        if options.num_classes is not None or "How many classes" not in str(error):
            raise
        raise ConfigError(f"{error} Here: --set data.num_classes=N.") from error


def others(config: Config, given: Sequence[str], split: str | None, channels: int) -> DatasetSpec:
    """Data in place of those of the configuration, with as many classes.

    Args:
      config: the configuration.
      given: a source, or several patterns of TFRecord files.
      split: of the source; None for all of it.
      channels: of the images, where these do not say it.

    Raises:
      ConfigError, ValueError: there are none.
    """
    classes = config.model.num_classes
    if len(given) > 1:
        if split is not None:
            raise ConfigError("--split: several files have no splits; give one --data SOURCE.")
        return _of_files(given, "all", classes, channels)
    source = given[0]
    # A table is taken for one of the same kind as that which was trained on.
    columns = config.data.columns if table_files.is_table(source) else None
    return from_source(
        source,
        split or "all",
        columns=columns,
        num_classes=classes,
        image_channels=channels,
    )


def pointed_at(config: Config, given: Sequence[str]) -> Config:
    """The configuration with a source, or several patterns of TFRecord files, for its data."""
    if len(given) == 1:
        return config.replaced(data__source=given[0])
    return config.replaced(data__files=list(given))


def _of_files(
    patterns: Sequence[str], split: str, classes: int | None, channels: int
) -> DatasetSpec:
    return from_tfrecords(
        patterns, classes, name=title(patterns[0]), split=split, image_channels=channels
    )


def title(source: str) -> str:
    """A name for TFRecord files: that of their folder."""
    return os.path.basename(os.path.dirname(absolute(source))) or "files"


def absolute(path: str) -> str:
    """A path that means the same from everywhere: a run may be continued from another folder."""
    if not path or "://" in path:
        return path
    return os.path.abspath(os.path.expanduser(path))


def absolute_source(source: str) -> str:
    """The same for `data.source`, which may be a name."""
    if not source or source.startswith(tfds.PREFIX) or source in slim.data.names():
        return source
    return absolute(source)


def real(path: str) -> str:
    """The path of a file, whatever links led to it."""
    return path if "://" in path else os.path.realpath(path)
