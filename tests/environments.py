"""Environments of a test's own: settings, a state folder and a block of ports, side by side with any other.

`Fresh` is settings only: nothing runs. `Fresh.provision()` brings the whole environment up through the
real `pulumi up` (about 90 s, of which the provider watches new lifecycles for 55); `Fresh.start_platform()`
runs the platform's playbook alone (about 15 s), where buckets and the document are not needed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from infra.toolchain.install import activate
from ml.environment import Environment
from tests.ports import ENVIRONMENTS, free_ports
from tests.processes import COMMAND, Processes
from tests.waiting import eventually

REPOSITORY = Path(__file__).resolve().parent.parent
# Tools are installed once, whatever the state folder of a test is.
TOOLS = os.environ.get("MILLRACE_TOOLS", str(REPOSITORY / ".millrace" / "tools"))
BLOCK = 100


@dataclass(frozen=True)
class Fresh:
    """Settings of an environment that does not exist yet."""

    name: str
    home: Path
    settings: Path
    first_port: int

    @property
    def environ(self) -> dict[str, str]:
        """Variables with which every command of ours works on this environment."""
        ours = {
            "MILLRACE_HOME": str(self.home),
            "MILLRACE_ENVIRONMENTS": str(self.settings.parent),
            "MILLRACE_TOOLS": TOOLS,
        }
        return activate(os.environ | ours) | ours

    @property
    def folder(self) -> Path:
        """The environment's folder in the state folder."""
        return self.home / self.name

    @property
    def document(self) -> Path:
        """Where its outputs will be."""
        return self.folder / "environment.json"

    def load(self) -> Environment:
        """Return its outputs, typed."""
        return Environment.load(self.document)

    def pulumi(self, *arguments: str, check: bool = True, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run pulumi as a person in an activated shell does."""
        return self.run(["pulumi", *arguments], cwd=REPOSITORY / "pulumi", check=check, **environ)

    def millrace(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the `millrace` command."""
        return self.run([COMMAND, *arguments], cwd=REPOSITORY, check=check)

    def run(self, command, *, cwd, check=True, **environ):
        """Run a command; a failure shows what it said."""
        done = subprocess.run(
            command, cwd=cwd, env=self.environ | environ, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
        if check and done.returncode:
            said = f"{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
            raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{said}")
        return done

    def provision(self) -> Environment:
        """Bring it up through `pulumi up`."""
        if not self._known_to_pulumi():
            self.pulumi("stack", "init", self.name, "--no-select")
        self.pulumi("up", "--yes", "--skip-preview", "--stack", self.name, "--non-interactive")
        return self.load()

    def playbook(self, name="platform", *arguments, check=True, **environ):
        """Run a playbook of ours bare, as a person would, on this environment's inputs."""
        inputs = self.home / "inputs.json"
        inputs.write_text(json.dumps(self.playbook_inputs()))
        command = ["ansible-playbook", f"playbooks/{name}.yml", "-e", f"@{inputs}", *arguments]
        return self.run(command, cwd=REPOSITORY / "ansible", check=check, **mitogen() | environ)

    def playbook_inputs(self):
        """Return what the Pulumi program gives the playbook for these settings."""
        program = (
            "import json, settings, layout\n"
            "from components.platform import playbook_variables\n"
            f"chosen = settings.load({self.name!r})\n"
            "places = layout.Layout(layout.state_home(), chosen.environment)\n"
            "print(json.dumps(playbook_variables(chosen, places)))\n"
        )
        done = self.run([sys.executable, "-c", program], cwd=REPOSITORY / "pulumi")
        return json.loads(done.stdout)

    def start_platform(self):
        """Run every component, without buckets and without the document."""
        return self.playbook()

    def remove(self) -> None:
        """Destroy everything that is there, by the environment's own means, and see that nothing runs."""
        if self._known_to_pulumi():
            self.pulumi("cancel", "--yes", "--stack", self.name, check=False)
            self.pulumi(
                "destroy", "--yes", "--skip-preview", "--stack", self.name, "--non-interactive",
                MILLRACE_DESTROY=self.name,
            )  # fmt: skip
            self.pulumi("stack", "rm", self.name, "--yes")
        elif self.folder.exists():
            self.playbook("platform_teardown", "-e", f"platform_remove_data_of={self.folder}")
        eventually(lambda: not Processes(self.home).all(), f"nothing of {self.home} runs any more")
        shutil.rmtree(self.home.parent, ignore_errors=True)

    def _known_to_pulumi(self) -> bool:
        return any(self.home.glob(f"pulumi/.pulumi/stacks/**/{self.name}.json"))


@contextmanager
def fresh(systems=("recommender",), **settings):
    """Yield settings with a name and ports of their own; what became of them is removed at the end."""
    base = Path(tempfile.mkdtemp(prefix="millrace-test-"))
    with free_ports(BLOCK, ENVIRONMENTS) as ports:
        first = ports.first
        name = f"t{first}"
        file = base / "environments" / f"{name}.yaml"
        file.parent.mkdir()
        (base / "home").mkdir()
        content = {"systems": list(systems), "ports": {"first": first}, **settings}
        file.write_text(yaml.safe_dump(content))
        made = Fresh(name, base / "home", file, first)
        try:
            yield made
        finally:
            made.remove()


def mitogen() -> dict[str, str]:
    """Return the variables that make playbooks several times faster."""
    import ansible_mitogen

    plugins = Path(ansible_mitogen.__file__).parent / "plugins" / "strategy"
    return {"ANSIBLE_STRATEGY": "mitogen_linear", "ANSIBLE_STRATEGY_PLUGINS": str(plugins)}
