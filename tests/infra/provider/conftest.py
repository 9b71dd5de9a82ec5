"""Small Pulumi programs run by the real engine, each with a state folder of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from infra.toolchain.install import activate

PROJECT = """\
name: tried
runtime: python
plugins:
  providers:
    - name: millrace
      path: {path}
"""
HEAD = """\
import json, os
import pulumi
from infra.provider.resources import AnsiblePlaybook, Backend, EnvironmentDocument, Playbook, TerraformRoot
"""
STACK = "tried"
TIMEOUT_S = 600


@dataclass(frozen=True)
class Ran:
    """How a command of the engine ended, and all it said."""

    code: int
    text: str

    def well(self):
        assert self.code == 0, self.text
        return self

    def badly(self):
        assert self.code != 0, self.text
        return self

    def says(self, *phrases):
        """Whether it says each of the phrases, line breaks aside; what it says instead is printed."""
        flat = " ".join(self.text.split())
        missing = [phrase for phrase in phrases if " ".join(phrase.split()) not in flat]
        if missing:
            print(f"does not say {missing}:\n{self.text}")
        return not missing


@dataclass
class Program:
    """One Pulumi program with its stack, its state and its secrets below ``folder``."""

    folder: Path
    environment: dict = field(default_factory=dict)

    def __post_init__(self):
        (self.folder / "program").mkdir(parents=True)
        (self.folder / "state").mkdir()
        (self.folder / "program" / "Pulumi.yaml").write_text(PROJECT.format(path=Path(sys.executable).parent))
        self.environment = activate(os.environ) | {
            "MILLRACE_HOME": str(self.home),
            "PULUMI_HOME": str(self.folder / "pulumi"),
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "tried",
            "PULUMI_DEBUG_COMMANDS": "true",
            **self.environment,
        }
        self.environment.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
        self.pulumi("stack", "init", STACK).well()

    @property
    def home(self):
        return self.folder / "home"

    def terraform_folder(self, name):
        return self.home / STACK / "terraform" / name

    def write(self, source):
        """Write the program; what it begins with is common to all."""
        (self.folder / "program" / "__main__.py").write_text(HEAD + source)
        return self

    def root(self, name, **files):
        """Write a root module from its files; ``main`` is ``main.tf``."""
        folder = self.folder / "roots" / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            suffix = ".json" if file == "placeholders" else ".tf"
            (folder / (file + suffix)).write_text(text)
        return folder

    def playbook(self, name, text):
        folder = self.folder / "ansible" / name
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{name}.yml"
        file.write_text(text)
        return file

    def command(self, *arguments):
        return [shutil.which("pulumi", path=self.environment["PATH"]) or "pulumi", *arguments]

    def pulumi(self, *arguments, **environment):
        finished = subprocess.run(
            self.command(*arguments, "--non-interactive"),
            cwd=self.folder / "program",
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=TIMEOUT_S,
        )
        return Ran(finished.returncode, finished.stdout)

    def preview(self, *arguments, **environment):
        return self.pulumi("preview", *arguments, **environment)

    def up(self, *arguments, **environment):
        """Update without a preview before it, which costs a second run of the program."""
        return self.pulumi("up", "--yes", "--skip-preview", *arguments, **environment)

    def refresh(self, *arguments, **environment):
        return self.pulumi("refresh", "--yes", "--skip-preview", *arguments, **environment)

    def destroy(self, *arguments, **environment):
        return self.pulumi("destroy", "--yes", "--skip-preview", *arguments, **environment)

    def resources(self):
        """Return the stack's resources by name, from its export."""
        exported = json.loads(self.pulumi("stack", "export").well().text)
        found = exported["deployment"].get("resources", [])
        return {one["urn"].rpartition("::")[2]: one for one in found if one["type"].startswith("millrace:")}

    def output(self, name):
        return json.loads(self.pulumi("stack", "output", name, "--json").well().text)

    def start(self, *arguments):
        """Start a command in a process group of its own; its output goes to ``out``."""
        with (self.folder / "out").open("w") as out:
            return subprocess.Popen(
                self.command(*arguments, "--non-interactive"),
                cwd=self.folder / "program",
                env=self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                process_group=0,
            )

    def said(self):
        return (self.folder / "out").read_text()

    def processes(self, words=""):
        """Return the processes that run with this program's state folder, by words of their command."""
        found = []
        for process in psutil.process_iter():
            try:
                mine = process.environ().get("MILLRACE_HOME") == str(self.home)
                if mine and process.status() != psutil.STATUS_ZOMBIE and words in " ".join(process.cmdline()):
                    found.append(process)
            except psutil.Error:
                continue
        return found


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """Make programs; whatever a test leaves running ends with it."""
    made = []

    def make(name="program", **environment):
        program = Program(tmp_path_factory.mktemp(name) / "p", environment)
        made.append(program)
        return program

    yield make
    for program in made:
        for process in program.processes():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)


@pytest.fixture
def program(programs):
    return programs()
