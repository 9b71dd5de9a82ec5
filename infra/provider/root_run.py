"""One run of a root module for the engine: its inputs filled in, its plan told and applied."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from infra.provider.call import Call
from infra.provider.inputs import TerraformRootInputs, parse, state_folder
from infra.provider.outputs import after, mentions_secret, yielded
from infra.provider.plan_rules import covers, refuse_losses
from infra.provider.state_copies import state_copies
from infra.provider.values import UNKNOWN, Properties, Secret, canonical, fill, known, unknown_paths
from infra.wrappers.mirror import Mirror, digest
from infra.wrappers.process import Limits
from infra.wrappers.root_module import Backend, RootModule, discard
from infra.wrappers.terraform_messages import Message
from infra.wrappers.terraform_plan import Plan
from infra.wrappers.terraform_state import State

PLACEHOLDERS: Final = "placeholders.json"
MARK: Final = "planned on placeholders, never applied"
READ_S: Final = 120.0
SHOW_EVERY_S: Final = 2.0


class RootRun:
    """A root module with the inputs of one request."""

    def __init__(self, call: Call, given: Properties) -> None:
        values = given.plain()
        self.call = call
        self.inputs = parse(TerraformRootInputs, values)
        self.variables: dict[str, Any] = fill(self.inputs.variables, self.inputs.placeholders)
        self.late = list(unknown_paths({key: values[key] for key in values if key != "placeholders"}))
        self._values = values

    @property
    def on_placeholders(self) -> bool:
        """Whether some input is unknown yet, so that a plan is only a sketch."""
        return bool(self.late)

    @property
    def without_placeholder(self) -> list[str]:
        """Paths of the variables that are unknown and for which nothing stands in."""
        return list(unknown_paths(self.variables, "variables"))

    @cached_property
    def folder(self) -> Path:
        """The root's private folder."""
        if copies := state_copies():
            return copies / self.call.name
        return self.inputs.folder or state_folder(self.call, "terraform")

    @cached_property
    def backend(self) -> Backend:
        """Where the state lies; for a sketch with an unknown backend: nowhere yet."""
        given = self.inputs.backend
        if copies := state_copies():
            return Backend("local", {"path": str(copies / f"{self.call.name}.tfstate")})
        if any(path.startswith("backend") for path in self.late):
            return Backend("local", {"path": str(self.folder / "sketch.tfstate")})
        if given is None:
            return Backend("local", {"path": str(self.folder / "terraform.tfstate")})
        if given.type == "local" and "path" in given.config:
            path = Path(given.config["path"]).absolute()
            return Backend("local", {**given.config, "path": str(path)}, given.workspace)
        return Backend(given.type, given.config, given.workspace)

    @property
    def where(self) -> str:
        """The backend in a few words."""
        names = ("path", "bucket", "key", "address")
        config = known(self.backend.config)
        return " ".join([self.backend.type, *(str(config[name]) for name in names if name in config)])

    def module(self, limits: Limits | None = None) -> RootModule:
        """Return the root module, to be opened."""
        return RootModule(
            root=self.inputs.root,
            folder=self.folder,
            backend=self.backend,
            binary=self.inputs.binary,
            environment=self.inputs.environment,
            limits=limits or self.call.limits(self.inputs.timeout_s),
            say=self.call.progress,
        )

    def digest(self) -> str:
        """Return a digest of what a plan depends on: inputs, files of root and local modules."""
        return digest(Mirror.of(self.inputs.root).files(), canonical(self._values))

    def plan(self, module: RootModule, *, refresh: bool = True) -> Plan:
        """Plan, and tell the plan address by address."""
        plan = self.make_plan(module, refresh=refresh)
        self.tell_plan(module, plan)
        return plan

    def make_plan(self, module: RootModule, *, refresh: bool = True) -> Plan:
        """Plan; copies of the states are all that is read of a run that looks at copies."""
        self.call.progress("planning")
        refresh = refresh and not state_copies()
        return module.plan(self.variables, refresh=refresh, on_message=self._show_reading())

    def tell_plan(self, module: RootModule, plan: Plan) -> None:
        """Tell a plan address by address."""
        self._tell_of_killed_run(module, plan)
        if plan.has_changes:
            self._tell(plan)

    def spared(self, plan: Plan) -> list[str]:
        """Return what is protected and would be replaced only as a run was stopped that was making it."""
        tainted = [change.address for change in plan.changes if change.reason == "tainted"]
        protected = [each for each in tainted if covers(self.inputs.protected, each)]
        # Most plans have none, and the journal is then not read.
        cut_short = self.module().journal.cut_short() if protected else set()
        return [each for each in protected if each in cut_short]

    def spare(self, module: RootModule, plan: Plan) -> Plan:
        """Return a plan that goes on with what is spared, where the given one would replace it."""
        spared = self.spared(plan)
        if not spared:
            return plan
        discard(plan)
        for address in spared:
            self.call.tell(f"{address} was being made when a run was stopped; it is kept, and gone on with")
            module.terraform.untaint(address)
        return self.plan(module)

    def apply(self, module: RootModule, plan: Plan) -> None:
        """Apply the plan, showing each address as it is done."""

        def show(message: Message) -> None:
            if message.hook:
                self.call.progress(message.message)

        module.apply(plan, show)
        self.call.tell(f"applied: {plan.summary}")

    def refresh(self, module: RootModule, recorded: list[str]) -> Properties | None:
        """Return what is really there; nothing if all of it was destroyed outside."""
        self.call.progress("reading")
        state = module.state()
        if recorded and not state.addresses:
            if state.lineage:
                self.call.warn("everything was destroyed outside Pulumi; the resource is gone")
                return None
            self.call.warn(f"there is no state ({self.where}); what was known is kept")
            return Properties({})
        plan = module.plan(self.variables)
        discard(plan)
        drift = {change.address: change.action for change in plan.telling_drift}
        for address, action in drift.items():
            self.call.tell(f"drift: {address} was changed outside ({action})")
        return self.describe(state) | {"drift": drift}

    def destroy(self, module: RootModule, *, consent: bool) -> None:
        """Destroy everything; with consent also what is protected, after `destroy_variables`."""
        module.adopt_journalled(self.variables)
        variables = self.variables | (self.inputs.destroy_variables if consent else {})
        if variables != self.variables:
            self._apply_in_place(module, variables)
        self.call.progress("planning the destruction")
        plan = module.plan(variables, destroy=True)
        try:
            refuse_losses(plan, () if consent else self.inputs.protected)
            if plan.has_changes:
                self.apply(module, plan)
        finally:
            discard(plan)

    def made(self, module: RootModule) -> Properties:
        """Return the resource's state, from Terraform's."""
        return self.describe(module.state())

    def made_so_far(self) -> Properties:
        """Return it after a failure, when a stop may have been asked for already."""
        return self.made(self.module(Limits(stop=threading.Event(), timeout_s=READ_S)))

    def describe(self, state: State) -> Properties:
        """Return the resource's state."""
        values = {name: output.value for name, output in state.outputs.items()}
        sensitive = {name for name, output in state.outputs.items() if output.sensitive}
        return self._properties(values, sensitive, state.addresses)

    def sketch(self) -> Properties:
        """Return the state of what could not be planned: everything is unknown."""
        return self._properties(UNKNOWN, set(), None)

    def nothing(self) -> Properties:
        """Return the state of what could not even be read."""
        return self._properties({}, set(), [])

    def planned(self, module: RootModule, plan: Plan, recorded: list[str]) -> Properties:
        """Return the state that a plan would lead to."""
        made = {change.address for change in plan.changes if change.action == "create" or change.imports}
        lost = {change.address for change in plan.changes if change.action == "delete"}
        return self._after(module, plan, sorted((set(recorded) | made) - lost))

    def _apply_in_place(self, module: RootModule, variables: Mapping[str, Any]) -> None:
        """Apply what `destroy_variables` change of what is there, and make nothing new."""
        plan = module.plan(variables)
        there = [change.address for change in plan.changes if change.action == "update"]
        if there and len(there) < len(plan.changes):
            discard(plan)
            plan = module.plan(variables, targets=there)
        try:
            if there:
                self.apply(module, plan)
        finally:
            discard(plan)

    def _after(self, module: RootModule, plan: Plan, addresses: list[str]) -> Properties:
        shown, _ = module.show(plan)
        planned = {n: output for n, output in shown.output_changes.items() if output.actions != ("delete",)}
        values = {n: UNKNOWN if self.on_placeholders else after(output) for n, output in planned.items()}
        return self._properties(values, {n for n, o in planned.items() if o.after_sensitive}, addresses)

    def _properties(self, values: Any, sensitive: set[str], addresses: list[str] | None) -> Properties:
        backend: dict[str, Any] = {"type": self.backend.type, "config": dict(self.backend.config)}
        if self.backend.workspace:
            backend["workspace"] = self.backend.workspace
        file = self.inputs.root / PLACEHOLDERS
        return Properties(
            {
                **yielded(self.call, values, placeholders=file, sensitive=frozenset(sensitive)),
                "addresses": UNKNOWN if addresses is None else addresses,
                "drift": {},
                "state_backend": Secret(backend) if mentions_secret(self.call, backend) else backend,
            }
        )

    def _show_reading(self) -> Callable[[Message], None]:
        """Return what shows, once in a while, which address is being read."""
        shown_at = time.monotonic()

        def show(message: Message) -> None:
            nonlocal shown_at
            if message.type == "refresh_start" and time.monotonic() - shown_at > SHOW_EVERY_S:
                shown_at = time.monotonic()
                self.call.progress(message.message)

        return show

    def _tell(self, plan: Plan) -> None:
        mark = f" [{MARK}]" if self.on_placeholders else ""
        lines = [f"plan: {plan.summary}{mark}", *(f"  {change}{mark}" for change in plan.changes)]
        lines += [f"  output {name}: {what}" for name, what in plan.outputs.items() if what != "noop"]
        lines += [
            f"  changed outside Terraform: {drift.address} ({drift.action})" for drift in plan.telling_drift
        ]
        self.call.tell("\n".join(lines))
        for warning in plan.warnings:
            self.call.warn(warning)

    def _tell_of_killed_run(self, module: RootModule, plan: Plan) -> None:
        taken = {change.address for change in plan.changes if change.imports}
        for address in sorted(taken & module.imports.keys()):
            self.call.tell(
                f"{address} ({module.imports[address]}) was made by a run that was killed; it is taken over"
            )
        anew = {change.address for change in plan.changes if change.action == "create"}
        for address in anew & set(module.journal.in_flight()):
            self.call.warn(
                f"{address} was being created when a run was killed, and is not found by its name: if it "
                f"exists, creating it may fail; then `{self.inputs.binary} import '{address}' ID`"
            )
