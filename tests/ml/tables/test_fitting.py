"""Every family is fitted on training rows alone, reaches ONNX as it is, repeats, and outlives a kill."""

import json
import signal
import subprocess
import sys

import numpy as np
import onnx
import pyarrow as pa
import pytest
from sklearn.linear_model import SGDClassifier

from ml.data.preprocessing.pipeline import FittedPreprocessing
from ml.errors import ContractBroken, DataLeak, ExportDiffers, ModelDamaged, WrongInput
from ml.onnx_session import open_session
from ml.tables.evaluation import evaluate
from ml.tables.export import check_equal, export
from ml.tables.families.epochs import Watch, run
from ml.tables.families.family import Sample, cross_entropy
from ml.tables.families.linear import LinearModel
from ml.tables.fitting import fit
from ml.tables.mixture import mixed, stacked_weights
from ml.tables.serving import Classifier, infer, normalised
from ml.tables.settings import Linear
from tests.ml.tables.rows import CLASSES, TABLE, Kept, tables

LINEAR = {"family": "linear", "epochs": 12}
FOREST = {"family": "forest", "trees": 10}
BOOSTING = {"family": "boosting", "rounds": 15, "leaves": 5}


@pytest.fixture(scope="module")
def shown():
    return tables()


def only(candidate, **more):
    return {"candidates": [candidate], **more}


def answers(fitted):
    return fitted.model.probabilities(fitted.prepared.judged.features)


@pytest.mark.parametrize(
    "settings",
    [only(LINEAR), only(FOREST), only(BOOSTING), only(LINEAR, preparation={"scale": "min_max"})],
    ids=lambda settings: settings["candidates"][0]["family"],
)
def test_a_family_learns_and_its_onnx_file_answers_as_it_does(shown, tmp_path, settings):
    fitted = fit(TABLE, shown, settings, 0)
    assert fitted.validation["balanced_accuracy"] > 0.45
    export(TABLE, tmp_path, fitted, shown, "spending@1")
    loaded = Classifier.load(tmp_path)
    rows = shown["rows"].slice(0, 50)
    wanted = fitted.model.probabilities(
        fitted.prepared.preprocessing.apply({name: rows[name] for name in TABLE.names}).astype(np.float32)
    )
    np.testing.assert_allclose(loaded.probabilities({n: rows[n] for n in TABLE.names}), wanted, atol=1e-5)
    assert (onnx.load(tmp_path / "model.onnx").graph.input[0].name, loaded.manifest.classes) == (
        "features",
        CLASSES,
    )
    units = evaluate(TABLE, tmp_path, shown)
    assert units.metrics["accuracy"].mean() > units.baselines["majority"]["accuracy"].mean()
    assert units.predictions.classes == CLASSES
    assert units.baselines["majority"]["balanced_accuracy"].mean() == pytest.approx(1 / 3)


def test_an_onnx_file_of_another_model_is_no_export(shown):
    one, other = (fit(TABLE, shown, only(FOREST), seed) for seed in (0, 1))
    graph = one.model.graph().SerializeToString()
    with pytest.raises(ExportDiffers, match="of row"):
        check_equal(graph, other.model, other.prepared.judged.features)


def test_a_file_that_was_changed_is_not_served(shown, tmp_path):
    export(TABLE, tmp_path, fit(TABLE, shown, only(FOREST), 0), shown, "spending@1")
    (tmp_path / "model.onnx").write_bytes((tmp_path / "model.onnx").read_bytes() + b"\0")
    with pytest.raises(ModelDamaged, match=r"model\.onnx has digest"):
        Classifier.load(tmp_path)


def test_a_row_in_training_and_held_out_at_once_is_a_leak(shown):
    rows = shown["rows"]
    test = rows.filter(np.array(rows["part"].to_pylist()) == "validation").slice(0, 1)
    at = test.column_names.index("part")
    planted = test.set_column(at, "part", pa.array(["train"]))
    with pytest.raises(DataLeak, match="row_id"):
        fit(TABLE, {"rows": pa.concat_tables([rows, planted])}, only(FOREST), 0)


def test_nothing_is_learnt_from_test_rows(shown):
    rows = shown["rows"]
    part = np.array(rows["part"].to_pylist())
    spoilt = rows["age"].to_numpy().copy()
    spoilt[part == "test"] = 1e6
    changed = rows.set_column(rows.column_names.index("age"), "age", pa.array(spoilt))
    one, other = (fit(TABLE, {"rows": each}, only(LINEAR), 0) for each in (rows, changed))
    assert one.prepared.preprocessing.digest == other.prepared.preprocessing.digest
    np.testing.assert_array_equal(answers(one), answers(other))


@pytest.mark.parametrize("candidate", [LINEAR, FOREST, BOOSTING], ids=lambda each: each["family"])
def test_the_same_seed_gives_the_same_model(shown, candidate):
    one, same = (fit(TABLE, shown, only(candidate), 3) for _ in range(2))
    np.testing.assert_array_equal(answers(one), answers(same))
    if candidate is not BOOSTING:  # with so few rows nothing of it is drawn
        assert (answers(one) != answers(fit(TABLE, shown, only(candidate), 4))).any()


def test_a_step_of_gradient_descent_worked_by_hand():
    """Two features, one row of class 1: at w = 0 the loss falls by half of x, the rate is 0.1."""
    row = np.float32([[2.0, -1.0]])
    sample = Sample(row, np.array([1]), 2, np.ones(1))
    model = LinearModel(Linear(schedule="constant", learning_rate=0.1, alpha=1e-12), sample, 0)
    model.learn(np.array([0]))
    np.testing.assert_allclose(model.state()["coef_"], [[0.1 * 0.5 * 2, 0.1 * 0.5 * -1]], rtol=1e-6)


def test_l1_makes_weights_zero_that_l2_only_makes_small(shown):
    prepared = fit(TABLE, shown, only(LINEAR), 0).prepared
    random = np.random.default_rng(0)
    features = np.hstack([prepared.training.features, random.normal(size=(len(prepared.training.truth), 8))])
    sample = Sample.of(features, prepared.training.truth, 3, balanced=False)
    zeros = []
    for l1_ratio in (0.0, 1.0):
        model = LinearModel(Linear(alpha=0.02, l1_ratio=l1_ratio), sample, 0)
        for _ in range(20):
            model.learn(np.arange(len(sample.truth)))
        zeros.append(int((model.state()["coef_"] == 0).sum()))
    assert zeros[0] == 0
    assert zeros[1] >= 8


def test_the_cross_entropy_worked_by_hand_is_weighted():
    sample = Sample(np.zeros((2, 1), np.float32), np.array([0, 1]), 2, np.array([3.0, 1.0]))
    said = np.array([[0.5, 0.5], [0.75, 0.25]])
    assert cross_entropy(said, sample) == pytest.approx((3 * np.log(2) + np.log(4)) / 4)


class Scripted:
    """Learns nothing: each epoch it is as good as the script says."""

    def __init__(self, chances):
        self._chances, self._epoch = chances, -1

    def learn(self, order):
        self._epoch += 1

    def probabilities(self, features):
        right = self._chances[self._epoch]
        return np.tile([right, 1 - right], (len(features), 1))

    def state(self):
        return {"epoch": np.array(self._epoch)}

    def restore(self, state):
        self._epoch = int(state["epoch"])


def test_it_stops_when_epochs_are_no_better_and_restores_the_best():
    validation = Sample(np.zeros((4, 1), np.float32), np.zeros(4, np.int64), 2, np.ones(4))
    learner = Scripted([0.5, 0.7, 0.9, 0.8, 0.85, 0.6, 0.99])
    losses = run(learner, Linear(epochs=7, patience=3), 4, validation, 0, Watch())
    assert len(losses) == 6
    assert learner.state()["epoch"] == 2


def test_rare_classes_weigh_as_much_as_frequent_ones():
    truth = np.array([0] * 90 + [1] * 10)
    sample = Sample.of(np.zeros((100, 1)), truth, 2, balanced=True)
    assert sample.weights[truth == 0].sum() == pytest.approx(sample.weights[truth == 1].sum())
    assert sample.weights.mean() == pytest.approx(1)


def test_a_run_that_is_killed_goes_on_after_its_last_epoch_and_ends_as_one_that_was_not(shown, tmp_path):
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from tests.ml.tables.rows import TABLE, Kept, tables\n"
        "from ml.tables.fitting import fit\n"
        "class Killed(Kept):\n"
        "    def keep(self, name, content):\n"
        "        super().keep(name, content)\n"
        "        if len(self.names) == 4: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"fit(TABLE, tables(), {only(LINEAR)!r}, 0, Killed(Path(sys.argv[1])))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    progress = Kept(tmp_path)
    resumed = fit(TABLE, shown, only(LINEAR), 0, progress)
    undisturbed = fit(TABLE, shown, only(LINEAR), 0)
    assert [step for step, _ in progress.reported] == list(range(4, 12))
    assert resumed.trials == undisturbed.trials
    np.testing.assert_array_equal(answers(resumed), answers(undisturbed))


def test_a_search_that_is_interrupted_judges_no_candidate_twice(shown, tmp_path):
    settings = {"candidates": [FOREST, LINEAR, BOOSTING], "folds": 3, "ensemble": "stacking"}
    with pytest.raises(KeyboardInterrupt):
        fit(TABLE, shown, settings, 0, Kept(tmp_path, stop="candidate-1.npz"))
    progress = Kept(tmp_path)
    resumed = fit(TABLE, shown, settings, 0, progress)
    assert "candidate-2.npz" in progress.names
    assert not {"candidate-0.npz", "candidate-1.npz"} & set(progress.names)
    assert [step for step, _ in progress.reported] == [0, 1, 2]
    np.testing.assert_array_equal(answers(resumed), answers(fit(TABLE, shown, settings, 0)))


def test_stacking_gives_the_better_model_more_and_is_no_worse_than_either():
    random = np.random.default_rng(0)
    truth = random.integers(0, 2, 400)
    sure = np.where(random.random(400) < 0.9, truth, 1 - truth)
    vague = np.where(random.random(400) < 0.6, truth, 1 - truth)
    said = [np.where(each[:, None] == [0, 1], 0.8, 0.2) for each in (sure, vague)]
    weights = stacked_weights(said, truth)
    assert weights.sum() == pytest.approx(1)
    assert weights[0] > 0.8
    losses = [-np.log(p[np.arange(400), truth]).mean() for p in (mixed(said, weights), *said)]
    assert losses[0] <= min(losses[1:]) + 1e-9


def test_all_models_weighed_are_one_onnx_file(shown):
    fitted = fit(TABLE, shown, {"candidates": [LINEAR, FOREST, BOOSTING], "ensemble": "voting"}, 0)
    members = tuple(fit(TABLE, shown, only(each), 0).model.models[0] for each in (LINEAR, FOREST, BOOSTING))
    mixture = type(fitted.model)(members, (0.5, 0.2, 0.3))
    features = fitted.prepared.judged.features
    found = infer(open_session(mixture.graph().SerializeToString()), features)
    wanted = sum(w * each.probabilities(features) for w, each in zip((0.5, 0.2, 0.3), members, strict=True))
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_the_steps_that_were_fitted_are_served(shown, tmp_path):
    fitted = fit(TABLE, shown, only(FOREST), 0)
    export(TABLE, tmp_path, fitted, shown, "spending@1")
    assert FittedPreprocessing.load(tmp_path / "preprocessing.json") == fitted.prepared.preprocessing
    answer = Classifier.load(tmp_path).answer({"age": 40.0, "city": "Paris"})
    assert answer.label in CLASSES
    assert sum(answer.probabilities.values()) == pytest.approx(1)
    huge = Classifier.load(tmp_path).answer({"age": 1e300, "income ($)": -1e300, "city": "Oslo"})
    assert np.isfinite(huge.probability)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"candidates": []}, "train.settings.candidates"),
        ({"candidates": [{"family": "oracle"}]}, "train.settings.candidates.0"),
        ({"candidates": [{"family": "linear", "alpha": -1}]}, "alpha"),
        ({"depth": 3}, "train.settings.depth"),
    ],
)
def test_a_wrong_setting_is_named(shown, settings, sentence):
    with pytest.raises(WrongInput, match=sentence):
        fit(TABLE, shown, settings, 0)


def test_a_class_without_training_rows_is_named(shown):
    rows = shown["rows"]
    low = np.array(rows["spends"].to_pylist()) == "low"
    train = np.array(rows["part"].to_pylist()) == "train"
    with pytest.raises(ContractBroken, match="no training row of class low"):
        fit(TABLE, {"rows": rows.filter(~(low & train))}, only(FOREST), 0)


def test_the_settings_are_told_as_they_were_kept(shown):
    fitted = fit(TABLE, shown, only(FOREST), 0)
    assert fitted.family == "forest"
    assert json.dumps(fitted.settings)
    assert fitted.settings["trees"] == 10


def test_the_learner_is_scikit_learns(shown):
    """One epoch in file order, held against ``SGDClassifier`` asked directly."""
    sample = fit(TABLE, shown, only(FOREST), 0).prepared.training
    model = LinearModel(Linear(alpha=0.001, l1_ratio=0.3), sample, 0)
    model.learn(np.arange(len(sample.truth)))
    theirs = SGDClassifier(
        loss="log_loss",
        penalty="elasticnet",
        alpha=0.001,
        l1_ratio=0.3,
        learning_rate="invscaling",
        eta0=0.1,
        power_t=0.25,
        shuffle=False,
    )
    theirs.partial_fit(sample.features, sample.truth, np.arange(3))
    np.testing.assert_allclose(model.probabilities(sample.features), theirs.predict_proba(sample.features))


def test_what_rounding_leaves_below_nothing_is_no_probability():
    """A forest's graph takes a class's share from 1 in 32 bits, which may leave -1.2e-7."""
    found = normalised(np.array([[1.0000001, -1.1920929e-07], [0.25, 0.75]], np.float32))
    np.testing.assert_array_equal(found, [[1.0, 0.0], [0.25, 0.75]])
