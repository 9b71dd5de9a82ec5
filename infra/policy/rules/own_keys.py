"""Data at rest lies under a KMS key of ours, not under one that AWS chose."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
from plan_values import blocks, companions, value

# Where each type names its key: blocks on the way, then the attribute.
KEYS = {
    "aws_cloudwatch_log_group": ("kms_key_id",),
    "aws_db_instance": ("kms_key_id",),
    "aws_ebs_volume": ("kms_key_id",),
    "aws_ecr_repository": ("encryption_configuration", "kms_key"),
    "aws_efs_file_system": ("kms_key_id",),
    "aws_eks_cluster": ("encryption_config", "provider", "key_arn"),
    "aws_elasticache_replication_group": ("kms_key_id",),
    "aws_launch_template": ("block_device_mappings", "ebs", "kms_key_id"),
    "aws_msk_cluster": ("encryption_info", "encryption_at_rest_kms_key_arn"),
    "aws_prometheus_workspace": ("kms_key_arn",),
    "aws_rds_cluster": ("kms_key_id",),
    "aws_s3_bucket_server_side_encryption_configuration": (
        "rule",
        "apply_server_side_encryption_by_default",
        "kms_master_key_id",
    ),
    "aws_secretsmanager_secret": ("kms_key_id",),
    "aws_sns_topic": ("kms_master_key_id",),
    "aws_sqs_queue": ("kms_master_key_id",),
}
# A key alone does not encrypt where these say otherwise.
SWITCHES = {
    "aws_db_instance": ("storage_encrypted", (True,)),
    "aws_ebs_volume": ("encrypted", (True,)),
    "aws_efs_file_system": ("encrypted", (True,)),
    "aws_elasticache_replication_group": ("at_rest_encryption_enabled", (True,)),
    "aws_rds_cluster": ("storage_encrypted", (True,)),
}
BLOCK_SWITCHES = {
    "aws_ecr_repository": (("encryption_configuration",), "encryption_type", ("KMS", "KMS_DSSE")),
    "aws_launch_template": (("block_device_mappings", "ebs"), "encrypted", (True,)),
    "aws_s3_bucket_server_side_encryption_configuration": (
        ("rule", "apply_server_side_encryption_by_default"),
        "sse_algorithm",
        ("aws:kms", "aws:kms:dsse"),
    ),
}
SECRETS = "secrets"


class OwnKey(BaseResourceCheck):  # type: ignore[misc]
    """Something that holds data, and its key."""

    def __init__(self) -> None:
        super().__init__(
            name="data at rest is encrypted with a KMS key of ours",
            id="MR_OWN_KEY",
            categories=[CheckCategories.ENCRYPTION],
            supported_resources=[*KEYS, "aws_s3_bucket"],
            guideline="turn encryption on and name the key that the module `keys` makes for it",
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """A key must be named wherever there is a place for one, and encryption be on."""
        if self.entity_type == "aws_s3_bucket":
            belonging = companions(conf)
            if belonging is None:
                return CheckResult.UNKNOWN
            named = "aws_s3_bucket_server_side_encryption_configuration" in belonging
            return CheckResult.PASSED if named else CheckResult.FAILED
        kept = self._switched_on(conf) and self._keyed(conf)
        return CheckResult.PASSED if kept else CheckResult.FAILED

    def _switched_on(self, conf: dict[str, Any]) -> bool:
        if self.entity_type == "aws_eks_cluster":
            covered = [one for block in blocks(conf, "encryption_config") for one in block["resources"]]
            return any(one == SECRETS or SECRETS in one for one in covered)
        if self.entity_type in BLOCK_SWITCHES:
            path, name, right = BLOCK_SWITCHES[self.entity_type]
            return all(value(block, name) in right for block in blocks(conf, *path))
        name, right = SWITCHES.get(self.entity_type, ("", ()))
        return not name or value(conf, name) in right

    def _keyed(self, conf: dict[str, Any]) -> bool:
        *path, name = KEYS[self.entity_type]
        places = blocks(conf, *path)
        return bool(places) and all(_ours(value(place, name)) for place in places)


def _ours(key: Any) -> bool:
    """A key that AWS keeps is named by an alias."""
    return bool(key) and "alias/aws/" not in str(key)


OwnKey()
