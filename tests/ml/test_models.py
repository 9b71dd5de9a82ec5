"""Each family against a reference that shares none of its code, and its ONNX file against it."""

import numpy as np
import pytest
from implicit.cpu.als import AlternatingLeastSquares

from ml.errors import ExportDiffers
from ml.onnx_session import open_session
from ml.systems.recommender.export import check_equal
from ml.systems.recommender.histories import Histories, recency_weights
from ml.systems.recommender.models.als import Als, fit_als, whiten
from ml.systems.recommender.models.ease import Ease, fit_ease
from ml.systems.recommender.models.popularity import fit_popularity

ITEMS = 30


@pytest.fixture(scope="module")
def histories():
    random = np.random.default_rng(3)
    users, items = [], []
    for user in range(80):
        taken = random.permutation(ITEMS)[: random.integers(2, 15)]
        users += [user] * len(taken)
        items += taken.tolist()
    return Histories.of_events(np.array([f"u{n}" for n in range(80)]), np.array(users), np.array(items))


@pytest.fixture(params=["popularity", "ease", "als"])
def model(request, histories):
    fitted = {
        "popularity": lambda: fit_popularity(histories, ITEMS),
        "ease": lambda: fit_ease(histories, ITEMS, 20.0),
        "als": lambda: fit_als(histories, ITEMS, 8, 1.0, 3.0, 10, seed=0),
    }
    return fitted[request.param]()


def test_the_newest_event_weighs_one_and_the_rest_less():
    assert recency_weights(3, 1.0).tolist() == pytest.approx([1, 1 / 2, 1 / 3])
    assert recency_weights(3, 0.0).tolist() == [1, 1, 1]


def test_histories_are_newest_first_and_the_matrix_weighs_them(histories):
    made = Histories.of_events(np.array(["a", "b"]), np.array([0, 1, 0]), np.array([4, 2, 1]))
    assert made.of(0).tolist() == [1, 4]
    dense = made.matrix(5, 1.0).toarray()
    assert dense[0].tolist() == pytest.approx([0, 1, 0, 0, 0.5])
    assert made.counts(5).tolist() == [0, 1, 1, 0, 1]
    assert histories.lengths().sum() == len(histories.items)


def test_ease_is_the_ridge_regression_of_each_item_on_all_others(histories):
    taken = histories.matrix(ITEMS).toarray().astype(np.float64)
    weights = fit_ease(histories, ITEMS, 20.0).weights
    for item in (0, 7, 29):
        others = np.delete(np.arange(ITEMS), item)
        gram = taken[:, others].T @ taken[:, others] + 20.0 * np.eye(ITEMS - 1)
        reference = np.linalg.solve(gram, taken[:, others].T @ taken[:, item])
        np.testing.assert_allclose(weights[others, item], reference, atol=1e-6)
        assert weights[item, item] == 0


@pytest.mark.filterwarnings("ignore:OpenBLAS is configured:RuntimeWarning")
def test_als_folds_a_user_in_as_implicit_recalculates_one(histories):
    trainer = AlternatingLeastSquares(
        factors=8, regularization=2.0, alpha=5.0, iterations=8, random_state=1, use_cg=False, num_threads=1
    )
    taken = histories.matrix(ITEMS)
    trainer.fit(taken, show_progress=False)
    reference = np.vstack(
        [
            trainer.recalculate_user(user, taken[user]) @ trainer.item_factors.T
            for user in range(len(histories))
        ]
    )
    ours = Als(whiten(trainer.item_factors, 2.0), 5.0).scores(histories, 0.0)
    np.testing.assert_allclose(ours, reference, atol=2e-4)


def test_als_with_the_same_seed_gives_the_same_factors(histories):
    one, other = (fit_als(histories, ITEMS, 8, 1.0, 3.0, 5, seed=4) for _ in range(2))
    np.testing.assert_array_equal(one.whitened, other.whitened)


def test_popularity_is_the_share_of_users(histories):
    share = fit_popularity(histories, ITEMS).share
    np.testing.assert_allclose(share, histories.matrix(ITEMS).toarray().mean(axis=0), rtol=1e-6)


@pytest.mark.parametrize("exponent", [0.0, 0.7, 1.3])
def test_the_onnx_file_answers_as_the_model_does(model, histories, exponent):
    check_equal(model.graph().SerializeToString(), model, histories, exponent)


def test_all_families_have_one_signature(model):
    session = open_session(model.graph().SerializeToString())
    assert [(i.name, i.type, i.shape) for i in session.get_inputs()] == [
        ("items", "tensor(int64)", ["n"]),
        ("weights", "tensor(float)", ["n"]),
    ]
    assert [(o.name, o.type, o.shape) for o in session.get_outputs()] == [
        ("scores", "tensor(float)", [ITEMS])
    ]


def test_an_empty_history_gets_finite_scores(model):
    session = open_session(model.graph().SerializeToString())
    scores = session.run(None, {"items": np.empty(0, np.int64), "weights": np.empty(0, np.float32)})[0]
    assert np.isfinite(scores).all()


def test_a_graph_that_answers_otherwise_is_not_exported(histories):
    model = fit_ease(histories, ITEMS, 20.0)
    wrong = Ease((model.weights * np.float32(1.01)).astype(np.float32))
    with pytest.raises(ExportDiffers, match="allowed is 1e-04"):
        check_equal(wrong.graph().SerializeToString(), model, histories, 0.7)
