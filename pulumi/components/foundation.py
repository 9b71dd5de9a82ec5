"""Foundation: network, keys, roles and registry of an environment in AWS."""

from __future__ import annotations

from typing import Any, Final

import pulumi

from aws_network import Network
from aws_settings import AwsSettings
from components.aws_root import aws_root
from layout import Layout

HOLDS_DATA: Final = (
    "module.keys.aws_kms_key.this",
    "module.registry.aws_ecr_repository.this",
    "module.access_logs.aws_s3_bucket.this",
)


class Foundation(pulumi.ComponentResource):
    """What everything else stands on."""

    network: dict[str, pulumi.Output[Any]]
    key_arns: pulumi.Output[dict[str, str]]
    role_arns: pulumi.Output[dict[str, str]]
    repositories: pulumi.Output[dict[str, dict[str, str]]]
    access_log_bucket: pulumi.Output[str]

    def __init__(self, settings: AwsSettings, layout: Layout) -> None:
        super().__init__("millrace:foundation:Foundation", settings.environment)
        root = aws_root(
            "foundation", settings, layout, variables(settings),
            protected=HOLDS_DATA, destroy_variables={"force_destroy": True}, parent=self,
        )  # fmt: skip
        names = ("vpc_id", "cidr", "private_subnet_ids", "public_subnet_ids", "clients_security_group_id")
        self.network = {name: root.output(name) for name in names}
        self.key_arns = root.output("key_arns")
        self.role_arns = root.output("role_arns")
        self.repositories = root.output("repositories")
        self.access_log_bucket = root.output("access_log_bucket")
        self.register_outputs({"vpc_id": self.network["vpc_id"], "key_arns": self.key_arns})


def variables(settings: AwsSettings) -> dict[str, Any]:
    """Return what the root module takes."""
    return {
        "network": _network(settings.network, settings.zones),
        "keys": settings.existing_keys,
        "repositories": ["jobs", *settings.systems],
        "ci": settings.ci.model_dump() if settings.ci else None,
        "access_log_bucket": {"name": f"{settings.prefix}-access-logs"},
    }


def _network(network: Network, zones: list[str]) -> dict[str, Any]:
    if network.existing:
        return {"existing": network.existing.model_dump()}
    return {
        "cidr": network.cidr,
        "zones": zones,
        "nat": network.nat,
        "reserved_cidrs": list(network.reserved_cidrs),
    }
