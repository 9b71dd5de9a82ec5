"""Observability: metrics, rules, alarms, logs and the budget of an environment in AWS."""

from __future__ import annotations

from typing import Any, Final

import pulumi

from aws_settings import AwsSettings
from components.aws_root import aws_root
from components.cluster import Cluster
from components.data import Data
from components.foundation import Foundation
from layout import REPOSITORY, Layout

# The rules that every environment has, on a machine or in AWS.
RULES: Final = REPOSITORY / "ansible" / "roles" / "prometheus" / "files" / "rules"
PROTECTED: Final = ("module.monitoring.aws_prometheus_workspace.this",)


class Observability(pulumi.ComponentResource):
    """What watches the rest, and whom it tells."""

    workspace: pulumi.Output[dict[str, str]]
    topic_arn: pulumi.Output[str]

    def __init__(
        self, settings: AwsSettings, layout: Layout, foundation: Foundation, data: Data, cluster: Cluster
    ) -> None:
        super().__init__("millrace:observability:Observability", settings.environment)
        given = variables(settings, foundation, data, cluster)
        root = aws_root("observability", settings, layout, given, protected=PROTECTED, parent=self)
        self.workspace = root.output("workspace")
        self.topic_arn = root.output("topic_arn")
        self.register_outputs({"workspace": self.workspace, "topic_arn": self.topic_arn})


def variables(settings: AwsSettings, foundation: Foundation, data: Data, cluster: Cluster) -> dict[str, Any]:
    """Return what the root module takes."""
    return {
        "key_arns": foundation.key_arns,
        "rules": {file.stem: file.read_text() for file in sorted(RULES.glob("*.yml"))},
        "subscribers": settings.subscribers,
        "database_instance_id": data.database_instance_id,
        "dead_letter_queue_name": data.dead_letter_queue_name,
        "event_cluster_name": data.event_cluster_name,
        "cache_member_ids": data.cache_member_ids,
        "load_balancer": cluster.load_balancer,
        "budget": {"monthly_limit_usd": settings.budget.monthly_limit_usd},
    }
