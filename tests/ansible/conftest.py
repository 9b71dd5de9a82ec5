"""The running platform as testinfra, psutil and the platform's own interfaces see it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psutil
import pytest
import testinfra

from tests.environments import Fresh
from tests.waiting import eventually


@dataclass(frozen=True)
class Running:
    """One platform that runs."""

    settings: Fresh

    @cached_property
    def inputs(self):
        """What its playbook was given."""
        return self.settings.playbook_inputs()

    @property
    def folder(self) -> Path:
        return self.settings.folder

    @property
    def ports(self):
        return self.inputs["platform_ports"]

    @property
    def host(self):
        return testinfra.get_host("local://")

    @property
    def daemon(self) -> psutil.Process:
        return psutil.Process(int((self.folder / "supervisor" / "supervisord.pid").read_text()))

    def supervised(self) -> list[psutil.Process]:
        return [self.daemon, *self.daemon.children(recursive=True)]

    def process(self, program) -> psutil.Process:
        """Return the process of one program once supervisord calls it running."""
        return psutil.Process(eventually(lambda: self.program(program).pid, f"{program} runs"))

    def program(self, name):
        """Return testinfra's view of one supervised program."""
        ctl = Path(self.settings.environ["PATH"].split(":")[1]) / "supervisorctl"
        conf = self.folder / "supervisor" / "supervisord.conf"
        return self.host.supervisor(name, supervisorctl_path=str(ctl), supervisorctl_conf=str(conf))

    def address(self, port, path=""):
        return f"http://127.0.0.1:{self.ports[port]}{path}"

    def secret(self, name) -> str:
        return (self.folder / "secrets" / name).read_text().strip()

    def key(self, principal):
        return json.loads(self.secret(f"s3-{principal}.json"))


@pytest.fixture(scope="session")
def platform(local_platform):
    """The running platform alone; tests leave it as they found it."""
    return Running(local_platform)


@pytest.fixture(scope="session")
def environment(local_environment):
    """The running environment, buckets included."""
    return Running(local_environment)


def changed(finished):
    """Return how many tasks a playbook's run changed, or in check mode would change."""
    return int(re.findall(r"changed=(\d+)", finished.stdout)[-1])
