"""Which model version is to be released, and where versions come from."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ml.model_registry import Alias, ModelVersion
from services.delivery.releases import Releases
from services.errors import ModelNotAvailable


class Registry(Protocol):
    """What delivery needs of a model registry; `ml.model_registry` has the real one."""

    def champion(self, system: str) -> ModelVersion | None:
        """Return the version that serves, as far as the registry knows."""

    def challenger(self, system: str) -> ModelVersion | None:
        """Return the newest version that passed the gate."""

    def version(self, system: str, number: int) -> ModelVersion:
        """Return one version, or raise."""

    def download(self, version: ModelVersion, folder: Path) -> Path:
        """Fetch a version's serving files and return the folder with them."""

    def set_alias(self, system: str, alias: Alias, version: int) -> None:
        """Move an alias."""


class Choice:
    """Chooses among a registry's versions, mindful of what was set aside."""

    def __init__(self, registry: Registry, releases: Releases) -> None:
        self._registry = registry
        self._releases = releases

    def model(self, system: str, version: int | None) -> ModelVersion:
        """Return the version with this number; without one, the challenger, or else the champion.

        Raises:
            ModelNotAvailable: there is none, or the gate rejected it.
        """
        model = self._registry.version(system, version) if version is not None else self._newest(system)
        if model is None:
            raise ModelNotAvailable(f"no model version of {system} has passed the gate; train one first")
        if model.decision == "reject":
            raise ModelNotAvailable(
                f"the gate rejected {system} version {model.version} ({'; '.join(model.reasons)}); "
                "choose another version"
            )
        return model

    def _newest(self, system: str) -> ModelVersion | None:
        pointer, _ = self._releases.pointer(system)
        challenger = self._registry.challenger(system)
        if challenger and not (pointer and pointer.set_aside == challenger.version):
            return challenger
        return self._registry.champion(system)
