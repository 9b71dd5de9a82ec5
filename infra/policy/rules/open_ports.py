"""The world reaches the load balancer, on two ports, and nothing else."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
from plan_values import blocks, companions, value, values

RANGES = ("cidr_ipv4", "cidr_ipv6", "cidr_blocks", "ipv6_cidr_blocks")
# 80 answers with a redirect to 443.
OPEN = (80, 443)


class OpenPort(BaseResourceCheck):  # type: ignore[misc]
    """An ingress rule for the whole world."""

    def __init__(self) -> None:
        super().__init__(
            name="no port is open to the world, but 443 and 80 of the load balancer's security group",
            id="MR_OPEN_PORT",
            categories=[CheckCategories.NETWORKING],
            supported_resources=[
                "aws_default_security_group",
                "aws_security_group",
                "aws_security_group_rule",
                "aws_vpc_security_group_ingress_rule",
            ],
            guideline="name the networks that need it, or refer to the security group that may come in",
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Judge the rule, or the rules that stand in the group itself."""
        if self.entity_type == "aws_security_group_rule" and value(conf, "type") != "ingress":
            return CheckResult.PASSED
        inline = self.entity_type in ("aws_security_group", "aws_default_security_group")
        balanced = "aws_lb" in (companions(conf) or [])
        rules = blocks(conf, "ingress") if inline else [conf]
        return CheckResult.FAILED if any(_opens(rule, balanced) for rule in rules) else CheckResult.PASSED


def _opens(rule: dict[str, Any], balanced: bool) -> bool:
    if not any(_world(one) for name in RANGES for one in values(rule, name)):
        return False
    first, last = value(rule, "from_port"), value(rule, "to_port")
    protocol = value(rule, "ip_protocol") or value(rule, "protocol")
    return not (balanced and protocol in ("tcp", "6", 6) and first == last and first in OPEN)


def _world(network: Any) -> bool:
    """One of the world's two halves is as open as both."""
    try:
        return ip_network(str(network), strict=False).prefixlen <= 1
    except ValueError:
        return False


OpenPort()
