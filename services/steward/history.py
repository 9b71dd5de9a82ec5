"""The story of a system: every decision of the steward with its evidence, in the releases bucket.

<system>/history/<moment>-<run>/<number>-<kind>.json   one event; created once

The moment is when the run was set off, so that keys sort as the story goes, and the kind is in the key so
that runs which began are told from those held back without reading either. An event that a killed run has
noted already is not noted again.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from services.delivery.record_store import Changed
from services.steward.policy import Outcome, PastRun

if TYPE_CHECKING:
    from services.delivery.record_store import Stored

# A story is told of so many of the newest runs; a day's budget and a row of rejections are looked for
# in as many of those that began, however often one was held back since.
REMEMBERED: Final = 100
LAST: Final = 999
MOMENT: Final = "%Y%m%dT%H%M%S"
BEGAN: Final = "-began.json"

Kind = Literal[
    "held", "began", "trained", "asks approval", "approved", "declined", "expired", "asks a person",
    "released", "taken back", "failed", "cancelled",
]  # fmt: skip


class Event(BaseModel):
    """One thing that happened in a run, as a sentence and as numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    run: str
    began: datetime
    number: int
    at: datetime
    kind: Kind
    text: str
    evidence: dict[str, Any] = {}
    outcome: Outcome | None = None

    @property
    def folder(self) -> str:
        """The run's place in the bucket."""
        return f"{self.system}/history/{self.began.strftime(MOMENT)}-{self.run}"

    @property
    def key(self) -> str:
        """Its place there."""
        return f"{self.folder}/{self.number:03d}-{self.kind.replace(' ', '-')}.json"


class Records(Protocol):
    """Where events are kept; `services.delivery.record_store.RecordStore` is one."""

    def get(self, key: str) -> Stored | None:
        """Return an object, or None."""

    def create(self, key: str, body: bytes) -> str:
        """Write an object that must not exist yet, or raise ``Changed``."""

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with the prefix."""


class History:
    """Events of all systems."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def note(self, event: Event) -> Event:
        """Keep an event, or return the one that has its place already."""
        try:
            self._records.create(event.key, event.model_dump_json(indent=1).encode())
        except Changed:
            stored = self._records.get(event.key)
            return Event.model_validate_json(stored.body) if stored else event
        return event

    def of(self, system: str, runs: int = REMEMBERED) -> list[Event]:
        """Return the events of the newest runs, oldest first."""
        keys = self._keys(system)
        return self._read(keys, set(sorted({_folder(key) for key in keys})[-runs:]))

    def of_run(self, system: str, run: str) -> list[Event]:
        """Return the events of one run, oldest first."""
        keys = self._keys(system)
        return self._read(keys, {_folder(key) for key in keys if _run(key) == run})

    def runs(self, system: str) -> tuple[PastRun, ...]:
        """Return the newest retrainings that were begun, oldest first; those held back are not among them."""
        keys = self._keys(system)
        begun = {_folder(key) for key in sorted(key for key in keys if key.endswith(BEGAN))[-REMEMBERED:]}
        by_folder: dict[str, list[Event]] = {}
        for event in self._read(keys, begun):
            by_folder.setdefault(event.folder, []).append(event)
        return tuple(_past(by_folder[folder]) for folder in sorted(by_folder))

    def _keys(self, system: str) -> list[str]:
        return self._records.keys(f"{system}/history/")

    def _read(self, keys: list[str], folders: set[str]) -> list[Event]:
        found = [self._records.get(key) for key in keys if _folder(key) in folders]
        return sorted(
            (Event.model_validate_json(stored.body) for stored in found if stored),
            key=lambda event: (event.at, event.began, event.number),
        )


def _folder(key: str) -> str:
    return key.rpartition("/")[0]


def _run(key: str) -> str:
    return _folder(key).rpartition("/")[2].partition("-")[2]


def _past(events: list[Event]) -> PastRun:
    return PastRun(
        began=events[0].began,
        compute_minutes=sum(event.evidence.get("compute_minutes", 0.0) for event in events),
        outcome=next((event.outcome for event in reversed(events) if event.outcome), None),
    )
