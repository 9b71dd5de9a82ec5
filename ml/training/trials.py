"""The trials of a search: what each one came to, how they are kept, and which of them counts as best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

from ml.errors import WrongInput

if TYPE_CHECKING:
    from collections.abc import Mapping


class Store(Protocol):
    """Where trials are kept; `ml.objects.Objects` is one."""

    def put(self, key: str, content: bytes) -> None:
        """Write an object."""

    def get(self, key: str) -> bytes | None:
        """Return an object's bytes, None if there is none."""

    def keys(self, prefix: str) -> list[str]:
        """Return the keys under a prefix, sorted."""


class Budget(BaseModel):
    """How long a search may go on: so many trials, so many seconds, over restarts.

    From ``trials_before_pruning`` on, a trial is given up at a step where it is worse than the median
    of those it knows at that step (Optuna's median rule). A trial knows those that lie ``behind`` or
    more numbers before it, and no other. In a process of its own it hangs if it takes five times as
    long as any that was done, and at least ``hangs_after_s``, or a quarter of the time without.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trials: PositiveInt = 50
    time_limit_s: PositiveFloat = 600.0
    trials_before_pruning: PositiveInt = 5
    behind: PositiveInt = 1
    hangs_after_s: PositiveFloat | None = None


class Trial(BaseModel):
    """One trial: its settings, the scores reported at its steps, and the one that it reached.

    There is none if it was given up (``pruned``), or if it came to nothing, for which ``failed`` has
    the reason. ``at_s`` is when it ended, in seconds of the search's time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=0)
    settings: dict[str, Any]
    distributions: dict[str, str]
    steps: dict[int, float]
    score: float | None
    pruned: bool
    failed: str | None = None
    took_s: float
    at_s: float = 0.0


class Searched(BaseModel):
    """All trials in order, and the best: the first of those with the highest score."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    best: Trial
    trials: tuple[Trial, ...]

    @classmethod
    def of(cls, trials: Mapping[int, Trial], budget: Budget) -> Searched:
        """Choose the best.

        Raises:
            WrongInput: no trial reached a score.
        """
        ordered = tuple(trials[number] for number in sorted(trials))
        best = best_of(ordered)
        if best is None:
            raise WrongInput(
                f"none of {len(ordered)} trials reached a score within {budget.time_limit_s:g} s; "
                f"allow more, or narrow the space{_last_reason(ordered)}"
            )
        return cls(best=best, trials=ordered)


def best_of(trials: tuple[Trial, ...]) -> Trial | None:
    """Return the first of the trials with the highest score, None if none has a score."""
    scored = {trial.number: trial.score for trial in trials if trial.score is not None}
    best = max(scored, key=lambda number: (scored[number], -number), default=None)
    return next((trial for trial in trials if trial.number == best), None)


def keep(store: Store, name: str, trial: Trial) -> None:
    """Keep a trial under a search's name."""
    store.put(f"{name}/{trial.number:06d}.json", trial.model_dump_json().encode())


def kept(store: Store, name: str, behind: int) -> dict[int, Trial]:
    """Return the kept trials by number, without those that drew from one that is missing now."""
    found: dict[int, Trial] = {}
    whole = 0
    for key in store.keys(f"{name}/"):
        content = store.get(key)
        number = int(key.rpartition("/")[2].removesuffix(".json"))
        if content is None or whole <= number - behind:
            break
        found[number] = Trial.model_validate_json(content)
        while whole in found:
            whole += 1
    return found


def _last_reason(trials: tuple[Trial, ...]) -> str:
    reasons = [trial.failed for trial in trials if trial.failed]
    return f" (the last that failed said: {reasons[-1]})" if reasons else ""
