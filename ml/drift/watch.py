"""The drift check of one system: new windows of its log against what its model learnt from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import AwareDatetime, BaseModel, ConfigDict

from ml.data.datasets import DatasetRecord, Datasets
from ml.data.prediction_log import Place, PredictionLog, Predictions
from ml.drift.alarm import alarming
from ml.drift.comparison import compare
from ml.drift.concept import Concept, concept
from ml.drift.live import Window, an_object
from ml.drift.multivariate import maximum_mean_discrepancy
from ml.drift.profile import profile, sample
from ml.drift.windows import WindowRecord, Windows
from ml.errors import WrongInput
from ml.system import implementation, load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.drift.profile import Profile
    from ml.environment import Environment
    from ml.operation import Drift

# Windows of one look; what is left is looked at the next time.
MOST_WINDOWS = 50
SHOWN_WINDOWS = 50
MOST_FEEDBACK = 10_000
PERMUTATIONS = 999
# Features together are one more way to be wrong, so they are held to a part of the level; with an embedding
# there are two such tests, and they share it.
TOGETHER_SHARE = 0.2


class Subject(BaseModel):
    """What serves: a release of a system, its model, since when, and the dataset version it learnt from."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    system: str
    release: str
    model_version: int
    dataset: str
    since: AwareDatetime


class Alarm(BaseModel):
    """Something that drifted in ``windows`` of the last windows, and the beginning of the first of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feature: str
    windows: int
    since: AwareDatetime


class Watched(BaseModel):
    """What is known of a system after a look: ``waiting`` requests are not a window yet.

    ``newest`` is when the newest logged prediction was made, None if there is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: Subject
    looked: int
    waiting: int
    newest: AwareDatetime | None
    windows: tuple[WindowRecord, ...]
    alarms: tuple[Alarm, ...]
    concept: Concept


class Watch:
    """Looks at the log of an environment's systems; what it keeps between looks only saves time.

    Raises:
        StoreUnavailable, StoreRefused: the object store does not answer, or refuses.
        DatasetNotFound: the dataset version that a model learnt from is gone.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._log = PredictionLog(environment)
        self._datasets = Datasets(environment)
        self._references: dict[str, DatasetRecord] = {}
        self._windows: dict[tuple[str, int], Windows] = {}

    def look(self, subject: Subject) -> Watched:
        """Hold every window that is whole against the reference, keep what was found, and sum it up."""
        declared = load(subject.system).drift
        windows = self._windows.setdefault(
            (subject.system, subject.model_version),
            Windows(self._environment, subject.system, subject.model_version),
        )
        looked = 0
        newest, waiting = self._next(subject, windows, declared.window)
        while len(waiting) == declared.window and looked < MOST_WINDOWS:
            looked += self._keep(subject, windows, newest, waiting, declared)
            newest, waiting = self._next(subject, windows, declared.window)
        recent = tuple(windows.recent(SHOWN_WINDOWS))
        return Watched(
            subject=subject,
            looked=looked,
            waiting=len(waiting),
            newest=waiting.times[-1] if waiting else recent[-1].last if recent else None,
            windows=recent,
            alarms=alarms(recent, declared),
            concept=self._concept(subject, declared.window),
        )

    def reference(self, subject: Subject) -> Profile:
        """Return the reference profile of the dataset version that the subject's model learnt from."""
        if subject.dataset not in self._references:
            self._references[subject.dataset] = self._datasets.named(subject.system, subject.dataset)
        return self._references[subject.dataset].profile

    def _next(
        self, subject: Subject, windows: Windows, count: int
    ) -> tuple[WindowRecord | None, Predictions]:
        """Return the newest window and the first predictions behind it, at most ``count``."""
        newest = next(iter(windows.recent(1)), None)
        after = Place(newest.last, newest.last_id) if newest else Place(subject.since)
        return newest, self._log.predictions(subject.system, subject.model_version, after, count)

    def _keep(
        self,
        subject: Subject,
        windows: Windows,
        newest: WindowRecord | None,
        found: Predictions,
        declared: Drift,
    ) -> bool:
        """Keep the window that follows the newest; False if its number was given to another meanwhile."""
        window = Window(found.features, found.responses)
        if declared.predictions and newest is None:
            windows.refer(profile(declared.predictions, window.observed(declared.predictions)))
        answers = windows.reference() if declared.predictions and newest else None
        return windows.add(
            WindowRecord(
                **subject.model_dump(exclude={"since"}),
                number=newest.number + 1 if newest else 1,
                first=found.times[0],
                last=found.end.time,
                last_id=found.end.prediction_id,
                count=len(found),
                **compared(window, declared, self.reference(subject), answers),
            )
        )

    def _concept(self, subject: Subject, recent: int) -> Concept:
        said = self._log.feedback(
            subject.system, subject.since, model_version=subject.model_version, last=MOST_FEEDBACK
        )
        outcome = implementation(subject.system).outcome
        scored = ((outcome(an_object(each.response), an_object(each.feedback)), each) for each in said)
        judged = [(score, each.said_at) for score, each in scored if score is not None]
        return concept([score for score, _ in judged], [time for _, time in judged], recent)


def compared(window: Window, declared: Drift, reference: Profile, answers: Profile | None) -> dict[str, Any]:
    """Return what a window's record says of its values, held against both references."""
    level, monitors = declared.false_alarms_per_window, (*declared.monitors, *declared.predictions)
    observed, of_answers = window.observed(declared.monitors), window.observed(declared.predictions)
    together = _together(reference.rows, observed)
    embedding = _together(reference.embedding, window.embedding(reference.embedding))
    level_together = level * TOGETHER_SHARE / (1 if embedding is None or together is None else 2)
    return {
        "features": compare(_shared(reference, observed), observed, level),
        "predictions": compare(_shared(answers, of_answers), of_answers, level) if answers else None,
        "together": together,
        "together_drifted": together is not None and together <= level_together,
        "embedding": embedding,
        "embedding_drifted": embedding is not None and embedding <= level_together,
        "quality": tuple(window.quality(monitors, reference, declared.quality)),
    }


def _shared(reference: Profile, observed: dict[str, Any]) -> Profile:
    """Return the reference of what is watched now: a declaration may have changed since it was taken."""
    features = {name: each for name, each in reference.features.items() if name in observed}
    if not features:
        raise WrongInput(
            f"none of {', '.join(observed)} is in the reference, which has {', '.join(reference.features)}; "
            "train again, so that the dataset version's profile has what is watched"
        )
    return reference.model_copy(update={"features": features})


def _together(reference: dict[str, tuple[float, ...]], observed: dict[str, Any]) -> float | None:
    """Return the p-value of the numbers of a few hundred rows against as many of the reference."""
    names = [name for name in reference if name in observed]
    rows = sample(names, observed)
    if len(names) < 2 or min(len(each[names[0]]) for each in (reference, rows)) < 2:
        return None
    columns = [np.column_stack([each[name] for name in names]) for each in (reference, rows)]
    spread = columns[0].std(axis=0)
    known, seen = (each / np.where(spread > 0, spread, 1.0) for each in columns)
    return maximum_mean_discrepancy(known, seen, permutations=PERMUTATIONS).p_value


def alarms(windows: Sequence[WindowRecord], declared: Drift) -> tuple[Alarm, ...]:
    """Return what enough of the last windows agree about, and since when it goes on."""
    last = windows[-declared.of_windows :]
    found = alarming(windows, declared.alert_windows, declared.of_windows)
    counts = {name: sum(name in window.drifted for window in last) for name in found}
    return tuple(Alarm(feature=n, windows=c, since=_since(windows, n, declared)) for n, c in counts.items())


def _since(windows: Sequence[WindowRecord], feature: str, declared: Drift) -> Any:
    """Return the beginning of the first drifted window behind which no alarm's worth of calm ones lies."""
    calm, since = 0, windows[-1].first
    for window in reversed(windows):
        calm = 0 if feature in window.drifted else calm + 1
        if calm >= declared.of_windows:
            break
        since = window.first if feature in window.drifted else since
    return since
