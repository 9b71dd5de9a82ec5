"""Rows set aside: kept whole in a Delta table, with the reason, and never dropped.

The table has one line per row and broken rule: ``delivery`` (the digest of the raw data it came
with), ``table``, ``row`` (its number in the source), ``column``, ``rule``, ``value`` and
``record`` (the raw row as JSON).
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from ml.errors import StoreRefused
from ml.objects import delta_errors, delta_options

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from ml.data.contract import Breach
    from ml.environment import Environment

log = logging.getLogger(__name__)

ATTEMPTS = 5


class Quarantine:
    """The quarantine of one system."""

    def __init__(self, environment: Environment, system: str) -> None:
        self._store = environment.object_store
        self.address = f"s3://{self._store.buckets.datasets}/{system}/quarantine"

    def keep(self, delivery: str, breaches: dict[str, list[Breach]], raw: dict[str, pd.DataFrame]) -> int:
        """Keep one delivery's rows and return how many lines that made; safe to repeat."""
        import pyarrow as pa

        lines = [
            {
                "delivery": delivery,
                "table": table,
                "row": breach.row,
                "column": breach.column,
                "rule": breach.rule,
                "value": breach.value,
                "record": json.dumps(raw[table].loc[breach.row].to_dict(), default=str),
            }
            for table, found in breaches.items()
            for breach in found
        ]
        if not lines:
            return 0
        table = pa.Table.from_pylist(lines)
        for _ in range(ATTEMPTS):
            self._overwrite(delivery, table)
            if self._count(delivery) == len(lines):
                return len(lines)
        raise StoreRefused(f"{self.address}: other writers were first {ATTEMPTS} times; run again")

    def _overwrite(self, delivery: str, table: pa.Table) -> None:
        """Put a delivery's lines in the place of any that are there; beaten, leave it to the next try."""
        from deltalake import write_deltalake
        from deltalake.exceptions import CommitFailedError

        try:
            with delta_errors(self._store, self.address):
                write_deltalake(
                    self.address,
                    table,
                    mode="overwrite",
                    predicate=f"delivery = '{delivery}'" if self._exists() else None,
                    storage_options=delta_options(self._store, "jobs"),
                )
        except CommitFailedError as error:
            log.info("another writer of the quarantine was first (%s)", error)

    def _count(self, delivery: str) -> int:
        table = self.read()
        return 0 if table is None else table["delivery"].to_pylist().count(delivery)

    def read(self) -> pa.Table | None:
        """Return all lines, None if nothing was ever set aside."""
        from deltalake import DeltaTable

        with delta_errors(self._store, self.address):
            if not self._exists():
                return None
            table = DeltaTable(self.address, storage_options=delta_options(self._store, "jobs"))
            return table.to_pyarrow_table()

    def _exists(self) -> bool:
        from deltalake import DeltaTable

        return DeltaTable.is_deltatable(self.address, delta_options(self._store, "jobs"))
