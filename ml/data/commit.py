"""The third step: make features, and commit clean tables as a dataset version with its profile."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ml.data.clean import CleanData
from ml.data.datasets import Datasets, DatasetVersion
from ml.data.images.contents import with_contents
from ml.drift.profile import profile
from ml.folders import Folders
from ml.job import Job, Output
from ml.system import implementation, load

if TYPE_CHECKING:
    from ml.environment import Environment


class Commit(Job):
    """Commit a dataset version; the same content gives the version that is there already."""

    parts: ClassVar[tuple[str, ...]] = ("features",)
    outcome: ClassVar[type[Output]] = DatasetVersion

    clean: CleanData

    def still_holds(self, environment: Environment, output: Output) -> bool:
        """Say whether the version is there."""
        known = (record.version.digest for record in Datasets(environment).records(self.system))
        return isinstance(output, DatasetVersion) and output.digest in known

    def run(self, environment: Environment) -> DatasetVersion:
        """Make features, take the reference profile, commit."""
        from pyarrow import parquet

        system = implementation(self.system)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Folders(environment).load(self.clean.folder, Path(temporary))
            clean = {path.stem: parquet.read_table(path) for path in sorted(folder.glob("*.parquet"))}
            tables = system.features(clean)
        seen = system.monitored(with_contents(environment, self.system, tables))
        reference = profile(load(self.system).drift.monitors, seen)
        return Datasets(environment).commit(self.system, tables, reference, self.clean.delivery)
