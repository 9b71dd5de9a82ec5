"""Rollout records in the releases bucket.

<system>/rollout                            the open or last rollout; written by compare-and-set
<system>/rollouts/<canary>/<when>.json      a rollout that has ended; written once
"""

from __future__ import annotations

from services.delivery.record_store import Changed, RecordStore
from services.delivery.rollout import Rollout
from services.errors import NoRollout, ReleaseInProgress, RolloutOpen


class Rollouts:
    """The rollouts of one environment."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store

    def last(self, system: str) -> Rollout | None:
        """Return the open rollout of a system, or else the last one."""
        return self.read(system)[0]

    def opened(self, system: str) -> Rollout | None:
        """Return the open rollout of a system."""
        last = self.last(system)
        return last if last and last.open else None

    def read(self, system: str) -> tuple[Rollout | None, str]:
        """Return the record and the tag with which it may be written."""
        stored = self._store.get(_key(system))
        return (Rollout.model_validate_json(stored.body), stored.etag) if stored else (None, "")

    def write(self, rollout: Rollout, etag: str) -> str:
        """Write the record that was read with this tag and return its new one.

        Raises:
            Changed: someone else wrote it.
        """
        key, body = _key(rollout.system), rollout.model_dump_json().encode()
        return self._store.replace(key, body, etag) if etag else self._store.create(key, body)

    def ask_to_abort(self, system: str, actor: str) -> Rollout:
        """Leave word for whoever drives the rollout that it is to end.

        Raises:
            NoRollout: none is open.
            ReleaseInProgress: the record was written at the same moment, ten times over.
        """
        for _ in range(10):
            rollout, etag = self.read(system)
            if rollout is None or not rollout.open:
                raise NoRollout(f"no rollout of {system} is open, so there is nothing to abort")
            asked = rollout.model_copy(update={"abort_asked_by": actor})
            try:
                self.write(asked, etag)
            except Changed:
                continue
            return asked
        raise ReleaseInProgress(f"the rollout of {system} is being written to; abort it again")

    def archive(self, rollout: Rollout) -> None:
        """Keep a rollout that has ended, with its verdicts."""
        key = f"{rollout.system}/rollouts/{rollout.canary}/{rollout.opened_at:%Y%m%dT%H%M%S%f}.json"
        try:
            self._store.create(key, rollout.model_dump_json(indent=2).encode())
        except Changed:
            return

    def of(self, system: str, release_id: str) -> list[Rollout]:
        """Return the rollouts that a release was the canary of, oldest first."""
        keys = sorted(self._store.keys(f"{system}/rollouts/{release_id}/"))
        found = [stored for key in keys if (stored := self._store.get(key))]
        return [Rollout.model_validate_json(each.body) for each in found]

    def refuse_if_open(self, system: str, doing: str) -> None:
        """Raise if a rollout is open.

        Raises:
            RolloutOpen: it is; the message says how to end it.
        """
        if opened := self.opened(system):
            raise RolloutOpen(
                f"{doing} while a rollout is open ({opened.sentence()}) would take its requests away; "
                f"continue it with `millrace rollout {system}`, or end it with "
                f"`millrace rollout {system} --abort`"
            )


def _key(system: str) -> str:
    return f"{system}/rollout"
