"""What a plan or a state in JSON holds: resources with their values, and how they refer to each other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.cost.errors import PlanUnreadable

INDEX: Final = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]')


@dataclass(frozen=True)
class Resource:
    """One managed resource; ``module`` is its module's address, empty for the root module."""

    address: str
    type: str
    name: str
    index: str | int | None
    module: str
    values: Mapping[str, Any]

    def block(self, name: str) -> Mapping[str, Any]:
        """Return the first block of a name, or an empty one."""
        blocks = self.values.get(name)
        first = blocks[0] if isinstance(blocks, Sequence) and blocks else None
        return first if isinstance(first, Mapping) else {}


@dataclass(frozen=True)
class Inventory:
    """All resources of one moment, and the expressions that the plan's configuration has for them."""

    resources: tuple[Resource, ...]
    expressions: Mapping[tuple[str, str], Mapping[str, Any]]

    def count(self, resource: Resource, attribute: str) -> int | None:
        """Return how many elements a list has, also while they are unknown; None if nothing tells.

        Before subnets exist their ids are unknown, and the plan leaves the whole list out; then those
        planned resources are counted that the configuration says the list is made of.
        """
        known = resource.values.get(attribute)
        if isinstance(known, Sequence) and not isinstance(known, str) and known:
            return len(known)
        return len(self.behind(resource, attribute)) or None

    def behind(self, resource: Resource, attribute: str) -> list[Resource]:
        """Return the resources of the same module that an attribute's expression refers to."""
        key = (INDEX.sub("", resource.module), f"{resource.type}.{resource.name}")
        names = set(_references(self.expressions.get(key, {}).get(attribute)))
        return [
            each
            for each in self.resources
            if each.module == resource.module and f"{each.type}.{each.name}" in names
        ]


@dataclass(frozen=True)
class Plan:
    """What would be there after a plan, what is there before it, and where."""

    planned: Inventory
    running: Inventory
    region: str | None


def read(path: Path) -> Plan:
    """Read a plan, or a state (then planned and running are the same).

    Raises:
        PlanUnreadable: the file is missing, is no JSON, or is not what ``terraform show -json`` writes.
    """
    shown = _parse(path)
    try:
        return _plan(shown)
    except (AttributeError, KeyError, TypeError) as error:
        raise PlanUnreadable(
            f"{path} is not what `terraform show -json` writes ({type(error).__name__}: {error}); "
            "make it anew"
        ) from error


def _parse(path: Path) -> Mapping[str, Any]:
    remedy = "make it with `terraform show -json PLAN > PLAN.json`"
    try:
        shown = json.loads(path.read_bytes())
    except OSError as error:
        raise PlanUnreadable(f"{path} cannot be read ({error.strerror}); {remedy}") from error
    except ValueError as error:
        raise PlanUnreadable(f"{path} is no JSON ({error}); {remedy}") from error
    if not isinstance(shown, dict) or "format_version" not in shown:
        raise PlanUnreadable(f"{path} is neither a plan nor a state in JSON; {remedy}")
    return shown


def _plan(shown: Mapping[str, Any]) -> Plan:
    if "planned_values" not in shown:
        state = Inventory(tuple(_resources(shown.get("values") or {})), {})
        return Plan(state, state, None)
    configuration = shown.get("configuration") or {}
    expressions = dict(_expressions(configuration.get("root_module") or {}, ""))
    before = (shown.get("prior_state") or {}).get("values") or {}
    return Plan(
        Inventory(tuple(_resources(shown["planned_values"])), expressions),
        Inventory(tuple(_resources(before)), expressions),
        _region(shown, configuration),
    )


def _resources(values: Mapping[str, Any]) -> Iterator[Resource]:
    modules = [values.get("root_module") or {}]
    while modules:
        module = modules.pop(0)
        modules.extend(module.get("child_modules", ()))
        for each in module.get("resources", ()):
            if each["mode"] == "managed":
                yield Resource(
                    each["address"],
                    each["type"],
                    each["name"],
                    each.get("index"),
                    module.get("address", ""),
                    each.get("values") or {},
                )


def _expressions(
    module: Mapping[str, Any], address: str
) -> Iterator[tuple[tuple[str, str], Mapping[str, Any]]]:
    for each in module.get("resources", ()):
        yield (address, each["address"]), each.get("expressions") or {}
    for name, call in (module.get("module_calls") or {}).items():
        inner = f"{address}.module.{name}" if address else f"module.{name}"
        yield from _expressions(call.get("module") or {}, inner)


def _references(expression: Any) -> Iterator[str]:
    """Yield `type.name` of everything an expression, or a block's expressions, refer to."""
    if isinstance(expression, Mapping):
        for reference in expression.get("references", ()):
            yield ".".join(INDEX.sub("", reference).split(".")[:2])
        for name, inner in expression.items():
            if name not in {"references", "constant_value"}:
                yield from _references(inner)
    elif isinstance(expression, list):
        for inner in expression:
            yield from _references(inner)


def _region(shown: Mapping[str, Any], configuration: Mapping[str, Any]) -> str | None:
    """Return the region: the variable of that name, or the provider's constant."""
    variable = (shown.get("variables") or {}).get("region") or {}
    provider = (configuration.get("provider_config") or {}).get("aws") or {}
    constant = (provider.get("expressions") or {}).get("region") or {}
    found = variable.get("value") or constant.get("constant_value")
    return found if isinstance(found, str) else None
