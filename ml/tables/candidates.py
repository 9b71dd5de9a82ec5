"""Judging candidates: each by rows that it did not learn from, each once, whatever kills the run."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ml.data.split import TRAIN, VALIDATION
from ml.tables.families.epochs import Watch
from ml.tables.families.linear import fit_linear
from ml.tables.families.network import fit_network
from ml.tables.families.torch_network import fit_torch
from ml.tables.families.trees import fit_boosting, fit_forest
from ml.tables.figures import balanced_accuracy
from ml.tables.preparing import prepared, with_parts
from ml.tables.settings import Boosting, Forest, Linear, TorchNetwork
from ml.tables.split import Division
from ml.tables.table import PART

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from ml.progress import Progress
    from ml.tables.families.family import Model
    from ml.tables.preparing import Prepared
    from ml.tables.settings import Candidate, Settings
    from ml.tables.table import Table

log = logging.getLogger(__name__)

Fitted = tuple["Model", tuple[float, ...]]


@dataclass(frozen=True)
class Judged:
    """What a candidate said of rows it had not seen, float64 [n, k]: balanced accuracy, and mean -ln p.

    ``losses`` are those of its epochs or rounds.
    """

    said: NDArray[np.float64]
    score: float
    loss: float
    losses: tuple[float, ...]

    @classmethod
    def of(cls, said: NDArray[np.float64], truth: NDArray[np.int64], losses: tuple[float, ...]) -> Judged:
        """Judge probabilities."""
        of_truth = np.clip(said[np.arange(len(truth)), truth], np.finfo(np.float64).eps, 1.0)
        return cls(said, balanced_accuracy(said, truth), float(-np.log(of_truth).mean()), losses)

    @property
    def rank(self) -> tuple[float, float]:
        """What a better candidate has more of."""
        return self.score, -self.loss


@dataclass
class Judging:
    """Candidates on one table; ``whole`` are its training rows, judged by its validation rows."""

    table: Table
    rows: pa.Table
    whole: Prepared
    recipe: Settings
    seed: int
    progress: Progress
    _models: dict[int, Fitted] = field(default_factory=dict)

    def judge(self, number: int) -> Judged:
        """Return what became of a candidate; one that was judged before a kill is not fitted again."""
        name = f"candidate-{number}"
        kept = self.progress.kept(f"{name}.npz")
        found = self._judged(number) if kept is None else _unpacked(kept, self.truth)
        if kept is None:
            self.progress.keep(f"{name}.npz", _packed(found))
        log.info("%s, %s: score %.4f", name, self.recipe.candidates[number].family, found.score)
        if len(self.recipe.candidates) > 1:
            self.progress.report(number, found.score)
        return found

    def model(self, number: int) -> Model:
        """Return a candidate fitted on all training rows."""
        return self._fitted(number)[0]

    @cached_property
    def truth(self) -> NDArray[np.int64]:
        """The classes of the rows that judge, in the order in which candidates are asked."""
        if not self.recipe.folds:
            return self.whole.judged.truth
        return np.concatenate([fold.judged.truth for fold in self._folds])

    @cached_property
    def _folds(self) -> tuple[Prepared, ...]:
        """The folds of the training rows, the steps of each fitted on what it learns from."""
        training = self.rows.filter(np.array(self.rows[PART].to_pylist(), np.str_) == TRAIN)
        return tuple(
            prepared(
                self.table,
                with_parts(training, held, VALIDATION).take(np.sort(np.concatenate([learnt, held]))),
                self.recipe.preparation,
            )
            for learnt, held in Division.of(self.table, training).folds(self.recipe.folds, self.seed)
        )

    def _judged(self, number: int) -> Judged:
        if not self.recipe.folds:
            model, losses = self._fitted(number)
            return Judged.of(model.probabilities(self.whole.judged.features), self.truth, losses)
        said = []
        for at, fold in enumerate(self._folds):
            watch = Watch(self.progress, f"candidate-{number}.fold-{at}")
            model, _ = fitted(self.recipe.candidates[number], fold, self.seed, watch)
            said.append(model.probabilities(fold.judged.features))
        return Judged.of(np.concatenate(said), self.truth, ())

    def _fitted(self, number: int) -> Fitted:
        if number not in self._models:
            alone = len(self.recipe.candidates) == 1
            watch = Watch(self.progress, f"candidate-{number}.epochs", reports=alone)
            self._models[number] = fitted(self.recipe.candidates[number], self.whole, self.seed, watch)
        return self._models[number]


def fitted(candidate: Candidate, shown: Prepared, seed: int, watch: Watch) -> Fitted:
    """Fit one candidate; its best epoch or number of rounds is that of least loss on the rows that judge."""
    if isinstance(candidate, Linear):
        return fit_linear(candidate, shown.training, shown.judged, seed, watch)
    if isinstance(candidate, Forest):
        return fit_forest(candidate, shown.training, shown.judged, seed)
    if isinstance(candidate, Boosting):
        return fit_boosting(candidate, shown.training, shown.judged, seed)
    if isinstance(candidate, TorchNetwork):
        return fit_torch(candidate, shown.training, shown.judged, seed, watch)
    return fit_network(candidate, shown.training, shown.judged, seed, watch)


def _packed(judged: Judged) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, said=judged.said, losses=np.array(judged.losses))
    return buffer.getvalue()


def _unpacked(content: bytes, truth: NDArray[np.int64]) -> Judged:
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        return Judged.of(stored["said"], truth, tuple(stored["losses"].tolist()))
