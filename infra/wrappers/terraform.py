"""Terraform (or OpenTofu), on python-terraform: every flag explicit, every answer typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import python_terraform
from pydantic import ValidationError
from python_terraform import IsFlagged

from infra.wrappers import process
from infra.wrappers.errors import TerraformFailed
from infra.wrappers.process import Finished, Limits, Line
from infra.wrappers.terraform_failure import failure
from infra.wrappers.terraform_messages import Message, parse
from infra.wrappers.terraform_plan import Plan, ShownPlan, read_plan
from infra.wrappers.terraform_state import State

QUIET: Final = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1", "NO_COLOR": "1"}
# Terraform and its providers live for seconds, much of which Go would spend collecting the provider's
# schema again and again. `validate` with AWS's: 4.9 s of CPU in place of 5.7, 380 MB in place of 310.
COLLECT_LATE: Final = {"GOGC": "400"}
LOCK_TIMEOUT: Final = "5s"
CHANGES: Final = 2

OnMessage = Callable[[Message], None]


class Session(python_terraform.Terraform):  # type: ignore[misc]
    """python-terraform's client, whose programs run as `process.run` runs them.

    The library starts Terraform with the whole environment of this process and hands nothing
    on while it runs; only how it builds a command is used.
    """

    def __init__(self, binary: str, cwd: Path, environment: Mapping[str, str], limits: Limits) -> None:
        self.environment = dict(environment)
        self.limits = limits
        super().__init__(working_dir=str(cwd), terraform_bin_path=binary)

    def cmd(self, cmd: str, *args: str, **kwargs: Any) -> tuple[int, str, str]:
        """Run one subcommand; return exit code, standard output, standard error."""
        finished = self.start(cmd, *args, **kwargs)
        return finished.exit_code, finished.stdout, finished.stderr

    def start(
        self,
        cmd: str,
        *args: str,
        on_line: Line | None = None,
        output: Path | None = None,
        pid_file: Path | None = None,
        **flags: Any,
    ) -> Finished:
        """Run one subcommand, handing on its lines as they come."""
        return process.run(
            self.generate_cmd_string(cmd, *args, **flags),
            cwd=Path(self.working_dir),
            environment=self.environment,
            limits=self.limits,
            on_line=on_line,
            output=output,
            pid_file=pid_file,
        )


@dataclass(frozen=True)
class Terraform:
    """One root module's Terraform: ``cwd`` is the module, ``data`` what `TF_DATA_DIR` names.

    Every method raises `TerraformFailed` (or one of its kinds) with Terraform's own words,
    `CredentialsExpired`, `ToolTimedOut` or `Interrupted`.
    """

    binary: str
    cwd: Path
    data: Path
    environment: Mapping[str, str]
    limits: Limits
    pid_file: Path | None = None

    def init(self, *, migrate: bool = False) -> None:
        """Install providers and modules, and open the backend; the lock file is never written."""
        flags = (
            {"migrate_state": IsFlagged, "force_copy": IsFlagged} if migrate else {"reconfigure": IsFlagged}
        )
        self._stream("init", lockfile="readonly", **flags)

    def plan(
        self,
        file: Path,
        *,
        variables: Path,
        destroy: bool = False,
        refresh: bool = True,
        targets: Sequence[str] = (),
        on_message: OnMessage | None = None,
    ) -> Plan:
        """Plan with the variables of a JSON file and save the plan into ``file``."""
        messages, code = self._stream(
            "plan",
            on_message=on_message,
            good={0, CHANGES},
            detailed_exitcode=IsFlagged,
            lock_timeout=LOCK_TIMEOUT,
            refresh=refresh,
            var_file=str(variables),
            out=str(file),
            destroy=IsFlagged if destroy else None,
            target=list(targets),
        )
        return read_plan(messages, file, has_changes=code == CHANGES)

    def apply(self, plan: Path, *, output: Path, on_message: OnMessage | None = None) -> None:
        """Apply a saved plan, and nothing else; ``output`` keeps what Terraform said, line by line."""
        self._stream("apply", str(plan), on_message=on_message, output=output, lock_timeout=LOCK_TIMEOUT)

    def show(self, plan: Path, *, output: Path) -> ShownPlan:
        """Write a saved plan as JSON into ``output`` (values in clear) and return what is read of it."""
        text = self._plain("show", str(plan), json=IsFlagged, output=output)
        return ShownPlan.model_validate_json(text)

    def state(self) -> State:
        """Return the state as the backend has it; an empty `State` if there is none."""
        text = self._plain("state pull")
        try:
            return State.model_validate_json(text) if text.strip() else State()
        except ValidationError as error:
            raise TerraformFailed(f"{self.binary} state pull printed no state: {error}") from error

    def push_state(self, file: Path) -> None:
        """Write a state that Terraform could not persist back into the backend."""
        self._plain("state push", str(file))

    def unlock(self, lock_id: str) -> None:
        """Take away the state's lock, if it is still this one."""
        self._plain("force-unlock", lock_id, force=IsFlagged)

    def adopt(self, address: str, value: str, *, variables: Path) -> None:
        """Import an object that exists into the state."""
        self._plain("import", address, value, input=False, lock_timeout=LOCK_TIMEOUT, var_file=str(variables))

    def untaint(self, address: str) -> None:
        """Have an object kept that Terraform would replace as its making did not end well."""
        self._plain("untaint", address, lock_timeout=LOCK_TIMEOUT)

    def _session(self) -> Session:
        variables = QUIET | {"TF_DATA_DIR": str(self.data)} | dict(self.environment)
        environment = COLLECT_LATE | process.child_environment(variables)
        return Session(self.binary, self.cwd, environment, self.limits)

    def _stream(
        self,
        subcommand: str,
        *args: str,
        on_message: OnMessage | None = None,
        good: frozenset[int] | set[int] = frozenset({0}),
        output: Path | None = None,
        **flags: Any,
    ) -> tuple[list[Message], int]:
        messages: list[Message] = []

        def take(line: str) -> None:
            if message := parse(line):
                messages.append(message)
                if on_message:
                    on_message(message)

        finished = self._session().start(
            subcommand, *args, on_line=take, output=output, pid_file=self.pid_file,
            json=IsFlagged, input=False, **flags,
        )  # fmt: skip
        if finished.exit_code not in good:
            raise failure(f"{self.binary} {subcommand}", messages, finished)
        return messages, finished.exit_code

    def _plain(self, subcommand: str, *args: str, **flags: Any) -> str:
        finished = self._session().start(subcommand, *args, no_color=IsFlagged, **flags)
        if finished.exit_code:
            raise failure(f"{self.binary} {subcommand}", [], finished)
        return finished.stdout


def write_variables(values: Mapping[str, Any], file: Path) -> Path:
    """Write variables as a private ``.tfvars.json`` file, one on each line."""
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in values.items()]
    file.touch(mode=0o600)
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return file
