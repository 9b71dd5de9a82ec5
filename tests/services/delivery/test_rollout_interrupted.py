"""A rollout's driver is killed, told to stop, or meets another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from services.delivery.delivery import Delivery
from services.delivery.gateway import Traefik
from services.errors import ReleaseInProgress, RolloutAborted
from tests.services.delivery.test_rollout import QUICK, delivering, last, programs
from tests.services.load import Load
from tests.services.registry import FolderRegistry
from tests.services.stack import Stack
from tests.waiting import eventually

pytestmark = pytest.mark.slow


@pytest.fixture
def rolling(delivery: Delivery, stack: Stack, registry: FolderRegistry, echo_root: Path) -> Delivery:
    """Delivery by a quick plan: a champion serves, and version 2 is there to be rolled out."""
    registry.add("!")
    registry.add("?")
    made = delivering(stack, registry, echo_root)
    made.release("echo", 1)
    return made


def killed_at(line: str, stack: Stack, registry: FolderRegistry, root: Path) -> None:
    """Roll out version 2, or go on with it, in a process that is killed when it says a line."""
    program = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from ml.operation import Rollout
        from ml.environment import Environment
        from services.delivery.delivery import Delivery
        from services.endpoint.settings import Limits
        from tests.services.registry import FolderRegistry

        def fall(said):
            if said.startswith({line!r}):
                os.kill(os.getpid(), signal.SIGKILL)

        Delivery(
            Environment.load({str(stack.document)!r}),
            registry=FolderRegistry.reopened(Path({str(registry.folder)!r})),
            root=Path({str(root)!r}), thresholds=lambda system: {{"latency_ms": 50.0}},
            limits=lambda system: Limits(memory_mib=400), policy=lambda system: Rollout(**{QUICK!r}),
        ).roll_out("echo", 2, progress=fall)
    """)
    done = subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[3])
    assert done.returncode == -signal.SIGKILL


def test_a_driver_killed_at_every_step_is_followed_by_the_next_and_no_request_fails(
    rolling: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    lines = ("starting", "20% passed", "step 2", "100% passed", "letting")
    with Load(stack, callers=2) as load:
        for line in lines:
            killed_at(line, stack, registry, echo_root)
            assert rolling.rollouts.opened("echo") is not None
        said: list[str] = []
        release = rolling.roll_out("echo", progress=said.append)
    assert not load.failed
    assert said[0].startswith("going on: echo: ")
    rollout = last(rolling)
    assert (rollout.state, rollout.canary) == ("promoted", release.id)
    assert [each.step for each in rollout.verdicts] == ["20%", "50%", "100%"]
    assert programs(stack) == [release.id]


def test_a_canary_that_turned_bad_while_nobody_looked_is_taken_back_by_the_next_driver(
    rolling: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    killed_at("step 1", stack, registry, echo_root)
    os.kill(stack.pid(last(rolling).canary), signal.SIGKILL)
    eventually(lambda: stack.pid(last(rolling).canary) > 0, "supervisord starts it again")
    said: list[str] = []
    with pytest.raises(RolloutAborted, match="its process ended"):
        rolling.go_on("echo", progress=said.append)
    assert not [line for line in said if line.startswith("step")], "it got no share again first"
    assert programs(stack) == [last(rolling).champion]


@contextmanager
def driven(delivery: Delivery) -> Iterator[dict[str, BaseException]]:
    """Roll out in another thread, which nobody asks anything of, so that it stays at its first step."""
    ended: dict[str, BaseException] = {}
    begun = threading.Event()

    def drive() -> None:
        try:
            delivery.roll_out(
                "echo", 2, actor="ada", progress=lambda said: begun.set() if "step 1" in said else None
            )
        except (RolloutAborted, ReleaseInProgress) as error:
            ended["as"] = error

    driver = threading.Thread(target=drive)
    driver.start()
    assert begun.wait(120)
    try:
        yield ended
    finally:
        driver.join()


def test_of_two_drivers_one_drives_and_an_abort_reaches_it(
    rolling: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    other = delivering(stack, registry, echo_root)
    with driven(rolling) as ended:
        for act in (other.go_on, other.roll_out, other.release):
            with pytest.raises(ReleaseInProgress, match="ada"):
                act("echo")
        aborted = other.abort("echo", actor="grace")
    assert (aborted.state, aborted.abort_asked_by) == ("aborted", "grace")
    assert "grace asked for it" in str(ended["as"])
    assert httpx.get(f"{stack.env.gateway.url}/echo/livez").headers["x-millrace-release"] == aborted.champion
    assert programs(stack) == [aborted.champion]


def test_a_rollout_without_a_driver_is_aborted_by_who_asks(
    rolling: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    killed_at("step 1", stack, registry, echo_root)
    split = Traefik(stack.env).traffic("echo")
    assert split is not None
    assert split.canary is None, "the line is said before requests move"
    aborted = rolling.abort("echo", actor="grace")
    assert (aborted.state, programs(stack)) == ("aborted", [aborted.champion])


def test_no_step_is_taken_that_cannot_be_written_down(
    rolling: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    """The store is down for a while: the driver stays where it is, and goes on when it is back."""
    said: list[str] = []

    def heed(line: str) -> None:
        if line.startswith("step 1"):
            stack.control("stop", "seaweedfs")
        said.append(line)
        if line.startswith("stays at"):
            stack.control("start", "seaweedfs")
            stack.await_store()

    try:
        with Load(stack, callers=1) as load:
            rolling.roll_out("echo", 2, progress=heed)
    finally:
        stack.control("start", "seaweedfs")
        stack.await_store()
    assert [line for line in said if line.startswith("stays at")]
    assert not load.failed
    assert last(rolling).state == "promoted"
