"""Ansible, on ansible-runner: a fresh private folder per run, streamed events, typed results."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from infra.wrappers.ansible_outcome import Outcome, PlayResult, TaskChange, read_outcome
from infra.wrappers.errors import Interrupted, PlaybookFailed, ToolTimedOut
from infra.wrappers.process import Limits, child_environment, find, tethered
from infra.wrappers.process_tree import Running, below

POLL_S: Final = 0.2
CALLBACKS: Final = Path(__file__).with_name("ansible_callback")
LOCALHOST: Final[dict[str, Any]] = {"all": {"hosts": {"localhost": {"ansible_connection": "local"}}}}
MITOGEN_FAILED: Final = "mitogen"

OnTask = Callable[[str], None]


@dataclass(frozen=True)
class Play:
    """What to run: playbook, inventory (a path, a mapping in Ansible's YAML form, or this machine)."""

    playbook: Path
    inventory: Path | Mapping[str, Any] | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def project(self) -> Path:
        """The nearest folder above the playbook that has an ``ansible.cfg``, else the playbook's own."""
        above = (folder for folder in self.playbook.parents if (folder / "ansible.cfg").exists())
        return next(above, self.playbook.parent)


@dataclass(frozen=True)
class Ansible:
    """Runs playbooks; mitogen makes tasks several times faster where it can be imported."""

    limits: Limits

    def run(self, play: Play, *, check: bool = False, on_task: OnTask | None = None) -> PlayResult:
        """Run a playbook, or with ``check`` only tell what it would change.

        The result tells of failed tasks too, and raises nothing for them: see `PlayResult.required`.

        Raises:
            ToolMissing: ansible-playbook is not on PATH.
            Interrupted, ToolTimedOut: the run was stopped; its tasks have ended.
            PlaybookFailed: Ansible itself could not begin.
        """
        strategies = [*_mitogen(play), {}]
        for strategy in strategies:
            result = self._run_once(play, check, on_task, strategy)
            if not (strategy and result.never_began and MITOGEN_FAILED in result.said.lower()):
                break
        if result.never_began and result.exit_code:
            raise PlaybookFailed(
                f"{play.playbook.name} could not begin (exit code {result.exit_code}): {result.said}. "
                "To do: correct the playbook, its inventory or its settings."
            )
        return result

    def _run_once(
        self, play: Play, check: bool, on_task: OnTask | None, strategy: Mapping[str, str]
    ) -> PlayResult:
        if self.limits.stop.is_set():
            raise Interrupted(f"{play.playbook.name} was not started: a stop was asked for")
        with tempfile.TemporaryDirectory(prefix="millrace-ansible-") as name:
            folder = Path(name)
            watch = _Watch(self.limits, folder / "pid")
            reader = _Events(on_task or _ignore)
            runner = _prepare(play, folder, check, strategy, watch, reader)
            runner.run()
            watch.judge(play.playbook.name)
            said = (Path(runner.config.artifact_dir) / "stdout").read_text(errors="replace")
            return reader.result(runner.rc, read_outcome(folder / "outcome"), said)


def _prepare(
    play: Play,
    folder: Path,
    check: bool,
    strategy: Mapping[str, str],
    watch: _Watch,
    reader: _Events,
) -> Any:
    """Lay out the private folder and return ansible-runner's runner, tied to this process."""
    # Here, as it takes a tenth of a second that root modules need not pay.
    from ansible_runner.interface import init_runner

    environment = child_environment(
        {
            "ANSIBLE_CONFIG": str(play.project / "ansible.cfg"),
            "ANSIBLE_CALLBACKS_ENABLED": "millrace_outcome",
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_DEPRECATION_WARNINGS": "False",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_FORCE_COLOR": "0",
            "MILLRACE_OUTCOME_FILE": str(folder / "outcome"),
            # ansible-playbook is installed beside the interpreter that runs us.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            **strategy,
            **play.environment,
        }
    )
    find("ansible-playbook", environment)
    _private(folder / "env" / "extravars", dict(play.variables))
    # Given as an argument they are dropped when no environment files are to be written.
    _private(folder / "env" / "settings", {"pexpect_timeout": POLL_S})
    runner = init_runner(
        private_data_dir=str(folder),
        project_dir=str(play.project),
        playbook=str(play.playbook),
        inventory=str(_inventory(play, folder)),
        envvars=environment,
        cmdline="--check --diff" if check else None,
        quiet=True,
        suppress_env_files=True,
        event_handler=reader.take,
        cancel_callback=watch.must_kill,
    )
    # ansible-runner lays its additions over this whole process's environment: keep ours alone,
    # and leave it to ansible.cfg whether host keys are checked (ansible-runner turns that off).
    unasked = {"ANSIBLE_HOST_KEY_CHECKING"} - environment.keys()
    runner.config.env = {
        key: value
        for key, value in runner.config.env.items()
        if key not in unasked and (key in environment or os.environ.get(key) != value)
    }
    runner.config.command = tethered(runner.config.command, watch.pid_file)
    return runner


def _inventory(play: Play, folder: Path) -> Path:
    if isinstance(play.inventory, Path):
        return play.inventory
    hosts = json.loads(json.dumps(play.inventory or LOCALHOST))
    _set_local_interpreter(hosts)
    return _private(folder / "inventory" / "hosts.json", hosts)


def _set_local_interpreter(group: Any) -> None:
    """Give hosts of this machine the interpreter that has our packages, unless they name one."""
    if not isinstance(group, dict):
        return
    for key, value in group.items():
        if key == "hosts" and isinstance(value, dict):
            for variables in value.values():
                if isinstance(variables, dict) and variables.get("ansible_connection") == "local":
                    variables.setdefault("ansible_python_interpreter", sys.executable)
        elif key != "vars":
            _set_local_interpreter(value)


def _private(file: Path, content: Any) -> Path:
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(json.dumps(content))
    return file


def _mitogen(play: Play) -> list[dict[str, str]]:
    """Return the settings that choose mitogen, if it is installed and nothing else is chosen."""
    spec = find_spec("ansible_mitogen")
    if spec is None or not spec.submodule_search_locations or "ANSIBLE_STRATEGY" in play.environment:
        return []
    plugins = Path(spec.submodule_search_locations[0]) / "plugins" / "strategy"
    return [{"ANSIBLE_STRATEGY_PLUGINS": str(plugins), "ANSIBLE_STRATEGY": "mitogen_linear"}]


def _ignore(_line: str) -> None:
    """Hand a line to nobody."""


class _Watch:
    """Interrupts the playbook once when asked or late; says when it must be killed."""

    def __init__(self, limits: Limits, pid_file: Path) -> None:
        self.pid_file = pid_file
        self._limits = limits
        self._late_at = time.monotonic() + limits.timeout_s
        self._kill_at: float | None = None
        self._timed_out = False
        self._tasks: set[Running] = set()

    def must_kill(self) -> bool:
        """Ask the playbook to end when it is time; true once its grace is over."""
        now = time.monotonic()
        if self._kill_at is not None:
            self._remember_tasks()
            return now > self._kill_at
        self._timed_out = now > self._late_at
        if self._timed_out or self._limits.stop.is_set():
            self._kill_at = now + self._limits.grace_s
            self._remember_tasks()
            with suppress(OSError, ValueError):
                os.kill(int(self.pid_file.read_text()), signal.SIGINT)
        return False

    def judge(self, name: str) -> None:
        """Raise if the playbook was made to end; what its task was running ends too."""
        for process in self._tasks:
            process.kill()
        if self._timed_out:
            raise ToolTimedOut(
                f"{name} ran longer than {self._limits.timeout_s:.0f} s and was stopped; "
                "raise the timeout or mend the task it hung in, and run again"
            )
        if self._kill_at is not None:
            raise Interrupted(f"{name} was interrupted and has ended; run again to go on")

    def _remember_tasks(self) -> None:
        """Note what runs below Ansible, which ends without ending the programs of its tasks."""
        with suppress(OSError, ValueError):
            self._tasks |= below(int(self.pid_file.read_text()))


class _Events:
    """Gathers what ansible-runner's events say."""

    def __init__(self, on_task: OnTask) -> None:
        self._on_task = on_task
        self._failures: list[TaskChange] = []
        self._began = False
        self._outputs: dict[str, Any] = {}

    def take(self, event: Mapping[str, Any]) -> bool:
        """Take one event; false, as none is to be kept on disk."""
        kind, data = event.get("event"), event.get("event_data", {})
        if kind in {"playbook_on_task_start", "playbook_on_handler_task_start"}:
            self._began = True
            self._on_task(str(data.get("name") or data.get("task")))
        elif kind in {"runner_on_failed", "runner_on_unreachable"} and not data.get("ignore_errors"):
            self._failures.append(_failure(data))
        elif kind == "playbook_on_stats":
            self._outputs = dict(data.get("artifact_data") or {})
        return False

    def result(self, exit_code: int, outcome: Outcome, said: str) -> PlayResult:
        """Return it all."""
        return PlayResult(
            exit_code=exit_code,
            changed=outcome.changed,
            skipped_by_check=outcome.skipped,
            failures=tuple(self._failures) if exit_code else (),
            outputs=self._outputs,
            never_began=not self._began,
            said=" ".join(said.split())[-2000:],
        )


def _failure(data: Mapping[str, Any]) -> TaskChange:
    result = data.get("res") or {}
    parts = [str(result[key]) for key in ("msg", "stderr", "censored") if result.get(key)]
    items = [item for item in result.get("results") or () if isinstance(item, dict)]
    parts += [f"{item.get('item')}: {item.get('msg')}" for item in items if item.get("failed")]
    return TaskChange(str(data.get("host")), str(data.get("task")), "; ".join(parts) or "failed")
