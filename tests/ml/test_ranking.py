"""Ranking figures agree with scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from ml.evaluation.ranking import hit_at, ndcg_at, rank_of, reciprocal_rank_at


def test_ndcg_is_scikit_learns():
    random = np.random.default_rng(0)
    scores = random.random((200, 50))
    targets = random.integers(0, 50, 200)
    ranks = np.array(
        [rank_of(row, np.array([], int), target) for row, target in zip(scores, targets, strict=True)]
    )
    relevant = np.zeros((200, 50))
    relevant[np.arange(200), targets] = 1
    assert ndcg_at(ranks, 10).mean() == pytest.approx(ndcg_score(relevant, scores, k=10))


def test_items_taken_before_are_not_ranked():
    scores = np.array([9.0, 8.0, 7.0, 6.0])
    assert rank_of(scores, np.array([0, 1]), 3) == 1
    assert rank_of(scores, np.array([], int), 3) == 3


def test_a_model_that_scores_everything_alike_ranks_the_target_last():
    assert rank_of(np.zeros(10), np.array([2]), 5) == 8


def test_an_item_without_a_score_ranks_last():
    assert rank_of(np.array([0.5, -np.inf, 0.2]), np.array([], int), 1) == 2


def test_hits_and_reciprocal_ranks_stop_at_the_cutoff():
    ranks = np.array([0, 9, 10])
    assert hit_at(ranks, 10).tolist() == [1, 1, 0]
    assert reciprocal_rank_at(ranks, 10).tolist() == [1, 0.1, 0]
    assert ndcg_at(ranks, 10)[2] == 0
