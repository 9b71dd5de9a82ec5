"""Routes, and what happens when the gateway does not follow."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from services.delivery.delivery import Delivery
from services.delivery.gateway import Traefik
from services.endpoint.settings import Limits
from services.errors import GatewayUnconfirmed, RuntimeUnreachable
from tests.services.registry import FolderRegistry
from tests.services.stack import Stack

pytestmark = pytest.mark.slow


class Deaf(Traefik):
    """A gateway that takes routes and goes on as before."""

    def serves(self, system: str) -> str | None:
        return "echo-v0-00000000"


def test_a_gateway_that_does_not_follow_gets_its_old_route_back(
    delivery: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    registry.add("!")
    first = delivery.release("echo")
    before = Traefik(stack.env).traffic("echo")
    registry.add("?")
    deaf = Delivery(
        stack.env,
        registry=registry,
        root=echo_root,
        thresholds=lambda system: {},
        limits=lambda system: Limits(),
        gateway=Deaf(stack.env),
    )
    with pytest.raises(GatewayUnconfirmed, match="millrace logs traefik"):
        deaf.release("echo")
    assert Traefik(stack.env).traffic("echo") == before
    assert delivery.status("echo").ready
    assert [path.stem for path in stack.env.runtime.programs.glob("*.conf")] == [first.id]


def test_only_the_system_s_own_path_is_routed(
    delivery: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    registry.add("!")
    delivery.release("echo")
    url = stack.env.gateway.url
    assert httpx.get(f"{url}/echo/livez").status_code == 200
    assert httpx.get(f"{url}/echo").status_code == 200
    for path in ("/echoes/livez", "/livez", "/other/echo/livez"):
        assert httpx.get(f"{url}{path}").status_code == 404, path


def test_request_ids_pass_the_gateway_both_ways(
    delivery: Delivery, registry: FolderRegistry, stack: Stack
) -> None:
    registry.add("!")
    delivery.release("echo")
    answer = httpx.post(
        f"{stack.env.gateway.url}/echo/echo", json={"text": "a"}, headers={"x-request-id": "through-9"}
    )
    assert answer.headers["x-request-id"] == "through-9"


def test_a_supervisor_that_is_down_is_named_with_the_remedy_and_nothing_is_left_behind(
    delivery: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    registry.add("!")
    gone = stack.env.runtime.model_copy(update={"socket": Path("/nowhere/supervisor.sock")})
    cut_off = Delivery(
        stack.env.model_copy(update={"runtime": gone}),
        registry=registry,
        root=echo_root,
        thresholds=lambda system: {"latency_ms": 50.0},
        limits=lambda system: Limits(),
    )
    with pytest.raises(RuntimeUnreachable, match="make up"):
        cut_off.release("echo")
    assert not list(stack.env.runtime.programs.glob("*.conf"))
    release = delivery.release("echo")
    status = cut_off.status("echo")
    assert status.current == release
    assert "make up" in (status.problem or "")
