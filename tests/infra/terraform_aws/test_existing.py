"""A network, a key, a bucket and a cluster made outside are used, and left as they were."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.rehearsal.account import Account, account
from infra.rehearsal.inventory import inventory

from .account import NUMBER, REGION, STATE
from .conftest import ROOTS
from .wiring import cluster, foundation, placeholders

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """An account in which others have made a few things."""
    with account(tmp_path_factory.mktemp("account")) as of_others:
        yield of_others, _network(of_others), _key(of_others), _bucket(of_others)


@pytest.mark.long
def test_a_foundation_on_what_others_made_leaves_it_as_it_was(workbench, theirs):
    of_others, network, key, bucket = theirs
    root = replace(workbench, key="existing").root("foundation", of_others)
    variables = foundation() | {
        "network": {"existing": network},
        "keys": {"data": key},
        "access_log_bucket": {"name": bucket, "existing": True},
    }
    before = inventory(of_others, (STATE,))
    outputs = root.apply(variables)
    assert outputs["vpc_id"] == network["vpc_id"]
    assert outputs["private_subnet_ids"] == network["private_subnet_ids"]
    assert outputs["key_arns"]["data"] == key
    assert {thing.split()[0] for thing in inventory(of_others, (STATE,)) - before}.isdisjoint(
        {"Vpcs", "Subnets", "Buckets"}
    )
    root.destroy(variables)
    assert inventory(of_others, (STATE,)) == before


@pytest.mark.long
def test_a_cluster_made_outside_gets_roles_for_workloads_and_nothing_else(workbench, theirs):
    of_others, network, _, _ = theirs
    _cluster(of_others, network["private_subnet_ids"])
    root = replace(workbench, key="existing").root("cluster", of_others)
    known = {name: placeholders(name) for name in ROOTS}
    variables = cluster(known["foundation"], known["data"]) | {
        "cluster": {"existing": "theirs"},
        "ingress": None,
    }
    before = inventory(of_others, (STATE,))
    outputs = root.apply(variables)
    assert outputs["cluster"]["name"] == "theirs"
    assert {thing.split()[0] for thing in inventory(of_others, (STATE,)) - before} == {
        "Roles",
        "OpenIDConnectProviderList",
    }
    root.destroy(variables)
    assert inventory(of_others, (STATE,)) == before


def test_a_network_without_dns_and_a_key_that_is_off_are_refused(workbench, theirs):
    of_others, network, key, bucket = theirs
    root = replace(workbench, key="refused").root("foundation", of_others)
    ec2, kms = of_others.client("ec2"), of_others.client("kms")
    ec2.modify_vpc_attribute(VpcId=network["vpc_id"], EnableDnsHostnames={"Value": False})
    kms.disable_key(KeyId=key.split("/")[1])
    refused = root.refused(
        foundation()
        | {
            "network": {"existing": network},
            "keys": {"data": key},
            "access_log_bucket": {"name": bucket, "existing": True},
        }
    )
    told = " ".join(refused.replace("│", " ").split())
    assert "has DNS host names or DNS support off" in told
    assert f"Key {key} is disabled" in told


def _network(of_others: Account) -> dict[str, Any]:
    ec2 = of_others.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.77.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for n, zone in enumerate("abc")
    ]
    return {"vpc_id": vpc, "private_subnet_ids": [subnet["Subnet"]["SubnetId"] for subnet in subnets]}


def _key(of_others: Account) -> str:
    return of_others.client("kms").create_key()["KeyMetadata"]["Arn"]


def _bucket(of_others: Account) -> str:
    of_others.client("s3").create_bucket(Bucket="their-logs")
    return "their-logs"


def _cluster(of_others: Account, subnets: list[str]) -> None:
    private = {"subnetIds": subnets, "endpointPrivateAccess": True, "endpointPublicAccess": False}
    of_others.client("eks").create_cluster(
        name="theirs", roleArn=f"arn:aws:iam::{NUMBER}:role/theirs", resourcesVpcConfig=private
    )
