"""The drill's short form proves the loop on the whole environment, and leaves it as it was."""

import html
import json
import signal
import subprocess
from pathlib import Path

import pytest

from scripts.drill.run import SHORT
from services.delivery.releases import Releases
from services.delivery.rollouts import Rollouts
from tests.processes import COMMAND

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SYSTEM = "recommender"


@pytest.fixture
def environment(served_environment):
    return served_environment.load()


def drilled(served_environment, *arguments):
    done = served_environment.millrace(
        "drill", "--env", served_environment.name, "--system", SYSTEM, "--json", *arguments, check=False
    )
    assert done.stdout, done.stderr
    return done, json.loads(done.stdout)


def outcomes(said):
    return {
        entry["step"]: entry["outcome"]
        for entry in said["timeline"]
        if entry["outcome"] in ("proven", "failed", "not run")
    }


def test_the_short_form_proves_its_steps_and_puts_back_what_served(served_environment, environment):
    before = Releases(environment).current(SYSTEM).release
    done, said = drilled(served_environment, "--short")
    assert outcomes(said) == dict.fromkeys(SHORT, "proven")
    # A busy machine may miss a figure: then, and only then, it ends with 1.
    missed = any(figure["holds"] is False for figure in said["figures"])
    assert done.returncode == int(missed), done.stderr
    figures = {figure["key"]: figure for figure in said["figures"]}
    assert figures["lost"]["value"] == 0
    assert figures["lost"]["of"] > 1000
    assert figures["back"]["value"] is not None
    assert Releases(environment).current(SYSTEM).release == before
    assert Rollouts(Releases(environment).store).opened(SYSTEM) is None
    page = html.unescape(Path(said["report"]).read_text())
    assert all(figure["title"] in page for figure in said["figures"])


@pytest.mark.long
def test_a_killed_drill_is_mended_by_the_next(served_environment, environment):
    before = Releases(environment).current(SYSTEM).release
    rollouts = Rollouts(Releases(environment).store)
    command = [COMMAND, "drill", "--env", served_environment.name, "--system", SYSTEM, "--steps", "rollout"]
    with subprocess.Popen(
        command, env=served_environment.environ, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as killed:
        assert any("step 1 of" in line for line in killed.stdout), "a rollout is begun"
        killed.send_signal(signal.SIGKILL)
    assert rollouts.opened(SYSTEM) is not None, "what it began is still there"
    done, said = drilled(served_environment, "--steps", "log")
    assert done.returncode == 0, done.stderr
    assert any(entry["outcome"] == "put back" for entry in said["timeline"])
    assert rollouts.opened(SYSTEM) is None
    assert Releases(environment).current(SYSTEM).release == before
