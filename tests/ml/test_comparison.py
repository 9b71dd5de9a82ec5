"""A window is held against the reference: what moved is found, and chance is not taken for it."""

import numpy as np
import pytest
from scipy import stats

from ml.drift.alarm import alarming
from ml.drift.comparison import benjamini_hochberg, compare, fisher, homogeneity, location
from ml.drift.profile import profile
from ml.errors import WrongInput
from ml.operation import Monitor

WINDOW, LEVEL = 1000, 0.01
NUMBERS = [Monitor(feature=f"x{place}", title="X") for place in range(28)]
KINDS = [Monitor(feature=f"kind{place}", title="Kind", kind="categorical") for place in range(2)]
KIND_SHARES = {"a": 0.6, "b": 0.3, "c": 0.1}


def rows(random, count, *, mean=0.0, shares=None):
    """Return a window of 30 features, of which the first number and the first kind may have moved."""
    found = {monitor.feature: random.normal(0, 1, count) for monitor in NUMBERS}
    found["x0"] = found["x0"] + mean
    for monitor in KINDS:
        found[monitor.feature] = random.choice(list(KIND_SHARES), count, p=list(KIND_SHARES.values()))
    if shares:
        found["kind0"] = random.choice(list(shares), count, p=list(shares.values()))
    return found


def reference(random, count=5000):
    return profile([*NUMBERS, *KINDS], rows(random, count))


def test_pearsons_test_gives_a_published_tables_value():
    # Party and gender, Agresti, Introduction to Categorical Data Analysis, 2007, table 2.5: X2 = 30.1, df 2.
    table = np.array([[762.0, 327, 468], [484, 239, 477]])
    assert homogeneity(*table) == pytest.approx(stats.chi2.sf(30.07, 2), rel=0.01)
    assert homogeneity(*table) == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)


def test_the_rank_sum_over_bins_is_scipys_on_the_values():
    one, other = np.array([10.0, 20, 30, 5]), np.array([8.0, 10, 40, 12])
    values = [np.repeat(np.arange(4), each.astype(int)) for each in (one, other)]
    wanted = stats.mannwhitneyu(*values, method="asymptotic", use_continuity=False).pvalue
    assert location(one, other) == pytest.approx(wanted)
    assert location(np.array([5.0]), np.array([7.0])) == 1.0


@pytest.mark.parametrize(
    ("were", "of", "are", "total"), [(3, 50, 9, 40), (0, 1000, 12, 1000), (700, 1000, 20, 30), (5, 5, 7, 7)]
)
def test_fishers_test_is_scipys(were, of, are, total):
    wanted = stats.fisher_exact([[were, of - were], [are, total - are]]).pvalue
    assert fisher(were, of, are, total) == pytest.approx(wanted)


def test_the_adjustment_for_many_tests_is_scipys():
    p_values = np.random.default_rng(2).random(90) ** 3
    assert benjamini_hochberg(p_values) == pytest.approx(stats.false_discovery_control(p_values))


def test_bins_that_hold_too_little_are_joined():
    full = np.array([100.0, 100, 100])
    assert homogeneity(np.r_[full, 1, 0], np.r_[full, 0, 1]) == 1.0
    assert homogeneity(np.array([3.0, 1]), np.array([2.0, 1])) == 1.0


@pytest.mark.parametrize("count", [1000, 5000])
def test_windows_without_drift_are_called_drifted_no_more_often_than_stated(count):
    random, called = np.random.default_rng(count), []
    for _ in range(15):
        known = reference(random, count)
        called += [compare(known, rows(random, WINDOW), 0.05).drifted for _ in range(20)]
    share = sum(bool(each) for each in called) / len(called)
    assert stats.binomtest(round(share * 300), 300, 0.05, alternative="greater").pvalue > 1e-3, share


@pytest.mark.parametrize(
    ("moved", "feature"),
    [({"mean": 0.25}, "x0"), ({"shares": {"a": 0.5, "b": 0.3, "c": 0.2}}, "kind0")],
    ids=["a mean by a quarter of a deviation", "a category from 10 to 20 percent"],
)
def test_a_shift_in_one_of_thirty_features_is_found_within_three_windows(moved, feature):
    random, found = np.random.default_rng(3), 0
    known = reference(random)
    for _ in range(40):
        windows = [compare(known, rows(random, WINDOW, **moved), LEVEL) for _ in range(3)]
        found += alarming(windows, 2, 3) == (feature,)
    assert found >= 38


def test_a_window_tells_how_far_and_in_what_the_clearest_first():
    random = np.random.default_rng(4)
    window = compare(reference(random), rows(random, WINDOW, mean=1.0, shares={"a": 0.5, "b": 0.5}), LEVEL)
    assert window.count == WINDOW
    assert set(window.drifted) == {"x0", "kind0"}
    first, second, *rest = window.features
    assert {first.feature, second.feature} == {"x0", "kind0"}
    assert max(each.psi for each in rest) < 0.1 < min(first.psi, second.psi)
    by_name = {each.feature: each for each in window.features}
    assert by_name["x0"].kolmogorov_smirnov == pytest.approx(0.38, abs=0.05)
    assert by_name["kind0"].kolmogorov_smirnov is None


def test_values_that_go_missing_and_values_never_seen_are_drift():
    random = np.random.default_rng(5)
    known, window = reference(random), rows(random, WINDOW)
    window["x3"][:50] = np.nan
    window["kind1"] = np.where(random.random(WINDOW) < 0.05, "new", window["kind1"])
    found = compare(known, window, LEVEL)
    assert set(found.drifted) == {"x3", "kind1"}
    assert {each.feature: each.missing for each in found.features}["x3"] == 0.05


def test_values_beyond_the_edges_count_in_the_outermost_bins():
    known = profile([Monitor(feature="x", title="X")], {"x": np.arange(1000.0)})
    (found,) = compare(known, {"x": np.full(100, 1e9)}, LEVEL).features
    assert found.kolmogorov_smirnov == pytest.approx(0.9)


def test_a_feature_that_was_never_there_has_not_moved_while_it_is_not():
    known = profile([Monitor(feature="x", title="X")], {"x": np.full(100, np.nan)})
    (same,) = compare(known, {"x": np.full(100, np.nan)}, LEVEL).features
    assert (same.p_values, same.drifted) == ((1.0, 1.0, 1.0), False)
    (there,) = compare(known, {"x": np.ones(100)}, LEVEL).features
    assert there.drifted


def test_a_window_that_cannot_be_compared_is_refused():
    known = profile([Monitor(feature="x", title="X")], {"x": np.arange(100.0)})
    with pytest.raises(WrongInput, match="the window lacks x"):
        compare(known, {"y": np.ones(3)}, LEVEL)
    with pytest.raises(WrongInput, match="no value of x; wait until there are requests"):
        compare(known, {"x": np.ones(0)}, LEVEL)


def test_k_of_the_last_n_windows_must_agree():
    random = np.random.default_rng(6)
    known = reference(random)
    odd, even = (compare(known, rows(random, WINDOW, mean=mean), LEVEL) for mean in (1.0, 0.0))
    assert alarming([odd, even, even], 2, 3) == ()
    assert alarming([odd, even, odd], 2, 3) == ("x0",)
    assert alarming([odd, odd, even, even], 2, 3) == ()
    with pytest.raises(ValueError, match="4 of 3 windows"):
        alarming([odd], 4, 3)
