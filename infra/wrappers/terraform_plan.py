"""A plan, address by address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from infra.wrappers.terraform_messages import Change, Message

VERBS: Final = {
    "create": "+ create",
    "read": "  read",
    "update": "~ update",
    "replace": "-/+ replace",
    "delete": "- delete",
    "move": "  move",
    "import": "  import",
    "remove": "  forget",
    "noop": "  keep",
}


@dataclass(frozen=True)
class AddressChange:
    """One address and what the plan does to it: create, update, replace, delete, read, move, import."""

    address: str
    action: str
    reason: str | None = None
    imports: bool = False

    @property
    def destroys(self) -> bool:
        """Whether what is there now is lost."""
        return self.action in {"delete", "replace"}

    def __str__(self) -> str:
        because = f" ({self.reason.replace('_', ' ')})" if self.reason else ""
        taken = " (imported)" if self.imports else ""
        return f"{VERBS.get(self.action, self.action)} {self.address}{because}{taken}"


@dataclass(frozen=True)
class Plan:
    """A saved plan (``file``), and what it does. ``drift`` is what changed outside Terraform."""

    file: Path
    has_changes: bool
    changes: tuple[AddressChange, ...]
    drift: tuple[AddressChange, ...]
    outputs: dict[str, str]
    warnings: tuple[str, ...]

    @property
    def telling_drift(self) -> tuple[AddressChange, ...]:
        """What changed outside and is to be changed back; the rest is what objects say of themselves anew."""
        planned = {change.address for change in self.changes}
        return tuple(change for change in self.drift if change.destroys or change.address in planned)

    @property
    def summary(self) -> str:
        """Counts in one line, as Terraform words them."""
        actions = [change.action for change in self.changes]
        add = actions.count("create") + actions.count("replace")
        destroy = actions.count("delete") + actions.count("replace")
        return f"{add} to add, {actions.count('update')} to change, {destroy} to destroy"


def read_plan(messages: Iterable[Message], file: Path, has_changes: bool) -> Plan:
    """Gather a plan from the stream that ``plan -json`` wrote."""
    changes: list[AddressChange] = []
    drift: list[AddressChange] = []
    outputs: dict[str, str] = {}
    warnings: list[str] = []
    for message in messages:
        if message.change and message.type in {"planned_change", "resource_drift"}:
            change = _read_change(message.change)
            (changes if message.type == "planned_change" else drift).append(change)
        elif message.diagnostic and message.diagnostic.severity == "warning":
            warnings.append(str(message.diagnostic))
        elif message.type == "outputs":
            outputs = {name: output.action or "noop" for name, output in message.outputs.items()}
    return Plan(file, has_changes, tuple(changes), tuple(drift), outputs, tuple(warnings))


def _read_change(change: Change) -> AddressChange:
    imports = change.action == "import" or change.importing is not None
    return AddressChange(change.resource.addr, change.action, change.reason, imports)


class _Shown(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PlannedOutput(_Shown):
    """An output as the plan sees it; ``after_unknown`` is true, or a tree of what is unknown."""

    actions: tuple[str, ...]
    after: Any = None
    after_unknown: Any = False
    after_sensitive: Any = False


class PlannedChange(_Shown):
    """What a resource would become: its attributes, as far as they are known."""

    actions: tuple[str, ...]
    after: dict[str, Any] | None = None


class PlannedResource(_Shown):
    """A resource of the plan."""

    address: str
    change: PlannedChange


class ShownPlan(_Shown):
    """The part of ``show -json PLAN`` that is read here."""

    output_changes: dict[str, PlannedOutput] = {}
    resource_changes: tuple[PlannedResource, ...] = ()
