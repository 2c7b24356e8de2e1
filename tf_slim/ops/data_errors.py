"""The one exception that bad data raises, saying which record of which file is at fault."""

from __future__ import annotations


class DataError(ValueError):
    """Something is wrong with the data itself, not with the program that reads it.

    Attributes:
        path: The file at fault, or None.
        record: Index of the record at fault, counted from 0 in its file, or None.
        offset: Byte in the file at which that record starts, or None.

    Examples:
        >>> print(slim.data.DataError("expected a JPEG.", path="a.jpg", remedy="Delete it."))
        a.jpg: expected a JPEG. Delete it.
    """

    def __init__(
        self,
        problem: str,
        *,
        path: str | None = None,
        record: int | None = None,
        offset: int | None = None,
        remedy: str | None = None,
    ):
        """Builds the message `path, record r at byte o: problem. Remedy.`

        Args:
            problem: What is wrong, with the expected and the received value.
            path: The file at fault.
            record: Index of the record at fault in its file, from 0.
            offset: Byte at which that record starts.
            remedy: What the reader can do about it.
        """
        where = [path] if path is not None else []
        if record is not None:
            where.append(f"record {record}" + ("" if offset is None else f" at byte {offset}"))
        message = f"{', '.join(where)}: {problem}" if where else problem
        super().__init__(f"{message} {remedy}" if remedy else message)
        self.path = path
        self.record = record
        self.offset = offset


class DataNotFoundError(DataError, FileNotFoundError):
    """No file matches a pattern. Also a `FileNotFoundError`, for code that expects that."""
