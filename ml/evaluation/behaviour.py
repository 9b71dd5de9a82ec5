"""Behavioural tests: what a model must do whatever its accuracy is.

The three kinds are those of M. Ribeiro et al., "Beyond accuracy: behavioral testing of NLP models with
CheckList", ACL 2020.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from ml.errors import WrongInput
from ml.evaluation.intervals import wilson
from ml.evaluation.statistics import Estimate

if TYPE_CHECKING:
    from ml.declaration import Behaviour
    from ml.system import Rows

    Answer = Callable[[Rows], str | float]
    Changes = Mapping[str, Callable[[Rows], Rows]]

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


def behaviour_results(
    behaviours: Sequence[Behaviour],
    answer: Answer,
    requests: Sequence[Rows],
    changes: Changes,
    confidence: float = 0.95,
) -> tuple[BehaviourResult, ...]:
    """Return one result for each behaviour.

    ``answer`` makes one label or number of a request; ``changes`` are the system's, by name.

    Raises:
        WrongInput: a behaviour names a change that is not there, or there is no request to change.
    """
    return tuple(_result(one, answer, requests, changes, confidence) for one in behaviours)


def _result(
    declared: Behaviour, answer: Answer, requests: Sequence[Rows], changes: Changes, confidence: float
) -> BehaviourResult:
    if declared.cases:
        faults = list(_wrong_cases(declared, answer))
    else:
        faults = list(_wrong_changes(declared, answer, requests, _change(declared, requests, changes)))
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


def _change(declared: Behaviour, requests: Sequence[Rows], changes: Changes) -> Callable[[Rows], Rows]:
    if declared.change not in changes or not requests:
        raise WrongInput(
            f"behaviour {declared.name} asks for the change {declared.change!r} of {len(requests)} "
            f"request(s); the system's changes are: {', '.join(sorted(changes)) or 'none'}; name one "
            "of them, and give requests"
        )
    return changes[declared.change]


def _wrong_cases(declared: Behaviour, answer: Answer) -> Iterator[str]:
    """Yield for each case what is wrong, empty if nothing is."""
    for case in declared.cases:
        found = answer(case.request)
        fault = f"{case.request} is answered {found!r}, not {case.answer!r}"
        yield "" if _same(found, case.answer, declared.tolerance) else fault


def _wrong_changes(
    declared: Behaviour, answer: Answer, requests: Sequence[Rows], change: Callable[[Rows], Rows]
) -> Iterator[str]:
    for request in requests:
        changed = change(request)
        before, after = answer(request), answer(changed)
        holds = _same(before, after, declared.tolerance)
        if declared.expect is not None and not holds:
            holds = _moved(declared, before, after)
        yield "" if holds else f"{request} is answered {before!r}, and {changed} {after!r}"


def _moved(declared: Behaviour, before: str | float, after: str | float) -> bool:
    if isinstance(before, str) or isinstance(after, str):
        raise WrongInput(
            f"behaviour {declared.name} expects a number that {declared.expect}, and the answer is "
            f"{before!r}: let the answer be a probability or a score"
        )
    return after > before if declared.expect == "rises" else after < before


def _same(one: Any, other: Any, tolerance: float) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return bool(one == other)
    return bool(abs(one - other) <= tolerance)
