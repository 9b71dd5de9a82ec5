"""The report shows every figure and every step, and says what failed."""

import json

import pytest

from scripts.drill import report
from scripts.drill.figure import GOALS, Figure
from scripts.drill.run import STEPS, Drill
from scripts.drill.timeline import Timeline


@pytest.fixture
def lines():
    return []


@pytest.fixture
def drill(lines):
    made = Drill("local", (), STEPS, Timeline(lines.append))
    made.timeline.add("a", "steady", "begun", "it is <steady>")
    made.timeline.add("a", "steady", "proven", "it was", ("window 1: nothing drifted",))
    made.figures.append(Figure("drift", 2, "25 % shifted", "a"))
    return made


def test_a_drill_passes_if_nothing_failed_and_shows_every_figure(drill, lines):
    page = report.html(drill)
    assert drill.passed
    assert all(goal.title.replace("'", "&#39;") in page for goal in GOALS)
    assert "it is &lt;steady&gt;" in page
    assert "window 1: nothing drifted" in page
    assert lines[1].split()[1:4] == ["a", "steady", "proven"]
    assert json.loads(json.dumps(report.document(drill)))["passed"]


def test_what_failed_stands_at_the_top(drill):
    drill.timeline.add("a", "drift", "failed", "nobody saw it")
    drill.timeline.add("a", "retrain", "not run", "it retrains")
    page = report.html(drill)
    assert not drill.passed
    assert page.index("nobody saw it") < page.index("Figures")


def test_a_missed_figure_fails_a_drill(drill):
    drill.figures.append(Figure("back", 3.5, "errors", "a"))
    assert not drill.passed
    assert "MISSED" in report.html(drill)
