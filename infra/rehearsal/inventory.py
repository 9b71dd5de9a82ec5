"""What lies in an account: asked of each service, not of Terraform."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

from infra.rehearsal.account import Account

# How each service is asked, and what names a thing that it holds.
ASKED: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    ("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
    ("ec2", "describe_addresses", "Addresses", "AllocationId"),
    ("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    ("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    ("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
    ("iam", "list_roles", "Roles", "Arn"),
    ("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn"),
    ("kms", "list_aliases", "Aliases", "AliasName"),
    ("ecr", "describe_repositories", "repositories", "repositoryName"),
    ("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    ("rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
    ("secretsmanager", "list_secrets", "SecretList", "Name"),
    ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    ("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    ("route53", "list_hosted_zones", "HostedZones", "Id"),
    ("acm", "list_certificates", "CertificateSummaryList", "CertificateArn"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("amp", "list_workspaces", "workspaces", "workspaceId"),
)
GONE: Final = {"NatGateways": "deleted", "VpcEndpoints": "deleted"}


def inventory(account: Account, ignoring: Collection[str] = ()) -> set[str]:
    """Return everything there is, but keys that are on their way out, and the buckets to ignore."""
    return {f"{kind} {name}" for kind, name in _everything(account) if name not in ignoring}


def _everything(account: Account) -> Iterator[tuple[str, str]]:
    for service, question, answer, name in ASKED:
        ask: Callable[[], dict[str, Any]] = getattr(account.client(service), question)
        for thing in ask()[answer]:
            if answer not in GONE or thing["State"] != GONE[answer]:
                yield answer, thing[name]
    yield from (("Buckets", b["Name"]) for b in account.client("s3").list_buckets()["Buckets"])
    yield from (("Queues", url) for url in account.client("sqs").list_queues().get("QueueUrls", []))
    yield from (("Clusters", name) for name in account.client("eks").list_clusters()["clusters"])
    yield from (
        ("Firewalls", w["Id"]) for w in account.client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]
    )
    kms = account.client("kms")
    for key in kms.list_keys()["Keys"]:
        metadata = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if metadata["KeyState"] == "Enabled" and metadata["KeyManager"] == "CUSTOMER":
            yield "Keys", key["KeyId"]
