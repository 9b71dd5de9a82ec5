"""People are asked first about what a model knows least, and never twice about the same."""

import numpy as np
import pytest
from scipy.stats import entropy

from ml.data.images.labelling import uncertain_first, uncertainty

THREE = np.array([[1.0, 0.0, 0.0], [0.2, 0.3, 0.5], [1 / 3, 1 / 3, 1 / 3]])


def test_uncertainty_is_scipys_entropy_as_a_share_of_the_most():
    wanted = entropy(THREE, axis=1) / np.log(3)
    assert uncertainty(THREE) == pytest.approx(wanted)
    assert uncertainty(THREE)[[0, 2]] == pytest.approx([0, 1])


def test_the_most_uncertain_come_first_and_near_duplicates_once():
    doubt = np.array([0.99, 0.5, 0.6, 0.52, 0.9])
    order = uncertain_first(
        np.column_stack([doubt, 1 - doubt]), [0, 0xFF00, 0xFF << 40, 0xFF01, 0xFFFF << 20]
    )
    assert order == [1, 2, 4, 0], "the fourth shows the same as the second, about which more is unknown"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.ones(3), "have shape"),
        (np.ones((3, 1)), "two or more"),
        (np.array([[0.5, np.nan]]), "finite"),
        (np.array([[0.5, 0.6]]), "sum to 1"),
    ],
)
def test_what_are_no_probabilities_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        uncertainty(given)


def test_one_hash_an_image_is_needed():
    with pytest.raises(ValueError, match="3 images have 1 hashes"):
        uncertain_first(THREE, [1])
