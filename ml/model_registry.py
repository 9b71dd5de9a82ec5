"""Model versions and their aliases, as MLflow's registry holds them.

``challenger`` is the newest version that passed the gate; ``champion`` is what serves, and only
delivery sets it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ml.errors import ModelDamaged, ModelNotFound
from ml.folders import disk_full
from ml.origin import Origin
from ml.tracking_server import PATIENCE_S, TrackingServer

if TYPE_CHECKING:
    from ml.environment import Environment

Alias = Literal["champion", "challenger"]
CARD = "model_card.md"


class SearchSummary(BaseModel):
    """The search that found a model's settings: the best score on validation, and how many trials there were.

    ``given_up`` of the ``trials`` were pruned, ``failed`` came to nothing; ``minutes`` is the time of all
    runs of the search; ``report`` is the path of its report among the run's artifacts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: float
    trials: int
    given_up: int
    failed: int
    minutes: float
    report: str


class UpdateSummary(BaseModel):
    """Whether a version is an update of version ``of`` or was fitted from scratch, and why it is the one.

    ``forgotten`` is how far the update is below version ``of`` in the primary metric on what that was held
    out on, None if no update could be made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    taken: bool
    of: int | None
    forgotten: float | None
    sentence: str


class ModelVersion(BaseModel):
    """A registered model: where it comes from and what the gate said.

    ``digest`` is that of the folder of serving files, ``onnx_sha256`` that of ``model.onnx``;
    ``report`` is the path of the gate's report among the run's artifacts, ``held_out`` the dataset version
    whose test rows it judged on. A version of another environment has ``promoted_from``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    version: int
    dataset: str
    dataset_digest: str
    commit: str
    family: str
    settings: dict[str, Any]
    decision: Literal["promote", "reject"]
    reasons: tuple[str, ...]
    metrics: dict[str, float]
    digest: str
    onnx_sha256: str
    files: dict[str, str]
    report: str
    search: SearchSummary | None = None
    held_out: str | None = None
    promoted_from: Origin | None = None
    update: UpdateSummary | None = None
    run_id: str
    aliases: tuple[str, ...] = ()
    created_at: datetime = Field(description="UTC")


class ModelRegistry:
    """The registry of an environment.

    Raises (all methods):
        TrackingUnavailable, TrackingRefused: the server does not answer, or refuses.
    """

    def __init__(self, environment: Environment, patience_s: float = PATIENCE_S) -> None:
        self._server = TrackingServer(environment, patience_s)

    def champion(self, system: str) -> ModelVersion | None:
        """Return the version that serves, None before the first release."""
        return self._by_alias(system, "champion")

    def challenger(self, system: str) -> ModelVersion | None:
        """Return the newest version that passed the gate, None before the first."""
        return self._by_alias(system, "challenger")

    def version(self, system: str, number: int) -> ModelVersion:
        """Return one version.

        Raises:
            ModelNotFound: there is none of that number.
        """
        found = self._server.get("mlflow/model-versions/get", name=system, version=str(number))
        if found is None:
            raise ModelNotFound(
                f"there is no version {number} of the model {system} in {self._server.uri}; "
                f"`python -m ml run --system {system}` trains one"
            )
        return _read(found["model_version"])

    def versions(self, system: str) -> list[ModelVersion]:
        """Return all versions, newest first."""
        versions: list[ModelVersion] = []
        token = ""
        while True:
            page = self._server.get(
                "mlflow/model-versions/search",
                filter=f"name = '{system}'",
                max_results="200",
                **({"page_token": token} if token else {}),
            )
            versions += [_read(found) for found in (page or {}).get("model_versions", []) if _is_ours(found)]
            token = (page or {}).get("next_page_token", "")
            if not token:
                return sorted(versions, key=lambda version: -version.version)

    def set_alias(self, system: str, alias: Alias, version: int) -> None:
        """Point an alias at a version; doing it again changes nothing.

        Raises:
            ModelNotFound: there is no such version.
        """
        self.version(system, version)
        self._server.post("mlflow/registered-models/alias", name=system, alias=alias, version=str(version))

    def withdraw(self, system: str, version: int) -> None:
        """Remove a version that no alias and no release names; its files stay in its run."""
        self._server.delete("mlflow/model-versions/delete", name=system, version=str(version))

    def download(self, version: ModelVersion, folder: Path) -> Path:
        """Write the version's files into ``folder`` and return it; each is held to its digest.

        Raises:
            ModelDamaged: a file is missing, or is not what was registered.
            DiskFull: the local disk has no room.
        """
        for name, sha256 in version.files.items():
            content = self._server.bytes(f"mlflow-artifacts/artifacts/{self._place(version)}/{name}")
            found = hashlib.sha256(content).hexdigest() if content is not None else "nothing"
            if content is None or found != sha256:
                raise ModelDamaged(
                    f"{name} of {version.system} version {version.version} is {found}, "
                    f"registered is {sha256}; "
                    "restore the models bucket, or train again"
                )
            path = folder / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            except OSError as error:
                raise disk_full(path, error) from error
        return folder

    def report(self, version: ModelVersion) -> bytes:
        """Return the gate's report of a version as HTML.

        Raises:
            ModelNotFound: it is gone.
        """
        return self._artifact(version, version.report, "report")

    def search_report(self, version: ModelVersion) -> bytes:
        """Return the report of the search that found a version's settings, as HTML.

        Raises:
            ModelNotFound: it is gone, or there was no search.
        """
        if version.search is None:
            raise ModelNotFound(
                f"no search found the settings of {version.system} version {version.version}; "
                f"`millrace automl {version.system}` makes one"
            )
        return self._artifact(version, version.search.report, "search's report")

    def card(self, version: ModelVersion) -> str:
        """Return the model card of a version as Markdown.

        Raises:
            ModelNotFound: it is gone, or the version was registered before there were cards.
        """
        beside = version.report.rpartition("/")[0]
        return self._artifact(version, f"{beside}/{CARD}", "model card").decode()

    def _artifact(self, version: ModelVersion, path: str, what: str) -> bytes:
        run = self._server.get("mlflow/runs/get", run_id=version.run_id)
        place = _artifacts(run["run"]["info"]["artifact_uri"]) if run else ""
        content = self._server.bytes(f"mlflow-artifacts/artifacts/{place}/{path}") if run else None
        if content is None:
            raise ModelNotFound(
                f"the {what} of {version.system} version {version.version} is gone from run {version.run_id}"
            )
        return content

    def _by_alias(self, system: str, alias: Alias) -> ModelVersion | None:
        model = self._server.get("mlflow/registered-models/get", name=system)
        aliases = (model or {}).get("registered_model", {}).get("aliases", [])
        number = next((found["version"] for found in aliases if found["alias"] == alias), None)
        return None if number is None else self.version(system, int(number))

    def _place(self, version: ModelVersion) -> str:
        found = self._server.get(
            "mlflow/model-versions/get-download-uri", name=version.system, version=str(version.version)
        )
        if found is None:
            raise ModelNotFound(f"version {version.version} of {version.system} was removed; choose another")
        return _artifacts(found["artifact_uri"])


def _artifacts(uri: str) -> str:
    """Return the path behind MLflow's artifact proxy."""
    return uri.split(":", 1)[1].lstrip("/")


def _is_ours(found: dict[str, Any]) -> bool:
    return any(tag["key"] == "millrace" for tag in found.get("tags", []))


def _read(found: dict[str, Any]) -> ModelVersion:
    """Read a version; all of ours is one JSON tag, so that it is written whole or not at all."""
    tags = {tag["key"]: tag["value"] for tag in found.get("tags", [])}
    if "millrace" not in tags:
        raise ModelNotFound(
            f"version {found['version']} of {found['name']} was not registered by a pipeline of ours "
            "(it has no tag millrace); choose another"
        )
    return ModelVersion(
        **json.loads(tags["millrace"]),
        system=found["name"],
        version=int(found["version"]),
        run_id=found["run_id"],
        aliases=tuple(found.get("aliases", ())),
        created_at=datetime.fromtimestamp(int(found["creation_timestamp"]) / 1000, UTC),
    )
