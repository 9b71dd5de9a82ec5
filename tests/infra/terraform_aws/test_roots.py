"""Each root module brought up on an account that moto plays, one on the other, and taken down again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from infra.rehearsal.account import account
from infra.rehearsal.inventory import inventory

from .account import STATE
from .conftest import ROOTS
from .policies import granted
from .wiring import RULES, foundation, inputs, placeholders

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


@dataclass(frozen=True)
class Brought:
    """A rehearsed environment that is up."""

    account: Any
    roots: dict[str, Any]
    outputs: dict[str, dict[str, Any]]
    before: set[str]

    def down(self) -> None:
        """Destroy the root modules, the last one first; access logs only go when it is said."""
        for name in reversed(ROOTS[1:]):
            self.roots[name].destroy(inputs(name, self.outputs))
        self.roots["foundation"].apply(foundation() | {"force_destroy": True})
        self.roots["foundation"].destroy(foundation() | {"force_destroy": True})


@pytest.fixture(scope="module")
def up(workbench, tmp_path_factory):
    """All four root modules, applied in their order."""
    with account(tmp_path_factory.mktemp("account")) as empty:
        roots = {name: workbench.root(name, empty) for name in ROOTS}
        before, outputs = inventory(empty, (STATE,)), {}
        for name in ROOTS:
            outputs[name] = roots[name].apply(inputs(name, outputs))
        yield Brought(empty, roots, outputs, before)


@pytest.mark.parametrize("root", ROOTS)
def test_a_second_plan_of_what_is_up_changes_nothing(root, up):
    planned = up.roots[root].plan(inputs(root, up.outputs))
    changes = {c["address"]: c["change"]["actions"] for c in planned["resource_changes"]}
    assert {address: actions for address, actions in changes.items() if actions != ["no-op"]} == {}


@pytest.mark.parametrize("root", ROOTS)
def test_placeholders_have_the_form_of_what_they_stand_for(root, up):
    real = up.outputs[root]
    unfit = {name: value for name, value in placeholders(root).items() if not _fits(value, real.get(name))}
    assert unfit == {}


def test_no_role_may_do_what_it_does_not_name(up):
    statements = granted(up.account.client("iam"), "millrace-dev")
    assert len({role for role, _ in statements}) >= 8
    wild = [
        (role, s)
        for role, s in statements
        if any("*" in action for action in s["Action"])
        or ("*" in s["Resource"] and s["Action"] != ["ecr:GetAuthorizationToken"])
    ]
    assert wild == []


def test_the_state_holds_no_password(up):
    secret = up.outputs["data"]["database"]["secret_arn"]
    value = up.account.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    password = json.loads(value)["password"]
    assert password
    assert password not in up.roots["data"].state()


def test_buckets_are_encrypted_with_our_key_and_closed(up):
    s3 = up.account.client("s3")
    for bucket in [b["name"] for b in up.outputs["data"]["buckets"].values()] + ["acme-dev-edge"]:
        rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        key = rules[0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
        assert key == up.outputs["foundation"]["key_arns"]["data"]
        assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_nodes_take_imdsv2_alone(up):
    ec2 = up.account.client("ec2")
    templates = ec2.describe_launch_templates()["LaunchTemplates"]
    assert len(templates) == 2
    for template in templates:
        version = ec2.describe_launch_template_versions(LaunchTemplateId=template["LaunchTemplateId"])
        options = version["LaunchTemplateVersions"][0]["LaunchTemplateData"]["MetadataOptions"]
        assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 1)


def test_the_projects_own_rules_are_in_the_workspace(up):
    workspace = up.outputs["observability"]["workspace"]["id"]
    found = up.account.client("amp").list_rule_groups_namespaces(workspaceId=workspace)
    names = {space["name"] for space in found["ruleGroupsNamespaces"]}
    assert names == {file.stem for file in RULES.glob("*.yml")}


def test_drift_made_behind_its_back_is_found_and_a_size_changes_in_place(up):
    group = "/millrace/millrace-dev/jobs"
    up.account.client("logs").put_retention_policy(logGroupName=group, retentionInDays=1)
    planned = up.roots["observability"].plan(inputs("observability", up.outputs))
    assert _changed(planned) == {'module.monitoring.aws_cloudwatch_log_group.this["jobs"]': ["update"]}
    up.roots["observability"].apply(inputs("observability", up.outputs))
    assert not _changed(up.roots["observability"].plan(inputs("observability", up.outputs)))

    wanted = inputs("cluster", up.outputs)
    wanted["cluster"]["node_groups"]["general"]["max"] = 5
    planned = up.roots["cluster"].plan(wanted)
    assert _changed(planned) == {'module.cluster.aws_eks_node_group.this["general"]': ["update"]}


def test_another_account_and_a_zone_of_another_region_are_refused(up):
    refused = up.roots["foundation"].refused(foundation() | {"account_id": "210987654321"})
    assert "AWS account ID not allowed: 123456789012" in refused
    refused = up.roots["foundation"].refused(foundation() | {"region": "eu-west-1"})
    assert "must lie in the region eu-west-1" in " ".join(refused.split())


def test_going_down_leaves_nothing_behind(up):
    up.down()
    assert inventory(up.account, (STATE,)) - up.before == set()


def _fits(placeholder: Any, real: Any) -> bool:
    """Whether a placeholder has the type of what it stands for, and no key that this lacks."""
    if real is None:
        return True
    if isinstance(placeholder, dict):
        return isinstance(real, dict) and all(
            name in real and _fits(value, real[name]) for name, value in placeholder.items()
        )
    return type(placeholder) is type(real)


def _changed(planned: dict[str, Any]) -> dict[str, list[str]]:
    changes = {c["address"]: c["change"]["actions"] for c in planned["resource_changes"]}
    return {address: actions for address, actions in changes.items() if actions not in (["no-op"], ["read"])}
