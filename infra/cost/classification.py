"""Types of resources that have no price of their own: free ones, those billed by use, those not known.

A type that is neither here nor in ``infra.cost.charges.RULES`` is reported as not priced, by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# What is charged for on top of, or instead of, a fixed price; depends on use, so it is named and not counted.
BY_USE: Final[Mapping[str, str]] = {
    "aws_appautoscaling_policy": "storage that scaling adds, and the alarms it makes",
    "aws_cloudwatch_log_group": "logs taken in and kept",
    "aws_db_instance": "backups above the size of the storage, and enhanced monitoring's logs",
    "aws_ecr_repository": "images kept and pulled",
    "aws_eks_node_group": "data between zones and out",
    "aws_elasticache_replication_group": "backups, and data between zones",
    "aws_flow_log": "logs taken in",
    "aws_kms_key": "requests, and each key version that rotation keeps",
    "aws_lb": "capacity units, and data out",
    "aws_msk_cluster": "data between zones, and detailed metrics",
    "aws_nat_gateway": "data that passes",
    "aws_prometheus_alert_manager_definition": "alerts",
    "aws_prometheus_rule_group_namespace": "samples that rules read",
    "aws_prometheus_workspace": "samples taken in, kept and queried",
    "aws_route53_zone": "queries",
    "aws_s3_bucket": "storage, requests and data out",
    "aws_secretsmanager_secret": "requests",
    "aws_sns_topic": "notifications",
    "aws_sqs_queue": "requests",
    "aws_vpc_endpoint": "data that passes an interface endpoint",
    "aws_wafv2_web_acl": "requests",
    "aws_wafv2_web_acl_logging_configuration": "logs taken in",
}

# Known to cost something that a plan does not tell.
UNPRICED: Final[Mapping[str, str]] = {
    "aws_budgets_budget_action": "an account's first two budgets with actions are free; a plan cannot tell",
}

# Cost nothing by themselves.
FREE: Final = frozenset(
    {
        "aws_acm_certificate_validation",
        "aws_appautoscaling_target",
        "aws_autoscaling_attachment",
        "aws_budgets_budget",
        "aws_db_parameter_group",
        "aws_db_subnet_group",
        "aws_default_security_group",
        "aws_ecr_lifecycle_policy",
        "aws_ecr_repository_policy",
        "aws_eks_access_entry",
        "aws_eks_access_policy_association",
        "aws_eks_addon",
        "aws_elasticache_subnet_group",
        "aws_elasticache_user",
        "aws_elasticache_user_group",
        "aws_iam_openid_connect_provider",
        "aws_iam_policy",
        "aws_iam_role",
        "aws_iam_role_policy",
        "aws_iam_role_policy_attachment",
        "aws_internet_gateway",
        "aws_kms_alias",
        # What is started from a launch template is charged where it is started.
        "aws_launch_template",
        "aws_lb_listener",
        "aws_lb_target_group",
        "aws_msk_configuration",
        "aws_route",
        "aws_route53_record",
        "aws_route_table",
        "aws_route_table_association",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_logging",
        "aws_s3_bucket_notification",
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
        "aws_secretsmanager_secret_policy",
        "aws_security_group",
        "aws_sns_topic_policy",
        "aws_sns_topic_subscription",
        "aws_sqs_queue_policy",
        "aws_sqs_queue_redrive_allow_policy",
        "aws_sqs_queue_redrive_policy",
        "aws_subnet",
        "aws_vpc",
        "aws_vpc_security_group_egress_rule",
        "aws_vpc_security_group_ingress_rule",
        "aws_wafv2_web_acl_association",
        "terraform_data",
    }
)
