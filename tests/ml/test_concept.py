"""Answers that get worse are told soon, and those that stay as they are hardly ever."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ml.drift.concept import concept, page_hinkley

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def errors(seed, *parts):
    """Return judged answers, of each part (count, share) so many with such a share of errors."""
    random = np.random.default_rng(seed)
    return np.concatenate([random.random(count) < share for count, share in parts]).astype(float)


@pytest.mark.parametrize(("seed", "place"), [(0, 1082), (1, 1122), (2, 1101), (3, 1126), (4, 1123)])
def test_a_rise_is_seen_where_river_sees_it(seed, place):
    """The places are those of river 0.26.1: PageHinkley(30, 0.05, 25, alpha=1, mode="up")."""
    assert page_hinkley(errors(seed, (1000, 0.1), (1000, 0.4))) == place


def test_answers_that_stay_as_they_are_raise_hardly_any_alarm():
    told = [page_hinkley(errors(seed, (5000, 0.05 + seed / 1000))) for seed in range(200)]
    assert sum(place is not None for place in told) <= 1


def test_answers_that_get_better_are_no_drift():
    assert page_hinkley(errors(1, (1000, 0.4), (1000, 0.1))) is None


def test_the_score_and_the_moment_of_its_fall_are_told():
    scores = (1 - errors(7, (300, 0.1), (300, 0.6))).tolist()
    times = [BEGAN + timedelta(seconds=place) for place in range(600)]
    found = concept(scores, times, recent=100)
    assert found.count == 600
    assert found.recent_score < 0.5 < found.score
    assert BEGAN + timedelta(seconds=300) < found.fell_at < BEGAN + timedelta(seconds=450)
    assert concept([], [], 100).score is None
