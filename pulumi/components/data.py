"""Data: buckets, tracking database, event bus, cache, secrets and the edge of an environment in AWS."""

from __future__ import annotations

from typing import Any, Final

import pulumi

from aws_settings import AwsSettings, Cache, Database, Events
from components.aws_root import aws_root
from components.foundation import Foundation
from layout import Layout

HOLDS_DATA: Final = (
    "module.object_store.aws_s3_bucket.this",
    "module.database.aws_db_instance.this",
    "module.secrets.aws_secretsmanager_secret.this",
    "module.edge[0].aws_s3_bucket.this",
    "module.events[0].aws_msk_cluster.this",
)
NETWORK: Final = ("vpc_id", "cidr", "private_subnet_ids", "clients_security_group_id")
SECRETS: Final = {"steward-token": {"description": "What the steward shows to those it calls."}}


class Data(pulumi.ComponentResource):
    """Everything that holds data."""

    buckets: pulumi.Output[dict[str, dict[str, str]]]
    database_secret_arn: pulumi.Output[str]
    database_instance_id: pulumi.Output[str]
    secret_arns: pulumi.Output[dict[str, str]]
    edge: pulumi.Output[dict[str, Any] | None]
    dead_letter_queue_name: pulumi.Output[str | None]
    events: pulumi.Output[dict[str, Any] | None]
    brokers: pulumi.Output[str | None]
    event_cluster_name: pulumi.Output[str | None]
    cache: pulumi.Output[dict[str, Any] | None]
    cache_member_ids: pulumi.Output[list[str] | None]

    def __init__(self, settings: AwsSettings, layout: Layout, foundation: Foundation) -> None:
        super().__init__("millrace:data:Data", settings.environment)
        root = aws_root(
            "data", settings, layout, variables(settings, foundation),
            protected=HOLDS_DATA, destroy_variables={"force_destroy": True}, parent=self,
        )  # fmt: skip
        self.buckets = root.output("buckets")
        self.database_secret_arn = root.output("database", "secret_arn")
        self.database_instance_id = root.output("database", "instance_id")
        self.secret_arns = root.output("secret_arns")
        self.edge, self.events, self.cache = (root.output(name) for name in ("edge", "events", "cache"))
        self.dead_letter_queue_name = root.output("edge", "dead_letter_queue_name")
        self.brokers = root.output("events", "bootstrap_brokers")
        self.event_cluster_name = root.output("events", "cluster_name")
        self.cache_member_ids = root.output("cache", "member_ids")
        self.register_outputs({"buckets": self.buckets})


def variables(settings: AwsSettings, foundation: Foundation) -> dict[str, Any]:
    """Return what the root module takes."""
    return {
        "network": {name: foundation.network[name] for name in NETWORK},
        "key_arns": foundation.key_arns,
        "access_log_bucket": foundation.access_log_bucket,
        "bucket_names": settings.bucket_names,
        "existing_buckets": list(settings.existing_buckets),
        "retention_days": settings.retention_days,
        "database": _database(settings.database, settings.protect),
        "events": _events(settings.events),
        "cache": _cache(settings.cache),
        "edge": {"bucket": f"{settings.prefix}-edge"} if settings.edge else None,
        "secrets": SECRETS,
        "secret_recovery_days": settings.secret_recovery_days,
    }


def _database(database: Database, protect: bool) -> dict[str, Any]:
    if database.existing:
        return {"existing": database.existing}
    return {
        "instance_class": database.instance_class,
        "multi_zone": database.multi_zone,
        "backup_days": database.backup_days,
        "deletion_protection": protect,
        "final_snapshot": database.final_snapshot,
    }


def _events(events: Events | None) -> dict[str, Any] | None:
    if events is None:
        return None
    if events.existing:
        return {"existing": events.existing}
    return {"broker": {"instance_type": events.broker, "disk_gib": events.disk_gib}}


def _cache(cache: Cache | None) -> dict[str, Any] | None:
    if cache is None:
        return None
    if cache.existing:
        return {"existing": cache.existing}
    return {"node_type": cache.node_type, "replicas": cache.replicas}
