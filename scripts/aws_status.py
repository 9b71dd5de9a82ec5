"""What an environment in AWS says of itself: its root modules as the stack holds them, and its alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.provider.eject import TYPE
from scripts.health import Alert, ComponentHealth
from scripts.stack import Stack, name_of

if TYPE_CHECKING:
    from ml.environment import Environment


def root_modules(name: str) -> list[ComponentHealth]:
    """Return a stack's root modules: how much each made, whether it was left unfinished or drifted."""
    return [_root_module(one) for one in Stack(name, quiet=True).resources() if one.get("type") == TYPE]


def alarms(environment: Environment) -> list[Alert] | None:
    """Return the alarms of CloudWatch that ring; None if CloudWatch does not answer."""
    from botocore.exceptions import BotoCoreError, ClientError

    from infra import aws

    cloudwatch = aws.client("cloudwatch", environment.object_store.region)
    pages = cloudwatch.get_paginator("describe_alarms")
    try:
        found = pages.paginate(AlarmNamePrefix=f"millrace-{environment.name}-")
        return [_alert(alarm) for page in found for alarm in page["MetricAlarms"] if _rings(alarm)]
    except (BotoCoreError, ClientError):
        return None


def _rings(alarm: Any) -> bool:
    return bool(alarm["StateValue"] == "ALARM")


def _root_module(resource: dict[str, Any]) -> ComponentHealth:
    outputs = resource.get("outputs", {})
    drift, unfinished = outputs.get("drift") or {}, resource.get("initErrors") or []
    detail = f"{len(outputs.get('addresses') or [])} addresses"
    if unfinished:
        detail = f"unfinished: {str(unfinished[0]).splitlines()[0]}"
    elif drift:
        detail += f"; {len(drift)} changed outside, as `millrace drift` found"
    return ComponentHealth(name_of(resource), not (drift or unfinished), detail)


def _alert(alarm: Any) -> Alert:
    subject = ", ".join(str(each["Value"]) for each in alarm.get("Dimensions", []))
    return Alert(alarm["AlarmName"], "page", subject, alarm.get("AlarmDescription", ""))
