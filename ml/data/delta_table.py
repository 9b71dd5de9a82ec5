"""One Delta table of a dataset, written whole, whoever else writes it at the same time.

An overwrite that began before another one's commit does not remove that one's files, so a version
is only trusted if the files it holds are exactly those that its own commit added. The log is read
as it lies in the store: ``DeltaTable.history`` numbers commits from the version it was opened at.
"""

from __future__ import annotations

import json
import logging
import random
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ml.errors import DatasetDamaged, DatasetNotFound, StoreRefused, StoreUnavailable
from ml.objects import Objects, delta_errors, delta_options

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.environment import Environment

log = logging.getLogger(__name__)

ATTEMPTS = 10
RECENT_COMMITS = 20
DIGEST = "content_digest"


class WholeTable:
    """The Delta table at ``key`` in the datasets bucket."""

    def __init__(self, environment: Environment, key: str) -> None:
        store = environment.object_store
        self.address = f"s3://{store.buckets.datasets}/{key}"
        self._key = key
        self._store = store
        self._options = delta_options(store, "jobs")
        self._objects = Objects(environment, store.buckets.datasets)

    def write(self, table: pa.Table, digest: str) -> int:
        """Return the Delta version that holds exactly this content, a new one unless there is one.

        Raises:
            StoreRefused: other writers came first time after time.
        """
        from deltalake.exceptions import CommitFailedError

        for attempt in range(ATTEMPTS):
            found = self._find(digest)
            if found is not None:
                return found
            try:
                self._overwrite(table, digest)
            except CommitFailedError as error:
                log.info("another writer of %s was first (%s); attempt %d", self.address, error, attempt + 1)
                time.sleep(random.uniform(0.05, 0.5))  # noqa: S311
        found = self._find(digest)
        if found is None:
            raise StoreRefused(f"{self.address}: other writers were first {ATTEMPTS} times; run again")
        return found

    def read(self, version: int) -> pa.Table:
        """Return a version's rows.

        Raises:
            DatasetNotFound: it is gone.
            DatasetDamaged: one of its files is gone or cannot be read; names it.
        """
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError
        from pyarrow import ArrowException

        try:
            with delta_errors(self._store, self.address):
                table = DeltaTable(self.address, version=version, storage_options=self._options)
                return table.to_pyarrow_table().combine_chunks()
        except TableNotFoundError as error:
            raise DatasetNotFound(f"{self.address} is gone; restore the bucket's last versions") from error
        except (ArrowException, StoreRefused, StoreUnavailable):
            self._refuse_damaged(version)
            raise

    def columns(self, version: int) -> dict[str, str]:
        """Return the type of each column of a version, by name.

        Raises:
            DatasetNotFound: it is gone.
        """
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        try:
            with delta_errors(self._store, self.address):
                table = DeltaTable(self.address, version=version, storage_options=self._options)
                return {field.name: str(field.type) for field in table.schema().fields}
        except TableNotFoundError as error:
            raise DatasetNotFound(f"{self.address} is gone; restore the bucket's last versions") from error

    def _refuse_damaged(self, version: int) -> None:
        """Name the first file of a version that is gone or is no Parquet file, if there is one."""
        from pyarrow import ArrowException, BufferReader, parquet

        for name in sorted(self._files(version)):
            content = self._objects.get(f"{self._key}/{name}")
            try:
                parquet.read_table(BufferReader(content or b""))
            except (ArrowException, OSError) as error:
                what = "is gone" if content is None else f"cannot be read ({error})"
                raise DatasetDamaged(
                    f"{self.address}/{name} {what}; restore its last version, which the bucket keeps"
                ) from error

    def _overwrite(self, table: pa.Table, digest: str) -> None:
        from deltalake import CommitProperties, write_deltalake

        with delta_errors(self._store, self.address):
            write_deltalake(
                self.address,
                table,
                mode="overwrite",
                schema_mode="overwrite",
                storage_options=self._options,
                commit_properties=CommitProperties(custom_metadata={DIGEST: digest}),
            )

    def _find(self, digest: str) -> int | None:
        """Return the newest of the recent versions that holds exactly the content of this digest."""
        commits = [key for key in self._objects.keys(f"{self._key}/_delta_log/") if key.endswith(".json")]
        for key in reversed(commits[-RECENT_COMMITS:]):
            version = int(key.rsplit("/", 1)[1].removesuffix(".json"))
            found, added = self._commit(key)
            if found == digest and added == self._files(version):
                return version
        return None

    def _commit(self, key: str) -> tuple[str | None, set[str]]:
        """Return a commit's digest and the names of the files that it added."""
        actions = [json.loads(line) for line in (self._objects.get(key) or b"").splitlines()]
        digests = [action["commitInfo"].get(DIGEST) for action in actions if "commitInfo" in action]
        added = {unquote(action["add"]["path"]) for action in actions if "add" in action}
        return (digests[0] if digests else None), added

    def _files(self, version: int) -> set[str]:
        """Return the names of the files that a version holds."""
        from deltalake import DeltaTable

        with delta_errors(self._store, self.address):
            table = DeltaTable(self.address, version=version, storage_options=self._options)
            return {unquote(uri.removeprefix(f"{self.address}/")) for uri in table.file_uris()}
