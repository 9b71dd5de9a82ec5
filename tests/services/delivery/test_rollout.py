"""Rollouts under load: a good canary takes over, a bad one is taken back, through real parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from ml.environment import Environment
from ml.operation import Rollout as Policy
from services.delivery.delivery import Delivery
from services.delivery.rollout import Rollout
from services.endpoint.settings import Limits
from services.errors import NoRollout, RolloutAborted, RolloutOpen
from tests.services.load import Load
from tests.services.registry import FolderRegistry
from tests.services.stack import Stack

pytestmark = pytest.mark.slow

QUICK: dict[str, Any] = {
    "weights": (0.2, 0.5, 1.0),
    "requests_per_step": 40,
    "step_least_s": 0.2,
    "step_timeout_s": 300,
    # A machine that others load makes either of two processes late for a while.
    "tolerances": {"latency": 0.45},
}


def delivering(
    stack: Stack, registry: FolderRegistry, root: Path, env: Environment | None = None, **policy: Any
) -> Delivery:
    """Delivery of echo with a quick plan, and a budget of memory that a small leak exceeds."""
    return Delivery(
        env or stack.env,
        registry=registry,
        root=root,
        thresholds=lambda system: {"latency_ms": 50.0},
        limits=lambda system: Limits(memory_mib=400),
        policy=lambda system: Policy(**QUICK | policy),
    )


@pytest.fixture
def rolling(delivery: Delivery, stack: Stack, registry: FolderRegistry, echo_root: Path) -> Delivery:
    """Delivery by a quick plan with a champion that serves; `delivery` takes everything down."""
    registry.add("!")
    made = delivering(stack, registry, echo_root)
    made.release("echo")
    return made


def last(delivery: Delivery) -> Rollout:
    rollout = delivery.rollouts.last("echo")
    assert rollout is not None
    return rollout


def programs(stack: Stack) -> list[str]:
    return [path.stem for path in stack.env.runtime.programs.glob("*.conf")]


def test_the_first_release_of_a_system_goes_at_once(
    delivery: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    registry.add("!")
    first = delivering(stack, registry, echo_root).roll_out("echo")
    assert delivery.status("echo").current == first
    assert delivery.rollouts.opened("echo") is None


def test_a_good_canary_takes_over_step_by_step_under_load_and_no_request_fails(
    rolling: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    champion = rolling.releases.current("echo")
    assert champion is not None
    registry.add("?")
    said: list[str] = []
    shadowed = delivering(stack, registry, echo_root, shadow=True)
    with Load(stack) as load:
        release = shadowed.roll_out("echo", progress=said.append)
    assert not load.failed
    assert {name for _, name in load.seen} == {champion.release, release.id}
    rollout = last(rolling)
    assert [(each.step, each.decision) for each in rollout.verdicts] == [
        *(("shadow", "passed"), ("20%", "passed"), ("50%", "passed"), ("100%", "passed"))
    ]
    assert all(each.requests >= 40 for each in rollout.verdicts[:3])
    assert {each.question for each in rollout.verdicts[2].findings} >= {"errors", "latency", "predictions"}
    assert rolling.rollouts.of("echo", release.id)[-1] == rollout
    assert [line for line in said if line.startswith("step 2 of 4: 20% of the requests")]
    pointer = rolling.releases.current("echo")
    assert pointer is not None
    assert (pointer.release, pointer.previous) == (release.id, champion.release)
    assert registry.aliases["champion"] == 2
    assert programs(stack) == [release.id]


@pytest.mark.parametrize(
    ("suffix", "decision", "reason"),
    [
        (" fails", "worse", r"errors: failed \d+ of \d+"),
        (" slow", "worse", r"latency: slower than"),
        (" twice", "worse", r"predictions: "),
        (" unheard", "worse", r"quality: wrong"),
        (" crashes", "failed", "its process ended while it was answering"),
        (" leaks", "failed", "more than its budget of 400 MiB"),
    ],
)
def test_a_bad_canary_is_taken_back_with_no_failed_request_but_its_own(
    suffix: str, decision: str, reason: str, rolling: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    pointer = rolling.releases.current("echo")
    assert pointer is not None
    number = registry.add(suffix)
    with Load(stack, feedback="unheard" in suffix) as load, pytest.raises(RolloutAborted, match=reason):
        rolling.roll_out("echo")
    rollout = last(rolling)
    assert (rollout.state, rollout.verdicts[-1].decision) == ("aborted", decision)
    assert set(load.failed) <= {rollout.canary, ""}
    if decision == "worse" and "fails" not in suffix:
        assert not load.failed
    assert programs(stack) == [pointer.release]
    after = rolling.releases.current("echo")
    assert after is not None
    assert (after.release, after.set_aside) == (pointer.release, number)
    assert rolling.roll_out("echo").id == pointer.release, "what was taken back is not taken up unasked"


def test_a_canary_that_never_becomes_healthy_gets_no_request(
    rolling: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    broken = registry.add("broken")
    (registry.folder / str(broken) / "suffix.txt").unlink()
    (registry.folder / str(broken) / "other.txt").touch()
    with Load(stack, callers=1) as load, pytest.raises(RolloutAborted, match=r"No such file .*suffix\.txt"):
        rolling.roll_out("echo")
    assert not load.failed
    assert len({name for _, name in load.seen}) == 1
    assert programs(stack) == [last(rolling).champion]


@pytest.mark.parametrize(("on_timeout", "state"), [("abort", "aborted"), ("promote", "promoted")])
def test_without_requests_the_plan_says_what_becomes_of_the_canary(
    on_timeout: str, state: str, rolling: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    registry.add("?")
    patient = delivering(
        stack, registry, echo_root, on_timeout=on_timeout, step_timeout_s=0.6, step_least_s=0.1
    )
    if state == "aborted":
        with pytest.raises(RolloutAborted, match=r"answered 0 of 40 predictions within 0\.6 s"):
            patient.roll_out("echo")
    else:
        assert patient.roll_out("echo").model_version == 2
    rollout = last(rolling)
    assert (rollout.state, [each.decision for each in rollout.verdicts]) == (state, ["timeout"])
    assert programs(stack) == [rollout.canary if state == "promoted" else rollout.champion]


def test_blue_green_compares_on_copies_and_then_moves_everything(
    rolling: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    registry.add("?")
    with Load(stack) as load:
        delivering(stack, registry, echo_root, plan="blue_green").roll_out("echo")
    assert not load.failed
    assert [each.step for each in last(rolling).verdicts] == ["shadow", "100%"]


def test_all_at_once_compares_nothing(
    rolling: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    registry.add("?")
    before = rolling.rollouts.last("echo")
    release = delivering(stack, registry, echo_root, plan="all_at_once").roll_out("echo")
    assert (release.model_version, rolling.rollouts.last("echo")) == (2, before)
    assert programs(stack) == [release.id]


def test_a_client_with_cookies_stays_with_one_release(
    rolling: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    registry.add("?")
    sticky = delivering(
        stack, registry, echo_root, sticky=True, weights=(0.5, 1.0), step_timeout_s=0.6, step_least_s=0.1
    )
    answered: list[set[str]] = []

    def ask(said: str) -> None:
        """Ask as four clients while requests are divided."""
        for _ in range(4 if said.startswith("50% timeout") else 0):
            with httpx.Client() as client:
                url = f"{stack.env.gateway.url}/echo/echo"
                each = [client.post(url, json={"text": "a"}) for _ in range(6)]
                answered.append({answer.headers["x-millrace-release"] for answer in each})

    with pytest.raises(RolloutAborted):
        sticky.roll_out("echo", progress=ask)
    assert [len(each) for each in answered] == [1] * 4
    assert len(set.union(*answered)) == 2


def test_nothing_is_released_over_an_open_rollout_and_there_must_be_one_to_go_on_with(
    rolling: Delivery, registry: FolderRegistry
) -> None:
    with pytest.raises(NoRollout, match="millrace release echo"):
        rolling.go_on("echo")
    with pytest.raises(NoRollout, match="nothing to abort"):
        rolling.abort("echo")
    registry.add("?")
    registry.add("another")

    def interrupt(said: str) -> None:
        if said.startswith("step 1"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rolling.roll_out("echo", 2, progress=interrupt)
    for release in (rolling.release, rolling.roll_out):
        with pytest.raises(RolloutOpen, match="millrace rollout echo --abort"):
            release("echo", 3)
    champion = last(rolling).champion
    assert rolling.rollback("echo").id == champion, "going back in a rollout ends it"
    assert last(rolling).state == "aborted"
