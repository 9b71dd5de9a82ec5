"""The second step: hold raw tables to their contract, and set aside the rows that break it."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ml.data.contract import Checked, Violation, check_references, check_table, violations
from ml.data.ingest import RawData
from ml.data.quarantine import Quarantine
from ml.errors import ContractBroken
from ml.folders import Folders, StoredFolder
from ml.job import Job, Output
from ml.system import implementation, load

if TYPE_CHECKING:
    import pandas as pd

    from ml.environment import Environment

log = logging.getLogger(__name__)


class CleanData(Output):
    """Tables that hold, and what was set aside. ``delivery`` is the digest of the raw data."""

    incidental: ClassVar[frozenset[str]] = frozenset({"delivery", "quarantined", "violations"})

    folder: StoredFolder
    delivery: str
    quarantined: dict[str, int]
    violations: tuple[Violation, ...]


class Clean(Job):
    """Check every table.

    Raises:
        ContractBroken: a column is missing, nothing is left, or more rows are bad than the system
            allows. The bad rows are in the quarantine then too, and no dataset version is made.
    """

    parts: ClassVar[tuple[str, ...]] = ("contract",)
    outcome: ClassVar[type[Output]] = CleanData

    raw: RawData

    def run(self, environment: Environment) -> CleanData:
        """Sort rows, keep the bad ones, store the good ones."""
        folders = Folders(environment)
        with tempfile.TemporaryDirectory() as temporary:
            raw = _read(folders.load(self.raw.folder, Path(temporary)))
        checked = self._check(raw)
        found = [line for name, table in checked.items() for line in violations(name, table.breaches)]
        for violation in found:
            log.warning("set aside %s", violation)
        breaches = {name: table.breaches for name, table in checked.items()}
        Quarantine(environment, self.system).keep(self.raw.folder.digest, breaches, raw)
        bad = {name: len({breach.row for breach in table.breaches}) for name, table in checked.items()}
        self._refuse_if_broken(checked, raw, bad, found)
        return CleanData(
            folder=_save(folders, checked),
            delivery=self.raw.folder.digest,
            quarantined=bad,
            violations=tuple(found),
        )

    def _check(self, raw: dict[str, pd.DataFrame]) -> dict[str, Checked]:
        contract = implementation(self.system).contract()
        lost = [name for name in contract if name not in raw]
        if lost:
            raise ContractBroken(
                f"the source of {self.system} lacks the table(s) {', '.join(lost)}; it has {', '.join(raw)}: "
                "mend the source"
            )
        checked = {name: check_table(name, rules, raw[name]) for name, rules in contract.items()}
        for name, rules in contract.items():
            check_references(name, rules, checked)
        return checked

    def _refuse_if_broken(
        self,
        checked: dict[str, Checked],
        raw: dict[str, pd.DataFrame],
        bad: dict[str, int],
        found: list[Violation],
    ) -> None:
        allowed = load(self.system).data.quarantined_share
        for name, table in checked.items():
            share = bad[name] / len(raw[name])
            if share > allowed or not len(table.clean):
                worst = max((v for v in found if v.table == name), key=lambda violation: violation.count)
                raise ContractBroken(
                    f"{bad[name]} of {len(raw[name])} rows of {name} break the contract ({share:.1%}, "
                    f"allowed are {allowed:.1%}; mostly {worst}); they are in the quarantine and no dataset "
                    "version was made: mend the source, or raise data.quarantined_share in system.yaml"
                )


def _read(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the raw tables as text, indexed by row number from 1."""
    import pandas as pd

    frames: dict[str, pd.DataFrame] = {}
    for path in sorted(folder.glob("*.parquet")):
        frame = pd.read_parquet(path).astype("string")
        frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
        frames[path.stem] = frame
    return frames


def _save(folders: Folders, checked: dict[str, Checked]) -> StoredFolder:
    import pyarrow as pa
    from pyarrow import parquet

    with tempfile.TemporaryDirectory() as temporary:
        for name, table in checked.items():
            arrow = pa.Table.from_pandas(table.clean, preserve_index=False).replace_schema_metadata(None)
            parquet.write_table(arrow, Path(temporary) / f"{name}.parquet")
        return folders.save(Path(temporary))
