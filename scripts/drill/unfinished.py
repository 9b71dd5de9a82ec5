"""What a drill has to put back, written down before it breaks anything: the next one mends a killed one."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from scripts.drill.waiting import until
from scripts.drill.windows import TargetWindows
from scripts.errors import Busy
from scripts.health import component_health

if TYPE_CHECKING:
    from scripts.drill.proof import Say
    from scripts.drill.target import Target

_COMPONENTS_S = 120.0


class Unfinished(BaseModel):
    """The release that served before a drill, since when the drill goes on, and the run that it asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    release: str
    began: AwareDatetime
    run: str = ""


def begin(target: Target) -> None:
    """Note what serves now, unless an earlier drill has left a note of what did before it."""
    known = noted(target)
    target.original = known.release if known else target.serving().id
    if known is None:
        _write(target, Unfinished(system=target.system, release=target.original, began=datetime.now(UTC)))


def note_run(target: Target, run: str) -> None:
    """Note the run of the steward that is to be cancelled if the drill is cut short."""
    if known := noted(target):
        _write(target, known.model_copy(update={"run": run}))


def noted(target: Target) -> Unfinished | None:
    """Return what an earlier drill has left to be put back."""
    with suppress(OSError, ValidationError):
        return Unfinished.model_validate_json(_path(target).read_bytes())
    return None


def put_back(target: Target, say: Say) -> None:
    """Have all as it was: no run of ours, no open rollout of ours, the release that served, every component.

    Safe to repeat; the note is removed when all is done.
    """
    note = noted(target)
    if note is None:
        return
    until(
        lambda: all(component_health(each).well for each in target.environment.components),
        "every component is well",
        "see `millrace status`; `make up` starts what does not run",
        _COMPONENTS_S,
    )
    _cancel_runs(target, note, say)
    until(
        lambda: _restored(target, note.release, say),
        f"nobody else releases {target.system}",
        f"see `millrace status` and `millrace runs`, then run `millrace rollback {target.system}`",
    )
    TargetWindows(target).settle(say)
    # What served before has drifted windows behind it, which may have raised the alert once more.
    _cancel_runs(target, note, say)
    _path(target).unlink(missing_ok=True)


def _cancel_runs(target: Target, note: Unfinished, say: Say) -> None:
    """End the run that the drill asked for, and those of alerts that its traffic raised."""
    from services.errors import StewardRefused
    from services.steward.client import StewardClient

    client = StewardClient(target.environment)
    for run in client.runs():
        ours = run["run"] == note.run or run["run"].startswith("alert-")
        if run["system"] == target.system and ours and datetime.fromisoformat(run["since"]) >= note.began:
            say(f"cancelling run {run['run']}")
            with suppress(StewardRefused):
                client.cancel(run["run"], target.actor)


def _restored(target: Target, release: str, say: Say) -> bool:
    """End an open rollout and serve the release; False while somebody else releases."""
    from services.errors import ReleaseInProgress

    delivery = target.delivery()
    try:
        if delivery.rollouts.opened(target.system):
            say("aborting the rollout that is open")
            delivery.abort(target.system, actor=target.actor, progress=say)
        if target.serving().id != release or not delivery.status(target.system).ready:
            say(f"going back to {release}")
            delivery.rollback(target.system, release, actor=target.actor, progress=say)
    except ReleaseInProgress:
        return False
    return True


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder of an environment's drills while the block runs.

    Raises:
        Busy: another drill holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"another drill is under way in {folder}; wait until it has ended") from None
        yield


def _write(target: Target, note: Unfinished) -> None:
    from services.delivery.files import write_atomically

    write_atomically(_path(target), note.model_dump_json(indent=1))


def _path(target: Target) -> Path:
    return target.folder / "unfinished.json"
