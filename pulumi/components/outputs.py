"""Outputs: the one document that tells all other code where this environment runs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import pulumi

from components.storage import PRINCIPALS, REGION, Storage, endpoint_url
from infra.provider.resources import EnvironmentDocument
from layout import REPOSITORY, Layout
from settings import LocalSettings

SCHEMA_NUMBER: Final = 1
CODE: Final = ("ansible", "infra/terraform", "pulumi")
SKIPPED: Final = ("__pycache__", ".terraform")

# Port and path at which each component says that it is well.
HEALTH: Final = {
    "seaweedfs": ("seaweedfs_s3", "/healthz"),
    "mlflow": ("mlflow", "/health"),
    "nats": ("nats_monitoring", "/healthz"),
    "traefik": ("traefik_admin", "/ping"),
    "prometheus": ("prometheus", "/-/ready"),
    "alertmanager": ("alertmanager", "/-/ready"),
    "blackbox": ("blackbox", "/-/healthy"),
    "recorder": ("recorder", "/livez"),
    "watcher": ("watcher", "/livez"),
    "steward": ("steward", "/livez"),
}


class Outputs(pulumi.ComponentResource):
    """The environment's document: a file on this machine, and an output of the stack."""

    document: pulumi.Output[dict[str, Any]]

    def __init__(self, settings: LocalSettings, layout: Layout, storage: Storage) -> None:
        super().__init__("millrace:outputs:Outputs", settings.environment)
        content = document(settings, layout, storage.buckets)
        EnvironmentDocument(
            "environment",
            document=content,
            path=layout.document,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.document = pulumi.Output.from_input(content)
        self.register_outputs({"document": self.document})


def document(settings: LocalSettings, layout: Layout, buckets: Any) -> dict[str, Any]:
    """Return the document that ``ml.environment.Environment`` reads."""
    ports = settings.ports.all
    return {
        "schema_number": SCHEMA_NUMBER,
        "name": settings.environment,
        "revision": revision(settings.file),
        "systems": list(settings.systems),
        "logs": str(layout.logs),
        "object_store": _object_store(settings, layout, buckets),
        "tracking": {"uri": _address(ports["mlflow"])},
        "event_bus": {
            "kind": "nats",
            "url": f"nats://127.0.0.1:{ports['nats']}",
            "token": _secret(layout, "nats-token"),
        },
        "gateway": {"url": _address(ports["gateway"]), "routes": str(layout.folder / "routes")},
        "monitoring": {
            "prometheus_url": _address(ports["prometheus"]),
            "alertmanager_url": _address(ports["alertmanager"]),
            "targets": str(layout.folder / "targets"),
        },
        "steward": {
            "url": _address(ports["steward"]),
            "token": _secret(layout, "steward-token"),
            "approval": settings.approval,
        },
        "runtime": _runtime(settings, layout),
        "components": [
            {"name": name, "health_url": _address(ports[port]) + path}
            for name, (port, path) in HEALTH.items()
        ],
    }


def revision(settings_file: Path) -> str:
    """Return a digest of the code and the settings that make the environment."""
    digest = hashlib.sha256(settings_file.read_bytes())
    for part in CODE:
        for path in sorted((REPOSITORY / part).rglob("*")):
            if path.is_file() and not set(SKIPPED) & set(path.parts) and path.parent.name != "environments":
                digest.update(str(path.relative_to(REPOSITORY)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _object_store(settings: LocalSettings, layout: Layout, buckets: Any) -> dict[str, Any]:
    return {
        "endpoint_url": endpoint_url(settings),
        "region": REGION,
        "buckets": buckets,
        "credentials": {name: _secret(layout, f"s3-{name}.json") for name in ("operator", *PRINCIPALS)},
    }


def _runtime(settings: LocalSettings, layout: Layout) -> dict[str, Any]:
    return {
        "kind": "processes",
        "socket": str(layout.socket),
        "configuration": str(layout.supervisor_configuration),
        "programs": str(layout.folder / "programs"),
        "folder": str(layout.folder / "runtime"),
        "first_port": settings.ports.releases.start,
        "last_port": settings.ports.releases.stop - 1,
    }


def _address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _secret(layout: Layout, name: str) -> dict[str, str]:
    return {"kind": "file", "name": str(layout.secret(name))}
