"""Distances between distributions are what their sources and other libraries say."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from ml.drift.distances import jensen_shannon, kolmogorov_smirnov, population_stability_index

SKEWED, EVEN = [0.7, 0.2, 0.1], [0.3, 0.3, 0.4]


def test_psi_is_the_two_relative_entropies_summed():
    wanted = stats.entropy(SKEWED, EVEN) + stats.entropy(EVEN, SKEWED)
    assert population_stability_index(SKEWED, EVEN) == pytest.approx(wanted)
    # By hand: 0.4 ln(7/3) + 0.1 ln(3/2) + 0.3 ln 4.
    assert population_stability_index(SKEWED, EVEN) == pytest.approx(0.7953, abs=1e-4)
    assert population_stability_index(EVEN, EVEN) == 0


def test_an_empty_bin_has_a_large_psi_and_not_an_endless_one():
    assert 1 < population_stability_index([0.5, 0.5, 0.0], [0.25, 0.25, 0.5]) < 10


def test_jensen_shannon_is_scipys_and_lies_between_0_and_1():
    assert jensen_shannon(SKEWED, EVEN) == pytest.approx(jensenshannon(SKEWED, EVEN, base=2))
    assert jensen_shannon(EVEN, EVEN) == 0
    assert jensen_shannon([1, 0], [0, 1]) == pytest.approx(1)


def test_kolmogorov_smirnov_over_fine_bins_is_scipys_of_the_samples():
    random = np.random.default_rng(1)
    one, other = random.normal(0, 1, 2000), random.normal(0.3, 1, 2000)
    edges = np.linspace(-6, 6, 4001)
    shares = [np.histogram(each, edges)[0] / 2000 for each in (one, other)]
    assert kolmogorov_smirnov(*shares) == pytest.approx(stats.ks_2samp(one, other).statistic, abs=0.002)


@pytest.mark.parametrize(
    "wrong", [([0.5, 0.5], [1.0]), ([0.5, 0.6], [0.5, 0.5]), ([1.5, -0.5], [0.5, 0.5]), ([], [])]
)
@pytest.mark.parametrize("distance", [population_stability_index, jensen_shannon, kolmogorov_smirnov])
def test_what_are_no_shares_of_the_same_bins_is_refused(distance, wrong):
    with pytest.raises(ValueError, match="shares"):
        distance(*wrong)
