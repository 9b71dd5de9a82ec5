"""`millrace:index:TerraformRoot`: a Terraform root module as one resource."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import Final

from infra.provider import endpoint
from infra.provider.adoption import read_id
from infra.provider.call import Call
from infra.provider.differences import differences
from infra.provider.inputs import TerraformRootInputs, invalid
from infra.provider.plan_rules import refuse_a_lost_state, refuse_losses, run_checks
from infra.provider.plans_ahead import PlansAhead
from infra.provider.resource import Difference, Found, Kind, ResourceType, Unfinished
from infra.provider.root_problems import problems
from infra.provider.root_run import PLACEHOLDERS, RootRun
from infra.provider.state_copies import refuse_changes
from infra.provider.unchanged import Unchanged
from infra.provider.values import Properties
from infra.wrappers.errors import (
    EndpointStopped,
    InfraError,
    InputInvalid,
    StateLost,
    TerraformFailed,
)
from infra.wrappers.root_module import RootModule, discard
from infra.wrappers.terraform_plan import Plan

STOPPED: Final = "cannot be read while stopped; checked during up"
CONSENT: Final = "MILLRACE_DESTROY"
PLANNED: Final = ("root", "variables", "backend", "binary")


@dataclass(frozen=True)
class Prepared:
    """A plan that `diff` made and `update` applies, if it is asked for the same."""

    digest: str
    plan: Plan


class TerraformRoot(ResourceType):
    """Plans are made once, told address by address, and applied as they were checked."""

    def __init__(self, unchanged: Unchanged) -> None:
        self._unchanged = unchanged
        self._ahead = PlansAhead(unchanged)
        self._prepared: dict[str, Prepared] = {}

    def check(self, call: Call, inputs: Properties) -> tuple[Properties, list[InputInvalid]]:
        """Check form, and what can be seen without running Terraform."""
        values = inputs.plain()
        wrong = invalid(TerraformRootInputs, values)
        if not wrong:
            wrong = list(problems(RootRun(call, inputs).inputs))
        return inputs, wrong

    def diff(self, call: Call, old: Properties, state: Properties, new: Properties) -> Difference:
        """Plan; what the plan does to each address is the difference."""
        run, changed = RootRun(call, new), _changed_inputs(old, new)
        if self._is_stopped(run):
            call.tell(f"{run.inputs.endpoint} {STOPPED}")
            # An update, so that during up it is truly read, or fails if nothing has started it.
            return Difference(changes=True, details=changed or {"endpoint": "update"})
        if run.without_placeholder:
            _tell_unplanned(run)
            return Difference(bool(changed), changed)
        asked = run.digest()
        if self._unchanged.holds(call, asked):
            return Difference(changes=False)
        self._ahead.begin(call, asked)
        plan = self._plan(run, asked)
        try:
            _refuse(run, plan, _addresses(state))
        except BaseException:
            discard(plan)
            raise
        if not plan.has_changes and not run.on_placeholders:
            discard(plan)
            self._unchanged.note(call, asked)
            self._ahead.note(run, new)
            return Difference(changes=False)
        self._prepared[call.urn] = Prepared(asked, plan)
        # What the plan does is told line by line; the root is what differs if no input does.
        return Difference(changes=True, details=changed or {"root": "update"})

    def preview(
        self, call: Call, old: Properties | None, state: Properties | None, new: Properties
    ) -> Properties:
        """Return the outputs that the plan knows, and unknowns for the rest."""
        run = RootRun(call, new)
        recorded = _addresses(state) if state else []
        if state and old and self._is_stopped(run):
            return run.sketch() if _changed_inputs(old, new) else state
        if run.without_placeholder:
            if not state:
                _tell_unplanned(run)
            return run.sketch()
        prepared = self._take(run)
        with run.module().open() as module:
            plan = prepared or self._plan_for_preview(run, module)
            if plan is None:
                return run.sketch()
            try:
                _refuse(run, plan, recorded)
                if plan.has_changes:
                    _run_checks(run, module, plan)
                return run.planned(module, plan, recorded)
            finally:
                discard(plan)

    def create(self, call: Call, new: Properties) -> tuple[str, Properties]:
        """Apply a plan; what a killed run of the same root left in the state is gone on with."""
        resource_id = f"{call.stack}/{call.name}"
        return resource_id, self._bring(call, resource_id, [], new)

    def update(
        self, call: Call, resource_id: str, old: Properties, state: Properties, new: Properties
    ) -> Properties:
        """Apply the plan that `diff` made, or a new one."""
        return self._bring(call, resource_id, _addresses(state), new)

    def read(self, call: Call, resource_id: str, inputs: Properties, state: Properties) -> Found | None:
        """Compare with what is really there (`terraform plan`); change nothing, nor Terraform's state."""
        if not inputs.values:
            return self._adopt(call, resource_id)
        run = RootRun(call, inputs)
        if self._is_stopped(run):
            call.warn(f"{run.inputs.endpoint} cannot be read while stopped; what was known of it is kept")
            return Found(resource_id, inputs, state)
        with run.module().open() as module:
            found = run.refresh(module, _addresses(state))
        return None if found is None else Found(resource_id, inputs, state | found.values)

    def delete(self, call: Call, inputs: Properties, state: Properties) -> None:
        """Destroy what the root made, then its private folder; protected data only with consent."""
        refuse_changes()
        run = RootRun(call, inputs)
        consent = os.environ.get(CONSENT) == call.stack
        if run.inputs.endpoint and self._is_stopped(run):
            endpoint.start(call, run.inputs.endpoint, run.inputs.start)
        self._unchanged.note_change()
        try:
            with run.module().open() as module:
                run.destroy(module, consent=consent)
        except TerraformFailed as error:
            if consent or not run.inputs.destroy_variables:
                raise
            raise type(error)(
                f"{error} What still holds data is destroyed only with {CONSENT}={call.stack} "
                "in the environment (`make destroy` asks, and sets it)."
            ) from error
        shutil.rmtree(run.folder, ignore_errors=True)

    def _bring(self, call: Call, resource_id: str, recorded: list[str], new: Properties) -> Properties:
        refuse_changes()
        run = RootRun(call, new)
        if self._is_stopped(run):
            raise EndpointStopped(f"{run.inputs.endpoint} refuses connections; start it and run again")
        begun = False
        self._unchanged.note_change()
        try:
            with run.module().open() as module:
                plan = run.spare(module, self._take(run) or run.plan(module))
                try:
                    _refuse(run, plan, recorded)
                    if plan.has_changes:
                        _run_checks(run, module, plan)
                        begun = True
                        run.apply(module, plan)
                    else:
                        # The state holds all that a run that was stopped had made.
                        module.journal.clear()
                    self._ahead.note(run, new)
                    return run.made(module)
                finally:
                    discard(plan)
        except InfraError as error:
            made = self._made_so_far(run)
            if begun or (not recorded and made and _addresses(made)):
                raise Unfinished(resource_id, made or run.nothing(), error) from error
            raise

    def _plan(self, run: RootRun, asked: str) -> Plan:
        """Return the plan that was made ahead, told now, or a new one."""
        if ahead := self._ahead.take(run, asked):
            run.tell_plan(ahead.module, ahead.plan)
            return ahead.plan
        with run.module().open() as module:
            return run.plan(module)

    def _made_so_far(self, run: RootRun) -> Properties | None:
        try:
            return run.made_so_far()
        except InfraError:
            return None

    def _take(self, run: RootRun) -> Plan | None:
        """Return the plan that `diff` made for the very same inputs and files, once."""
        prepared = self._prepared.pop(run.call.urn, None)
        if prepared is None:
            return None
        if prepared.digest != run.digest() or not prepared.plan.file.exists():
            discard(prepared.plan)
            return None
        return prepared.plan

    def _plan_for_preview(self, run: RootRun, module: RootModule) -> Plan | None:
        """Plan something new; while its endpoint is stopped, as far as that goes without reading."""
        stopped = self._is_stopped(run)
        try:
            return run.plan(module, refresh=not stopped)
        except TerraformFailed:
            if not stopped:
                raise
            run.call.tell(f"{run.inputs.endpoint} {STOPPED}")
            return None

    def _adopt(self, call: Call, resource_id: str) -> Found:
        given = Properties(read_id(resource_id))
        _, wrong = self.check(call, given)
        if wrong:
            raise wrong[0]
        run = RootRun(call, given)
        with run.module().open() as module:
            state = module.state()
        if not state.addresses:
            raise StateLost(
                f"there is no state to take over for {resource_id!r}: the backend holds no resources; "
                "correct ROOT or the backend's file"
            )
        call.tell(f"taking over {len(state.addresses)} addresses of {run.inputs.root}")
        return Found(resource_id, given, run.describe(state))

    @staticmethod
    def _is_stopped(run: RootRun) -> bool:
        return endpoint.is_stopped(run.inputs.endpoint)


def _addresses(state: Properties) -> list[str]:
    found = state.plain().get("addresses")
    return list(found) if isinstance(found, list) else []


def _refuse(run: RootRun, plan: Plan, recorded: list[str]) -> None:
    refuse_losses(plan, run.inputs.protected, run.spared(plan))
    refuse_a_lost_state(plan, recorded, run.where)


def _run_checks(run: RootRun, module: RootModule, plan: Plan) -> None:
    if run.inputs.checks:
        _, file = module.show(plan)
        run.call.progress("checking the plan")
        for said in run_checks(run.inputs.checks, file, run.inputs.environment, module.limits):
            run.call.tell(said)


def _changed_inputs(old: Properties, new: Properties) -> dict[str, Kind]:
    """Return what differs between inputs, of those that a plan depends on."""
    before, now = old.plain(), new.plain()
    return differences(
        {name: before.get(name) for name in PLANNED}, {name: now.get(name) for name in PLANNED}
    )


def _tell_unplanned(run: RootRun) -> None:
    run.call.warn(
        f"not planned: {', '.join(run.without_placeholder)} unknown until another resource is made; "
        f"declare a placeholder beside that output ({PLACEHOLDERS} in its root module's folder)"
    )
