"""Plans made side by side, ahead of the engine, which asks for one root module after another.

A root module that stands on another is asked for when that one is done with. What it was given
last is noted in its private folder; while the first is planned, the others are planned with what
was noted. If the engine then asks for just that, its plan is there. In a preview or an up that
changes little, which is most, nothing waits for what it does not need; what does differ, or comes
after a change, is planned anew as if nothing had been made ahead.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from infra.provider.call import Call, Engine
from infra.provider.inputs import home
from infra.provider.root_run import RootRun
from infra.provider.unchanged import Unchanged
from infra.provider.values import Properties, holds_secret
from infra.wrappers.errors import InfraError, Interrupted
from infra.wrappers.root_module import RootModule, discard
from infra.wrappers.terraform_plan import Plan

NOTED: Final = "asked.json"


class Silent(Engine):
    """Hears nothing: what is planned ahead is told when the engine asks for it."""

    def __init__(self) -> None:
        """Need no address."""

    def log(self, urn: str, level: str, message: str, *, live: bool = False) -> None:
        """Drop the line."""


@dataclass(frozen=True)
class Ahead:
    """A plan, and the root module that it was made in."""

    module: RootModule
    plan: Plan


@dataclass
class PlansAhead:
    """The plans of one run of the engine; as many at once as there are processors."""

    unchanged: Unchanged
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="ahead")
    )
    _begun: dict[str, tuple[str, Future[Ahead]]] | None = None

    def begin(self, call: Call, asked: str) -> None:
        """Begin to plan the stack's other root modules, if the first is asked for as it was last time.

        What stands on one that differs is likely to differ too.
        """
        if self._begun is not None or self.unchanged.something_changed:
            return
        self._begun = {}
        noted = {run.call.urn: run for run in _noted(call)}
        first = noted.pop(call.urn, None)
        if first is None or first.digest() != asked:
            return
        for urn, run in noted.items():
            planned_for = run.digest()
            if not self.unchanged.holds(run.call, planned_for):
                self._begun[urn] = planned_for, self._pool.submit(_plan, run)

    def take(self, run: RootRun, asked: str) -> Ahead | None:
        """Return the plan of what the engine asks for, if that is what was planned; wait until it is."""
        planned_for, future = (self._begun or {}).pop(run.call.urn, ("", None))
        if future is None or future.cancel():
            return None
        try:
            ahead = future.result()
        except (InfraError, OSError):
            # Planned again, the engine is told of it.
            return None
        if planned_for == asked and not self.unchanged.something_changed:
            return ahead
        discard(ahead.plan)
        return None

    @staticmethod
    def note(run: RootRun, given: Properties) -> None:
        """Note what a root module was given, if none of it is secret."""
        file = run.folder / NOTED
        if holds_secret(given.values):
            file.unlink(missing_ok=True)
            return
        file.touch(mode=0o600)
        file.write_text(json.dumps({"urn": run.call.urn, "inputs": given.plain()}))


def _noted(call: Call) -> Iterator[RootRun]:
    """Yield the stack's root modules as they were asked for last."""
    for file in sorted((home() / call.stack / "terraform").glob(f"*/{NOTED}")):
        try:
            noted: dict[str, Any] = json.loads(file.read_text())
            yield RootRun(Call(noted["urn"], Silent(), call.stop), Properties(noted["inputs"]))
        except (OSError, ValueError, KeyError, InfraError):
            continue


def _plan(run: RootRun) -> Ahead:
    if run.call.stop.is_set():
        raise Interrupted("stopped before it was planned")
    with run.module().open() as module:
        return Ahead(module, run.make_plan(module))
