"""`tf-slim data verify`."""

from __future__ import annotations

from tf_slim.cli import data_options, errors, flags, quiet, terminal


def command(
    source: data_options.Source,
    columns: data_options.Columns = None,
    validation_share: data_options.ValidationShare = 0.2,
    workers: data_options.Workers = None,
    as_json: flags.Json = False,
    debug: flags.Debug = False,
) -> None:
    """Decode every picture, and hold a converted folder against its manifest.

    The exit status is 1 if anything is not as it should be.
    """
    quiet.import_tensorflow()
    import tf_slim as slim
    from tf_slim.cli import progress

    with quiet.only_python(), progress.stages() as report:
        found = slim.data.verify(
            source,
            columns=data_options.read_columns(columns),
            validation_share=validation_share,
            workers=workers,
            progress=report,
        )
    if as_json:
        terminal.data(
            {
                "right": found.is_right,
                "records": dict(found.records),
                "faults": [fault._asdict() for fault in found.faults],
                "skipped": [{"path": path, "reason": why} for path, why in found.skipped],
                "manifest": found.has_manifest,
            },
            indent=2,
        )
    else:
        for name, count in found.records.items():
            terminal.say(f"{name}: {count:,} pictures decoded")
        data_options.show_list("left out", found.skipped, "--json has them all")
        data_options.show_list("not as it should be", found.faults, "--json has them all")
        if found.is_right:
            manifest = ", and all is as the manifest says" if found.has_manifest else ""
            terminal.say(f"\nAll of it can be read{manifest}.")
    if not found.is_right:
        raise errors.Exit(errors.FAILED)
