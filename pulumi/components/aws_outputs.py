"""Outputs of an environment in AWS: the document that one on a machine has too."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi import Output

from aws_settings import AwsSettings
from common_settings import PURPOSES
from components.cluster import Cluster
from components.data import Data
from components.foundation import Foundation
from components.observability import Observability
from components.outputs import SCHEMA_NUMBER, revision
from infra.provider.resources import EnvironmentDocument


class AwsOutputs(pulumi.ComponentResource):
    """The environment's document: in the state's bucket, and an output of the stack."""

    document: Output[dict[str, Any]]

    def __init__(
        self,
        settings: AwsSettings,
        parts: tuple[Foundation, Data, Cluster, Observability],
    ) -> None:
        super().__init__("millrace:outputs:Outputs", settings.environment)
        content = document(settings, *parts)
        EnvironmentDocument(
            "environment",
            document=content,
            object_address=settings.document_address,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.document = Output.from_input(content)
        self.register_outputs({"document": self.document})


def document(
    settings: AwsSettings, foundation: Foundation, data: Data, cluster: Cluster, observability: Observability
) -> dict[str, Any]:
    """Return the document that ``ml.environment.Environment`` reads."""
    in_cluster = cluster.namespace.apply(lambda name: f"{name}.svc.cluster.local")
    prometheus = observability.workspace.apply(lambda found: found["endpoint"].rstrip("/"))
    return {
        "schema_number": SCHEMA_NUMBER,
        "name": settings.environment,
        "revision": revision(settings.file),
        "systems": list(settings.systems),
        "object_store": {
            "endpoint_url": None,
            "region": settings.region,
            "buckets": data.buckets.apply(_names),
        },
        "tracking": {"uri": Output.concat("http://mlflow.", in_cluster, ":5000")},
        "event_bus": data.brokers.apply(lambda found: found and {"kind": "kafka", "brokers": found}),
        "gateway": {"url": _gateway(settings, cluster, in_cluster)},
        "monitoring": {
            "prometheus_url": prometheus,
            "alertmanager_url": Output.concat(prometheus, "/alertmanager"),
        },
        "runtime": {
            "kind": "kubernetes",
            "cluster": cluster.name,
            "namespace": cluster.namespace,
            "repositories": foundation.repositories.apply(_urls),
        },
    }


def _gateway(settings: AwsSettings, cluster: Cluster, in_cluster: Output[str]) -> Output[str]:
    if settings.ingress is None:
        return Output.concat("http://gateway.", in_cluster)
    return cluster.url.apply(lambda found: str(found))


def _names(buckets: dict[str, dict[str, str]]) -> dict[str, str]:
    return {purpose: buckets[purpose]["name"] for purpose in PURPOSES}


def _urls(repositories: dict[str, dict[str, str]]) -> dict[str, str]:
    return {name: found["url"] for name, found in repositories.items()}
