"""Requests made of a service's own OpenAPI description, as it allows them and as it does not."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

BOUNDED = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def asked(url: str) -> dict[str, set[int]]:
    """Ask every operation of a service, always the same; return the status codes that each answered.

    Raises:
        AssertionError: one was a server error; says how to ask for it again.
    """
    schema = schemathesis.openapi.from_url(f"{url}/docs.json")
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    return {
        each.label: {status for mode in GenerationMode for status in _statuses(each, mode, url)}
        for each in operations
    }


def _statuses(operation: Any, mode: GenerationMode, url: str) -> set[int]:
    seen: set[int] = set()

    @BOUNDED
    @given(operation.as_strategy(mode))
    def ask(case: Any) -> None:
        status = case.call(base_url=url).status_code
        assert status < 500, f"{status} is the answer to: {case.as_curl_command()}"
        seen.add(status)

    # An operation that takes nothing cannot be asked wrongly.
    with suppress(Unsatisfiable):
        ask()
    return seen
