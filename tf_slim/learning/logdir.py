"""The place of a run folder, here or far away: whether it can be written, said in words."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import tempfile

from tf_slim.ops import files, paths

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


def normal(path: str | os.PathLike) -> str:
    """The path, without separators at its end where it is far away."""
    path = os.fspath(path)
    return path.rstrip("/") if paths.is_far(path) else path


def made_writable(path: str) -> bool:
    """Makes a folder if need be, and writes something there for a moment.

    Returns:
      Whether there was none.

    Raises:
      OSError: that cannot be done; it says what to do.
    """
    try:
        is_new = not paths.exists(path)
        if paths.is_far(path):
            _probe(path)
        else:
            os.makedirs(path, exist_ok=True)
            with tempfile.TemporaryFile(dir=path) as probe:
                probe.write(b"probe")
    except OSError as error:
        raise OSError(
            error.errno,
            f"Cannot write to logdir {path!r} ({error.strerror}). {_remedy(path, error.errno)}",
        ) from error
    return is_new


def remove_if_empty(path: str) -> None:
    """Takes a folder away if nothing is in it."""
    with contextlib.suppress(OSError):
        if not paths.is_far(path):
            os.rmdir(path)
        elif not paths.names(path):
            paths.remove_folder(path)


def _probe(path: str) -> None:
    paths.make_folders(path)
    probe = os.path.join(path, f".probe-{secrets.token_hex(6)}")
    files.replace_text(probe, "probe")
    paths.remove(probe)


def _remedy(path: str, number: int | None) -> str:
    if not paths.is_far(path):
        remedy = "free some space" if number in _FULL else "change its permissions"
        return f"Choose another folder, or {remedy}"
    if number == errno.EPROTONOSUPPORT:
        import tensorflow as tf

        known = ", ".join(f"{one}://" for one in tf.io.gfile.get_registered_schemes() if one)
        return (
            f"TensorFlow has no file system for {path.partition('://')[0]}:// here; it has {known}."
            " Others come as plugins, which your program loads first: "
            "tf.experimental.register_filesystem_plugin"
        )
    if number == errno.ENOENT:
        return "There is no such bucket, or none that may be seen from here: make it first"
    if number == errno.EACCES:
        return (
            "Whoever runs this may not write there: give the account access to the objects of the "
            "bucket, or log in as another one (of gs://, GOOGLE_APPLICATION_CREDENTIALS names a "
            "file of credentials)"
        )
    return "Is the network there, and the address right?"
