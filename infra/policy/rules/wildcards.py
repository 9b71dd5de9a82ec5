"""What a role may do is named action by action, resource by resource."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.data.base_check import BaseDataCheck
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
from plan_values import allows, blocks, listed, statements, value, values

DEMAND = "what a role is allowed names its actions and resources, without wildcards"
MEND = "write the actions that are called and the ARNs that they are called on"
# AWS takes no resource for these.
WITHOUT_RESOURCE = ("ecr:GetAuthorizationToken",)


class Wildcard(BaseResourceCheck):  # type: ignore[misc]
    """A policy of a role, a user or a group, or one that can be attached to them."""

    def __init__(self) -> None:
        super().__init__(
            name=DEMAND,
            id="MR_WILDCARD",
            categories=[CheckCategories.IAM],
            supported_resources=[
                "aws_iam_group_policy",
                "aws_iam_policy",
                "aws_iam_role_policy",
                "aws_iam_user_policy",
            ],
            guideline=MEND,
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Judge the document, once it is known."""
        found = statements(conf, "policy")
        if found is None:
            return CheckResult.UNKNOWN
        wild = any(allows(one) and _wild(one) for one in found)
        return CheckResult.FAILED if wild else CheckResult.PASSED


class WildcardAction(BaseDataCheck):  # type: ignore[misc]
    """A document that Terraform renders: its actions are known before its resources are."""

    def __init__(self) -> None:
        super().__init__(
            name=DEMAND,
            id="MR_WILDCARD_DOCUMENT",
            categories=[CheckCategories.IAM],
            supported_data=["aws_iam_policy_document"],
            guideline=MEND,
        )

    def scan_data_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Judge every statement that allows."""
        granting = [one for one in blocks(conf, "statement") if value(one, "effect") in (None, "Allow")]
        actions = [str(action) for one in granting for action in values(one, "actions")]
        spared = any(values(one, "not_actions") for one in granting)
        wild = spared or any("*" in action for action in actions)
        return CheckResult.FAILED if wild else CheckResult.PASSED


def _wild(statement: dict[str, Any]) -> bool:
    actions, resources = listed(statement, "Action"), listed(statement, "Resource")
    if "NotAction" in statement or "NotResource" in statement or any("*" in action for action in actions):
        return True
    everything = any(one.strip("*:") == "" or _names_nothing(one) for one in resources)
    return everything and not set(actions) <= set(WITHOUT_RESOURCE)


def _names_nothing(arn: str) -> bool:
    """An ARN whose resource is a wildcard from its first letter: every bucket, every key of a service."""
    parts = arn.split(":", 5)
    return len(parts) == 6 and parts[0] == "arn" and parts[5].startswith("*")


Wildcard()
WildcardAction()
