"""A PyTorch model reaches serving through ONNX, goes on after a kill, and without PyTorch says what to do."""

import importlib.util

import numpy as np
import pytest

from ml.errors import ExportDiffers, WrongInput
from ml.onnx_session import open_session
from ml.tables.export import check_equal, export
from ml.tables.families.torch_network import require_torch
from ml.tables.fitting import fit
from ml.tables.mixture import Mixture
from ml.tables.serving import Classifier, infer
from ml.tables.updating import update
from tests.ml.tables.rows import CLASSES, TABLE, Kept, tables

ABSENT = importlib.util.find_spec("torch") is None or importlib.util.find_spec("onnxscript") is None
needs_torch = pytest.mark.skipif(ABSENT, reason="PyTorch is not installed; docs/pytorch.md says how")
TORCH = {"family": "torch", "hidden": [16, 8], "epochs": 5, "dropout": 0.2}


@pytest.fixture(scope="module")
def shown():
    return tables()


def only(**more):
    return {"candidates": [TORCH | more]}


def answers(fitted):
    return fitted.model.probabilities(fitted.prepared.judged.features)


@pytest.mark.skipif(not ABSENT, reason="PyTorch is installed")
def test_without_pytorch_the_family_says_how_to_install_it(shown):
    with pytest.raises(WrongInput, match=r"uv pip install .* '\.\[torch\]'"):
        fit(TABLE, shown, only(), 0)


@pytest.mark.slow
@needs_torch
def test_it_learns_and_what_is_served_answers_real_rows_as_it_does(shown, tmp_path):
    require_torch()
    fitted = fit(TABLE, shown, only(epochs=15), 0)
    assert fitted.validation["balanced_accuracy"] > 0.45
    export(TABLE, tmp_path, fitted, shown, "spending@1")
    loaded = Classifier.load(tmp_path)
    rows = shown["rows"].slice(0, 50)
    features = loaded.features({name: rows[name] for name in TABLE.names}).astype(np.float32)
    found = loaded.probabilities({name: rows[name] for name in TABLE.names})
    np.testing.assert_allclose(found, fitted.model.probabilities(features), atol=1e-5)
    assert loaded.manifest.classes == CLASSES
    other = fit(TABLE, shown, only(), 1)
    with pytest.raises(ExportDiffers, match="of row"):
        check_equal((tmp_path / "model.onnx").read_bytes(), other.model, features)


@pytest.mark.slow
@needs_torch
def test_a_fit_that_is_stopped_goes_on_and_ends_as_one_that_was_not_and_a_seed_repeats(shown, tmp_path):
    stop = Kept(tmp_path, stop="candidate-0.epochs.npz", after=3)
    with pytest.raises(KeyboardInterrupt):
        fit(TABLE, shown, only(), 0, stop)
    resumed, undisturbed = fit(TABLE, shown, only(), 0, Kept(tmp_path)), fit(TABLE, shown, only(), 0)
    np.testing.assert_allclose(answers(resumed), answers(undisturbed), atol=1e-6)
    assert (answers(undisturbed) != answers(fit(TABLE, shown, only(), 1))).any()


@pytest.mark.slow
@needs_torch
def test_a_champion_goes_on_from_its_weights_and_joins_others_in_one_file(shown, tmp_path):
    champion = fit(TABLE, shown, only(), 0)
    linear = fit(TABLE, shown, {"candidates": [{"family": "linear", "epochs": 3}]}, 0)
    both = Mixture((*champion.model.models, *linear.model.models), (0.5, 0.5))
    seen = champion.prepared.judged.features
    found = infer(open_session(both.graph().SerializeToString()), seen)
    np.testing.assert_allclose(found, both.probabilities(seen), atol=1e-5)
    export(TABLE, tmp_path, champion, shown, "spending@1")
    still = update(TABLE, tmp_path, tables(800, seed=1), shown, {"epochs": 1, "learning_rate": 1e-12}, 0)
    features = still.prepared.judged.features
    np.testing.assert_allclose(
        still.model.probabilities(features), champion.model.probabilities(features), atol=1e-5
    )
