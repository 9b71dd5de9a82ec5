"""Dataset versions: Delta table versions of one moment, plus the digest of their content.

A version is one small record, ``<system>/versions/<number>.json`` in the datasets bucket, that
names a Delta version of each table. It is written with a conditional put after the tables are,
so a version is there whole or not at all, and of two writers at once one takes the number.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ml.data.delta_table import WholeTable
from ml.data.images.contents import with_contents
from ml.drift.profile import Profile
from ml.errors import DatasetDamaged, DatasetNotFound
from ml.job import Output
from ml.objects import Objects

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.environment import Environment

log = logging.getLogger(__name__)

_BY_DIGEST = "sha256:"
_SHOWN = 12


class TableVersion(BaseModel):
    """One table of a dataset version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delta_version: int
    digest: str
    rows: int


class DatasetVersion(Output):
    """A dataset version by number and digest; ``str`` gives its name, ``recommender@3``.

    A number is an environment's own. Content that only another environment holds has number 0 here and
    is named by its digest, ``recommender@sha256:1a2b3c4d5e6f``.
    """

    incidental: ClassVar[frozenset[str]] = frozenset({"number", "tables"})

    system: str
    number: int
    digest: str
    tables: dict[str, TableVersion]

    def __str__(self) -> str:
        return f"{self.system}@{self.number or f'{_BY_DIGEST}{self.digest[:_SHOWN]}'}"


class DatasetRecord(BaseModel):
    """What is stored for a version; ``columns`` where its tables are not here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_number: int = 1
    version: DatasetVersion
    profile: Profile
    delivery: str
    columns: dict[str, str] = {}


class Datasets:
    """The dataset versions of an environment."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._objects = Objects(environment, environment.object_store.buckets.datasets)

    def commit(
        self, system: str, tables: dict[str, pa.Table], profile: Profile, delivery: str
    ) -> DatasetVersion:
        """Store the tables as a version, or return the version that holds the same already."""
        digests = {name: table_digest(table) for name, table in sorted(tables.items())}
        digest = hashlib.sha256("".join(f"{n} {d}\n" for n, d in digests.items()).encode()).hexdigest()
        while True:
            records = self.records(system)
            known = next((record.version for record in records if record.version.digest == digest), None)
            if known is not None:
                return known
            written = {
                name: self._write(system, name, table, digests[name]) for name, table in tables.items()
            }
            number = 1 + max((record.version.number for record in records), default=0)
            version = DatasetVersion(system=system, number=number, digest=digest, tables=written)
            record = DatasetRecord(version=version, profile=profile, delivery=delivery)
            if self._objects.put_new(_key(system, number), record.model_dump_json(indent=1).encode()):
                log.info("dataset version %s has %s", version, _sizes(version))
                return version
            log.info("another run took dataset version %d first; looking again", number)

    def records(self, system: str) -> list[DatasetRecord]:
        """Return the records of all versions, oldest first."""
        keys = self._objects.keys(f"{system}/versions/")
        contents = [self._objects.get(key) for key in keys]
        pairs = zip(keys, contents, strict=True)
        return [self._read(key, content) for key, content in pairs if content is not None]

    def record(self, system: str, number: int) -> DatasetRecord:
        """Return one version's record, its reference profile included.

        Raises:
            DatasetNotFound: there is no such version.
            DatasetDamaged: its record is not what was written.
        """
        content = self._objects.get(_key(system, number))
        if content is None:
            raise DatasetNotFound(
                f"there is no dataset version {system}@{number} in bucket {self._objects.bucket}; "
                f"run the pipeline of {system} to make one"
            )
        return self._read(_key(system, number), content)

    def newest(self, system: str, purpose: str) -> DatasetRecord:
        """Return the newest version's record; ``purpose`` ends the sentence that says there is none.

        Raises:
            DatasetNotFound: there is none.
        """
        records = self.records(system)
        if not records:
            raise DatasetNotFound(
                f"{system} has no dataset version yet {purpose}; "
                f"run `millrace train {system} --env {self._environment.name}` first"
            )
        return records[-1]

    def named(self, system: str, name: str) -> DatasetRecord:
        """Return the record that a version's name stands for.

        Raises:
            DatasetNotFound: there is none, or this is no such name.
        """
        number = name.rpartition("@")[2]
        if number.isdigit():
            return self.record(system, int(number))
        key = _reference_key(system, number.removeprefix(_BY_DIGEST))
        content = self._objects.get(key) if number.startswith(_BY_DIGEST) else None
        if content is None:
            raise DatasetNotFound(
                f"{name!r} is no dataset version that {self._environment.name} knows; "
                f"release a version of {system} that a pipeline trained or a promotion brought"
            )
        return self._read(key, content)

    def here(self, system: str, name: str) -> DatasetVersion:
        """Return the version that a name stands for, whose rows are in this environment.

        Raises:
            DatasetNotFound: there is none, or only another environment has its rows.
        """
        version = self.named(system, name).version
        if not version.number:
            raise DatasetNotFound(
                f"the rows of {version} are in the environment that it was promoted from, not in "
                f"{self._environment.name}; release a version of {system} that was trained here"
            )
        return version

    def refer(self, record: DatasetRecord, columns: dict[str, str]) -> DatasetVersion:
        """Return this environment's name for another one's version, and keep its profile where it is new.

        The same content is the same version. Rows are not copied.
        """
        version = record.version
        for known in self.records(version.system):
            if known.version.digest == version.digest:
                return known.version
        here = version.model_copy(update={"number": 0})
        kept = record.model_copy(update={"version": here, "columns": columns})
        key = _reference_key(version.system, version.digest[:_SHOWN])
        self._objects.put_new(key, kept.model_dump_json(indent=1).encode())
        return here

    def columns(self, record: DatasetRecord) -> dict[str, str]:
        """Return the type of every column, by ``table.column``.

        Raises:
            DatasetNotFound: a table version is gone.
        """
        system, tables = record.version.system, record.version.tables
        return record.columns or {
            f"{name}.{column}": kind
            for name, stored in tables.items()
            for column, kind in self._table(system, name).columns(stored.delta_version).items()
        }

    def load(self, version: DatasetVersion) -> dict[str, pa.Table]:
        """Return the tables of a version; ``images`` with their bytes in a column ``content``.

        Raises:
            DatasetNotFound: a table version or an image is gone.
            DatasetDamaged: its content does not have the version's digest.
        """
        return with_contents(self._environment, version.system, self.tables(version))

    def tables(self, version: DatasetVersion) -> dict[str, pa.Table]:
        """Return the tables of a version, images without their bytes.

        Raises:
            DatasetNotFound: a table version is gone.
            DatasetDamaged: its content does not have the version's digest.
        """
        tables: dict[str, pa.Table] = {}
        for name, stored in version.tables.items():
            table = self._table(version.system, name)
            tables[name] = table.read(stored.delta_version)
            found = table_digest(tables[name])
            if found != stored.digest:
                raise DatasetDamaged(
                    f"{table.address} version {stored.delta_version} has digest {found[:12]}, {version} says "
                    f"{stored.digest[:12]}; restore the last versions of its objects, which the bucket keeps"
                )
        return tables

    def _read(self, key: str, content: bytes) -> DatasetRecord:
        try:
            return DatasetRecord.model_validate_json(content)
        except ValidationError as error:
            why = error.errors()[0]["msg"]
            raise DatasetDamaged(
                f"s3://{self._objects.bucket}/{key} is no record of a dataset version ({why}); "
                "restore its last version, which the bucket keeps"
            ) from error

    def _write(self, system: str, name: str, table: pa.Table, digest: str) -> TableVersion:
        delta_version = self._table(system, name).write(table, digest)
        return TableVersion(delta_version=delta_version, digest=digest, rows=table.num_rows)

    def _table(self, system: str, name: str) -> WholeTable:
        return WholeTable(self._environment, f"{system}/tables/{name}")


def table_digest(table: pa.Table) -> str:
    """Return the SHA-256 of a table's column names, types, order of rows and values.

    How rows are divided into chunks or files does not matter.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    digest = hashlib.sha256(f"{table.num_rows}\n".encode())
    for name in sorted(table.column_names):
        column = table.column(name)
        kind = column.type
        if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            column, kind = column.cast(pa.string()), pa.string()
        digest.update(f"{name} {kind}\n".encode())
        digest.update(pc.is_null(column).to_numpy(zero_copy_only=False).tobytes())
        if pa.types.is_string(kind):
            text = pc.fill_null(column, "")
            digest.update(pc.utf8_length(text).to_numpy(zero_copy_only=False).tobytes())
            digest.update("".join(text.to_pylist()).encode())
        else:
            digest.update(pc.fill_null(column, 0).to_numpy(zero_copy_only=False).tobytes())
    return digest.hexdigest()


def _key(system: str, number: int) -> str:
    return f"{system}/versions/{number:06d}.json"


def _reference_key(system: str, digest: str) -> str:
    return f"{system}/references/{digest}.json"


def _sizes(version: DatasetVersion) -> str:
    return ", ".join(f"{table.rows} {name}" for name, table in version.tables.items())
