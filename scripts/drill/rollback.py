"""Step ``rollback``: the release before serves again, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.drill.proof import Proof, Unproven
from scripts.drill.target import GENTLE
from scripts.drill.variants import rebuilt

if TYPE_CHECKING:
    from scripts.drill.proof import Say
    from scripts.drill.target import Target
    from services.delivery.release import Release


class Rollback:
    """Goes back under load; where this drill has released nothing yet, something is released first."""

    name = "rollback"
    asserts = "a rollback restores the release before, whole, and no request fails"

    def prove(self, target: Target, say: Say) -> Proof:
        """Go back, and hold what serves to its record."""
        before = self._before(target, say)
        with target.load(GENTLE) as load:
            made = target.delivery().rollback(target.system, actor=target.actor, progress=say)
            status = target.delivery().status(target.system)
        if made != before or status.current != before or not status.ready:
            raise Unproven(
                f"{before.id} should serve, and {status.current.id if status.current else 'nothing'} does "
                f"({status.problem or 'it is ready'})",
                f"see `millrace releases {target.system}`",
            )
        load.require_none_failed(target.look)
        return Proof(
            f"{before.id} serves again; 0 of {load.asked:,} requests failed",
            (
                f"model version {before.model_version} ({before.model_digest[:12]})",
                f"dataset {before.dataset_version}, bento {before.bento_digest[:12]}",
                f"commit {before.commit}",
            ),
        )

    def _before(self, target: Target, say: Say) -> Release:
        """Return the release that a rollback leads to."""
        from services.delivery.releases import Releases

        releases, serving = Releases(target.environment), target.serving()
        pointer = releases.current(target.system)
        if serving.id != target.original and pointer and pointer.previous:
            return releases.get(pointer.previous)
        say("nothing was released in this drill yet; the code that serves is built anew")
        delivery = target.delivery(root=rebuilt(target.folder, target.system))
        delivery.release(target.system, serving.model_version, actor=target.actor, progress=say)
        return serving
