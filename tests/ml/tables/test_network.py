"""The perceptron: its ONNX file is what Keras says, the best epoch is kept, and a stop changes nothing."""

from dataclasses import replace

import numpy as np
import pytest

from ml.data.split import TEST
from ml.errors import NoGradient, NoUpdate, WrongInput
from ml.evaluation.differentiable import Differentiable
from ml.images.efficientnet import whole
from ml.images.pretrained import weights
from ml.onnx_session import open_session
from ml.tables.attacking import attackable
from ml.tables.export import check_equal, export
from ml.tables.families.network import perceptron
from ml.tables.features import Rows
from ml.tables.fitting import fit
from ml.tables.mixture import Mixture
from ml.tables.serving import infer
from ml.tables.space import space
from ml.tables.updating import update
from tests.ml.tables.rows import TABLE, Kept, tables

pytestmark = pytest.mark.slow

NETWORK = {"family": "network", "hidden": [16, 8], "epochs": 5, "dropout": 0.2, "l1": 1e-5}


@pytest.fixture(scope="module")
def shown():
    return tables()


def only(**more):
    return {"candidates": [NETWORK | more]}


def answers(fitted):
    return fitted.model.probabilities(fitted.prepared.judged.features)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_each_optimizer_learns_and_the_onnx_file_says_what_keras_does(shown, optimizer):
    fitted = fit(TABLE, shown, only(optimizer=optimizer, learning_rate=0.03), 0)
    assert fitted.validation["balanced_accuracy"] > 0.4
    losses = [-trial["score"] for trial in fitted.trials]
    assert min(losses) < losses[0]
    graph = fitted.model.graph().SerializeToString()
    check_equal(graph, fitted.model, fitted.prepared.training.features)


def test_a_fit_that_is_stopped_goes_on_and_ends_as_one_that_was_not_and_a_seed_repeats(shown, tmp_path):
    """Weights, the optimizer's moments, the learning rate's place and the dropout's draws all go on."""
    stop = Kept(tmp_path, stop="candidate-0.epochs.npz", after=3)
    with pytest.raises(KeyboardInterrupt):
        fit(TABLE, shown, only(), 0, stop)
    progress = Kept(tmp_path)
    resumed = fit(TABLE, shown, only(), 0, progress)
    undisturbed = fit(TABLE, shown, only(), 0)
    assert [step for step, _ in stop.reported + progress.reported] == [0, 1, 3, 4]
    np.testing.assert_allclose(answers(resumed), answers(undisturbed), atol=1e-6)
    assert (answers(undisturbed) != answers(fit(TABLE, shown, only(), 1))).any()


def test_a_perceptron_worked_by_hand():
    """One hidden unit max(0, x - 1), then softmax of (h, 0): at x = 2 the odds are e to 1."""
    layers = [
        (np.array([[1.0]], np.float32), np.array([-1.0], np.float32)),
        (np.array([[1.0, 0.0]], np.float32), np.zeros(2, np.float32)),
    ]
    said = infer(open_session(perceptron(layers).SerializeToString()), np.array([[2.0], [0.0]], np.float32))
    np.testing.assert_allclose(said, [[np.e / (np.e + 1), 1 / (np.e + 1)], [0.5, 0.5]], rtol=1e-6)


def test_every_settings_that_a_trial_draws_can_be_fitted(shown):
    """One trial of each family; those of trees and descent small, as only their names are at stake."""
    import optuna

    from ml.tables.settings import Settings

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study, families = optuna.create_study(), set()
    for number in range(40):
        study.sampler = optuna.samplers.RandomSampler(seed=number)
        drawn = Settings.read(space(TABLE, study.ask()))
        families.add(drawn.candidates[0].family)
    assert families == {"linear", "forest", "boosting", "network"}


def test_a_network_without_layers_is_refused(shown):
    with pytest.raises(WrongInput, match="hidden"):
        fit(TABLE, shown, only(hidden=[]), 0)


@pytest.fixture(scope="module")
def mixture(shown, tmp_path_factory):
    """A network and a linear model weighed alike, as serving files."""
    folder = tmp_path_factory.mktemp("mixture")
    linear = fit(TABLE, shown, {"candidates": [{"family": "linear", "epochs": 3}]}, 0)
    network = fit(TABLE, shown, only(), 0)
    members = (*network.model.models, *linear.model.models)
    export(TABLE, folder, replace(network, model=Mixture(members, (0.5, 0.5))), shown, "spending@1")
    return folder


def test_a_champion_goes_on_from_its_weights(mixture, shown):
    """With a rate of almost nothing it answers as before; with its own it learns what is new."""
    more = tables(800, seed=1)
    still = update(TABLE, mixture, more, shown, {"epochs": 1, "learning_rate": 1e-12}, 0)
    features = still.prepared.judged.features
    before = infer(open_session(mixture / "model.onnx"), features)
    np.testing.assert_allclose(still.model.probabilities(features), before, atol=1e-5)
    moved = update(TABLE, mixture, more, shown, {"epochs": 3}, 0)
    assert np.abs(moved.model.probabilities(features) - before).max() > 0.01
    wider = TABLE.model_copy(update={"columns": TABLE.columns[:2]})
    with pytest.raises(NoUpdate, match="other columns"):
        update(wider, mixture, more, shown, {}, 0)


def test_the_gradient_of_the_served_file_is_that_of_differences(mixture, shown):
    found = attackable(TABLE, mixture, shown, 20)
    truth, step = found.truth, 1e-3
    session = open_session(mixture / "model.onnx")
    gradient = found.gradient(found.inputs, truth)

    def loss(features):
        return -np.log(infer(session, features.astype(np.float32))[np.arange(len(truth)), truth])

    for column in range(found.inputs.shape[1]):
        aside = np.zeros(found.inputs.shape[1])
        aside[column] = step
        wanted = (loss(found.inputs + aside) - loss(found.inputs - aside)) / (2 * step)
        np.testing.assert_allclose(gradient[:, column], wanted, atol=5e-3, rtol=2e-2)


def test_numbers_are_moved_against_the_model_and_texts_and_gaps_are_not(mixture, shown):
    found = attackable(TABLE, mixture, shown, 60)
    rows = found.inputs
    moved = found.pgd(5)(rows, 0.5, np.random.default_rng(0))
    held = Rows.of(TABLE, shown, TEST).rows
    even = np.unique(np.linspace(0, len(held) - 1, len(rows)).astype(int))
    gaps = np.array([value is None for value in held["income ($)"].take(even).to_pylist()])
    assert gaps.any()
    np.testing.assert_array_equal(moved[:, 2:], rows[:, 2:])
    np.testing.assert_array_equal(moved[gaps, 1], rows[gaps, 1])
    assert (moved[:, 0] != rows[:, 0]).mean() > 0.9
    aside = found.fgsm(rows, 0.5, np.random.default_rng(0))
    right = [(found.classify(shown) == found.truth).mean() for shown in (rows, aside, moved)]
    assert right[1] < right[0] - 0.1
    assert right[2] <= right[1] + 0.02


def test_trees_have_no_gradient(shown, tmp_path):
    fitted = fit(TABLE, shown, {"candidates": [{"family": "forest", "trees": 2}]}, 0)
    export(TABLE, tmp_path, fitted, shown, "spending@1")
    with pytest.raises(NoGradient, match="TreeEnsembleClassifier"):
        attackable(TABLE, tmp_path, shown, 20)


def test_the_inspectors_network_says_the_same_where_its_gradient_is_taken():
    random = np.random.default_rng(0)
    head = {"kernel": random.normal(0, 0.05, (1280, 2)).astype(np.float32), "bias": np.ones(2, np.float32)}
    graph, grey = whole(weights(), head), random.uniform(0, 255, (1, 1, 224, 224)).astype(np.float32)
    network = Differentiable(graph)
    wanted = open_session(graph).run(["logits"], {"grey": grey})[0]
    np.testing.assert_allclose(network.run(grey)["logits"], wanted, atol=1e-4)
    gradient = network.gradient(grey, np.zeros(1, int), lambda logits, _: logits[:, 0], "logits")
    aside = (grey + 0.5 * np.sign(gradient)).astype(np.float32)
    assert open_session(graph).run(["logits"], {"grey": aside})[0][0, 0] > wanted[0, 0]
