"""A rollout as it stands, and the one way to write it down."""

from __future__ import annotations

from typing import Any

from services.delivery.record_store import Changed
from services.delivery.rollout import Rollout
from services.delivery.rollouts import Rollouts
from services.errors import ReleaseInProgress


class Standing:
    """The record that a driver holds; ``rollout`` is its newest form, written or not."""

    def __init__(self, rollouts: Rollouts, rollout: Rollout, etag: str) -> None:
        self._rollouts = rollouts
        self._etag = etag
        self.rollout = rollout

    def change(self, **fields: Any) -> None:
        """Note something that the next writing takes along."""
        self.rollout = self.rollout.model_copy(update=fields)

    def save(self, **fields: Any) -> None:
        """Write the record, and have it changed only if it is written.

        Somebody's word that the rollout is to end is taken up.

        Raises:
            ReleaseInProgress: another rollout of the system was opened meanwhile.
        """
        for _ in range(3):
            changed = self.rollout.model_copy(update=fields)
            try:
                self._etag = self._rollouts.write(changed, self._etag)
            except Changed:
                self._take_up()
            else:
                self.rollout = changed
                return
        raise self._lost()

    def end(self, **fields: Any) -> None:
        """Write the record for the last time; it is kept with the release."""
        self.save(evidence=None, seen=None, **fields)
        self._rollouts.archive(self.rollout)

    def _take_up(self) -> None:
        stored, self._etag = self._rollouts.read(self.rollout.system)
        ours = self.rollout.canary, self.rollout.opened_at
        if stored is None or (stored.canary, stored.opened_at) != ours:
            raise self._lost()
        self.change(abort_asked_by=stored.abort_asked_by)

    def _lost(self) -> ReleaseInProgress:
        return ReleaseInProgress(
            f"someone else writes to the rollout of {self.rollout.system}; "
            f"see `millrace rollout {self.rollout.system} --status`"
        )
