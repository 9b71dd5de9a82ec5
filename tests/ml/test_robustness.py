"""Robustness and permutation importance, against what is known of a model."""

import numpy as np
import pytest
from sklearn.inspection import permutation_importance as sklearns
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

from ml.errors import WrongPredictions
from ml.evaluation.importance import permutation_importance
from ml.evaluation.robustness import image_blur, image_brightness, image_noise, robustness, table_noise

RANDOM = np.random.default_rng(11)
TABLE = RANDOM.normal(size=(400, 3))
LABELS = (2 * TABLE[:, 0] + TABLE[:, 1] + RANDOM.normal(0, 0.5, 400) > 0).astype(int)
MODEL = LogisticRegression().fit(TABLE, LABELS)
BAR = np.zeros((6, 9, 9))
BAR[:, :, 4] = 0.8


def test_accuracy_falls_as_noise_rises_and_no_change_is_no_change():
    found = robustness(MODEL.predict, TABLE, LABELS, {"noise": (table_noise, (0.0, 1.0, 4.0))})
    accuracies = [one.accuracy.value for one in found]
    assert accuracies[0] == MODEL.score(TABLE, LABELS)
    assert found[0].against_clean.p_exact == 1.0
    assert accuracies == sorted(accuracies, reverse=True)
    assert found[2].against_clean.p_exact < 0.001
    assert found[2].accuracy.high < found[0].accuracy.low


def test_the_noise_of_a_table_is_in_its_columns_own_units():
    wide = np.column_stack([np.arange(4000.0), np.arange(4000.0) * 1000])
    added = table_noise(wide, 0.5, np.random.default_rng(1)) - wide
    assert added.std(axis=0) == pytest.approx(0.5 * wide.std(axis=0), rel=0.05)


def test_images_keep_their_range_whatever_is_done_to_them():
    for change in (image_noise, image_blur, image_brightness):
        for strength in (0.0, 0.5, 3.0):
            found = change(BAR, strength, np.random.default_rng(2))
            assert found.shape == BAR.shape
            assert found.min() >= 0
            assert found.max() <= 1


def test_brightness_multiplies_and_blur_spreads_within_each_image_alone():
    random = np.random.default_rng(3)
    assert image_brightness(BAR, -0.5, random).max() == pytest.approx(0.4)
    lit = BAR.copy()
    lit[1:] = 0
    blurred = image_blur(lit, 1.0, random)
    assert blurred[0, 4, 3] > 0
    assert blurred[0].sum() == pytest.approx(lit[0].sum(), rel=0.01)
    assert blurred[1:].max() == 0
    coloured = np.stack([BAR, 0 * BAR], axis=-1)
    assert image_blur(coloured, 1.0, random)[..., 1].max() == 0


def test_permutation_importance_is_scikit_learns():
    ours = permutation_importance(MODEL.predict, TABLE, LABELS, ["x", "y", "idle"], accuracy_score, 60)
    theirs = sklearns(MODEL, TABLE, LABELS, n_repeats=60, random_state=1).importances_mean
    assert [one.feature for one in ours] == ["x", "y", "idle"]
    assert [one.fall.value for one in ours] == pytest.approx(theirs, abs=0.01)
    assert ours[2].fall.value == pytest.approx(0, abs=0.01)
    assert all(one.fall.low <= one.fall.value <= one.fall.high for one in ours)


def test_importance_of_other_columns_than_are_named_is_refused():
    with pytest.raises(WrongPredictions, match="one column for each name"):
        permutation_importance(MODEL.predict, TABLE, LABELS, ["x"], accuracy_score)
