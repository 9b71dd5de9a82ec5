"""What lies in an account and is in no plan, as resources to be estimated: by ARN, sizes asked of AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from infra.cost.inventory import Resource

# Returns a client of a service by its name, as boto3 does.
Clients = Callable[[str], Any]
Reader = Callable[[str, Clients], dict[str, Any]]

# Terraform's type of what an ARN names: its service, and the first word of what follows the account.
TYPES: Final[Mapping[tuple[str, str], str]] = {
    ("acm", "certificate"): "aws_acm_certificate",
    ("aps", "workspace"): "aws_prometheus_workspace",
    ("cloudwatch", "alarm"): "aws_cloudwatch_metric_alarm",
    ("ec2", "elastic-ip"): "aws_eip",
    ("ec2", "internet-gateway"): "aws_internet_gateway",
    ("ec2", "launch-template"): "aws_launch_template",
    ("ec2", "natgateway"): "aws_nat_gateway",
    ("ec2", "route-table"): "aws_route_table",
    ("ec2", "security-group"): "aws_security_group",
    ("ec2", "subnet"): "aws_subnet",
    ("ec2", "vpc"): "aws_vpc",
    ("ec2", "vpc-endpoint"): "aws_vpc_endpoint",
    ("ec2", "vpc-flow-log"): "aws_flow_log",
    ("ecr", "repository"): "aws_ecr_repository",
    ("eks", "cluster"): "aws_eks_cluster",
    ("eks", "nodegroup"): "aws_eks_node_group",
    ("elasticache", "replicationgroup"): "aws_elasticache_replication_group",
    ("elasticloadbalancing", "loadbalancer"): "aws_lb",
    ("elasticloadbalancing", "targetgroup"): "aws_lb_target_group",
    ("iam", "oidc-provider"): "aws_iam_openid_connect_provider",
    ("iam", "policy"): "aws_iam_policy",
    ("iam", "role"): "aws_iam_role",
    ("kafka", "cluster"): "aws_msk_cluster",
    ("kms", "key"): "aws_kms_key",
    ("logs", "log-group"): "aws_cloudwatch_log_group",
    ("rds", "db"): "aws_db_instance",
    ("rds", "pg"): "aws_db_parameter_group",
    ("rds", "subgrp"): "aws_db_subnet_group",
    ("route53", "hostedzone"): "aws_route53_zone",
    ("s3", ""): "aws_s3_bucket",
    ("secretsmanager", "secret"): "aws_secretsmanager_secret",
    ("sns", ""): "aws_sns_topic",
    ("sqs", ""): "aws_sqs_queue",
    ("wafv2", "regional"): "aws_wafv2_web_acl",
}


def resource(arn: str, clients: Clients) -> Resource:
    """Return what an ARN names with the values that decide its price, as far as AWS tells them here.

    A kind that is not known keeps ``service:kind`` as its type, so that it is reported as not priced.

    Raises:
        botocore.exceptions.ClientError: AWS refuses to describe it.
    """
    service, name = arn.split(":", 5)[2], arn.split(":", 5)[5]
    kind = name.replace("/", ":").partition(":")[0] if ":" in name or "/" in name else ""
    known = TYPES.get((service, kind), f"{service}:{kind or name}")
    values = READERS[known](arn, clients) if known in READERS else {}
    return Resource(arn, known, name, None, "", values)


def _database(arn: str, clients: Clients) -> dict[str, Any]:
    found = clients("rds").describe_db_instances(DBInstanceIdentifier=arn.rpartition(":")[2])
    one = found["DBInstances"][0]
    return {
        "instance_class": one["DBInstanceClass"],
        "engine": one["Engine"],
        "multi_az": one["MultiAZ"],
        "allocated_storage": one["AllocatedStorage"],
        "storage_type": one.get("StorageType"),
        "iops": one.get("Iops"),
        "manage_master_user_password": "MasterUserSecret" in one,
    }


def _endpoint(arn: str, clients: Clients) -> dict[str, Any]:
    found = clients("ec2").describe_vpc_endpoints(VpcEndpointIds=[arn.rpartition("/")[2]])
    one = found["VpcEndpoints"][0]
    return {"vpc_endpoint_type": one["VpcEndpointType"], "subnet_ids": one.get("SubnetIds", [])}


def _load_balancer(arn: str, clients: Clients) -> dict[str, Any]:
    one = clients("elbv2").describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]
    return {
        "load_balancer_type": one["Type"],
        "internal": one.get("Scheme") == "internal",
        "subnets": [zone["SubnetId"] for zone in one["AvailabilityZones"]],
    }


def _node_group(arn: str, clients: Clients) -> dict[str, Any]:
    cluster, group = arn.split("/")[1:3]
    one = clients("eks").describe_nodegroup(clusterName=cluster, nodegroupName=group)["nodegroup"]
    sizes = one.get("scalingConfig", {})
    return {
        "scaling_config": [{"desired_size": sizes.get("desiredSize"), "max_size": sizes.get("maxSize")}],
        "instance_types": one.get("instanceTypes", []),
        "capacity_type": one.get("capacityType"),
    }


READERS: Final[Mapping[str, Reader]] = {
    "aws_db_instance": _database,
    "aws_eks_node_group": _node_group,
    "aws_lb": _load_balancer,
    "aws_vpc_endpoint": _endpoint,
}
