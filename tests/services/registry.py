"""A model registry of folders, in place of MLflow's, for the echo system."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from ml.errors import ModelNotFound
from ml.model_registry import ModelVersion


class FolderRegistry:
    """Versions are folders; a version's suffix file decides what echo says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.aliases: dict[str, int] = {}
        self.known: dict[int, ModelVersion] = {}
        self.downloads = 0
        self.refuse: OSError | None = None

    def add(self, suffix: str, system: str = "echo", decision: str = "promote") -> int:
        number = len(self.known) + 1
        (self.folder / str(number)).mkdir(parents=True)
        (self.folder / str(number) / "suffix.txt").write_text(suffix)
        self.known[number] = ModelVersion(
            system=system,
            version=number,
            dataset="d1",
            dataset_digest="-",
            commit="-",
            family="echo",
            settings={},
            decision=decision,
            reasons=("it is worse",),
            metrics={},
            digest=f"digest of {suffix}",
            onnx_sha256="-",
            files={},
            report="-",
            run_id="-",
            created_at=datetime.now(UTC),
        )
        (self.folder / f"{number}.json").write_text(self.known[number].model_dump_json())
        if decision == "promote":
            self.aliases["challenger"] = number
        return number

    @classmethod
    def reopened(cls, folder: Path) -> FolderRegistry:
        """Return the same registry in another process."""
        registry = cls(folder)
        for path in folder.glob("*.json"):
            registry.known[int(path.stem)] = ModelVersion.model_validate_json(path.read_text())
        return registry

    def champion(self, system: str) -> ModelVersion | None:
        return self.known.get(self.aliases.get("champion", 0))

    def challenger(self, system: str) -> ModelVersion | None:
        return self.known.get(self.aliases.get("challenger", 0))

    def version(self, system: str, number: int) -> ModelVersion:
        if number not in self.known:
            raise ModelNotFound(f"there is no version {number}; train one")
        return self.known[number]

    def download(self, version: ModelVersion, folder: Path) -> Path:
        self.downloads += 1
        if self.refuse:
            raise self.refuse
        shutil.copytree(self.folder / str(version.version), folder, dirs_exist_ok=True)
        return folder

    def set_alias(self, system: str, alias: str, version: int) -> None:
        self.aliases[alias] = version
