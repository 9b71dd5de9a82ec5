"""Step ``log``: every prediction that was acknowledged is in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scripts.drill.figure import Figure
from scripts.drill.proof import Proof, Unproven
from scripts.drill.waiting import until

if TYPE_CHECKING:
    from scripts.drill.proof import Say
    from scripts.drill.target import Target

_LANDED_S: Final = 240.0
_LOOK: Final = "see `millrace logs recorder`, and docs/serving.md on where predictions go"


def missing(target: Target) -> set[str]:
    """Return the predictions that were acknowledged and are not in the log."""
    from ml.data.prediction_log import PredictionLog
    from ml.errors import MlError

    try:
        return target.acknowledged - PredictionLog(target.environment).ids(target.system, target.began)
    except MlError:
        # A store that was just killed is asked again.
        return set(target.acknowledged)


def await_logged(target: Target, timeout_s: float = _LANDED_S) -> None:
    """Wait until everything that was acknowledged is in the log.

    Raises:
        Unproven: something is not.
    """
    until(
        lambda: not missing(target), "every acknowledged prediction is in the log", _LOOK, timeout_s=timeout_s
    )


class Log:
    """Nothing that was acknowledged is missing, whatever was killed."""

    name = "log"
    asserts = "every acknowledged prediction is in the log"

    def prove(self, target: Target, say: Say) -> Proof:
        """Wait for what the recorder has still to ship, and count what is not there."""
        say(f"{len(target.acknowledged):,} predictions were acknowledged in this drill")
        try:
            await_logged(target)
        except Unproven:
            lost = missing(target)
            example = next(iter(sorted(lost)), "")
            raise Unproven(
                f"{len(lost):,} of {len(target.acknowledged):,} acknowledged predictions are not in the log "
                f"after {_LANDED_S:g} s, such as {example}",
                _LOOK,
            ) from None
        total = len(target.acknowledged)
        how = f"0 of {total:,} acknowledged"
        return Proof(
            f"all {total:,} acknowledged predictions are in the log",
            figures=(Figure("lost", 0, how, target.system, of=total),),
        )
