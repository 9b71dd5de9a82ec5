"""`millrace:index:AnsiblePlaybook`: an Ansible playbook as one resource."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from infra.provider.call import Call
from infra.provider.differences import differences
from infra.provider.inputs import AnsiblePlaybookInputs, invalid, parse
from infra.provider.outputs import yielded
from infra.provider.resource import Difference, Found, Kind, ResourceType, Unfinished
from infra.provider.unchanged import Unchanged
from infra.provider.values import UNKNOWN, Properties, canonical, fill, unknown_paths
from infra.wrappers.ansible import Ansible, Play
from infra.wrappers.ansible_outcome import PlayResult
from infra.wrappers.errors import InfraError, InputInvalid

LEFT: Final = "no teardown playbook: destroy leaves the hosts as they are"
BESIDE: Final = (
    "roles", "group_vars", "host_vars", "vars", "tasks", "files", "templates",
    "library", "module_utils", "filter_plugins", "lookup_plugins", "action_plugins",
)  # fmt: skip
COMPARED: Final = ("playbook", "inventory", "variables", "environment", "digest", "teardown")


class PlaybookRun:
    """A playbook with the inputs of one request."""

    def __init__(self, call: Call, given: Properties) -> None:
        values = given.plain()
        self.call = call
        self.inputs = parse(AnsiblePlaybookInputs, values)
        self.variables: dict[str, Any] = fill(self.inputs.variables, self.inputs.placeholders)
        self.late = list(unknown_paths({key: values[key] for key in values if key != "placeholders"}))
        self._values = values

    @property
    def name(self) -> str:
        """The playbook's file name."""
        return self.inputs.playbook.name

    @property
    def without_placeholder(self) -> list[str]:
        """Paths of the variables that are unknown and for which nothing stands in."""
        return list(unknown_paths(self.variables, "variables"))

    def asked(self) -> str:
        """Return a text that is the same while inputs and code are."""
        return hashlib.sha256(canonical(self._values).encode()).hexdigest()

    def run(self, playbook: Path, *, check: bool = False) -> PlayResult:
        """Run the playbook (or the teardown), showing each task as it begins."""
        inputs = self.inputs
        play = Play(playbook, inputs.inventory, self.variables, inputs.environment)
        return Ansible(self.call.limits(inputs.timeout_s)).run(
            play, check=check, on_task=lambda task: self.call.progress(f"{'check: ' if check else ''}{task}")
        )

    def check(self) -> PlayResult:
        """Run in check mode and tell which tasks would change something.

        Raises:
            PlaybookFailed: a task failed before any other would have changed something.
        """
        result = self.run(self.inputs.playbook, check=True)
        if result.exit_code and not result.changed and not result.skipped_by_check:
            result.required(self.name)
        self._tell(result)
        return result

    def properties(self, outputs: Any, drift: list[str], skipped: int) -> Properties:
        """Return the resource's state."""
        teardown = self.inputs.teardown
        file = self.inputs.playbook.with_suffix(".placeholders.json")
        return Properties(
            {
                **yielded(self.call, outputs, placeholders=file),
                "drift": drift,
                "skipped_by_check": skipped,
                "on_destroy": f"runs {teardown.name}" if teardown else LEFT,
            }
        )

    def _tell(self, result: PlayResult) -> None:
        mark = " [checked on placeholders]" if self.late else ""
        lines = []
        for change in result.changed:
            lines.append(f"  would change: {change}{mark}")
            lines += [f"    {line}" for line in change.detail.splitlines() if line.strip()]
        if lines:
            self.call.tell(
                "\n".join([f"{self.name}: {len(result.changed)} tasks would change{mark}", *lines])
            )
        if result.exit_code:
            self.call.warn(
                f"check mode could go no further than a task that needs what earlier ones make: {result.why}"
            )


class AnsiblePlaybook(ResourceType):
    """Check mode is the preview and the drift check; a run is create and update."""

    def __init__(self, unchanged: Unchanged) -> None:
        self._unchanged = unchanged
        self._checked: dict[str, PlayResult] = {}

    def check(self, call: Call, inputs: Properties) -> tuple[Properties, list[InputInvalid]]:
        """Check form and files; add the digest of the code that runs."""
        values = inputs.plain()
        wrong = invalid(AnsiblePlaybookInputs, values)
        if wrong:
            return inputs, wrong
        run = PlaybookRun(call, inputs)
        wrong = list(_problems(run.inputs))
        if not wrong and not values.get("digest"):
            inputs = inputs | {"digest": code_digest(Play(run.inputs.playbook))}
        return inputs, wrong

    def diff(self, call: Call, old: Properties, state: Properties, new: Properties) -> Difference:
        """Compare inputs and code, and run in check mode."""
        run = PlaybookRun(call, new)
        details = _changed_inputs(old, new)
        if run.without_placeholder:
            _tell_unchecked(run)
            return Difference(bool(details), details)
        if not details and self._unchanged.holds(call, run.asked()):
            return Difference(changes=False)
        result = run.check()
        self._checked[call.urn] = result
        if not details and not result.changed and not result.exit_code:
            self._unchanged.note(call, run.asked())
            return Difference(changes=False)
        # Which tasks would change something is told line by line.
        return Difference(changes=True, details=details or {"playbook": "update"})

    def preview(
        self, call: Call, old: Properties | None, state: Properties | None, new: Properties
    ) -> Properties:
        """Return the outputs that check mode knows; say what destroy would do."""
        run = PlaybookRun(call, new)
        if run.inputs.teardown is None and state is None:
            call.tell(LEFT)
        if run.without_placeholder:
            _tell_unchecked(run)
            return run.properties(UNKNOWN, [], 0)
        result = self._checked.pop(call.urn, None) or run.check()
        return run.properties(_foreseen(result, state), [], len(result.skipped_by_check))

    def create(self, call: Call, new: Properties) -> tuple[str, Properties]:
        """Run the playbook."""
        resource_id = f"{call.stack}/{call.name}"
        return resource_id, self._bring(call, resource_id, new)

    def update(
        self, call: Call, resource_id: str, old: Properties, state: Properties, new: Properties
    ) -> Properties:
        """Run the playbook."""
        return self._bring(call, resource_id, new)

    def read(self, call: Call, resource_id: str, inputs: Properties, state: Properties) -> Found | None:
        """Run in check mode: tasks that would change something are drift."""
        if not inputs.values:
            raise InputInvalid("id", "a playbook cannot be imported: it has no state of its own; create it")
        run = PlaybookRun(call, inputs)
        result = run.check()
        drift = [str(change) for change in result.changed]
        skipped = len(result.skipped_by_check)
        call.tell(f"{run.name}: {len(drift)} tasks drifted, {skipped} tasks skipped by check mode")
        found = {"drift": drift, "skipped_by_check": skipped}
        return Found(resource_id, inputs, state | found)

    def delete(self, call: Call, inputs: Properties, state: Properties) -> None:
        """Run the teardown, or say that there is none."""
        run = PlaybookRun(call, inputs)
        if run.inputs.teardown is None:
            call.tell(LEFT)
            return
        self._unchanged.note_change()
        run.run(run.inputs.teardown).required(run.inputs.teardown.name)

    def _bring(self, call: Call, resource_id: str, new: Properties) -> Properties:
        run = PlaybookRun(call, new)
        self._checked.pop(call.urn, None)
        self._unchanged.note_change()
        try:
            result = run.run(run.inputs.playbook).required(run.name)
        except InfraError as error:
            raise Unfinished(resource_id, run.properties({}, [], 0), error) from error
        call.tell(f"{run.name}: {len(result.changed)} tasks changed something")
        return run.properties(result.outputs, [], 0)


def code_digest(play: Play) -> str:
    """Return a digest of the code that a playbook may run, documentation left out.

    That is everything beside its ``ansible.cfg``; without one, the playbook and the folders
    that Ansible looks for beside it.
    """
    project = play.project
    beside = [project] if (project / "ansible.cfg").exists() else [project / name for name in BESIDE]
    files = {play.playbook, *(file for folder in beside for file in folder.rglob("[!.]*"))}
    total = hashlib.sha256()
    for file in sorted(file for file in files if file.is_file() and _is_code(file.relative_to(project))):
        total.update(f"{file.relative_to(project)}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _is_code(file: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in file.parts)
    return file.suffix != ".md" and not hidden


def _foreseen(result: PlayResult, state: Properties | None) -> Any:
    """Return the outputs after a run: as check mode set them, unknown where it could not tell."""
    if result.exit_code or (state is None and not result.outputs):
        return UNKNOWN
    before = state.plain().get("outputs", {}) if state else {}
    names = {*before, *result.outputs} if isinstance(before, dict) else set(result.outputs)
    return {name: result.outputs.get(name, UNKNOWN) for name in names}


def _changed_inputs(old: Properties, new: Properties) -> dict[str, Kind]:
    before, now = old.plain(), new.plain()
    return differences(
        {name: before.get(name) for name in COMPARED}, {name: now.get(name) for name in COMPARED}
    )


def _tell_unchecked(run: PlaybookRun) -> None:
    run.call.warn(
        f"not checked: {', '.join(run.without_placeholder)} unknown until another resource is made; "
        "give it in `placeholders`, or declare a placeholder beside that output"
    )


def _problems(inputs: AnsiblePlaybookInputs) -> Iterable[InputInvalid]:
    for name, file in (("playbook", inputs.playbook), ("teardown", inputs.teardown)):
        if file is not None and not file.is_file():
            yield InputInvalid(name, f"{file} is not a file; name a playbook")
    if isinstance(inputs.inventory, Path) and not inputs.inventory.exists():
        yield InputInvalid(
            "inventory", f"{inputs.inventory} does not exist; name an inventory, or give a mapping"
        )
