"""Plans in the shape of `terraform show -json`, from what a test says of a few resources."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Table = dict[str, Any]
KEY = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Resource:
    """One resource: what is known of it, what is not yet, what its attributes refer to, what is secret."""

    type: str
    values: Table
    name: str = "this"
    module: str = ""
    key: str = ""
    mode: str = "managed"
    unknown: Table = field(default_factory=dict)
    references: dict[str, list[str]] = field(default_factory=dict)
    written: Table = field(default_factory=dict)
    secret: Table = field(default_factory=dict)

    @property
    def local(self) -> str:
        return f"{'data.' if self.mode == 'data' else ''}{self.type}.{self.name}"

    @property
    def address(self) -> str:
        module = f"module.{self.module}." if self.module else ""
        return f"{module}{self.local}{self.key}"


def plan(*resources: Resource) -> Table:
    """A plan that creates these."""
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "variables": {},
        "planned_values": {"root_module": _planned(resources)},
        "resource_changes": [_change(one) for one in resources],
        "prior_state": {"format_version": "1.0", "terraform_version": "1.11.4"},
        "configuration": {"root_module": _configured(resources)},
    }


def document(*statements: Table) -> str:
    """A policy document."""
    import json

    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _planned(resources: tuple[Resource, ...]) -> Table:
    modules = sorted({one.module for one in resources if one.module})
    children = [
        {"address": f"module.{name}", "resources": [_value(one) for one in resources if one.module == name]}
        for name in modules
    ]
    return {"resources": [_value(one) for one in resources if not one.module], "child_modules": children}


def _value(one: Resource) -> Table:
    return _identity(one) | {"values": one.values, "sensitive_values": one.secret}


def _change(one: Resource) -> Table:
    change = {
        "actions": ["create"],
        "before": None,
        "after": one.values,
        "after_unknown": one.unknown,
        "after_sensitive": one.secret,
    }
    return _identity(one) | {"change": change}


def _identity(one: Resource) -> Table:
    return {
        "address": one.address,
        "mode": one.mode,
        "type": one.type,
        "name": one.name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
    }


def _configured(resources: tuple[Resource, ...]) -> Table:
    own = {one.local: _expressions(one) for one in resources if not one.module}
    calls: dict[str, dict[str, Table]] = {}
    for one in resources:
        if one.module:
            name = one.module.split("[")[0]
            calls.setdefault(name, {})[one.local] = _expressions(one)
    return {
        "resources": list(own.values()),
        "module_calls": {name: {"module": {"resources": [*one.values()]}} for name, one in calls.items()},
    }


def _expressions(one: Resource) -> Table:
    constants = {name: {"constant_value": value} for name, value in one.values.items()}
    references = {name: {"references": names} for name, names in one.references.items()}
    return {
        "address": one.local,
        "mode": one.mode,
        "type": one.type,
        "name": one.name,
        "expressions": constants | references | one.written,
    }
