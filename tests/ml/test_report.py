"""The report is one file that needs no network and says all that the verdict says."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from ml.data.datasets import DatasetVersion
from ml.declaration import SystemDeclaration
from ml.evaluation.behaviour import BehaviourResult
from ml.evaluation.charts import Mark, Row, forest, tug
from ml.evaluation.choice import Choice, choose
from ml.evaluation.intervals import wilson
from ml.evaluation.latency import Latency
from ml.evaluation.paired import mcnemar
from ml.evaluation.plane import Line, plane
from ml.evaluation.predictions import Predictions
from ml.evaluation.report import Report
from ml.evaluation.robustness import Degraded
from ml.evaluation.statistics import Estimate
from ml.evaluation.units import Curve, Units
from ml.folders import StoredFolder
from ml.forgetting import checks, forgetting
from ml.gate import Contest
from ml.system import load
from ml.training.trained_model import TrainedModel

FAST = Latency(p50_ms=0.2, p99_ms=0.4, clock_p50_ms=0.2, clock_p99_ms=0.5, answers=10)
METRICS = ("ndcg_at_10", "hit_rate_at_10", "mrr_at_10")


def units(level, seed):
    random = np.random.default_rng(seed)
    return Units(
        ids=np.arange(200).astype(str),
        metrics={name: random.random(200) * level for name in METRICS},
        baselines={"popularity": {name: random.random(200) * 0.1 for name in METRICS}},
        slices={
            name: np.where(np.arange(200) % 2 == 0, "<young & old>", "b")
            for name in ("activity", "age", "gender", "genre")
        },
        curves=(Curve(name="ndcg", title="NDCG@k", x_title="k", y_title="NDCG", x=(1, 2), y=(0.1, 0.2)),),
        facts={"catalogue_coverage_at_10": 0.4},
    )


def behaved(name, right):
    share, failures = wilson(right, 100, 0.95), () if right == 100 else ("<it> did otherwise",)
    return BehaviourResult(
        name=name, title=f"Must {name}", passed=right >= 90, share=share, least=0.9, failures=failures
    )


def written(champion, tmp_path, level=1.0):
    contest = Contest(
        load("recommender"),
        units(level, 0),
        champion,
        FAST,
        1000,
        0,
        (behaved("newcomers", 70), behaved("shorter_list", 100), behaved("longer_list", 95)),
    )
    return published(contest, tmp_path)


def published(contest, tmp_path, choice=None):
    model = TrainedModel(
        dataset=DatasetVersion(system="recommender", number=4, digest="d" * 64, tables={}),
        folder=StoredFolder(digest="f" * 64, size_bytes=1, files={}),
        family="ease",
        settings={"penalty": 500.0},
        validation={contest.declaration.gate.primary: 0.12},
        run_id="abc",
        commit="c" * 40,
        fit_s=1.0,
    )
    verdict = contest.judge()
    Report(contest, verdict, model, None, choice=choice).write(tmp_path)
    return verdict, (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("champion", [None, units(0.9, 1)])
def test_it_loads_nothing_from_anywhere(champion, tmp_path):
    _, page = written(champion, tmp_path)
    addresses = set(re.findall(r'(?:https?:)?//[^\s"\'<>)]+', page))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(script|link|img|iframe)\b|@import|url\(", page)


def test_it_shows_every_check_and_reason(tmp_path):
    verdict, page = written(units(0.9, 1), tmp_path)
    for check in verdict.checks:
        assert check.sentence in unescape(page)
    assert "recommender@4" in page


def test_it_shows_what_a_model_must_do_and_the_first_request_that_did_otherwise(tmp_path):
    verdict, page = written(None, tmp_path)
    assert verdict.decision == "reject"
    table = page.split("What it must do</h2>")[1].split("</table>")[0]
    assert "Must newcomers" in table
    assert "70.0 %" in table
    assert "&lt;it&gt; did otherwise" in table


def test_it_shows_fit_and_update_side_by_side_and_what_was_forgotten(tmp_path):
    champion = units(0.9, 1)
    contest = Contest(load("recommender"), units(1.0, 0), champion, FAST, 1000, 0)
    found = forgetting(contest.declaration, 7, units(0.4, 2), champion, 0)
    update = replace(contest, challenger=units(1.1, 3), more=checks(contest.declaration, found))
    choice = choose((contest, contest.judge()), (update, update.judge()), found)
    _, page = published(contest, tmp_path, choice)
    section = unescape(page.split("Fitted from scratch, or updated</h2>")[1].split("<h2")[0])
    assert choice.sentence[1:] in section
    assert "fit from scratch (taken)</td>" in section
    assert "update of version 7</td>" in section
    assert f"{choice.forgetting.old.difference.value:+.4f}" in section
    assert "may fall by 0.02" in section
    for old in found.slices:
        assert f"{old.dimension} {old.value}" in section
    alone = Choice(taken="fit", sentence="the fit from scratch stands alone: there is no champion")
    _, page = published(contest, tmp_path, alone)
    section = page.split("Fitted from scratch, or updated</h2>")[1].split("<h2")[0]
    assert "The fit from scratch stands alone: there is no champion." in section
    assert "<table" not in section


def test_a_rejection_says_so_at_the_top(tmp_path):
    verdict, page = written(None, tmp_path, level=0.1)
    assert verdict.decision == "reject"
    assert '<section class="verdict reject">' in page


def test_names_are_escaped(tmp_path):
    _, page = written(None, tmp_path)
    assert "<young" not in page
    assert "&lt;young &amp; old&gt;" in page


def test_charts_are_stored_beside_it_as_they_stand(tmp_path):
    written(units(0.9, 1), tmp_path)
    charts = sorted(path.name for path in (tmp_path / "charts").iterdir())
    assert "metrics.svg" in charts
    assert "curve_ndcg.svg" in charts
    for path in (tmp_path / "charts").iterdir():
        ElementTree.parse(path)


def test_marks_lie_where_their_values_are():
    def at(value):
        chart = forest("t", [Row("r", [Mark("challenger", Estimate(value=value, low=0, high=1, units=3))])])
        return float(re.search(r'cx="([\d.]+)"', chart).group(1))

    zero, half, one = at(0.0), at(0.5), at(1.0)
    assert half - zero == pytest.approx(one - half, abs=0.11)
    assert one > zero


def test_the_tug_of_war_shares_its_width_by_count():
    chart = tug("t", 10, 30, 60)
    widths = [float(width) for width in re.findall(r'width="([\d.]+)" height="20"', chart)]
    assert [round((width + 2) / 760, 2) for width in widths] == [0.1, 0.3, 0.6]


CLASSES = ("good", "<scratch & dent>", "crack")
DECLARED = {
    "name": "sample",
    "title": "Sample",
    "description": "A classifier for tests",
    "source": "none",
    "metrics": [{"name": "accuracy", "title": "Accuracy", "minimum": 0.3}],
    "gate": {"primary": "accuracy", "floor": "majority", "resamples": 200},
    "budgets": {"latency_p99_ms": 5, "size_mib": 1},
    "slices": [{"name": "line", "title": "Line"}],
    "drift": {"monitors": [{"feature": "f", "title": "F"}]},
}
COSTS = {"positive": "<scratch & dent>", "costs": {"false_positive": 1, "false_negative": 9, "unit": "EUR"}}


def degraded(share):
    right, clean = np.arange(150) < 150 * share, np.ones(150, bool)
    accuracy = wilson(int(right.sum()), 150, 0.95)
    return Degraded(change="noise", strength=0.05, accuracy=accuracy, against_clean=mcnemar(right, clean))


def classified(classes, seed):
    truth = np.arange(150) % classes
    logits = np.random.default_rng(seed).normal(size=(150, classes)) + 1.5 * np.eye(classes)[truth]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = Predictions(CLASSES[:classes], truth, shares)
    return Units(
        ids=np.arange(150).astype(str),
        metrics={"accuracy": (found.predicted == truth).astype(float)},
        baselines={"majority": {"accuracy": (truth == 0).astype(float)}},
        slices={"line": np.where(np.arange(150) < 100, "north", "south")},
        predictions=found,
        degraded=(degraded(0.8),),
    )


def reported(classes, champion, tmp_path, **classifier):
    declared = SystemDeclaration.model_validate({**DECLARED, "classifier": classifier})
    latency = Latency(p50_ms=0.2, p99_ms=0.4, clock_p50_ms=0.2, clock_p99_ms=0.5, answers=10)
    rival = classified(classes, 1) if champion else None
    contest = Contest(declared, classified(classes, 0), rival, latency, 1000, 0)
    published(contest, tmp_path)
    return contest, unescape((tmp_path / "report.html").read_text())


@pytest.mark.parametrize("champion", [False, True])
def test_a_classifier_with_costs_has_all_its_sections(champion, tmp_path):
    contest, page = reported(2, champion, tmp_path, **COSTS)
    for title in (
        "mistakes for what",
        "tells the classes apart",
        "probabilities hold",
        "Where to cut",
        "does worse",
    ):
        assert f"{title}</h2>" in page
    charts = {path.stem for path in (tmp_path / "charts").iterdir()}
    assert {"confusion", "roc_0", "precision_recall_0", "calibration", "threshold"} <= charts
    for path in (tmp_path / "charts").iterdir():
        ElementTree.parse(path)
    assert ("Against the champion: " in page) == champion
    assert ("DeLong's test" in page) == champion
    accuracy = contest.challenger.metrics["accuracy"].mean()
    assert f"Accuracy {accuracy:.3f}" in page
    assert "Line: north" in page
    worse = page.split("when inputs get worse</h2>")[1].split("</table>")[0]
    assert "0.800" in worse
    assert "30 / 0" in worse
    assert "<scratch" not in (tmp_path / "report.html").read_text()


def test_of_many_classes_the_curves_are_of_those_told_apart_worst_and_no_threshold_is_chosen(tmp_path):
    _, page = reported(3, True, tmp_path)
    assert page.count("<h3>ROC curve: ") == 3
    assert "Where to cut" not in page
    assert "likeliest class" in page


def test_a_system_without_predictions_has_no_section_of_a_classifier(tmp_path):
    _, page = written(None, tmp_path)
    assert "mistakes for what" not in page


def test_predictions_are_saved_with_the_units(tmp_path):
    units = classified(3, 0)
    units.save(tmp_path)
    loaded = Units.load(tmp_path).predictions
    assert loaded.classes == CLASSES
    np.testing.assert_array_equal(loaded.truth, units.predictions.truth)
    np.testing.assert_array_equal(loaded.probabilities, units.predictions.probabilities)
    assert loaded.decided is None
    assert Units.load(tmp_path).degraded == units.degraded


def test_what_the_system_decided_is_saved_too_and_is_what_it_is_judged_by(tmp_path):
    units = classified(3, 0)
    decided = np.full(150, 2)
    replace(units, predictions=replace(units.predictions, decided=decided)).save(tmp_path)
    loaded = Units.load(tmp_path).predictions
    np.testing.assert_array_equal(loaded.predicted, decided)
    np.testing.assert_array_equal(loaded.likeliest, units.predictions.predicted)


def test_a_line_lies_where_its_values_are_and_axes_are_named():
    chart = plane("t", "to the right", "up", [Line("challenger", "c", (0, 0.5, 1), (0, 1, 0))])
    points = [tuple(map(float, pair.split(","))) for pair in re.search('points="([^"]+)"', chart)[1].split()]
    (left, floor), (middle, ceiling), (right, level) = points
    assert middle - left == pytest.approx(right - middle, abs=0.11)
    assert floor == level > ceiling
    assert "to the right" in chart
    assert "up" in chart


def test_a_line_of_steps_keeps_its_height_until_the_next_point():
    chart = plane("t", "x", "y", [Line("challenger", "c", (0, 0.5), (0.2, 0.8), steps=True)])
    points = [pair.split(",") for pair in re.search('points="([^"]+)"', chart)[1].split()]
    assert points[0][1] == points[1][1] != points[2][1]
    assert points[1][0] == points[2][0]
