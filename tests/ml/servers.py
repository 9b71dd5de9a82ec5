"""A real object store and a real tracking server on free loopback ports, in one temporary folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ml.environment import Environment
from tests.ports import SERVERS, free_ports

BIN = Path(sys.executable).parent
KEY = {"access_key_id": "test", "secret_access_key": "test-secret"}
PURPOSES = ("datasets", "pipelines", "models", "releases", "predictions")


class Server:
    """A program that can be started, stopped, killed, and started again on the same ports."""

    def __init__(
        self, command: list[str], folder: Path, is_well: Callable[[], bool], **variables: str
    ) -> None:
        self.command = command
        self.folder = folder
        self._is_well = is_well
        self._variables = variables
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, deadline_s: float = 60.0) -> None:
        """Start it and wait until it is well.

        Raises:
            AssertionError: it ended, or is not well in time; with the end of its log.
        """
        self.launch()
        late = time.monotonic() + deadline_s
        while not self._is_well():
            ended = self._process is not None and self._process.poll() is not None
            if ended or time.monotonic() > late:
                said = (self.folder / "log").read_text(errors="replace")[-3000:]
                raise AssertionError(f"{self.command[0]} {'ended' if ended else 'is not well'}: {said}")
            time.sleep(0.05)

    def launch(self) -> None:
        """Start it, unless it runs, and do not wait."""
        if self._process is not None and self._process.poll() is None:
            return
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                stdout=log,
                stderr=log,
                env={**os.environ, **self._variables},
                cwd=self.folder,
                start_new_session=True,
            )

    def stop(self) -> None:
        """Kill it and all it started."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


class Store:
    """SeaweedFS with one user who may do everything."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ports = free_ports(40, SERVERS)
        first = self._ports.first
        self.url = f"http://127.0.0.1:{first}"
        (folder / "data").mkdir(parents=True)
        # A long temporary path would not fit in the address of a Unix socket.
        self._sockets = Path(tempfile.mkdtemp(prefix="millrace-"))
        user = {
            "name": "test",
            "credentials": [{"accessKey": KEY["access_key_id"], "secretKey": KEY["secret_access_key"]}],
            "actions": ["Admin"],
        }
        (folder / "s3.json").write_text(json.dumps({"identities": [user]}))
        (folder / "key.json").write_text(json.dumps(KEY))
        options = {
            "dir": folder / "data",
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "master.port": first + 2,
            "master.port.grpc": first + 3,
            "master.volumeSizeLimitMB": 64,
            "master.telemetry": "false",
            "volume.port": first + 4,
            "volume.port.grpc": first + 5,
            "volume.max": 0,
            "volume.preStopSeconds": 0,
            "filer.port": first + 6,
            "filer.port.grpc": first + 7,
            "filer.localSocket": self._sockets / "filer.sock",
            "s3.port": first,
            "s3.port.grpc": first + 1,
            "s3.localSocket": self._sockets / "s3.sock",
            "s3.config": folder / "s3.json",
            "s3.iam": "false",
            "s3.autoCreateBucket": "false",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
        }
        command = [str(BIN / "weed"), "-logtostderr=true", "server", "-filer", "-s3"]
        command += [f"-{name}={value}" for name, value in options.items()]
        self.server = Server(command, folder, self._is_well)

    def client(self) -> object:
        """Return a boto3 client."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=KEY["access_key_id"],
            aws_secret_access_key=KEY["secret_access_key"],
            config=Config(
                connect_timeout=2,
                read_timeout=5,
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
            ),
        )

    def close(self) -> None:
        """Stop it and remove its sockets."""
        self.server.stop()
        shutil.rmtree(self._sockets, ignore_errors=True)
        self._ports.close()

    def _is_well(self) -> bool:
        s3 = self.client()
        try:
            if not any(bucket["Name"] == "ready" for bucket in s3.list_buckets()["Buckets"]):
                s3.create_bucket(Bucket="ready")
            s3.put_object(Bucket="ready", Key="ready", Body=b"")
        except (BotoCoreError, ClientError):
            return False
        return True


class TrackingServer:
    """MLflow on SQLite, artifacts through the server into a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._ports = free_ports(40, SERVERS)
        port = self._ports.first
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "uvicorn", "--host=127.0.0.1", f"--port={port}", "--workers=1"]
        self.server = Server(
            [*command, "mlflow.server.fastapi_app:app"],
            folder,
            self._is_well,
            _MLFLOW_SERVER_FILE_STORE=f"sqlite:///{folder}/mlflow.db",
            _MLFLOW_SERVER_REGISTRY_STORE=f"sqlite:///{folder}/mlflow.db",
            _MLFLOW_SERVER_ARTIFACT_ROOT="mlflow-artifacts:/",
            _MLFLOW_SERVER_ARTIFACT_DESTINATION=str(folder / "artifacts"),
            _MLFLOW_SERVER_SERVE_ARTIFACTS="true",
            _MLFLOW_SGI_NAME="uvicorn",
            MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false",
            MLFLOW_DISABLE_TELEMETRY="true",
        )

    def close(self) -> None:
        """Stop it."""
        self.server.stop()
        self._ports.close()

    def _is_well(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=2, trust_env=False).is_success
        except httpx.HTTPError:
            return False


def describe(store: Store, tracking_url: str, folder: Path, name: str) -> Environment:
    """Make buckets of this name and return the environment's document."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "logs").mkdir()
    buckets = {purpose: f"{name}-{purpose}" for purpose in PURPOSES}
    s3 = store.client()
    for bucket in buckets.values():
        s3.create_bucket(Bucket=bucket)
    key = {"kind": "file", "name": str(store.folder / "key.json")}
    closed = "http://127.0.0.1:9"
    environment = Environment.model_validate(
        {
            "schema_number": 1,
            "name": name,
            "revision": "0",
            "systems": ["recommender"],
            "logs": str(folder / "logs"),
            "object_store": {
                "endpoint_url": store.url,
                "region": "us-east-1",
                "buckets": buckets,
                "credentials": dict.fromkeys(("operator", "tracking", "jobs", "delivery", "recorder"), key),
            },
            "tracking": {"uri": tracking_url},
            "event_bus": {"kind": "nats", "url": "nats://127.0.0.1:9"},
            "gateway": {"url": closed, "routes": str(folder)},
            "monitoring": {"prometheus_url": closed, "alertmanager_url": closed, "targets": str(folder)},
            "runtime": {
                "kind": "processes",
                "socket": str(folder / "socket"),
                "configuration": str(folder / "configuration"),
                "programs": str(folder),
                "folder": str(folder),
                "first_port": 1,
                "last_port": 2,
            },
        }
    )
    (folder / "environment.json").write_text(environment.model_dump_json(indent=1))
    return environment


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    """Have a server killed for the length of a block."""
    server.stop()
    try:
        yield
    finally:
        server.start()


def started(make: Callable[[Path], Store | TrackingServer], folder: Path) -> Store | TrackingServer:
    """Return a server that is well; if another program takes one of its ports first, others are tried."""
    attempt = 0
    while True:
        made = make(folder / str(attempt))
        try:
            made.server.start()
        except AssertionError:
            made.close()
            attempt += 1
            if attempt == 3:
                raise
        else:
            return made
