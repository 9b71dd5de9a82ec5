"""Environments in AWS from nothing to nothing, on an account that this machine plays."""

from __future__ import annotations

import re

import pytest

from tests.environments import TOOLS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

LIFE = (
    "bootstrap",
    "preview of the empty account",
    "up",
    "up again",
    "map",
    "a second clone",
    "drift",
    "a change of size",
    "an upgrade of one module",
    "secrets",
    "dependents",
    "destroy, keeping data",
    "destroy",
)


@pytest.fixture
def rehearsed(millrace):
    """Rehearse, and return the finished process."""

    def run(*arguments):
        finished = millrace("rehearse", *arguments, timeout=3500, MILLRACE_TOOLS=TOOLS)
        assert finished.returncode == 0, (finished.stdout + finished.stderr)[-8000:]
        return finished.stdout

    return run


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_an_environment_is_previewed_whole_on_an_empty_account(rehearsed, environment):
    told = rehearsed(environment, "--preview")
    assert "proven: preview of the empty account" in told
    assert "planned on placeholders, never applied" in told
    assert len(re.findall(r"^ +policy: ", told, re.MULTILINE)) == 4
    assert re.search(rf"^ +cost of {environment}: [0-9.]+ USD a month of [0-9.]+ allowed", told, re.MULTILINE)
    assert "by use, not counted" in told


def test_dev_lives_and_leaves_nothing(rehearsed):
    told = rehearsed("dev")
    for step in LIFE:
        assert f"proven: {step}: " in told, step


@pytest.mark.long
@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_the_others_live_and_leave_nothing(rehearsed, environment):
    told = rehearsed(environment)
    assert "proven: destroy: " in told
    assert ("proven: protection: " in told) == (environment == "prod")
