"""Runs on the MLflow server: dataset, parameters, metrics, plots, reports, models.

``mlflow`` takes seconds to import, so this module is imported by the jobs that write runs and by
nothing else; reading goes through ``ml.model_registry``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ml.errors import RunNotFound, TrackingRefused, TrackingUnavailable
from ml.tracking_server import PATIENCE_S, TrackingServer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ml.data.datasets import DatasetVersion
    from ml.environment import Environment

# Five tries over half a minute: a server killed while it works is back in 20 s.
SETTINGS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "5",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


class Tracking:
    """The tracking server of an environment.

    Raises (all methods, and those of its runs):
        TrackingUnavailable: the server does not answer.
        TrackingRefused: it refuses.
    """

    def __init__(self, environment: Environment, patience_s: float = PATIENCE_S) -> None:
        self._server = TrackingServer(environment, patience_s)

    def begin(self, system: str, name: str, tags: Mapping[str, str]) -> Run:
        """Start a run in the system's experiment."""
        with self._speaking():
            experiment = self._client.get_experiment_by_name(system)
            identity = experiment.experiment_id if experiment else self._create(system)
            made = self._client.create_run(identity, run_name=name, tags={"system": system, **tags})
        return Run(self, made.info.run_id, identity)

    def find(self, system: str, tag: str, value: str) -> Run | None:
        """Return the oldest run of the system's experiment with this tag, None if there is none."""
        experiment = self._server.get("mlflow/experiments/get-by-name", experiment_name=system)
        if experiment is None:
            return None
        identity = experiment["experiment"]["experiment_id"]
        found = self._server.post(
            "mlflow/runs/search",
            experiment_ids=[identity],
            filter=f"tags.`{tag}` = '{value}'",
            order_by=["attributes.start_time ASC", "attributes.run_id ASC"],
            max_results=1,
        )
        runs = (found or {}).get("runs", [])
        return Run(self, runs[0]["info"]["run_id"], identity) if runs else None

    def withdraw(self, run: Run) -> None:
        """Remove a run to which nothing was written yet."""
        self._server.post("mlflow/runs/delete", run_id=run.run_id)

    def knows(self, run_id: str) -> bool:
        """Say whether the server has a run."""
        return self._server.get("mlflow/runs/get", run_id=run_id) is not None

    def resume(self, run_id: str) -> Run:
        """Return a run that an earlier step began.

        Raises:
            RunNotFound: the server does not know it.
        """
        found = self._server.get("mlflow/runs/get", run_id=run_id)
        if found is None:
            raise RunNotFound(
                f"{self._server.uri} does not know run {run_id}, which a finished step made; "
                "run the pipeline with --fresh"
            )
        return Run(self, run_id, found["run"]["info"]["experiment_id"])

    def _create(self, system: str) -> str:
        """Create the experiment, or find the one that another run made just now."""
        from mlflow.exceptions import MlflowException

        try:
            return str(self._client.create_experiment(system))
        except MlflowException:
            found = self._client.get_experiment_by_name(system)
            if found is None:
                raise
            return str(found.experiment_id)

    @cached_property
    def _client(self) -> Any:
        os.environ.update({name: os.environ.get(name, value) for name, value in SETTINGS.items()})
        from mlflow import MlflowClient

        return MlflowClient(self._server.uri, self._server.uri)

    def _write(self, write: Callable[[Any], None]) -> None:
        """Write what may be there already.

        Of two that write the same at once one is refused; it writes again, and finds it there.
        """
        from mlflow.exceptions import MlflowException

        with self._speaking() as client:
            try:
                write(client)
            except MlflowException as error:
                if "unique constraint" not in str(error).lower():
                    raise
                write(client)

    @contextmanager
    def _speaking(self) -> Iterator[Any]:
        """Wait until the server is well, and turn its errors into this package's."""
        self._server.wait()
        from mlflow.exceptions import MlflowException
        from requests.exceptions import RequestException

        try:
            yield self._client
        except MlflowException as error:
            if "Max retries" in str(error) or "Connection" in str(error):
                raise self._unavailable(error) from error
            raise TrackingRefused(
                f"the tracking server at {self._server.uri} refused ({error}); see `millrace logs mlflow`"
            ) from error
        except RequestException as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> TrackingUnavailable:
        return TrackingUnavailable(
            f"the tracking server at {self._server.uri} stopped answering ({type(error).__name__}); "
            "start the environment with `make up` and run again: finished steps are kept"
        )


class Run:
    """One run. Logging the same thing again changes nothing, so a step may be repeated."""

    def __init__(self, tracking: Tracking, run_id: str, experiment_id: str) -> None:
        self.run_id = run_id
        self._experiment_id = experiment_id
        self._tracking = tracking

    @property
    def page(self) -> str:
        """Address of the run in MLflow's own pages."""
        return f"{self._tracking._server.uri}/#/experiments/{self._experiment_id}/runs/{self.run_id}"

    def log(
        self,
        parameters: Mapping[str, Any] | None = None,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Log parameters, metrics and tags in one call."""
        from mlflow.entities import Metric, Param, RunTag

        batch = (
            [Metric(name, float(value), 0, 0) for name, value in (metrics or {}).items()],
            [Param(name, str(value)) for name, value in (parameters or {}).items()],
            [RunTag(name, str(value)) for name, value in (tags or {}).items()],
        )
        self._tracking._write(lambda client: client.log_batch(self.run_id, *batch))

    def log_history(self, name: str, values: Sequence[float]) -> None:
        """Log one metric step by step: MLflow draws it as a line."""
        from mlflow.entities import Metric

        metrics = [Metric(name, float(value), 0, step) for step, value in enumerate(values)]
        self._tracking._write(lambda client: client.log_batch(self.run_id, metrics))

    def log_dataset(self, version: DatasetVersion, address: str) -> None:
        """Log which dataset version the run read."""
        import json

        from mlflow.entities import Dataset, DatasetInput, InputTag

        profile = json.dumps({name: table.rows for name, table in version.tables.items()})
        source = json.dumps({"uri": address})
        dataset = Dataset(str(version), version.digest[:36], "delta", source, profile=profile)
        given = [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])]
        self._tracking._write(lambda client: client.log_inputs(self.run_id, given))

    def log_files(self, folder: Path, under: str) -> None:
        """Store the files of a folder among the run's artifacts."""
        with self._tracking._speaking() as client:
            client.log_artifacts(self.run_id, str(folder), under)

    def end(self, status: str = "FINISHED") -> None:
        """Say how the run ended: FINISHED, FAILED or KILLED."""
        with self._tracking._speaking() as client:
            client.set_terminated(self.run_id, status)

    def log_model(self, name: str, folder: Path, tags: Mapping[str, str]) -> str:
        """Store a folder with an ``MLmodel`` file as a model of the run, and return its id."""
        from mlflow.entities import LoggedModelOutput, LoggedModelStatus

        with self._tracking._speaking() as client:
            made = client.create_logged_model(
                self._experiment_id, name=name, source_run_id=self.run_id, tags=dict(tags), model_type="onnx"
            )
            client.log_model_artifacts(made.model_id, str(folder))
            client.finalize_logged_model(made.model_id, LoggedModelStatus.READY)
            client.log_outputs(self.run_id, [LoggedModelOutput(made.model_id, 0)])
        return str(made.model_id)

    def register(self, name: str, model_id: str, tags: Mapping[str, str], description: str) -> int:
        """Register a logged model as the next version of ``name``, and return the version."""
        from mlflow.exceptions import MlflowException

        with self._tracking._speaking() as client:
            try:
                client.create_registered_model(name)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            made = client.create_model_version(
                name,
                source=f"models:/{model_id}",
                run_id=self.run_id,
                model_id=model_id,
                tags=dict(tags),
                description=description,
                await_creation_for=None,
            )
        return int(made.version)
