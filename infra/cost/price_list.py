"""Where each price stands in AWS's price list: service, attributes, kind of use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

# What stands before a kind of use outside us-east-1, and for some services everywhere.
PREFIX: Final = re.compile(r"(?:[A-Z]{2,4}[0-9]?|[a-z]{2}(?:-[a-z]+)+-[0-9]+)-")
# How the list writes a unit; what is paid by the month it names after the thing (Keys, Alarms).
UNITS: Final = {"hour": re.compile("hr|hour", re.I), "gb-month": re.compile("gb-mo", re.I)}


@dataclass(frozen=True)
class Query:
    """One price in the list. ``use`` is the usage type without its region; None takes any."""

    service_code: str
    unit: str
    use: str | None
    attributes: Mapping[str, str] = field(default_factory=dict)
    is_global: bool = False

    def filters(self, region: str) -> list[dict[str, str]]:
        """Return the filters of GetProducts."""
        wanted = dict(self.attributes) | ({} if self.is_global else {"regionCode": region})
        return [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in wanted.items()]

    def amounts(self, product: Mapping[str, Any]) -> Iterator[float]:
        """Yield the on-demand prices of a product, for the first unit used, in US dollars."""
        if not self._is_of_use(product["product"]["attributes"].get("usagetype", "")):
            return
        for term in product.get("terms", {}).get("OnDemand", {}).values():
            for dimension in term["priceDimensions"].values():
                if float(dimension.get("beginRange") or 0) == 0 and self._is_in_unit(dimension["unit"]):
                    yield float(dimension["pricePerUnit"]["USD"])

    def _is_of_use(self, told: str) -> bool:
        prefix = PREFIX.match(told)
        local = told[prefix.end() :] if prefix else told
        return self.use is None or self.use.lower() in {told.lower(), local.lower()}

    def _is_in_unit(self, told: str) -> bool:
        found = {unit for unit, written in UNITS.items() if written.search(told)} or {"month"}
        return self.unit in found


_FIXED: Final[Mapping[str, Query]] = {
    "cloudwatch/alarm": Query("AmazonCloudWatch", "month", "CW:AlarmMonitorUsage", {"alarmType": "Standard"}),
    "cloudwatch/high-resolution-alarm": Query(
        "AmazonCloudWatch", "month", None, {"alarmType": "High Resolution"}
    ),
    "cloudwatch/metric": Query("AmazonCloudWatch", "month", "CW:MetricMonitorUsage"),
    "eks/cluster": Query("AmazonEKS", "hour", "AmazonEKS-Hours:perCluster"),
    "kms/key": Query("awskms", "month", "KMS-Keys", {"productFamily": "Encryption Key"}),
    "lb/application": Query(
        "AWSELB", "hour", "LoadBalancerUsage", {"productFamily": "Load Balancer-Application"}
    ),
    "lb/network": Query("AWSELB", "hour", "LoadBalancerUsage", {"productFamily": "Load Balancer-Network"}),
    "msk/storage": Query("AmazonMSK", "gb-month", None, {"storageFamily": "GP2"}),
    "nat/gateway": Query("AmazonEC2", "hour", "NatGateway-Hours", {"productFamily": "NAT Gateway"}),
    "public-ipv4/address": Query("AmazonVPC", "hour", "PublicIPv4:InUseAddress"),
    "rds-storage/gp3": Query(
        "AmazonRDS",
        "gb-month",
        "RDS:GP3-Storage",
        {"productFamily": "Database Storage", "volumeType": "General Purpose-GP3", "databaseEngine": "Any"},
    ),
    "route53/zone": Query(
        "AmazonRoute53", "month", "HostedZone", {"productFamily": "DNS Zone"}, is_global=True
    ),
    "secretsmanager/secret": Query("AWSSecretsManager", "month", None, {"productFamily": "Secret"}),
    "vpc-endpoint/interface": Query(
        "AmazonVPC", "hour", "VpcEndpoint-Hours", {"productFamily": "VpcEndpoint"}
    ),
    "waf/rule": Query("awswaf", "month", "RuleV2", {"productFamily": "Web Application Firewall"}),
    "waf/web-acl": Query("awswaf", "month", "WebACLV2", {"productFamily": "Web Application Firewall"}),
}
_SHARED_LINUX: Final = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "operation": "RunInstances",
}


def find(service: str, key: str) -> Query | None:
    """Return where a price stands in the list, or None for one that is not known here."""
    fixed = _FIXED.get(f"{service}/{key}")
    if fixed:
        return fixed
    match service:
        case "ec2":
            return Query("AmazonEC2", "hour", f"BoxUsage:{key}", {"instanceType": key, **_SHARED_LINUX})
        case "ebs":
            return Query("AmazonEC2", "gb-month", f"EBS:VolumeUsage.{key}", {"volumeApiName": key})
        case "elasticache-valkey":
            engine = {"instanceType": key, "cacheEngine": "Valkey"}
            return Query("AmazonElastiCache", "hour", f"NodeUsage:{key}", engine)
        case "msk":
            return Query("AmazonMSK", "hour", key)
        case "rds-postgres":
            zone = {"deploymentOption": "Single-AZ", "databaseEngine": "PostgreSQL"}
            return Query("AmazonRDS", "hour", f"InstanceUsage:{key}", {"instanceType": key, **zone})
        case _:
            return None
