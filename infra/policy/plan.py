"""A plan as the checks get it: what is set but unknown is marked, what is secret is gone.

Terraform leaves unknown values out of a plan. Most are computed by the API and say nothing; those
that the configuration sets are the ones a check must not take for absent, as a key that is made
in the same plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.policy.companions import Planned, companions
from infra.policy.configuration import Expressions
from infra.policy.errors import PlanUnreadable

# Checkov's own word for a value that is known after apply.
UNKNOWN: Final = "true_after_unknown"
WITHHELD: Final = "(sensitive)"
# What a check cannot see in the resource itself: types that belong to it, in the same plan.
COMPANIONS: Final = "millrace_companions"

Table = dict[str, Any]


@dataclass(frozen=True)
class CheckablePlan:
    """The reduced plan, and the address of everything that will stand once it is applied."""

    document: Table
    addresses: tuple[str, ...]

    @classmethod
    def load(cls, path: Path) -> CheckablePlan:
        """Read what `terraform show -json` printed.

        Raises:
            PlanUnreadable: it is something else.
        """
        try:
            plan = json.loads(path.read_text())
            resources = [*_resources(plan["planned_values"].get("root_module", {}))]
            return cls._of(plan, resources)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            # Not the error's own words: they may hold a piece of the plan.
            raise PlanUnreadable(
                f"{path} is not a plan as JSON ({type(error).__name__}); "
                "make one with `terraform show -json PLAN > PLAN.json`"
            ) from error

    @classmethod
    def _of(cls, plan: Table, resources: list[Table]) -> CheckablePlan:
        expressions = Expressions(plan.get("configuration", {}).get("root_module", {}))
        changes = {change["address"]: change for change in plan.get("resource_changes", [])}
        for resource in resources:
            change = changes.get(resource["address"], {}).get("change", {})
            written = expressions.of(resource["address"])
            values = _known(resource.get("values") or {}, change.get("after_unknown") or {}, written)
            resource["values"] = _public(values, resource.pop("sensitive_values", {}))
        planned = [Planned(one["address"], one["type"], one["values"]) for one in resources]
        for address, belonging in companions(planned, expressions).items():
            resource = next(one for one in resources if one["address"] == address)
            resource["values"][COMPANIONS] = sorted(belonging)
        document = {
            "format_version": plan.get("format_version"),
            "terraform_version": plan["terraform_version"],
            "planned_values": {"root_module": {"resources": resources}},
            "resource_changes": [_action(change) for change in changes.values()],
        }
        managed = [one["address"] for one in resources if one["mode"] == "managed"]
        return cls(document, tuple(managed))


def _resources(module: Table) -> Iterator[Table]:
    """Every resource of a module and of those below it."""
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)


def _action(change: Table) -> Table:
    """What checkov reads of a change: what is done, not from what to what."""
    actions = change.get("change", {}).get("actions", [])
    return {"address": change["address"], "change": {"actions": actions, "before": None, "after": None}}


def _known(value: Any, unknown: Any, written: Any) -> Any:
    """Put the mark where the configuration writes something and the plan does not know it."""
    if unknown is True:
        return value if written is None else UNKNOWN
    if isinstance(unknown, dict):
        table = value if isinstance(value, dict) else {}
        inner = {name: _known(table.get(name), one, _part(written, name)) for name, one in unknown.items()}
        return {**table, **{name: one for name, one in inner.items() if one is not None or name in table}}
    if isinstance(unknown, list) and isinstance(value, list):
        marked = unknown + [False] * (len(value) - len(unknown))
        return [
            _known(one, mark, _part(written, place))
            for place, (one, mark) in enumerate(zip(value, marked, strict=False))
        ]
    return value


def _part(written: Any, name: str | int) -> Any:
    """What the configuration writes at one place; where it cannot be followed, all that it writes."""
    if isinstance(written, dict) and isinstance(name, str) and "references" not in written:
        return written.get(name)
    if isinstance(written, list) and isinstance(name, int):
        return written[name] if name < len(written) else (written[0] if written else None)
    return written


def _public(value: Any, secret: Any) -> Any:
    """Take out what Terraform calls sensitive."""
    if secret is True:
        return WITHHELD
    if isinstance(secret, dict) and isinstance(value, dict):
        return {name: _public(one, secret.get(name)) for name, one in value.items()}
    if isinstance(secret, list) and isinstance(value, list):
        pairs = zip(value, secret + [None] * (len(value) - len(secret)), strict=False)
        return [_public(one, mark) for one, mark in pairs]
    return value
