"""Nothing of ours is open to whoever asks: no policy, no list of grants, no bucket without its block."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
from plan_values import UNKNOWN, allows, blocks, companions, principals, statements, value

POLICIES = {
    "aws_ecr_repository_policy": "policy",
    "aws_kms_key": "policy",
    "aws_kms_key_policy": "policy",
    "aws_s3_bucket_policy": "policy",
    "aws_secretsmanager_secret_policy": "policy",
    "aws_sns_topic_policy": "policy",
    "aws_sqs_queue_policy": "policy",
    "aws_iam_role": "assume_role_policy",
}
PUBLIC_GRANTS = ("public-read", "public-read-write", "website", "authenticated-read")
EVERYBODY = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
# What tells whose request it is; whatever else a condition asks, everybody can fulfil.
WHO = (
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "kms:calleraccount",
)
BLOCKED = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


class PublicPolicy(BaseResourceCheck):  # type: ignore[misc]
    """A statement that allows everybody, under no condition that tells who asks."""

    def __init__(self) -> None:
        super().__init__(
            name="no policy allows everybody: an Allow for Principal * has a condition that tells who asks",
            id="MR_PUBLIC_POLICY",
            categories=[CheckCategories.IAM],
            supported_resources=list(POLICIES),
            guideline="name the principals, or add a Condition that only yours fulfil (aws:SourceAccount)",
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Judge the document, once it is known."""
        found = statements(conf, POLICIES[self.entity_type])
        if found is None:
            return CheckResult.UNKNOWN if value(conf, POLICIES[self.entity_type]) else CheckResult.PASSED
        opened = any(allows(one) and _everybody(one) for one in found)
        return CheckResult.FAILED if opened else CheckResult.PASSED


class PublicGrant(BaseResourceCheck):  # type: ignore[misc]
    """An access control list for everybody."""

    def __init__(self) -> None:
        super().__init__(
            name="no access control list opens a bucket to everybody",
            id="MR_PUBLIC_ACL",
            categories=[CheckCategories.GENERAL_SECURITY],
            supported_resources=["aws_s3_bucket", "aws_s3_bucket_acl"],
            guideline="leave `acl` out: the bucket's owner has everything, others get a policy",
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Judge the canned list and the single grants."""
        grantees = blocks(conf, "access_control_policy", "grant", "grantee")
        named = [str(value(grantee, "uri")) for grantee in grantees] + [
            str(value(grant, "uri")) for grant in blocks(conf, "grant")
        ]
        opened = value(conf, "acl") in PUBLIC_GRANTS or any(uri.endswith(EVERYBODY) for uri in named)
        return CheckResult.FAILED if opened else CheckResult.PASSED


class PublicAccessBlock(BaseResourceCheck):  # type: ignore[misc]
    """A bucket whose public access is not blocked, whatever a later policy says."""

    def __init__(self) -> None:
        super().__init__(
            name="every bucket blocks public access, in all four ways",
            id="MR_PUBLIC_ACCESS_BLOCK",
            categories=[CheckCategories.GENERAL_SECURITY],
            supported_resources=["aws_s3_bucket", "aws_s3_bucket_public_access_block"],
            guideline="give it an aws_s3_bucket_public_access_block with all four settings true",
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """A bucket needs its block in the same plan; a block needs all its settings."""
        if self.entity_type == "aws_s3_bucket":
            belonging = companions(conf)
            if belonging is None:
                return CheckResult.UNKNOWN
            blocked = "aws_s3_bucket_public_access_block" in belonging
            return CheckResult.PASSED if blocked else CheckResult.FAILED
        settings = [value(conf, name) for name in BLOCKED]
        return CheckResult.PASSED if all(one in (True, UNKNOWN) for one in settings) else CheckResult.FAILED


def _everybody(statement: dict[str, Any]) -> bool:
    if "*" not in principals(statement) and "NotPrincipal" not in statement:
        return False
    asked = {
        key.lower()
        for test, table in (statement.get("Condition") or {}).items()
        # These hold too for a request that does not say who asks.
        if not test.endswith("IfExists") and "Not" not in test
        for key in table
    }
    return not asked & set(WHO)


PublicPolicy()
PublicGrant()
PublicAccessBlock()
