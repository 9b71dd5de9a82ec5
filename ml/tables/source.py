"""A CSV file as a source: at a path or an object-store address, held to its SHA-256 if one is given.

The file stays where it is; a pipeline names it: ``source: {kind: csv, address: /data/churn.csv}`` or
``address: s3://bucket/churn.csv``. With ``sha256`` any change is refused; without, a file that has changed
is read again by the next run.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from ml.data.source import Source, chosen
from ml.errors import SourceCorrupted, SourceUnavailable
from ml.tables.delimited import read
from ml.tables.table import ROW_ID, ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

ID_CHARACTERS: Final = 16
MOST_BYTES: Final = 256 * 2**20


class CsvFile(BaseModel):
    """One table; ``address`` is a path or ``s3://bucket/key``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["csv"] = "csv"
    address: str
    sha256: str | None = None

    def fingerprint(self) -> str:
        """Return the file's SHA-256.

        Raises:
            SourceUnavailable, SourceCorrupted: it cannot be read, or is not the one that was pinned.
        """
        return hashlib.sha256(self._content()).hexdigest()

    def read(self) -> dict[str, pa.Table]:
        """Return the table ``rows``, each with an id made of its content.

        Raises:
            SourceUnavailable, SourceCorrupted, SourceEmpty: with what to do.
        """
        return {ROWS: identified(read(self._content(), self.address))}

    def _content(self) -> bytes:
        content = fetched(self.address)
        found = hashlib.sha256(content).hexdigest()
        if self.sha256 not in {None, found}:
            raise SourceCorrupted(
                f"{self.address} has SHA-256 {found}, the pipeline pins {self.sha256}; if the change is "
                "meant, write the new one into source.sha256, or take that line out to follow the file"
            )
        return content


def source(settings: Mapping[str, Any]) -> Source:
    """Return the source that a pipeline's settings name.

    Raises:
        WrongInput: a setting is wrong.
    """
    return chosen(CsvFile, settings, "csv", "docs/new-system.md")


def fetched(address: str) -> bytes:
    """Return a file's bytes.

    Raises:
        SourceUnavailable: it is not there, may not be read, or is larger than what is read whole.
    """
    parts = urlsplit(address)
    try:
        if parts.scheme == "s3":
            return _object(address, parts.netloc, parts.path.lstrip("/"))
        _refuse_large(address, Path(address).stat().st_size)
        return Path(address).read_bytes()
    except OSError as error:
        raise SourceUnavailable(
            f"{address} cannot be read ({error.strerror or error}); bring the file there, or name another"
        ) from error


def _object(address: str, bucket: str, key: str) -> bytes:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = boto3.client("s3").get_object(Bucket=bucket, Key=key)
        _refuse_large(address, found["ContentLength"])
        return bytes(found["Body"].read())
    except (BotoCoreError, ClientError) as error:
        raise OSError(str(error)) from error


def _refuse_large(address: str, size_bytes: int) -> None:
    if size_bytes > MOST_BYTES:
        raise SourceUnavailable(
            f"{address} has {size_bytes / 2**20:,.0f} MiB, and a table is held in memory whole, up to "
            f"{MOST_BYTES / 2**20:.0f} MiB; bring a sample of its rows, or fewer columns"
        )


def identified(table: pa.Table) -> pa.Table:
    """Return the table with ``row_id``: the digest of a row's values, and how often it came before.

    The id of a row does not depend on where in the file it stands.
    """
    import pyarrow as pa

    seen = Counter[str]()
    ids = []
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        digest = hashlib.sha256("\0".join(row).encode()).hexdigest()[:ID_CHARACTERS]
        ids.append(f"{digest}-{seen[digest]}")
        seen[digest] += 1
    return table.append_column(ROW_ID, pa.array(ids, pa.string()))
