"""Releasing, again, and back: through real supervisord, gateway and object store."""

from __future__ import annotations

import errno
import json
import shutil
import threading
from collections import Counter
from pathlib import Path

import httpx
import pytest

from services.delivery.delivery import Delivery
from services.delivery.lease import Holder, Lease
from services.delivery.release import Release
from services.endpoint.settings import Limits
from services.errors import (
    FolderUnwritable,
    InfrastructureBehind,
    ModelNotAvailable,
    PackagingFailed,
    ReleaseInProgress,
    ReleaseNotFound,
    ReleaseUnhealthy,
)
from tests.services.delivery.test_rollout import delivering
from tests.services.registry import FolderRegistry
from tests.services.stack import Stack
from tests.waiting import eventually

pytestmark = pytest.mark.slow


def ask(stack: Stack) -> httpx.Response:
    return httpx.post(f"{stack.env.gateway.url}/echo/echo", json={"text": "a"})


def test_a_release_is_served_recorded_scraped_and_champion(
    delivery: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    number = registry.add(" recorded")
    release = delivery.release("echo", actor="ada")
    answer = ask(stack)
    assert (answer.json()["texts"], answer.headers["x-millrace-release"]) == (["a recorded"], release.id)
    assert delivery.releases.get(release.id) == release
    assert (release.model_version, release.dataset_version, release.created_by) == (number, "d1", "ada")
    assert release.infrastructure_revision == stack.env.revision
    pointer = delivery.releases.current("echo")
    assert pointer is not None
    assert (pointer.release, pointer.by) == (release.id, "ada")
    assert registry.aliases["champion"] == number
    target = json.loads((stack.env.monitoring.targets / "echo.json").read_text())[0]
    assert target["labels"] == {"system": "echo", "release": release.id}
    assert httpx.get(f"http://{target['targets'][0]}/metrics").status_code == 200
    status = delivery.status("echo")
    assert (status.process, status.ready, status.problem) == ("running", True, None)


def test_releasing_what_runs_changes_nothing(
    delivery: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    registry.add("!")
    first = delivery.release("echo")
    pid, pointer = stack.pid(first.id), delivery.releases.current("echo")
    files = {path: path.stat().st_mtime_ns for path in stack.env.gateway.routes.iterdir()}
    said: list[str] = []
    downloads = registry.downloads
    again = delivery.release("echo", actor="somebody else", progress=said.append)
    assert again == first
    assert (stack.pid(first.id), delivery.releases.current("echo")) == (pid, pointer)
    assert {path: path.stat().st_mtime_ns for path in stack.env.gateway.routes.iterdir()} == files
    assert said == []
    assert registry.downloads == downloads


def test_a_rolling_release_under_load_fails_no_request(
    delivery: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    registry.add("!")
    registry.add("?")
    delivery.release("echo", 1)
    seen: Counter[tuple[int, str]] = Counter()
    done = threading.Event()

    def load(route: str, wait_s: float) -> None:
        with httpx.Client(timeout=30) as client:
            while not done.is_set():
                try:
                    answer = client.post(
                        f"{stack.env.gateway.url}/echo/{route}", json={"text": "a", "wait_s": wait_s}
                    )
                    seen[answer.status_code, answer.headers.get("x-millrace-release", "")] += 1
                except httpx.HTTPError as error:
                    seen[0, repr(error)] += 1

    callers = [
        threading.Thread(target=load, args=each) for each in [("echo", 0.0)] * 6 + [("slowly", 0.7)] * 3
    ]
    for caller in callers:
        caller.start()
    try:
        releases = [delivery.release("echo", version).id for version in (2, 1, 2)]
    finally:
        done.set()
        for caller in callers:
            caller.join()
    assert {status for status, _ in seen} == {200}, seen
    assert {release for _, release in seen} == set(releases)
    assert sum(seen.values()) > 200
    assert [each for each in stack.control("status").split() if each.startswith("echo-")] == [releases[-1]]


def test_rollback_goes_to_the_release_before_and_does_not_come_back_by_itself(
    delivery: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    registry.add("!")
    first = delivery.release("echo")
    registry.add(" on r2")
    later = stack.env.model_copy(update={"revision": "r2"})
    provisioned = delivering(stack, registry, echo_root, env=later)
    second = provisioned.release("echo")
    assert ask(stack).json()["texts"] == ["a on r2"]
    downloads = registry.downloads

    assert provisioned.rollback("echo") == first, "infrastructure that went forward runs what ran before"
    assert ask(stack).json()["texts"] == ["a!"]
    behind = "needs infrastructure revision r2, and test was taken back to r1; run `millrace provision test`"
    pointer = delivery.releases.current("echo")
    for to in (None, second.id):
        with pytest.raises(InfrastructureBehind, match=behind) as caught:
            delivery.rollback("echo", to)
    assert caught.value.exit_code == 4
    assert (delivery.releases.current("echo"), ask(stack).json()["texts"]) == (pointer, ["a!"])
    assert registry.aliases["champion"] == 1
    assert registry.downloads == downloads
    assert delivery.release("echo") == first, "the version that was rolled back is not taken up unasked"
    assert provisioned.release("echo", 2) == second
    assert ask(stack).json()["texts"] == ["a on r2"]


@pytest.fixture
def before(delivery: Delivery, registry: FolderRegistry) -> Release:
    """The release before the one that serves."""
    registry.add("!")
    registry.add("?")
    first = delivery.release("echo", 1)
    delivery.release("echo", 2)
    return first


def test_a_bento_that_is_gone_from_the_machine_is_fetched_again(
    delivery: Delivery, before: Release, stack: Stack
) -> None:
    shutil.rmtree(stack.env.runtime.folder / "bentos")
    assert delivery.rollback("echo", before.id[:-3]) == before
    assert ask(stack).json()["texts"] == ["a!"]


def test_a_damaged_bento_is_refused_by_name_and_what_served_serves_on(
    delivery: Delivery, before: Release, stack: Stack
) -> None:
    folder = stack.env.runtime.folder / "bentos" / "echo" / before.bento_digest[:16]
    (folder / "src" / "model" / "suffix.txt").write_text("tampered")
    with pytest.raises(PackagingFailed, match=f"{folder} has digest .* remove that folder"):
        delivery.rollback("echo")
    assert ask(stack).json()["texts"] == ["a?"]
    shutil.rmtree(folder)
    assert delivery.rollback("echo") == before, "what the bucket has is whole"
    assert ask(stack).json()["texts"] == ["a!"]


def test_going_back_to_what_never_was_names_what_there_is(
    delivery: Delivery, registry: FolderRegistry
) -> None:
    registry.add("unheard of")
    release = delivery.release("echo")
    with pytest.raises(ReleaseNotFound, match=release.id):
        delivery.rollback("echo", "echo-v9999")


def test_a_bento_that_never_becomes_ready_is_removed_and_the_old_serves_on(
    delivery: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    registry.add("!")
    good = delivery.release("echo")
    broken = registry.add("broken")
    (registry.folder / str(broken) / "suffix.txt").unlink()
    (registry.folder / str(broken) / "other.txt").touch()
    with pytest.raises(ReleaseUnhealthy, match=r"No such file or directory: .*suffix\.txt"):
        delivery.release("echo")
    assert ask(stack).headers["x-millrace-release"] == good.id
    pointer = delivery.releases.current("echo")
    assert pointer is not None
    assert pointer.release == good.id
    assert [path.stem for path in stack.env.runtime.programs.glob("*.conf")] == [good.id]
    assert f"echo-v{broken}" not in stack.control("status")
    assert registry.aliases["champion"] == 1


def test_a_version_that_the_gate_rejected_is_not_released(
    delivery: Delivery, registry: FolderRegistry
) -> None:
    registry.add("!", decision="reject")
    with pytest.raises(ModelNotAvailable, match="it is worse"):
        delivery.release("echo", 1)
    with pytest.raises(ModelNotAvailable, match="train one"):
        delivery.release("echo")


def test_of_two_releases_at_once_one_wins_and_the_other_is_told_who(
    delivery: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    registry.add("!")
    registry.add("?")
    outcomes: dict[str, object] = {}

    def release(actor: str, version: int) -> None:
        own = Delivery(
            stack.env,
            registry=registry,
            root=echo_root,
            thresholds=lambda system: {},
            limits=lambda system: Limits(),
        )
        try:
            outcomes[actor] = own.release("echo", version, actor=actor)
        except ReleaseInProgress as error:
            outcomes[actor] = error

    both = [threading.Thread(target=release, args=each) for each in (("ada", 1), ("grace", 2))]
    for each in both:
        each.start()
    for each in both:
        each.join()
    lost = next(name for name, outcome in outcomes.items() if isinstance(outcome, ReleaseInProgress))
    won = ({"ada", "grace"} - {lost}).pop()
    assert not isinstance(outcomes[won], Exception)
    assert won in str(outcomes[lost]) or "someone else" in str(outcomes[lost])
    assert ask(stack).json()["texts"] == ["a!" if won == "ada" else "a?"]


def test_a_release_in_progress_names_who_and_where(delivery: Delivery, registry: FolderRegistry) -> None:
    registry.add("!")
    with Lease(delivery.releases.store, "echo").held("ada"), pytest.raises(ReleaseInProgress) as told:
        delivery.release("echo", actor="grace")
    here = Holder.here("ada")
    assert f"ada (process {here.pid} on {here.host})" in str(told.value)
    assert delivery.release("echo").model_version == 1


def test_retiring_stops_and_unroutes_and_what_was_released_can_be_served_again(
    delivery: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    registry.add("!")
    release = delivery.release("echo")
    delivery.retire("echo")
    assert delivery.releases.current("echo") is None
    assert "echo-v" not in stack.control("status")
    eventually(lambda: ask(stack).status_code == 404, "the route is gone")
    assert not (stack.env.monitoring.targets / "echo.json").exists()
    assert delivery.release("echo") == release
    assert ask(stack).status_code == 200


def test_a_state_folder_that_cannot_be_written_is_named_and_the_old_serves_on(
    delivery: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    registry.add("!")
    good = delivery.release("echo")
    registry.add("unwritable")
    registry.refuse = OSError(errno.ENOSPC, "No space left on device", str(stack.env.runtime.folder))
    with pytest.raises(FolderUnwritable, match=r"No space left on device.*free space"):
        delivery.release("echo")
    assert ask(stack).headers["x-millrace-release"] == good.id
    registry.refuse = None
    assert delivery.release("echo").model_version == 2


def test_old_logs_and_empty_spools_do_not_pile_up(
    delivery: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    spools = stack.env.runtime.folder / "spool"
    for number in range(15):
        (stack.env.logs / f"echo-v0-{number:08d}.log").write_text("old")
        (spools / f"echo-v0-{number:08d}").mkdir(parents=True, exist_ok=True)
    (spools / "echo-v0-00000003" / "1.jsonl").write_text("")
    registry.add("!")
    release = delivery.release("echo")
    assert len(list(stack.env.logs.glob("echo-v*.log"))) <= 11
    assert (stack.env.logs / f"{release.id}.log").exists()
    assert [path.name for path in spools.glob("echo-v0-*")] == ["echo-v0-00000003"]
    shutil.rmtree(spools / "echo-v0-00000003")
