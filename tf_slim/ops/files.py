"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile


def replace_text(path: str | os.PathLike, text: str) -> None:
    """Writes a text file under another name first, then moves it over `path`.

    Raises:
      OSError: it cannot be written; what was at `path` is unharmed.
    """
    path = os.fspath(path)
    folder, base = os.path.split(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(prefix=f".{base}.part-", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
