"""Each rule refuses what it is against, and lets its good twin pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from .conftest import Desk
from .plans import KEY, Resource, document

WORLD = "0.0.0.0/0"
ALLOW_ALL = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/*"}
FROM_ONE = {"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}
OVER_TLS = {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}
IF_TOLD = {"Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}}
TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def policy_of(kind: str, *statements, attribute: str = "policy") -> Resource:
    return Resource(kind, {attribute: document(*statements)})


def queue(*statements) -> Resource:
    return policy_of("aws_sqs_queue_policy", *statements)


def bucket(*statements) -> Resource:
    return policy_of("aws_s3_bucket_policy", *statements)


def acl(name: str) -> Resource:
    return Resource("aws_s3_bucket_acl", {"acl": name})


def group(network: str) -> Resource:
    ingress = {"cidr_blocks": [network], "protocol": "-1", "from_port": 0, "to_port": 0}
    return Resource("aws_security_group", {"ingress": [ingress]})


def cache(encrypted: str = "true", key: str | None = KEY) -> Resource:
    values = {"at_rest_encryption_enabled": encrypted, "kms_key_id": key}
    return Resource("aws_elasticache_replication_group", values)


def rendered(**statement) -> Resource:
    return Resource("aws_iam_policy_document", {"statement": [statement]}, mode="data")


def grant(**changes) -> Resource:
    allowed = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::b/*"]}
    return policy_of("aws_iam_role_policy", allowed | changes)


def rule(kind: str = "aws_vpc_security_group_ingress_rule", **values) -> Resource:
    given = {"cidr_ipv4": WORLD, "ip_protocol": "tcp", "from_port": 443, "to_port": 443}
    return Resource(kind, {name: value for name, value in (given | values).items() if value is not None})


def bucket_key(algorithm: str = "aws:kms", key: str = KEY) -> Resource:
    default = {"sse_algorithm": algorithm, "kms_master_key_id": key}
    return Resource(
        "aws_s3_bucket_server_side_encryption_configuration",
        {"rule": [{"apply_server_side_encryption_by_default": [default], "bucket_key_enabled": True}]},
    )


def node(encrypted="true", key: str = KEY) -> Resource:
    ebs = [{"encrypted": encrypted, "kms_key_id": key, "volume_size": 20}]
    return Resource(
        "aws_launch_template",
        {
            "block_device_mappings": [{"device_name": "/dev/xvda", "ebs": ebs}],
            "metadata_options": [{"http_tokens": "required", "http_put_response_hop_limit": 1}],
        },
    )


def blocked(**changes) -> Resource:
    settings = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    return Resource("aws_s3_bucket_public_access_block", dict.fromkeys(settings, True) | changes)


def eks(resources=("secrets",), key: str = KEY) -> Resource:
    return Resource(
        "aws_eks_cluster",
        {"encryption_config": [{"provider": [{"key_arn": key}], "resources": list(resources)}]},
    )


def ecr(kind: str = "KMS", key: str | None = KEY) -> Resource:
    return Resource(
        "aws_ecr_repository", {"encryption_configuration": [{"encryption_type": kind, "kms_key": key}]}
    )


def trust(principal: object) -> Resource:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return policy_of("aws_iam_role", statement, attribute="assume_role_policy")


RULES = {
    "MR_PUBLIC_POLICY": [
        (queue(ALLOW_ALL), queue(ALLOW_ALL | FROM_ONE)),
        (bucket(ALLOW_ALL, TLS), bucket(TLS)),
        (queue(ALLOW_ALL | OVER_TLS), queue(ALLOW_ALL | {"Principal": {"Service": "sns.amazonaws.com"}})),
        (queue(ALLOW_ALL | IF_TOLD), queue(ALLOW_ALL | {"Effect": "Deny"})),
        (trust({"AWS": "*"}), trust({"Service": "eks.amazonaws.com"})),
    ],
    "MR_PUBLIC_ACL": [
        (acl("public-read"), acl("private")),
        (acl("authenticated-read"), acl("log-delivery-write")),
    ],
    "MR_PUBLIC_ACCESS_BLOCK": [(blocked(block_public_policy=False), blocked())],
    "MR_OPEN_PORT": [
        (rule(), rule(cidr_ipv4="10.0.0.0/16")),
        (rule(cidr_ipv4="128.0.0.0/1"), rule(cidr_ipv4=None, prefix_list_id="pl-1")),
        (rule(cidr_ipv4=None, cidr_ipv6="::/0", from_port=22, to_port=22), rule(cidr_ipv4="192.0.2.0/24")),
        (
            rule("aws_security_group_rule", cidr_ipv4=None, type="ingress", cidr_blocks=[WORLD, "::/0"]),
            rule("aws_security_group_rule", cidr_ipv4=None, type="egress", cidr_blocks=[WORLD]),
        ),
        (group(WORLD), group("10.0.0.0/8")),
    ],
    "MR_OWN_KEY": [
        (bucket_key("AES256", ""), bucket_key()),
        (bucket_key(key=""), bucket_key("aws:kms:dsse")),
        (ecr("AES256", None), ecr()),
        (eks(resources=()), eks()),
        (node(encrypted="false"), node()),
        (node(key=""), node()),
        (
            Resource("aws_db_instance", {"storage_encrypted": False, "kms_key_id": KEY}),
            Resource("aws_db_instance", {"storage_encrypted": True, "kms_key_id": KEY}),
        ),
        (cache(key=None), cache()),
        (cache(encrypted="false"), cache()),
        (
            Resource("aws_msk_cluster", {"encryption_info": []}),
            Resource("aws_msk_cluster", {"encryption_info": [{"encryption_at_rest_kms_key_arn": KEY}]}),
        ),
        *(
            (Resource(kind, {name: wrong}), Resource(kind, {name: KEY}))
            for kind, name, wrong in [
                ("aws_cloudwatch_log_group", "kms_key_id", None),
                ("aws_prometheus_workspace", "kms_key_arn", ""),
                ("aws_secretsmanager_secret", "kms_key_id", None),
                ("aws_sns_topic", "kms_master_key_id", "alias/aws/sns"),
                ("aws_sqs_queue", "kms_master_key_id", None),
            ]
        ),
    ],
    "MR_WILDCARD": [
        (grant(Action="*"), grant()),
        (grant(Action=["s3:Get*"]), grant(Action=["s3:GetObject", "s3:ListBucket"])),
        (grant(Resource="*"), grant(Action="ecr:GetAuthorizationToken", Resource="*")),
        (grant(Resource="arn:aws:s3:::*"), grant(Effect="Deny", Action="*", Resource="*")),
        (grant(NotResource="arn:aws:s3:::b"), grant(Resource="arn:aws:s3:::b/*")),
    ],
    "MR_WILDCARD_DOCUMENT": [
        (rendered(actions=["kms:*"]), rendered(actions=["kms:Decrypt"])),
        (rendered(effect="Allow", not_actions=["a:B"]), rendered(effect="Deny", actions=["s3:*"])),
    ],
    "MR_TLS_ONLY": [
        (bucket(ALLOW_ALL | FROM_ONE), bucket(TLS)),
        (bucket(TLS | {"Effect": "Allow"}), bucket(TLS)),
        (
            bucket(TLS | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
            bucket(TLS),
        ),
    ],
}  # fmt: skip
CASES = [
    pytest.param(check, bad, good, id=f"{check}-{number}-{bad.type}")
    for check, pairs in RULES.items()
    for number, (bad, good) in enumerate(pairs)
]


@pytest.fixture(scope="module")
def judged(tmp_path_factory, inspector):
    """All cases in one plan: what is refused, by check and address."""
    cases = [case.values for case in CASES]
    resources = [_named(bad, f"bad{n}") for n, (_, bad, _) in enumerate(cases)]
    resources += [_named(good, f"good{n}") for n, (_, _, good) in enumerate(cases)]
    return Desk(tmp_path_factory.mktemp("plan"), inspector).refused(*resources)


@pytest.mark.parametrize(("number", "case"), enumerate(CASES), ids=[case.id for case in CASES])
def test_what_a_rule_is_against_is_refused_and_its_good_twin_is_not(judged, number, case):
    check, bad, good = case.values
    assert (check, _named(bad, f"bad{number}").address) in judged
    assert (check, _named(good, f"good{number}").address) not in judged


def test_every_rule_of_ours_has_a_case(desk):
    assert set(RULES) == set(desk.inspect(grant()).own)


@pytest.mark.parametrize(
    ("check", "resource"),
    [
        ("CKV_AWS_17", Resource("aws_db_instance", {"publicly_accessible": True})),
        ("CKV_AWS_39", Resource("aws_eks_cluster", {"vpc_config": [{"endpoint_public_access": True}]})),
        ("CKV_AWS_79", Resource("aws_launch_template", {"metadata_options": [{"http_tokens": "optional"}]})),
    ],
)
def test_what_checkov_has_itself_is_refused_by_its_own_check(desk, check, resource):
    assert check in {one.check for one in desk.inspect(resource).refusals}


def _named(resource: Resource, name: str) -> Resource:
    return replace(resource, name=name)
