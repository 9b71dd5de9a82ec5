"""What each type of resource is charged for, as AWS bills it: how many units of which price."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from infra.cost.inventory import Inventory, Resource

# What EC2 publishes for each instance with detailed monitoring.
METRICS_OF_AN_INSTANCE: Final = 7
# A threshold that learns: the metric and its band's two edges are billed.
METRICS_OF_A_BAND: Final = 3
# gp3 storage of RDS includes so many; a volume from 400 GiB on, four times that.
RDS_INCLUDED_IOPS: Final = 3000
RDS_LARGE_GIB: Final = 400


@dataclass(frozen=True)
class Charge:
    """So many units of a price; ``most`` is what the resource may grow to by itself.

    If it may be any of ``alternatives`` too, the dearest is counted: an upper bound.
    """

    what: str
    service: str
    key: str
    quantity: float
    most: float | None = None
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unknown:
    """Something that costs, and why it cannot be said how much."""

    what: str
    why: str


Item = Charge | Unknown
Rule = Callable[[Resource, Inventory], Iterator[Item]]


def _one(what: str, service: str, key: str) -> Rule:
    def rule(_resource: Resource, _inventory: Inventory) -> Iterator[Item]:
        yield Charge(what, service, key, 1)

    return rule


def _node_group(group: Resource, inventory: Inventory) -> Iterator[Item]:
    sizes = group.block("scaling_config")
    wanted, most = sizes.get("desired_size"), sizes.get("max_size")
    kinds = group.values.get("instance_types") or []
    if wanted is None or not kinds:
        yield Unknown("nodes", "its size or its instance types are not in the plan")
        return
    # EKS takes on-demand nodes in the order of the list; of spot nodes it takes any.
    if group.values.get("capacity_type") == "SPOT":
        what = f"{' or '.join(kinds)} spot nodes, at the on-demand price (an upper bound)"
        yield Charge(what, "ec2", kinds[0], wanted, most, tuple(kinds[1:]))
    else:
        yield Charge(f"{kinds[0]} nodes", "ec2", kinds[0], wanted, most)
    yield from _of_each_node(_template(group, inventory), wanted, most)


def _template(group: Resource, inventory: Inventory) -> Resource | None:
    """Return a group's launch template: by id once it exists, before that by what the group refers to."""
    wanted = group.block("launch_template").get("id")
    templates = [each for each in inventory.resources if each.type == "aws_launch_template"]
    for each in templates:
        if wanted and each.values.get("id") == wanted:
            return each
    referred = [each for each in inventory.behind(group, "launch_template") if each in templates]
    same = [each for each in referred if each.index == group.index]
    return same[0] if len(same) == 1 else None


def _of_each_node(template: Resource | None, wanted: float, most: float | None) -> Iterator[Item]:
    if template is None:
        yield Unknown("disks of the nodes", "its launch template is not in the plan")
        return
    for mapping in template.values.get("block_device_mappings") or []:
        disk = (mapping.get("ebs") or [{}])[0]
        size = disk.get("volume_size")
        if not size:
            yield Unknown("disks of the nodes", "their size is not in the plan")
            continue
        kind = disk.get("volume_type") or "gp3"
        yield Charge(f"{kind} disks of the nodes", "ebs", kind, size * wanted, most and size * most)
    if template.block("monitoring").get("enabled"):
        metrics = METRICS_OF_AN_INSTANCE
        yield Charge("detailed monitoring", "cloudwatch", "metric", metrics * wanted, most and metrics * most)


def _database(instance: Resource, _inventory: Inventory) -> Iterator[Item]:
    values = instance.values
    copies = 2 if values.get("multi_az") else 1
    zones = " in two zones" if copies > 1 else ""
    engine, size = values.get("engine"), values.get("allocated_storage")
    yield Charge(
        f"{values.get('instance_class')} {engine}{zones}",
        f"rds-{engine}",
        str(values.get("instance_class")),
        copies,
    )
    if size:
        kind, grows = values.get("storage_type") or "gp2", values.get("max_allocated_storage")
        most = grows * copies if grows else None
        yield Charge(f"{kind} storage{zones}", "rds-storage", kind, size * copies, most)
    else:
        yield Unknown("storage", "its size is not in the plan")
    included = RDS_INCLUDED_IOPS * (4 if (size or 0) >= RDS_LARGE_GIB else 1)
    if (values.get("iops") or 0) > included:
        yield Unknown("provisioned IOPS", f"{values['iops']} are more than the {included} that are included")
    if values.get("manage_master_user_password"):
        yield Charge("secret of the master user", "secretsmanager", "secret", 1)


def _cache(group: Resource, _inventory: Inventory) -> Iterator[Item]:
    values = group.values
    nodes = values.get("num_cache_clusters")
    if not nodes and values.get("num_node_groups"):
        nodes = values["num_node_groups"] * (1 + (values.get("replicas_per_node_group") or 0))
    kind, engine = str(values.get("node_type")), values.get("engine")
    if nodes:
        yield Charge(f"{kind} {engine} nodes", f"elasticache-{engine}", kind, nodes)
    else:
        yield Unknown(f"{kind} nodes", "their number is not in the plan")


def _brokers(cluster: Resource, _inventory: Inventory) -> Iterator[Item]:
    info, nodes = cluster.block("broker_node_group_info"), cluster.values.get("number_of_broker_nodes")
    kind = str(info.get("instance_type"))
    if not nodes:
        yield Unknown(f"{kind} brokers", "their number is not in the plan")
        return
    yield Charge(f"{kind} brokers", "msk", kind, nodes)
    storage = (info.get("storage_info") or [{}])[0]
    disk = (storage.get("ebs_storage_info") or [{}])[0]
    if disk.get("volume_size"):
        yield Charge("storage of the brokers", "msk", "storage", disk["volume_size"] * nodes)
    else:
        yield Unknown("storage of the brokers", "its size is not in the plan")


def _load_balancer(balancer: Resource, inventory: Inventory) -> Iterator[Item]:
    kind = balancer.values.get("load_balancer_type") or "application"
    yield Charge(f"{kind} load balancer", "lb", kind, 1)
    if balancer.values.get("internal") is False:
        zones = inventory.count(balancer, "subnets")
        if zones:
            yield Charge("public IPv4 addresses, one a zone", "public-ipv4", "address", zones)
        else:
            yield Unknown("public IPv4 addresses", "the number of its zones is not in the plan")


def _endpoint(endpoint: Resource, inventory: Inventory) -> Iterator[Item]:
    kind = endpoint.values.get("vpc_endpoint_type") or "Gateway"
    if kind == "Gateway":
        return
    zones = inventory.count(endpoint, "subnet_ids")
    if zones:
        yield Charge("endpoint, one a zone", "vpc-endpoint", kind.lower(), zones)
    else:
        yield Unknown("endpoint", "the number of its zones is not in the plan")


def _web_acl(acl: Resource, _inventory: Inventory) -> Iterator[Item]:
    yield Charge("web ACL", "waf", "web-acl", 1)
    rules = len(acl.values.get("rule") or [])
    if rules:
        yield Charge("rules", "waf", "rule", rules)


def _alarm(alarm: Resource, _inventory: Inventory) -> Iterator[Item]:
    queries = [each for each in alarm.values.get("metric_query") or [] if each.get("metric")]
    metrics = max(len(queries), 1) * (METRICS_OF_A_BAND if alarm.values.get("threshold_metric_id") else 1)
    fine = 0 < (alarm.values.get("period") or 0) < 60
    yield Charge("metrics of the alarm", "cloudwatch", "high-resolution-alarm" if fine else "alarm", metrics)


def _secret(secret: Resource, _inventory: Inventory) -> Iterator[Item]:
    yield Charge("secret", "secretsmanager", "secret", 1 + len(secret.values.get("replica") or []))


def _certificate(certificate: Resource, _inventory: Inventory) -> Iterator[Item]:
    if certificate.values.get("certificate_authority_arn"):
        yield Unknown("certificate", "one of a private authority is billed by how many there are")


RULES: Final[Mapping[str, Rule]] = {
    "aws_acm_certificate": _certificate,
    "aws_cloudwatch_metric_alarm": _alarm,
    "aws_db_instance": _database,
    "aws_eip": _one("public IPv4 address", "public-ipv4", "address"),
    "aws_eks_cluster": _one("control plane, under standard support", "eks", "cluster"),
    "aws_eks_node_group": _node_group,
    "aws_elasticache_replication_group": _cache,
    "aws_kms_key": _one("key", "kms", "key"),
    "aws_lb": _load_balancer,
    "aws_msk_cluster": _brokers,
    "aws_nat_gateway": _one("NAT gateway", "nat", "gateway"),
    "aws_route53_zone": _one("hosted zone", "route53", "zone"),
    "aws_secretsmanager_secret": _secret,
    "aws_vpc_endpoint": _endpoint,
    "aws_wafv2_web_acl": _web_acl,
}
