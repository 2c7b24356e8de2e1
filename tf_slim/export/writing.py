"""An export at its place: whole or not at all, and over nothing that is there unless forced."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence

from tf_slim.export.errors import ExportError
from tf_slim.export.metadata import FILE_NAME
from tf_slim.ops import files, paths
from tf_slim.ops.wording import first_few

# What shows that a folder is an export, and nothing that somebody would miss.
_MARKS = (FILE_NAME, "saved_model.pb")
# Without it a folder is no export.
_LAST = ("saved_model.pb", "index.html")

_NO_ROOM = 16 * 1024  # bytes


def check(path: str, *, is_folder: bool, beside: Sequence[str] = (), force: bool = False) -> None:
    """Checks that an export may be written, before any work is done.

    Args:
      path: of the export.
      is_folder: whether it will be one.
      beside: endings of the files that will stand beside it.
      force: whether it may take the place of an earlier one.

    Raises:
      ExportError: something is there that must stay.
      OSError: it cannot be written to where it shall stand.
    """
    if not paths.is_far(path):
        path = os.path.realpath(path)
        parent = _parent(path)
        if not os.path.isdir(parent):
            raise ExportError(f"{path}: there is no folder {parent}. Make it first.")
        if not os.access(parent, os.W_OK | os.X_OK):
            raise ExportError(f"{path}: the folder {parent} cannot be written to.")
    there = [one for one in _places(path, beside) if paths.exists(one)]
    if is_folder and there == [path] and _is_empty_folder(path):
        return
    if there and not force:
        raise ExportError(
            f"{' and '.join(there)} {'stand' if len(there) > 1 else 'stands'} there already, and "
            "nothing is overwritten unless it is asked for: force=True, or --force."
        )
    for one in there:
        if paths.is_folder(one) and not (is_folder and _is_replaceable(one)):
            held = first_few(paths.names(one), 3)
            raise ExportError(
                f"{one} is a folder of something else than an earlier export: it holds {held}. It "
                "is left alone, with force too: give another path."
            )


@contextlib.contextmanager
def placing(
    path: str, *, is_folder: bool, beside: Sequence[str] = (), force: bool = False
) -> Iterator[str]:
    """Gives a path of the same name in a hidden folder, from which it is moved to its own.

        with writing.placing("out/model.onnx", is_folder=False) as temporary:
            write(temporary)

    What the block has written beside it is moved with it. If the block fails, by whatever it may
    be, nothing has happened at `path`, and nothing is left. What is to stand far away is written
    here, and sent there in the end, file by file: of a folder the file that tells what it is last.

    Args:
      path: of the export.
      is_folder: whether it will be one.
      beside: endings of the files that will stand beside it.
      force: whether it may take the place of an earlier one.

    Raises:
      ExportError: something is there that must stay.
      OSError: it cannot be written; in whatever words the block says that there is no space.
    """
    check(path, is_folder=is_folder, beside=beside, force=force)
    if paths.is_far(path):
        with tempfile.TemporaryDirectory(prefix="tf_slim-") as here:
            yield os.path.join(here, os.path.basename(path))
            check(path, is_folder=is_folder, beside=beside, force=force)
            _sent(here, path)
        return
    path = os.path.realpath(path)  # a link stays one, to the new file
    parent, name = _parent(path), os.path.basename(path)
    workplace = _made(os.path.join(parent, f".{name}.part-"))
    try:
        yield os.path.join(workplace, name)
        written = sorted(os.listdir(workplace))
        if name not in written:
            raise ExportError(f"{path}: nothing was written for it.")
        for folder, _, names in os.walk(workplace):
            for one in names:
                files.flush(os.path.join(folder, one))
            files.flush(folder)
        # Again: hours may have passed.
        check(path, is_folder=is_folder, beside=beside, force=force)
        # The file itself comes last: whoever sees it finds what belongs to it.
        _moved(workplace, [one for one in written if one != name] + [name], parent)
        files.flush(parent)
    except Exception as error:
        # Some libraries say no more than that they could not write.
        if is_full(error) or shutil.disk_usage(parent).free < _NO_ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path) from error
        raise
    finally:
        shutil.rmtree(workplace, ignore_errors=True)


def _sent(here: str, path: str) -> None:
    """Sends what was written in a folder to the places of an export that are far away."""
    parent, name = os.path.split(path)
    written = [
        os.path.relpath(os.path.join(folder, one), here)
        for folder, _, names in os.walk(here)
        for one in names
    ]
    if not any(one.split(os.sep)[0] == name for one in written):
        raise ExportError(f"{path}: nothing was written for it.")
    if paths.is_folder(path):
        paths.remove_folder(path)
    for one in sorted(written, key=lambda one: (os.path.basename(one) in _LAST, one == name, one)):
        target = os.path.join(parent, *one.split(os.sep))
        paths.make_folders(os.path.dirname(target))
        files.publish(os.path.join(here, one), target)


def _moved(workplace: str, names: Sequence[str], parent: str) -> None:
    """Moves all to their places; if one cannot be, what stood there is back."""
    before = _made(os.path.join(workplace, ".before-"))
    done: list[str] = []
    try:
        for name in names:
            target = os.path.join(parent, name)
            done.append(name)
            if os.path.lexists(target):
                os.rename(target, os.path.join(before, name))
            os.rename(os.path.join(workplace, name), target)
    except BaseException:
        for name in reversed(done):
            kept, target = os.path.join(before, name), os.path.join(parent, name)
            if os.path.lexists(target) and not os.path.lexists(os.path.join(workplace, name)):
                os.rename(target, os.path.join(workplace, name))
            if os.path.lexists(kept):
                os.rename(kept, target)
        raise


def _made(prefix: str) -> str:
    """A new folder, with the permissions that folders have here."""
    while True:
        path = prefix + secrets.token_hex(6)
        with contextlib.suppress(FileExistsError):
            os.mkdir(path)
            return path


def _parent(path: str) -> str:
    return os.path.dirname(os.path.abspath(path))


def _places(path: str, beside: Sequence[str]) -> list[str]:
    stem = os.path.splitext(path)[0]
    return [path, *(stem + ending for ending in beside)]


def _is_empty_folder(path: str) -> bool:
    return paths.is_folder(path) and not os.path.islink(path) and not paths.names(path)


def _is_replaceable(folder: str) -> bool:
    there = paths.names(folder)
    return not there or any(mark in there for mark in _MARKS)


def is_full(error: BaseException) -> bool:
    """Whether an error says that there is no space, in the words of whatever library."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return True
    said = str(error)
    return any(os.strerror(n) in said for n in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
