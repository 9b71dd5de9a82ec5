"""Delivery, or the machine under it, is killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import httpx
import pytest

from services.delivery.delivery import Delivery
from tests.services.registry import FolderRegistry
from tests.services.stack import Stack
from tests.waiting import eventually

pytestmark = pytest.mark.slow

STEPS = ("packaging", "starting", "routing", "letting")


def ask(stack: Stack) -> httpx.Response:
    return httpx.post(f"{stack.env.gateway.url}/echo/echo", json={"text": "a"}, timeout=30)


def release_killed_at(step: str, stack: Stack, registry: FolderRegistry, root: Path) -> None:
    """Release version 2 in a process that is killed when it announces a step."""
    program = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from ml.environment import Environment
        from services.delivery.delivery import Delivery
        from services.endpoint.settings import Limits
        from tests.services.registry import FolderRegistry

        def fall(said):
            if said.startswith({step!r}):
                os.kill(os.getpid(), signal.SIGKILL)

        delivery = Delivery(
            Environment.load({str(stack.document)!r}),
            registry=FolderRegistry.reopened(Path({str(registry.folder)!r})),
            root=Path({str(root)!r}), thresholds=lambda system: {{"latency_ms": 50.0}},
            limits=lambda system: Limits(),
        )
        delivery.release("echo", 2, progress=fall)
    """)
    done = subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[3])
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("step", STEPS)
def test_the_next_run_finishes_what_a_killed_one_began(
    step: str, delivery: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    registry.add("!")
    registry.add(f"? {step}")
    delivery.release("echo", 1)
    release_killed_at(step, stack, registry, echo_root)
    assert ask(stack).status_code == 200
    second = delivery.release("echo", 2)
    assert ask(stack).headers["x-millrace-release"] == second.id
    assert [path.stem for path in stack.env.runtime.programs.glob("*.conf")] == [second.id]


@pytest.mark.parametrize("step", STEPS[1:])
def test_a_run_that_wants_something_else_cleans_up_what_a_killed_one_began(
    step: str, delivery: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    registry.add("!")
    registry.add(f"? {step}")
    first = delivery.release("echo", 1)
    release_killed_at(step, stack, registry, echo_root)
    assert delivery.release("echo", 1) == first
    assert ask(stack).headers["x-millrace-release"] == first.id
    assert [path.stem for path in stack.env.runtime.programs.glob("*.conf")] == [first.id]


def test_a_killed_service_is_back_with_nothing_acknowledged_lost(
    delivery: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    registry.add("!")
    release = delivery.release("echo")
    acknowledged = [ask(stack).json()["prediction_id"] for _ in range(20)]
    before = stack.pid(release.id)
    os.kill(before, signal.SIGKILL)
    eventually(lambda: ask(stack).status_code == 200, "the service")
    assert stack.pid(release.id) != before
    spool = stack.env.runtime.folder / "spool" / release.id
    recorded = "".join(path.read_text() for path in spool.glob("*.jsonl"))
    assert all(each in recorded for each in acknowledged)


def test_after_a_restart_of_everything_the_release_serves_without_delivery(
    delivery: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    registry.add("!")
    release = delivery.release("echo")
    stack.stop()
    stack.start()
    eventually(lambda: ask(stack).headers.get("x-millrace-release") == release.id, "the release answers")
    assert delivery.status("echo").ready


def test_nothing_outlives_a_killed_supervisor_and_the_next_start_serves_again(
    delivery: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    registry.add("!")
    release = delivery.release("echo")
    pid = stack.pid(release.id)
    stack.kill_supervisor()
    eventually(lambda: not Path(f"/proc/{pid}").exists(), "the service's end")
    stack.start()
    eventually(lambda: ask(stack).headers.get("x-millrace-release") == release.id, "the release answers")


def test_serving_goes_on_while_store_and_bus_are_down(
    delivery: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    registry.add("!")
    delivery.release("echo")
    try:
        stack.control("stop", "seaweedfs", "nats")
        assert [ask(stack).status_code for _ in range(50)] == [200] * 50
    finally:
        stack.control("start", "seaweedfs", "nats")
        stack.await_store()
