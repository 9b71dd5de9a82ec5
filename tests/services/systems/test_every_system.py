"""What is asked of each service is asked of all."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ml.system import names

TESTS = Path(__file__).parent


@pytest.mark.parametrize("system", names())
def test_every_service_is_asked_what_its_openapi_allows_and_forbids(system: str) -> None:
    file = TESTS / f"test_{system}.py"
    assert file.is_file(), f"the service of {system} has no tests; write {file.name}, as its neighbours are"
    tests = {node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)}
    assert "test_no_request_made_after_its_openapi_gives_5xx" in tests
