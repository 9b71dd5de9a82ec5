"""The perceptron: its ONNX file is what Keras says, the best epoch is kept, and a stop changes nothing."""

import numpy as np
import pytest

from ml.errors import WrongInput
from ml.onnx_session import open_session
from ml.tables.export import check_equal
from ml.tables.families.network import perceptron
from ml.tables.fitting import fit
from ml.tables.serving import infer
from ml.tables.space import space
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
