"""Cluster: EKS, its nodes, the roles of workloads, and the way in of an environment in AWS."""

from __future__ import annotations

from typing import Any, Final

import pulumi

import aws_settings
from aws_settings import AwsSettings
from components.aws_root import aws_root
from components.data import SECRETS, Data
from components.foundation import Foundation
from layout import Layout

NETWORK: Final = ("vpc_id", "private_subnet_ids", "public_subnet_ids", "clients_security_group_id")
PROTECTED: Final = ("module.cluster.aws_eks_cluster.this",)


class Cluster(pulumi.ComponentResource):
    """Where services and jobs run."""

    name: pulumi.Output[str]
    namespace: pulumi.Output[str]
    url: pulumi.Output[str | None]
    load_balancer: dict[str, pulumi.Output[str]] | None

    def __init__(self, settings: AwsSettings, layout: Layout, foundation: Foundation, data: Data) -> None:
        super().__init__("millrace:cluster:Cluster", settings.environment)
        given = variables(settings, foundation, data)
        root = aws_root("cluster", settings, layout, given, protected=PROTECTED, parent=self)
        self.name = root.output("cluster", "name")
        self.namespace = root.output("namespace")
        self.url = root.output("ingress", "urls", "api")
        measured = ("arn_suffix", "target_group_arn_suffix")
        made = {each: root.output("ingress", each) for each in measured}
        self.load_balancer = made if settings.ingress else None
        self.register_outputs({"name": self.name})


def variables(settings: AwsSettings, foundation: Foundation, data: Data) -> dict[str, Any]:
    """Return what the root module takes."""
    return {
        "network": {name: foundation.network[name] for name in NETWORK},
        "key_arns": foundation.key_arns,
        "role_arns": foundation.role_arns,
        "access_log_bucket": foundation.access_log_bucket,
        "repositories": foundation.repositories,
        "buckets": data.buckets,
        "secret_arns": data.secret_arns,
        "secret_readers": {name: ["steward"] for name in SECRETS},
        "database_secret_arn": data.database_secret_arn,
        "edge": data.edge,
        "events": data.events,
        "cache": data.cache,
        "cluster": _cluster(settings.cluster),
        "ingress": _ingress(settings.ingress, settings.protect),
    }


def _cluster(cluster: aws_settings.Cluster) -> dict[str, Any]:
    if cluster.existing:
        return {"existing": cluster.existing}
    return {
        "kubernetes_version": cluster.kubernetes_version,
        "access_entries": {name: {"principal_arn": arn} for name, arn in cluster.operators.items()},
        "node_groups": {name: nodes.model_dump() for name, nodes in cluster.nodes.items()},
    }


def _ingress(ingress: aws_settings.Ingress | None, protect: bool) -> dict[str, Any] | None:
    if ingress is None:
        return None
    return {
        "zone": {"name": ingress.zone},
        "internet_facing": ingress.internet_facing,
        "allowed_cidrs": list(ingress.allowed_cidrs),
        "firewall": ingress.firewall,
        "deletion_protection": protect,
    }
