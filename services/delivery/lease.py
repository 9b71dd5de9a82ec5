"""One writer per system: a lease in the releases bucket, held by compare-and-set."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from services.delivery.record_store import Changed, RecordStore
from services.errors import ReleaseInProgress

# Longer than any step between two renewals may take.
_TERM: Final = timedelta(minutes=3)


class Holder(BaseModel):
    """Who holds a lease: enough to tell a dead holder on the same machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    actor: str
    host: str
    pid: int
    process_began: int
    since: datetime
    until: datetime

    @classmethod
    def here(cls, actor: str) -> Holder:
        """Return this process as a holder from now on."""
        now = datetime.now(UTC)
        pid = os.getpid()
        return cls(
            actor=actor,
            host=socket.gethostname(),
            pid=pid,
            process_began=_began(pid),
            since=now,
            until=now + _TERM,
        )

    def gone(self) -> bool:
        """Say whether the lease has run out or its process has ended."""
        here = self.host == socket.gethostname()
        return datetime.now(UTC) > self.until or (here and _began(self.pid) != self.process_began)


class _Document(BaseModel):
    holder: Holder | None


class Lease:
    """The lease of one system; use ``held``."""

    def __init__(self, store: RecordStore, system: str) -> None:
        self._store = store
        self._system = system
        self._key = f"{system}/lease"
        self._etag = ""
        self._holder: Holder | None = None

    @contextmanager
    def held(self, actor: str) -> Iterator[Lease]:
        """Hold the lease while the block runs.

        Raises:
            ReleaseInProgress: someone else holds it; the message says who.
        """
        stored = self._store.get(self._key)
        other = _Document.model_validate_json(stored.body).holder if stored else None
        if other and not other.gone():
            raise self._taken(other)
        self._etag = stored.etag if stored else ""
        self._holder = Holder.here(actor)
        self._write(self._holder)
        try:
            yield self
        finally:
            self._write(None)

    def renew(self) -> None:
        """Extend the term; called between the steps of a release.

        Raises:
            ReleaseInProgress: the lease ran out and someone else took it.
        """
        if self._holder:
            self._write(self._holder.model_copy(update={"until": datetime.now(UTC) + _TERM}))

    def _write(self, holder: Holder | None) -> None:
        body = _Document(holder=holder).model_dump_json().encode()
        try:
            if self._etag:
                self._etag = self._store.replace(self._key, body, self._etag)
            else:
                self._etag = self._store.create(self._key, body)
        except Changed as error:
            stored = self._store.get(self._key)
            raise self._taken(
                _Document.model_validate_json(stored.body).holder if stored else None
            ) from error

    def _taken(self, other: Holder | None) -> ReleaseInProgress:
        who = (
            f"{other.actor} (process {other.pid} on {other.host}) since {other.since:%H:%M:%S} UTC"
            if other
            else "someone else"
        )
        return ReleaseInProgress(f"{self._system} is being released by {who}; wait until that is done")


def _began(pid: int) -> int:
    """Return a process's start in clock ticks since boot, 0 if there is no such process."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, IndexError):
        return 0
