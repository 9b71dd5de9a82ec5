"""A bucket is spoken to over TLS alone."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
from plan_values import companions, listed, principals, statements

SECURE = "aws:securetransport"


class TlsOnly(BaseResourceCheck):  # type: ignore[misc]
    """A bucket's policy, and a bucket that has none."""

    def __init__(self) -> None:
        super().__init__(
            name="every bucket has a policy that denies everybody everything without TLS",
            id="MR_TLS_ONLY",
            categories=[CheckCategories.NETWORKING],
            supported_resources=["aws_s3_bucket", "aws_s3_bucket_policy"],
            guideline="add a Deny of s3:* for Principal * under the condition aws:SecureTransport = false",
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """A bucket needs a policy in the same plan; a policy needs the statement, once it is known."""
        if self.entity_type == "aws_s3_bucket":
            belonging = companions(conf)
            if belonging is None:
                return CheckResult.UNKNOWN
            return CheckResult.PASSED if "aws_s3_bucket_policy" in belonging else CheckResult.FAILED
        found = statements(conf, "policy")
        if found is None:
            return CheckResult.UNKNOWN
        return CheckResult.PASSED if any(_refuses_plain(one) for one in found) else CheckResult.FAILED


def _refuses_plain(statement: dict[str, Any]) -> bool:
    if statement.get("Effect") != "Deny" or "*" not in principals(statement):
        return False
    if not {"*", "s3:*"} & set(listed(statement, "Action")):
        return False
    asked = {
        name.lower(): str(wanted).strip("[]'").lower()
        for test, table in (statement.get("Condition") or {}).items()
        if test in ("Bool", "BoolIfExists") and isinstance(table, dict)
        for name, wanted in table.items()
    }
    return asked.get(SECURE) == "false"


TlsOnly()
