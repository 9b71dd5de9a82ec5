"""The first step: read a system's source, add what its log teaches, and keep the raw tables as they came."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from ml.data.images.contents import IMAGES
from ml.data.images.labelled import PROVENANCE, with_labels
from ml.data.images.labels import Labels
from ml.data.images.manifest import take_in
from ml.data.images.store import ImageStore
from ml.data.source import ImageSource
from ml.errors import SourceEmpty
from ml.folders import Folders, StoredFolder
from ml.job import Job, Output
from ml.system import implementation, load

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.environment import Environment


class LogWindow(BaseModel):
    """From when to when predictions were made whose feedback is learnt from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: AwareDatetime
    until: AwareDatetime


class RawData(Output):
    """Raw tables, one Parquet file each, every column text; ``from_log`` rows came of feedback."""

    folder: StoredFolder
    rows: dict[str, int]
    from_log: int = 0
    images_set_aside: int = 0
    images_labelled: int = 0


class Ingest(Job):
    """Read the source, and the feedback of a window of the log if one is given.

    Raises:
        SourceUnavailable, SourceCorrupted, SourceEmpty: with what to do; nothing was changed.
    """

    parts: ClassVar[tuple[str, ...]] = ("source", "from_log", "labelling")
    outcome: ClassVar[type[Output]] = RawData

    source: dict[str, Any] = Field(default_factory=dict, description="the system's settings of its source")

    log: LogWindow | None = None

    def state(self, environment: Environment) -> dict[str, str]:
        """Return digests of source, declared limits and labels, so that new ones make the step run again."""
        source = self._source()
        found = {"source": hashlib.sha256(source.fingerprint().encode()).hexdigest()}
        if isinstance(source, ImageSource):
            found["declared"] = load(self.system).digest("data")
        if implementation(self.system).labelling() is not None:
            found["labels"] = Labels(environment, self.system).fingerprint()
        return found

    def run(self, environment: Environment) -> RawData:
        """Read, refuse an empty table, and store the rest; images that cannot be judged are set aside."""
        from pyarrow import parquet

        source = self._source()
        tables = source.read()
        set_aside = 0
        if isinstance(source, ImageSource):
            store, limits = ImageStore(environment, self.system), load(self.system).data.images
            taken = take_in(source.images(), store, limits)
            tables[IMAGES], set_aside = _as_text(taken.table()), len(taken.set_aside)
        before = sum(table.num_rows for table in tables.values())
        if self.log:
            tables = self._with_log(environment, tables, self.log)
        from_log = sum(table.num_rows for table in tables.values()) - before
        labelling = implementation(self.system).labelling()
        if labelling is not None:
            tables = with_labels(environment, self.system, tables, labelling)
        for name, table in tables.items():
            if not table.num_rows:
                raise SourceEmpty(
                    f"table {name} of {self.system}'s source has no rows; nothing was changed: "
                    "check the source"
                )
        with tempfile.TemporaryDirectory() as temporary:
            for name, table in tables.items():
                parquet.write_table(table, Path(temporary) / f"{name}.parquet")
            folder = Folders(environment).save(Path(temporary))
        rows = {name: table.num_rows for name, table in tables.items()}
        return RawData(
            folder=folder,
            rows=rows,
            from_log=from_log,
            images_set_aside=set_aside,
            images_labelled=rows.get(PROVENANCE, 0),
        )

    def _with_log(
        self, environment: Environment, tables: dict[str, pa.Table], window: LogWindow
    ) -> dict[str, pa.Table]:
        from ml.data.prediction_log import PredictionLog

        said = PredictionLog(environment).feedback(self.system, window.since, until=window.until)
        return implementation(self.system).from_log(tables, said)

    def _source(self) -> Any:
        return implementation(self.system).source(self.source)


def _as_text(table: pa.Table) -> pa.Table:
    import pyarrow as pa

    return pa.table({name: [str(value) for value in table[name].to_pylist()] for name in table.column_names})
