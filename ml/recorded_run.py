"""A run as its tracking server tells it, read without MLflow's own package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml.errors import RunNotFound
from ml.folders import disk_full
from ml.tracking_server import TrackingServer

if TYPE_CHECKING:
    from pathlib import Path

    from ml.environment import Environment


class RecordedRun:
    """A run of an environment's tracking server.

    Raises:
        RunNotFound: the server does not know it.
        TrackingUnavailable, TrackingRefused (all methods): the server does not answer, or refuses.
    """

    def __init__(self, environment: Environment, run_id: str) -> None:
        self._server = TrackingServer(environment)
        self._run_id = run_id
        found = self._server.get("mlflow/runs/get", run_id=run_id)
        if found is None:
            raise RunNotFound(
                f"{self._server.uri} does not know run {run_id}, which made the model; train another there"
            )
        self._data: dict[str, Any] = found["run"]["data"]
        self._place = found["run"]["info"]["artifact_uri"].split(":", 1)[1].lstrip("/")

    @property
    def parameters(self) -> dict[str, str]:
        """What was set."""
        return {found["key"]: found["value"] for found in self._data.get("params", [])}

    @property
    def metrics(self) -> dict[str, float]:
        """The last value of each metric."""
        return {found["key"]: float(found["value"]) for found in self._data.get("metrics", [])}

    def histories(self) -> dict[str, list[float]]:
        """Return the metrics that were logged step by step, in order."""
        long = [found["key"] for found in self._data.get("metrics", []) if int(found.get("step", 0)) > 0]
        return {name: self._history(name) for name in long}

    def download(self, folder: Path) -> None:
        """Write all files of the run into a folder.

        Raises:
            DiskFull: the local disk has no room.
        """
        for path in self._files(""):
            content = self._server.bytes(f"mlflow-artifacts/artifacts/{self._place}/{path}")
            if content is not None:
                try:
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_bytes(content)
                except OSError as error:
                    raise disk_full(folder / path, error) from error

    def _history(self, name: str) -> list[float]:
        found = self._server.get("mlflow/metrics/get-history", run_id=self._run_id, metric_key=name) or {}
        values = {int(each.get("step", 0)): float(each["value"]) for each in found.get("metrics", [])}
        return [value for _, value in sorted(values.items())]

    def _files(self, under: str) -> list[str]:
        found = self._server.get("mlflow/artifacts/list", run_id=self._run_id, path=under) or {}
        paths: list[str] = []
        for each in found.get("files", []):
            paths += self._files(each["path"]) if each.get("is_dir") else [each["path"]]
        return paths
