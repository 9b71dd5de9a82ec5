"""The report is one file that needs no network and says all that the verdict says."""

import re

import numpy as np
import pytest

from ml.data.datasets import DatasetVersion
from ml.evaluation.charts import Mark, Row, forest, tug
from ml.evaluation.latency import Latency
from ml.evaluation.report import Report
from ml.evaluation.statistics import Estimate
from ml.evaluation.units import Curve, Units
from ml.folders import StoredFolder
from ml.gate import Contest
from ml.system import load
from ml.training.train import TrainedModel

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


def written(champion, tmp_path, level=1.0):
    contest = Contest(
        load("recommender"),
        units(level, 0),
        champion,
        Latency(p50_ms=0.2, p99_ms=0.4, clock_p50_ms=0.2, clock_p99_ms=0.5, answers=10),
        1000,
        0,
    )
    model = TrainedModel(
        dataset=DatasetVersion(system="recommender", number=4, digest="d" * 64, tables={}),
        folder=StoredFolder(digest="f" * 64, size_bytes=1, files={}),
        family="ease",
        settings={"penalty": 500.0},
        validation={"ndcg_at_10": 0.12},
        run_id="abc",
        commit="c" * 40,
        fit_s=1.0,
    )
    verdict = contest.judge()
    Report(contest, verdict, model, None).write(tmp_path)
    return verdict, (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("champion", [None, units(0.9, 1)])
def test_it_loads_nothing_from_anywhere(champion, tmp_path):
    _, page = written(champion, tmp_path)
    addresses = set(re.findall(r'(?:https?:)?//[^\s"\'<>)]+', page))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(script|link|img|iframe)\b|@import|url\(", page)


def test_it_shows_every_check_and_reason(tmp_path):
    from html import unescape

    verdict, page = written(units(0.9, 1), tmp_path)
    for check in verdict.checks:
        assert check.sentence in unescape(page)
    assert "recommender@4" in page


def test_a_rejection_says_so_at_the_top(tmp_path):
    verdict, page = written(None, tmp_path, level=0.1)
    assert verdict.decision == "reject"
    assert '<section class="verdict reject">' in page


def test_names_are_escaped(tmp_path):
    _, page = written(None, tmp_path)
    assert "<young" not in page
    assert "&lt;young &amp; old&gt;" in page


def test_charts_are_stored_beside_it_as_they_stand(tmp_path):
    import xml.etree.ElementTree as ElementTree

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
