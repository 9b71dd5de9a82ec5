"""What a resource is judged by, when that stands in another resource and its name is not known yet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from .plans import KEY, Resource

BESIDE = {
    "MR_PUBLIC_ACCESS_BLOCK": "aws_s3_bucket_public_access_block",
    "MR_TLS_ONLY": "aws_s3_bucket_policy",
    "MR_OWN_KEY": "aws_s3_bucket_server_side_encryption_configuration",
}
BUCKET = Resource("aws_s3_bucket", {"bucket": "b"}, module="store", key='["a.b"]')


def beside(kind: str, reference: str = "each.value.id", key: str = '["a.b"]') -> Resource:
    """A part of a bucket whose name is known after apply."""
    return Resource(
        kind, {}, module="store", key=key, unknown={"bucket": True}, references={"bucket": [reference]}
    )


@pytest.mark.parametrize(("check", "kind"), BESIDE.items())
def test_a_bucket_needs_its_block_its_policy_and_its_key_beside_it(desk, check, kind):
    others = [beside(other) for other in BESIDE.values() if other != kind]
    refused = {one for one in desk.refused(BUCKET, *others) if one[1] == BUCKET.address}
    assert refused == {(check, BUCKET.address)}
    whole = desk.refused(BUCKET, *others, beside(kind))
    assert not {one for one in whole if one[1] == BUCKET.address}


def test_what_belongs_to_another_bucket_does_not_count(desk):
    other = [beside(kind, key='["c"]') for kind in BESIDE.values()]
    assert len(desk.refused(BUCKET, *other) & {(check, BUCKET.address) for check in BESIDE}) == 3
    named = [beside(kind, reference="aws_s3_bucket.other") for kind in BESIDE.values()]
    assert len(desk.refused(BUCKET, *named) & {(check, BUCKET.address) for check in BESIDE}) == 3


def test_one_part_may_name_one_of_several_buckets(desk):
    first = replace(BUCKET, key="[0]")
    parts = [beside(kind, reference="aws_s3_bucket.this[0].id", key="") for kind in BESIDE.values()]
    assert not {one for one in desk.refused(first, *parts) if one[1] == first.address}
    second = replace(BUCKET, key="[1]")
    assert len(desk.refused(second, *parts) & {(check, second.address) for check in BESIDE}) == 3


def test_what_names_the_bucket_counts_wherever_it_lies(desk):
    parts = [Resource(kind, {"bucket": "b"}) for kind in BESIDE.values()]
    assert not {one for one in desk.refused(BUCKET, *parts) if one[1] == BUCKET.address}


GROUP = Resource("aws_security_group", {"name": "ingress"}, module="ingress[0]")
BALANCER = Resource(
    "aws_lb",
    {},
    module="ingress[0]",
    unknown={"security_groups": True},
    references={"security_groups": ["aws_security_group.this[0].id", "aws_security_group.this"]},
)
OPEN = Resource(
    "aws_vpc_security_group_ingress_rule",
    {"cidr_ipv4": "0.0.0.0/0", "ip_protocol": "tcp", "from_port": 443, "to_port": 443},
    module="ingress[0]",
    unknown={"security_group_id": True},
    references={"security_group_id": ["aws_security_group.this[0].id"]},
)


@pytest.mark.parametrize("port", [80, 443])
def test_the_load_balancers_group_is_open_on_its_two_ports(desk, port):
    opened = replace(OPEN, values=OPEN.values | {"from_port": port, "to_port": port})
    assert desk.refused(GROUP, BALANCER, opened) == set()


@pytest.mark.parametrize(
    ("resources", "changed"),
    [
        ((GROUP, BALANCER), {"from_port": 22, "to_port": 22}),
        ((GROUP, BALANCER), {"from_port": 80, "to_port": 443}),
        ((GROUP, BALANCER), {"ip_protocol": "-1"}),
        ((GROUP,), {}),
    ],
)
def test_another_port_a_range_or_another_group_is_not(desk, resources, changed):
    opened = replace(OPEN, values=OPEN.values | changed)
    assert desk.refused(*resources, opened) == {("MR_OPEN_PORT", OPEN.address)}


def test_a_key_that_is_made_in_the_same_plan_counts(desk):
    named = {"kms_key_id": ["aws_kms_key.k.arn"]}
    made = Resource("aws_cloudwatch_log_group", {}, unknown={"kms_key_id": True}, references=named)
    block = {"encryption_configuration": [{"kms_key": {"references": ["aws_kms_key.k.arn"]}}]}
    nested = Resource(
        "aws_ecr_repository",
        {"encryption_configuration": [{"encryption_type": "KMS"}]},
        unknown={"encryption_configuration": [{"kms_key": True}]},
        written=block,
    )
    assert desk.refused(made, nested) == set()


def test_a_key_that_nobody_names_does_not_count_though_aws_will_compute_one(desk):
    left = Resource("aws_db_instance", {"storage_encrypted": True}, unknown={"kms_key_id": True})
    nested = Resource(
        "aws_ecr_repository",
        {"encryption_configuration": [{"encryption_type": "KMS"}]},
        unknown={"encryption_configuration": [{"kms_key": True}]},
        written={"encryption_configuration": [{"encryption_type": {"constant_value": "KMS"}}]},
    )
    assert desk.refused(left, nested) == {("MR_OWN_KEY", left.address), ("MR_OWN_KEY", nested.address)}


def test_a_document_that_is_not_known_is_told_as_undecided_and_not_refused(desk):
    policy = Resource(
        "aws_iam_role_policy", {}, unknown={"policy": True}, references={"policy": ["aws_kms_key.k"]}
    )
    found = desk.inspect(policy, Resource("aws_sqs_queue", {"kms_master_key_id": KEY}))
    assert {(one.check, one.address) for one in found.undecided} == {("MR_WILDCARD", policy.address)}
    assert found.refusals == ()
