"""What Pulumi adds to the tools it calls, and how long a person waits for ``make up``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from infra.toolchain.install import activate
from scripts.places import REPOSITORY, home
from scripts.stack import Stack
from tests.bench.figure import Figure, median_of, spread
from tests.environments import fresh, mitogen

COMMAND = str(Path(sys.executable).with_name("millrace"))
ENV = "local"
RUNS = 5


def figures() -> Iterator[Figure]:
    """Up again, up against the bare tools, and a first up in a state folder of its own."""
    run([COMMAND, "up", "--env", ENV])
    again = [run([COMMAND, "up", "--env", ENV]) for _ in range(3)]
    yield Figure.at_most("second make up", median_of(again), "s", 30, f"wall, {spread(again)}")
    yield from against_bare_tools()
    yield first_up()


def against_bare_tools() -> Iterator[Figure]:
    """The three in turn, so that a change of the machine's speed meets all of them."""
    with tempfile.TemporaryDirectory() as folder:
        terraform, ansible = bare_terraform(Path(folder)), bare_ansible(Path(folder))
        environ = activate({**os.environ, "MILLRACE_HOME": str(home())})
        up = ["pulumi", "up", "--yes", "--stack", ENV, "--non-interactive"]
        rounds = [
            (run(up, cwd=REPOSITORY / "pulumi", environ=environ), run(*terraform), run(*ansible))
            for _ in range(RUNS)
        ]
    ratios = [pulumi / (plan + check) for pulumi, plan, check in rounds]
    for name, column in (
        ("pulumi up, no change", 0),
        ("terraform plan, bare", 1),
        ("ansible --check, bare", 2),
    ):
        times = [each[column] for each in rounds]
        yield Figure.noted(name, median_of(times), "s", f"wall, {spread(times)}")
    yield Figure.at_most("pulumi up, no change / bare tools", median_of(ratios), "x", 2, spread(ratios))


def bare_terraform(folder: Path) -> tuple[list[str], Path, dict[str, str]]:
    """Copy the root module, give it what eject prints, initialise it, and return the plan's command."""
    inputs = recorded("millrace:index:TerraformRoot")
    shutil.copytree(REPOSITORY / "infra" / "terraform", folder / "terraform")
    root = folder / "terraform" / "roots" / Path(inputs["root"]).name
    backend = {inputs["backend"]["type"]: inputs["backend"]["config"]}
    (root / "backend_override.tf.json").write_text(json.dumps({"terraform": {"backend": backend}}))
    (root / "bare.auto.tfvars.json").write_text(json.dumps(inputs["variables"]))
    environ = activate({**os.environ, **inputs["environment"]})
    run(["terraform", "init", "-input=false", "-lockfile=readonly"], cwd=root, environ=environ)
    return ["terraform", "plan", "-input=false", "-detailed-exitcode"], root, environ


def bare_ansible(folder: Path) -> tuple[list[str], Path, dict[str, str]]:
    """Return the command that checks the playbook with the variables that Pulumi gives it."""
    inputs = recorded("millrace:index:AnsiblePlaybook")
    variables = folder / "variables.json"
    variables.write_text(json.dumps(inputs["variables"]))
    command = ["ansible-playbook", "--check", "--diff", "-i", inputs["inventory"], "-e", f"@{variables}"]
    environ = activate({**os.environ, **mitogen()})
    return [*command, inputs["playbook"]], REPOSITORY / "ansible", environ


def recorded(kind: str) -> dict:
    """Return the inputs of the stack's one resource of a type."""
    return plain(next(each["inputs"] for each in Stack(ENV).resources() if each["type"] == kind))


def plain(value):
    """Take the marks of secrets off an exported value."""
    if isinstance(value, dict):
        if "plaintext" in value:
            return plain(json.loads(value["plaintext"]))
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def first_up() -> Figure:
    """A first ``up`` with tools installed, on ports of its own, training included."""
    with fresh() as own:
        taken = run([COMMAND, "up", "--env", own.name], environ=own.environ)
    return Figure.at_most(
        "first make up, tools installed", taken, "s", 240, "wall, one run, training included"
    )


def run(command: list[str], cwd: Path = REPOSITORY, environ: dict[str, str] | None = None) -> float:
    """Return the wall time of a command that must succeed, in seconds."""
    started = time.perf_counter()
    finished = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {finished.stdout[-2000:]}{finished.stderr[-2000:]}")
    return time.perf_counter() - started
