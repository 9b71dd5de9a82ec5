"""A root module with its own folder of state: opened, planned, applied, one run at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from infra.wrappers.errors import InfraError, InputInvalid, NotInitialised, StateLocked, TerraformFailed
from infra.wrappers.exclusive import Say, exclusive, wait_until
from infra.wrappers.journal import Journal
from infra.wrappers.mirror import GENERATED_BACKEND, LOCK_FILE, Mirror, configuration, digest
from infra.wrappers.process import Limits, child_environment, find
from infra.wrappers.recovery import by_arguments, by_id, by_plan
from infra.wrappers.state_lock import Holder, named, running
from infra.wrappers.terraform import OnMessage, Terraform, write_variables
from infra.wrappers.terraform_failure import LOCK_LEFT
from infra.wrappers.terraform_messages import VARIABLES_FILE, Message
from infra.wrappers.terraform_plan import Plan, ShownPlan
from infra.wrappers.terraform_state import State
from infra.wrappers.unreleased_lock import UnreleasedLock

GENERATED_IMPORTS: Final = "millrace_imports.tf.json"
T = TypeVar("T")
UNSAVED_STATE: Final = "errored.tfstate"
NOTHING_TO_IMPORT: Final = ("Cannot import non-existent remote object", "import target does not exist")
# A type that is imported by something else than its id, or not at all.
NOT_SO_IMPORTED: Final = ("nexpected format", "doesn't support import", "does not support import")


@dataclass(frozen=True)
class Backend:
    """Where the state lies: Terraform's backend type, its arguments, and the workspace."""

    type: str
    config: Mapping[str, Any] = field(default_factory=dict)
    workspace: str | None = None

    def as_configuration(self) -> dict[str, Any]:
        """Return the Terraform configuration that declares it."""
        return {"terraform": {"backend": {self.type: dict(self.config)}}}


@dataclass
class RootModule:
    """One root module of one environment; get one from `open`.

    ``root`` is the module's folder, ``folder`` an ignored, private one for everything that
    Terraform and we write: the data folder, the mirror, the journal, and the state if the
    backend is local.
    """

    root: Path
    folder: Path
    backend: Backend
    binary: str
    environment: Mapping[str, str]
    limits: Limits
    say: Say
    imports: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def open(self) -> Iterator[Self]:
        """Hold the folder, wait for a Terraform that outlived its run, and initialise.

        What a killed run made is told by its journal, and planned to be imported.
        """
        if not self.root.is_dir():
            raise InputInvalid(
                "root", f"{self.root} is not there; check out the revision that has it, and run again"
            )
        with exclusive(self.folder, self.limits, self.say):
            why = f"terraform of an interrupted run still writes its state in {self.folder}"
            wait_until(lambda: running(self._pid_file, self.folder) is None, why, self.limits, self.say)
            self._remove_plans_of_the_dead()
            self.imports = by_id(self.journal.made())
            self._keep_unsaved_state()
            self._build()
            self._initialise()
            self._push_unsaved_state()
            try:
                yield self
            finally:
                self._variables.unlink(missing_ok=True)

    @property
    def journal(self) -> Journal:
        """The journal of the last apply that did not end well."""
        return Journal(self.folder / "apply.jsonl")

    @cached_property
    def mirror(self) -> Mirror:
        """What the root module is made of."""
        return Mirror.of(self.root)

    @cached_property
    def terraform(self) -> Terraform:
        """Terraform in the mirror."""
        chosen = {"TF_WORKSPACE": self.backend.workspace} if self.backend.workspace else {}
        return Terraform(
            binary=self.binary,
            cwd=self.mirror.place(self.folder / "root"),
            data=self.folder / "data",
            environment=dict(self.environment) | chosen,
            limits=self.limits,
            pid_file=self._pid_file,
        )

    def plan(
        self,
        variables: Mapping[str, Any],
        *,
        destroy: bool = False,
        refresh: bool = True,
        targets: Sequence[str] = (),
        on_message: OnMessage | None = None,
    ) -> Plan:
        """Plan into a file that this process alone knows; who asked removes it with `discard`."""
        write_variables(variables, self._variables)

        def attempt() -> Plan:
            file = self.folder / f"{os.getpid()}-{time.monotonic_ns()}.tfplan"
            try:
                return self.terraform.plan(
                    file,
                    variables=self._variables,
                    destroy=destroy,
                    refresh=refresh,
                    targets=targets,
                    on_message=on_message,
                )
            except BaseException:
                file.unlink(missing_ok=True)
                raise

        plan = self._mending(attempt)
        return plan if destroy else self._adopting_what_it_tells(plan, attempt)

    def apply(self, plan: Plan, on_message: OnMessage | None = None) -> None:
        """Apply a saved plan; the journal stays until one has succeeded."""

        def note(message: Message) -> None:
            self.journal.note(message)
            if on_message:
                on_message(message)

        self._locking(lambda: self.terraform.apply(plan.file, output=self.journal.file, on_message=note))
        self.journal.clear()

    def show(self, plan: Plan) -> tuple[ShownPlan, Path]:
        """Return what the plan holds, and the JSON file that holds all of it (values in clear)."""
        file = shown_file(plan)
        if file.exists():
            return ShownPlan.model_validate_json(file.read_text()), file
        return self.terraform.show(plan.file, output=file), file

    def state(self) -> State:
        """Return the state as the backend has it."""
        return self.terraform.state()

    def adopt_journalled(self, variables: Mapping[str, Any]) -> None:
        """Import at once what a killed run made: a destroy plan knows no import blocks."""
        if by_arguments(self.journal.made()):
            # Only a plan tells what these are imported by.
            discard(self.plan(variables))
        if not self.imports:
            return
        there = set(self.state().addresses)
        write_variables(variables, self._variables)
        for address, value in self.imports.items():
            if address not in there:
                self.say(f"importing {address} ({value}), made by a run that was killed")
                self.terraform.adopt(address, value, variables=self._variables)
        self.journal.clear()

    @property
    def _pid_file(self) -> Path:
        return self.folder / "terraform.pid"

    @property
    def _variables(self) -> Path:
        return self.folder / VARIABLES_FILE

    def _build(self) -> None:
        generated: dict[str, Any] = {GENERATED_BACKEND: self.backend.as_configuration()}
        if self.imports:
            blocks = [{"to": address, "id": value} for address, value in self.imports.items()]
            generated[GENERATED_IMPORTS] = {"import": blocks}
        self.mirror.build(self.folder / "root", generated)

    def _initialise(self) -> None:
        stamp = self.folder / "initialised"
        if stamp.exists() and stamp.read_text() == self._digest():
            return
        stamp.unlink(missing_ok=True)
        self.say("initialising")
        self._locking(self.terraform.init)
        stamp.write_text(self._digest())

    def _digest(self) -> str:
        """Return a digest of everything that ``init`` looks at."""
        cwd = self.terraform.cwd
        files = configuration(cwd) + [file for file in (cwd / LOCK_FILE,) if file.exists()]
        for folder in self.mirror.modules:
            files += configuration(folder)
        binary = Path(find(self.binary, child_environment(self.environment))).stat()
        return digest(files, f"{self.binary} {binary.st_size} {binary.st_mtime_ns} {self.backend.workspace}")

    def _mending(self, attempt: Callable[[], Plan]) -> Plan:
        """Plan; initialise anew if Terraform asks for it, and leave imports that find nothing."""
        try:
            return self._locking(attempt)
        except NotInitialised:
            (self.folder / "initialised").unlink(missing_ok=True)
            self._initialise()
            return self._locking(attempt)
        except TerraformFailed as error:
            said = str(error)
            if not self.imports or not any(phrase in said for phrase in NOTHING_TO_IMPORT + NOT_SO_IMPORTED):
                raise
            named = [each for each, value in self.imports.items() if each in said or f'"{value}"' in said]
            left = named or list(self.imports)
        self.say(f"planning without importing {', '.join(left)}: not there any more, or not importable")
        self._import({address: value for address, value in self.imports.items() if address not in left})
        return self._mending(attempt)

    def _adopting_what_it_tells(self, plan: Plan, attempt: Callable[[], Plan]) -> Plan:
        """Plan again with what a killed run made or was making, where this plan tells its import id."""
        made = [*self.journal.in_flight(), *by_arguments(self.journal.made())]
        told = by_plan(made, self.show(plan)[0]) if made else {}
        if not told:
            return plan
        before = self.imports
        self._import(before | told)
        try:
            better = self._mending(attempt)
        except TerraformFailed:
            # Its provider cannot look it up by that: it is created, or named when that fails.
            self._import(before)
            return plan
        discard(plan)
        return better

    def _import(self, imports: dict[str, str]) -> None:
        self.imports = imports
        self._build()

    def _locking(self, attempt: Callable[[], T]) -> T:
        """Run what takes the state's lock; take away one that the last run here had to leave."""
        left, began_s = UnreleasedLock(self.folder / "unreleased_lock"), time.time()
        try:
            return attempt()
        except StateLocked as error:
            holder = Holder.read(str(error))
            if not left.is_held_by(holder):
                raise named(error, self.terraform) from error
            self.say(f"removing lock {holder.lock_id}, which the last run here could not release")
            self.terraform.unlock(holder.lock_id)
            left.clear()
            return self._locking(attempt)
        except InfraError as error:
            if LOCK_LEFT in str(error):
                left.note(began_s)
            raise

    def _remove_plans_of_the_dead(self) -> None:
        """Remove the plans (values in clear) of processes that ended before they could."""
        for file in self.folder.glob("*-*.tfplan"):
            if not Path(f"/proc/{file.name.partition('-')[0]}").exists():
                file.unlink(missing_ok=True)
                file.with_suffix(".json").unlink(missing_ok=True)

    def _keep_unsaved_state(self) -> None:
        """Save from the mirror's rebuilding a state that Terraform could not persist."""
        file = self.terraform.cwd / UNSAVED_STATE
        if file.exists():
            file.replace(self.folder / UNSAVED_STATE)

    def _push_unsaved_state(self) -> None:
        file = self.folder / UNSAVED_STATE
        if file.exists():
            self.say("writing back the state that the last run could not persist")
            self._locking(lambda: self.terraform.push_state(file))
            file.unlink()


def shown_file(plan: Plan) -> Path:
    """Return where `RootModule.show` writes the plan as JSON."""
    return plan.file.with_suffix(".json")


def discard(plan: Plan) -> None:
    """Remove a plan's files."""
    plan.file.unlink(missing_ok=True)
    shown_file(plan).unlink(missing_ok=True)
