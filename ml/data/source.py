"""Where raw tables come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


class Source(Protocol):
    """Raw tables by name; every column is text, row 1 of a table is its first line of data."""

    def fingerprint(self) -> str:
        """Return, without reading the rows, a text that changes when the data does.

        Raises:
            SourceError: it cannot be told.
        """

    def read(self) -> dict[str, pa.Table]:
        """Return all rows.

        Raises:
            SourceUnavailable, SourceCorrupted, SourceEmpty: with what to do.
        """
