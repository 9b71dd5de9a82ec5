"""Learning epoch by epoch: stops when it is no longer better, keeps the best, goes on after a kill."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ml.progress import UNWATCHED, Progress
from ml.tables.families.family import cross_entropy
from ml.tables.figures import balanced_accuracy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.tables.families.family import Sample
    from ml.tables.settings import Epochs

log = logging.getLogger(__name__)

State = dict[str, "NDArray[Any]"]


class Learner(Protocol):
    """What learns; ``state`` is all that the next epoch depends on, and that answers depend on."""

    def learn(self, order: NDArray[np.int64]) -> None:
        """See every training row once, in this order."""

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return how likely each class is, float64 [n, k]."""

    def state(self) -> State:
        """Return arrays by name."""

    def restore(self, state: State) -> None:
        """Become what ``state`` said."""


@dataclass(frozen=True)
class Watch:
    """Who is told of epochs: ``progress`` gets scores if ``reports``, and keeps checkpoints as ``name``."""

    progress: Progress = UNWATCHED
    name: str = "fit"
    reports: bool = False


@dataclass
class _Course:
    """How far it is: the validation loss of each epoch, and the state that had the least of them."""

    losses: list[float] = field(default_factory=list)
    best: State = field(default_factory=dict)

    @property
    def since_best(self) -> int:
        """Epochs since the best."""
        return len(self.losses) - 1 - int(np.argmin(self.losses)) if self.losses else 0


def run(
    learner: Learner, recipe: Epochs, rows: int, validation: Sample, seed: int, watch: Watch
) -> tuple[float, ...]:
    """Let it learn until ``patience`` epochs were no better, restore the best, return each epoch's loss.

    The loss is the cross-entropy on the validation rows (L. Prechelt, "Early stopping - but when?", 1998).
    The order of rows depends on seed and epoch alone, so a run that was killed ends as one that was not.
    """
    course = _resumed(learner, watch)
    while len(course.losses) < recipe.epochs and course.since_best < recipe.patience:
        number = len(course.losses)
        learner.learn(np.random.default_rng([seed, number]).permutation(rows))
        found = learner.probabilities(validation.features)
        course.losses.append(cross_entropy(found, validation))
        if course.since_best == 0:
            course.best = learner.state()
        watch.progress.keep(f"{watch.name}.npz", _packed(learner.state(), course))
        log.info("%s: epoch %d: validation loss %.4f", watch.name, number + 1, course.losses[-1])
        if watch.reports:
            watch.progress.report(number, balanced_accuracy(found, validation.truth))
    learner.restore(course.best)
    return tuple(course.losses)


def _resumed(learner: Learner, watch: Watch) -> _Course:
    content = watch.progress.kept(f"{watch.name}.npz")
    if content is None:
        return _Course()
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        by_kind: dict[str, State] = {"now": {}, "best": {}}
        for key in stored.files:
            kind, _, name = key.partition("/")
            if kind in by_kind:
                by_kind[kind][name] = stored[key]
        losses = stored["losses"].tolist()
    learner.restore(by_kind["now"])
    log.info("%s goes on after epoch %d", watch.name, len(losses))
    return _Course(losses, by_kind["best"])


def _packed(now: State, course: _Course) -> bytes:
    arrays = {f"now/{name}": values for name, values in now.items()}
    arrays |= {f"best/{name}": values for name, values in course.best.items()}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, losses=np.array(course.losses), **arrays)
    return buffer.getvalue()
