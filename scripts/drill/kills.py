"""Step ``kills``: kill -9 of each component while requests are served."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Final

from scripts.drill.proof import Proof, Unproven
from scripts.drill.waiting import until
from scripts.health import component_health

if TYPE_CHECKING:
    from scripts.drill.load import Load
    from scripts.drill.proof import Say
    from scripts.drill.target import Target
    from services.delivery.supervisor import Supervisor

# Serving goes through these; requests may fail while one of them is away, and no others.
_GATEWAY: Final = "traefik"
# What the short form kills: it lies between an answer and its record in the log.
_SHORT: Final = ("recorder",)
_AWAY_S: Final = 120.0


class Kills:
    """Each component, and the release that serves, one after another."""

    name = "kills"
    asserts = "each component comes back after kill -9; serving needs the gateway and the release alone"

    def prove(self, target: Target, say: Say) -> Proof:
        """Kill, wait until it is well, and hold requests that failed to what was away."""
        serving = target.serving().id
        components = [component.name for component in target.environment.components]
        chosen = _SHORT if target.short else (*components, serving)
        with target.load() as load:
            away = {program: self._killed(target, program, load, say, serving) for program in chosen}
        slowest = max(away, key=lambda program: away[program])
        return Proof(
            f"{len(away)} killed and back, the slowest ({slowest}) after {away[slowest]:.1f} s; "
            f"{len(load.failures)} of {load.asked:,} requests failed, while gateway or release was away",
            tuple(f"{program}: back after {seconds:.1f} s" for program, seconds in away.items()),
        )

    def _killed(self, target: Target, program: str, load: Load, say: Say, serving: str) -> float:
        """Kill a program and return the seconds until it is well."""
        before, began = len(load.failures), time.monotonic()
        kill(target, program)
        until(
            lambda: _well(target, program, serving),
            f"{program} is back after kill -9",
            f"see `millrace logs {program}`; `make up` starts what does not run",
            _AWAY_S,
        )
        seconds = time.monotonic() - began
        new = load.failures[before:]
        if new and program not in (_GATEWAY, serving):
            raise Unproven(
                f"{len(new)} requests failed while {program} was away ({new[0].what})",
                f"see `millrace logs {target.system}`",
            )
        say(f"{program}: killed, well after {seconds:.1f} s; {len(new)} requests failed")
        return seconds


def kill(target: Target, program: str) -> None:
    """Kill a program's process as the kernel does, and return once it is gone."""
    supervisor = _supervisor(target)
    known = supervisor.processes().get(program)
    if known is None or not known.pid:
        raise Unproven(f"{program} does not run", "run `make up`")
    with contextlib.suppress(ProcessLookupError):
        os.kill(known.pid, signal.SIGKILL)
    until(
        lambda: supervisor.pid(program) not in (0, known.pid),
        f"supervisord starts {program} again",
        "see supervisord.log among the environment's logs",
        _AWAY_S,
    )


def _well(target: Target, program: str, serving: str) -> bool:
    if program == serving:
        return target.delivery().status(target.system).ready
    component = next(each for each in target.environment.components if each.name == program)
    well = component_health(component).well
    # The gateway is up before it has read its routes; it is well when the release answers through it.
    return well and (program != _GATEWAY or target.answers() == serving)


def _supervisor(target: Target) -> Supervisor:
    from services.delivery.supervisor import Supervisor

    return Supervisor(target.environment.here.runtime.socket)
