"""What ``pulumi up`` leaves behind: one typed document that tells code where it runs.

The document holds addresses, folders and *references* to secrets, never a secret.
This file is data only (pydantic and the standard library), so that a provider, a
service or a job can read it without importing anything else of ``ml``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

SCHEMA: Final = 1

Principal = Literal["operator", "tracking", "jobs", "delivery", "recorder"]
Port = Annotated[int, Field(ge=1, le=65535)]


class EnvironmentUnreadable(Exception):
    """The document is missing, damaged, or of another schema; the message names the remedy."""

    exit_code = 4


class SecretUnreadable(Exception):
    """A secret reference points at nothing that can be read; the message names the reference."""

    exit_code = 4


class RunsElsewhere(Exception):
    """What is asked for needs an environment on this machine, and this one is in a cluster."""

    exit_code = 4


class Document(BaseModel):
    """Base of every part: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SecretReference(Document):
    """Where a secret lies: a file (mode 0600), an environment variable, or AWS Secrets Manager (its ARN)."""

    kind: Literal["file", "variable", "secrets_manager"]
    name: str

    def read(self) -> str:
        """Return the secret's text.

        Raises:
            SecretUnreadable: nothing is there.
        """
        try:
            if self.kind == "secrets_manager":
                return _read_managed(self.name)
            return Path(self.name).read_text().strip() if self.kind == "file" else os.environ[self.name]
        except (OSError, KeyError) as error:
            raise SecretUnreadable(
                f"the secret at {self.kind} {self.name} cannot be read ({error}); "
                "run `millrace provision` for this environment again"
            ) from error


class Buckets(Document):
    """Names of the environment's buckets, by purpose."""

    datasets: str
    pipelines: str
    models: str
    releases: str
    predictions: str


class ObjectStore(Document):
    """An S3 endpoint. A principal without credentials uses the default chain of its machine.

    A credential is a JSON object with ``access_key_id`` and ``secret_access_key``.
    """

    endpoint_url: str | None
    region: str
    buckets: Buckets
    credentials: dict[Principal, SecretReference] = {}


class TrackingServer(Document):
    """An MLflow server that also hands out artifacts."""

    uri: str


class EventBus(Document):
    """NATS with JetStream, as the bus that carries predictions and feedback."""

    kind: Literal["nats"]
    url: str
    token: SecretReference | None = None


class KafkaBus(Document):
    """Kafka as the bus: brokers (``host:port,...``) that admit roles of AWS."""

    kind: Literal["kafka"]
    brokers: str


class Gateway(Document):
    """The one way in to every service; on a machine, ``routes`` is delivery's folder of configuration."""

    url: str
    routes: Path | None = None


class Monitoring(Document):
    """Prometheus and Alertmanager; on a machine, ``targets`` is delivery's folder of scrape targets."""

    prometheus_url: str
    alertmanager_url: str
    targets: Path | None = None


class Steward(Document):
    """Who closes the loop: where it listens, and whether what it releases waits for a person."""

    url: str
    token: SecretReference
    approval: bool = False
    approval_expires_s: Annotated[float, Field(gt=0)] = 86_400.0


class ProcessRuntime(Document):
    """Services as processes under supervisord.

    ``programs`` is delivery's folder of program files, ``socket`` supervisord's control
    socket, ``first_port`` to ``last_port`` the loopback ports that releases may take, and
    ``folder`` where releases keep their files.
    """

    kind: Literal["processes"]
    socket: Path
    configuration: Path
    programs: Path
    folder: Path
    first_port: Port
    last_port: Port


class KubernetesRuntime(Document):
    """Services in a cluster: its name, the namespace, and the repository of each system's images."""

    kind: Literal["kubernetes"]
    cluster: str
    namespace: str
    repositories: dict[str, str]


class Component(Document):
    """One part of the platform, and where it says that it is well."""

    name: str
    health_url: str


class Here(NamedTuple):
    """What an environment on this machine has, and one in a cluster has not."""

    runtime: ProcessRuntime
    bus: EventBus
    routes: Path
    targets: Path
    logs: Path


class Environment(Document):
    """Everything code may know of where it runs."""

    schema_number: Literal[1] = SCHEMA
    name: str
    revision: str
    systems: tuple[str, ...]
    logs: Path | None = None
    object_store: ObjectStore
    tracking: TrackingServer
    event_bus: Annotated[EventBus | KafkaBus, Field(discriminator="kind")] | None = None
    gateway: Gateway
    monitoring: Monitoring
    steward: Steward | None = None
    runtime: Annotated[ProcessRuntime | KubernetesRuntime, Field(discriminator="kind")]
    components: tuple[Component, ...] = ()

    @property
    def here(self) -> Here:
        """Return what this machine runs.

        Raises:
            RunsElsewhere: the environment is not on a machine.
        """
        runtime, bus, logs = self.runtime, self.event_bus, self.logs
        routes, targets = self.gateway.routes, self.monitoring.targets
        if isinstance(runtime, ProcessRuntime) and isinstance(bus, EventBus) and routes and targets and logs:
            return Here(runtime, bus, routes, targets, logs)
        raise RunsElsewhere(
            f"{self.name} does not run on this machine but on {self.runtime.kind}; "
            "use what manages it there, or name an environment on this machine"
        )

    @classmethod
    def load(cls, address: str | Path) -> Environment:
        """Read the document from a path, a ``file://`` or an ``s3://bucket/key`` address.

        Raises:
            EnvironmentUnreadable: with what is wrong and what to run.
        """
        text = _read(str(address))
        try:
            value: Any = json.loads(text)
        except json.JSONDecodeError as error:
            raise EnvironmentUnreadable(
                f"{address} is not JSON ({error}); run `millrace environment pull` to write it anew"
            ) from error
        found = value.get("schema_number") if isinstance(value, dict) else None
        if found != SCHEMA:
            raise EnvironmentUnreadable(
                f"{address} has schema number {found!r}, this code reads {SCHEMA}; "
                "run `millrace provision` with this revision"
            )
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise EnvironmentUnreadable(
                f"{address}: {where}: {first['msg']}; run `millrace environment pull` to write it anew"
            ) from error


def _read(address: str) -> str:
    parts = urlsplit(address)
    try:
        if parts.scheme == "s3":
            return _read_object(parts.netloc, parts.path.lstrip("/"))
        return Path(unquote(parts.path) if parts.scheme == "file" else address).read_text()
    except FileNotFoundError as error:
        raise EnvironmentUnreadable(
            f"no environment document at {address}; run `make up`, or `millrace provision ENV`"
        ) from error
    except OSError as error:
        raise EnvironmentUnreadable(f"{address} cannot be read: {error.strerror or error}") from error


def _read_managed(arn: str) -> str:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return str(boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    except (BotoCoreError, ClientError) as error:
        raise OSError(str(error)) from error


def _read_object(bucket: str, key: str) -> str:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        body = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except (BotoCoreError, ClientError) as error:
        if "NoSuch" in str(error):
            raise EnvironmentUnreadable(
                f"no environment document at s3://{bucket}/{key}; "
                "run `millrace bootstrap ENV` once, then `millrace provision ENV`"
            ) from error
        raise EnvironmentUnreadable(f"s3://{bucket}/{key} cannot be read: {error}") from error
    return bytes(body).decode()
