"""A check that cannot run must not pass for one that passed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from infra.policy.errors import ChecksInvalid, InspectionFailed
from infra.policy.inspection import RULES
from infra.policy.left_out import Checks
from infra.policy.plan import CheckablePlan

from .plans import KEY, Resource, plan

QUEUE = Resource("aws_sqs_queue", {"kms_master_key_id": KEY})
BROKEN = """
from checkov.common.models.enums import CheckCategories
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

class Broken(BaseResourceCheck):
    def __init__(self):
        super().__init__("breaks", "MR_BROKEN", [CheckCategories.IAM], ["aws_sqs_queue"])

    def scan_resource_conf(self, conf):
        raise ValueError(str(conf))

Broken()
"""


def changed(inspector, tmp_path, text: str):
    """The inspector with one more rule."""
    rules = tmp_path / "rules"
    shutil.copytree(RULES, rules)
    (rules / "broken.py").write_text(text)
    return replace(inspector, rules=rules)


def checkable(tmp_path, *resources: Resource) -> CheckablePlan:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan(*resources)))
    return CheckablePlan.load(path)


def test_a_rule_that_breaks_down_decides_nothing(inspector, tmp_path):
    with pytest.raises(InspectionFailed, match=r"MR_BROKEN on aws_sqs_queue\.this \(BROKEN ValueError\)"):
        changed(inspector, tmp_path, BROKEN).inspect(checkable(tmp_path, QUEUE))


def test_a_rule_that_cannot_be_loaded_decides_nothing(inspector, tmp_path):
    with pytest.raises(InspectionFailed, match=r"broke down with ZeroDivisionError .*can be loaded"):
        changed(inspector, tmp_path, "1 / 0\n").inspect(checkable(tmp_path, QUEUE))


def test_a_resource_that_the_checks_did_not_see_is_named(inspector, tmp_path):
    whole = checkable(tmp_path, QUEUE)
    more = replace(whole, addresses=(*whole.addresses, "aws_sqs_queue.unseen"))
    with pytest.raises(InspectionFailed, match=r"did not see aws_sqs_queue\.unseen"):
        inspector.inspect(more)


def test_every_check_that_is_left_out_has_a_reason_and_exists(inspector, tmp_path):
    checks = Checks.load()
    database = Resource("aws_db_instance", {"kms_key_id": KEY})
    kinds = ("aws_eks_cluster", "aws_vpc_security_group_ingress_rule", "aws_lb", "aws_cloudwatch_log_group")
    others = [Resource(kind, {}) for kind in kinds]
    every = replace(inspector, checks=Checks()).inspect(checkable(tmp_path, database, *others)).checks
    assert {one.check for one in (*checks.plans, *checks.modules)} <= set(every)


def test_a_check_that_is_left_out_does_not_run(inspector, tmp_path):
    opened = {"cidr_ipv4": "0.0.0.0/0", "from_port": 80, "to_port": 80, "ip_protocol": "tcp"}
    found = inspector.inspect(checkable(tmp_path, Resource("aws_vpc_security_group_ingress_rule", opened)))
    assert "CKV_AWS_260" not in found.checks
    assert "MR_OPEN_PORT" in {one.check for one in found.refusals}


@pytest.mark.parametrize(
    "text", ["plans: [{check: A}]\n", "plans: [{check: A, reason: ''}]\n", "other: []\n"]
)
def test_a_list_without_reasons_is_named(tmp_path, text):
    path = tmp_path / "checks.yaml"
    path.write_text(text)
    with pytest.raises(ChecksInvalid, match=r"checks\.yaml: .*correct this entry"):
        Checks.load(path)
