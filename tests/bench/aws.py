"""What Pulumi adds to bare Terraform over a whole environment in AWS, on accounts that this machine plays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from infra.rehearsal.account import Account, account
from infra.toolchain.install import activate
from scripts.bootstrap import state_bucket
from scripts.destroy import ROOTS
from scripts.places import REPOSITORY
from scripts.played import rehearsing
from scripts.program import aws_settings_of
from scripts.stack import Stack, name_of
from tests.bench.figure import Figure, median_of, spread

ENV = "dev"
RUNS = 3
SAMPLE_S = 0.2


def figures() -> Iterator[Figure]:
    """One environment through Pulumi, the same root modules bare, and then both with nothing to do."""
    with ExitStack() as stack:
        stack.enter_context(rehearsing(ENV))
        state_bucket(ENV).ensure(lambda line: None)
        up = Stack(ENV, quiet=True)
        with Memory() as memory:
            whole = timed(up.up)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bare = Bare(folder, stack.enter_context(account(folder, number=aws_settings_of(ENV).account_id)))
        made = Made.of(up)
        applied = sum(bare.apply(root, made) for root in ROOTS)
        yield Figure.noted("pulumi up of dev on moto", whole, "s", "wall, one run, checks included")
        yield Figure.noted("terraform init and apply, bare", applied, "s", "wall, one run, the same order")
        yield Figure.at_most("pulumi up / bare apply", whole / applied, "x", 1.15, "one run of each")
        yield Figure.at_most("its peak memory", memory.peak / 1e9, "GB", 1.5, "resident, summed")
        yield from against_bare_plans(up, bare)
    yield modules()


def against_bare_plans(up: Stack, bare: Bare) -> Iterator[Figure]:
    """Preview and plans in turn, so that a change of the machine's speed meets both."""
    rounds = [(timed(up.preview), sum(bare.plan(root) for root in ROOTS)) for _ in range(RUNS)]
    ratios = [preview / plans for preview, plans in rounds]
    for name, column in (("pulumi preview of dev, no change", 0), ("terraform plan, bare, four roots", 1)):
        times = [each[column] for each in rounds]
        yield Figure.noted(name, median_of(times), "s", f"wall, {spread(times)}")
    yield Figure.at_most("pulumi preview / bare plans", median_of(ratios), "x", 1.3, spread(ratios))


def modules() -> Figure:
    """All tests of the modules."""
    command = [sys.executable, "-m", "pytest", "-q", "tests/infra/terraform_aws/test_modules.py"]
    taken = timed(lambda: subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True))
    return Figure.at_most("tests of the AWS modules", taken, "s", 90, "wall, one run, mocks alone")


@dataclass
class Made:
    """What Pulumi gave each root module, and what came of it."""

    variables: dict[str, dict]
    outputs: dict[str, dict]

    @classmethod
    def of(cls, stack: Stack) -> Made:
        """Read it out of the stack."""
        found = {name_of(one): one for one in stack.resources()}
        return cls(
            {root: found[root]["inputs"]["variables"] for root in ROOTS},
            {root: found[root]["outputs"]["outputs"] for root in ROOTS},
        )


@dataclass
class Bare:
    """The root modules under bare Terraform, in an account of their own."""

    folder: Path
    account: Account
    renamed: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shutil.copytree(REPOSITORY / "infra" / "terraform", self.folder / "terraform")
        self.account.client("s3").create_bucket(Bucket="bare-state")

    def apply(self, root: str, made: Made) -> float:
        """Initialise and apply a root module with what Pulumi gave it, ids of this account in place."""
        text = json.dumps(made.variables[root])
        for theirs, ours in self.renamed.items():
            text = text.replace(theirs, ours)
        (self._at(root) / "bare.auto.tfvars.json").write_text(text)
        config = {"bucket": "bare-state", "key": root, "region": self.account.region, "use_lockfile": True}
        backend = {"terraform": {"backend": {"s3": config | {"use_path_style": True}}}}
        (self._at(root) / "backend_override.tf.json").write_text(json.dumps(backend))
        taken = timed(lambda: self._run(root, "init", "-input=false", "-lockfile=readonly"))
        taken += timed(lambda: self._run(root, "apply", "-input=false", "-auto-approve"))
        shown = json.loads(self._run(root, "output", "-json"))
        self._learn(made.outputs[root], {name: each["value"] for name, each in shown.items()})
        return taken

    def plan(self, root: str) -> float:
        """Plan what is there."""
        return timed(lambda: self._run(root, "plan", "-input=false", "-detailed-exitcode"))

    def _learn(self, theirs, ours) -> None:
        """Note how the ids of one account are called in the other."""
        if isinstance(theirs, str) and isinstance(ours, str) and theirs != ours:
            self.renamed[theirs] = ours
        elif isinstance(theirs, dict) and isinstance(ours, dict):
            for name in theirs.keys() & ours.keys():
                self._learn(theirs[name], ours[name])
        elif isinstance(theirs, list) and isinstance(ours, list):
            for one, other in zip(theirs, ours, strict=False):
                self._learn(one, other)

    def _at(self, root: str) -> Path:
        return self.folder / "terraform" / "roots" / root

    def _run(self, root: str, *arguments: str) -> str:
        finished = subprocess.run(
            ["terraform", *arguments],
            cwd=self._at(root),
            env=activate(os.environ | self.account.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode:
            raise RuntimeError(f"terraform {arguments[0]} of {root} failed: {finished.stderr[-3000:]}")
        return finished.stdout


class Memory:
    """The most that this process's children hold at once; servers that play accounts are not counted."""

    def __enter__(self) -> Memory:
        self.peak = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(SAMPLE_S):
            self.peak = max(self.peak, sum(self._sizes()))

    @staticmethod
    def _sizes() -> Iterator[int]:
        for process in psutil.Process().children(recursive=True):
            try:
                if "moto_server" not in " ".join(process.cmdline()):
                    yield process.memory_info().rss
            except psutil.Error:
                continue


def timed(work) -> float:
    """Return the wall time of some work, in seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
