"""Behavioural tests: what a model must do whatever its accuracy is.

The three kinds are those of M. Ribeiro et al., "Beyond accuracy: behavioral testing of NLP models with
CheckList", ACL 2020.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from ml.errors import WrongInput
from ml.evaluation.intervals import wilson
from ml.evaluation.statistics import Estimate

if TYPE_CHECKING:
    from ml.declaration import Behaviour
    from ml.system import Predictor, Rows

Change = Callable[["Rows"], "Rows"]
View = Callable[[Any], "str | float"]
Asked = tuple["Rows", Any]

SHOWN = 3


class BehaviourResult(BaseModel):
    """The share of requests that behaved, and the first that did not, as sentences."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    passed: bool
    share: Estimate
    least: float
    failures: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in one sentence."""
        share = f"{self.share.value:.1%} of {self.share.units}"
        interval = f"{self.share.low:.1%} to {self.share.high:.1%}"
        first = "" if self.passed else f"; first, {self.failures[0]}"
        return f"{self.title}: holds for {share} ({interval}), and must for {self.least:.0%}{first}"


@dataclass(frozen=True)
class Subject:
    """A model to test: it answers a request, and its system's code names views of an answer and changes.

    A view makes one label or number of an answer, a change another request of a request.
    """

    answer: Predictor
    views: Mapping[str, View]
    changes: Mapping[str, Change]

    def view(self, declared: Behaviour) -> View:
        """Return how a behaviour sees an answer.

        Raises:
            WrongInput: it names a view that is not there.
        """
        if declared.of not in self.views:
            raise WrongInput(
                f"behaviour {declared.name} looks at {declared.of!r} of an answer; the system's views are: "
                f"{_listed(self.views)}; name one of them"
            )
        return self.views[declared.of]

    def change(self, declared: Behaviour, asked: Sequence[Asked]) -> Change:
        """Return a behaviour's change.

        Raises:
            WrongInput: it names one that is not there, or there is no request to change.
        """
        if declared.change not in self.changes or not asked:
            raise WrongInput(
                f"behaviour {declared.name} asks for the change {declared.change!r} of {len(asked)} "
                f"request(s); the system's changes are: {_listed(self.changes)}; name one of them, and give "
                "requests"
            )
        return self.changes[declared.change]


def behaviour_results(
    behaviours: Sequence[Behaviour], subject: Subject, requests: Sequence[Rows], confidence: float = 0.95
) -> tuple[BehaviourResult, ...]:
    """Return one result for each behaviour; the share has Wilson's interval.

    Raises:
        WrongInput: a behaviour names a view or a change that is not there, or there is no request to change.
    """
    changed = any(one.change for one in behaviours)
    asked = [(request, subject.answer(request)) for request in requests] if changed else []
    return tuple(_result(one, subject, asked, confidence) for one in behaviours)


def _result(
    declared: Behaviour, subject: Subject, asked: Sequence[Asked], confidence: float
) -> BehaviourResult:
    faults = list((_wrong_cases if declared.cases else _wrong_changes)(declared, subject, asked))
    failures = [fault for fault in faults if fault]
    share = wilson(len(faults) - len(failures), len(faults), confidence)
    return BehaviourResult(
        name=declared.name,
        title=declared.title,
        passed=share.value >= declared.least,
        share=share,
        least=declared.least,
        failures=tuple(failures[:SHOWN]),
    )


def _wrong_cases(declared: Behaviour, subject: Subject, asked: Sequence[Asked]) -> Iterator[str]:
    """Yield for each case what is wrong, empty if nothing is."""
    del asked
    view = subject.view(declared)
    for case in declared.cases:
        found = view(subject.answer(case.request))
        fault = f"{_short(case.request)} is answered {found!r}, not {case.answer!r}"
        yield "" if _same(found, case.answer, declared.tolerance) else fault


def _wrong_changes(declared: Behaviour, subject: Subject, asked: Sequence[Asked]) -> Iterator[str]:
    """Yield for each request what is wrong with the answer to the changed one, empty if nothing is."""
    view, change = subject.view(declared), subject.change(declared, asked)
    for request, answer in asked:
        changed = change(request)
        before, after = view(answer), view(subject.answer(changed))
        holds = _same(before, after, declared.tolerance) or _moved(declared, before, after)
        sentence = f"{_short(request)} is answered {before!r}, and {_short(changed)} {after!r}"
        yield "" if holds else sentence


def _moved(declared: Behaviour, before: str | float, after: str | float) -> bool:
    """Say whether the answer went where it must; without a direction it must not go anywhere."""
    if declared.expect is None:
        return False
    if isinstance(before, str) or isinstance(after, str):
        raise WrongInput(
            f"behaviour {declared.name} expects a number that {declared.expect}, and the answer is "
            f"{before!r}: let the answer be a probability or a score"
        )
    return after > before if declared.expect == "rises" else after < before


def _same(one: str | float, other: str | float, tolerance: float) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return abs(one - other) <= tolerance


def _short(request: Rows) -> str:
    """Return a request without the middle of what is long in it, such as an image."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = 60
    return short.repr(request)


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(sorted(names)) or "none"
