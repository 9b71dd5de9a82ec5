"""A step's digest covers the code that the step runs, and no more."""

import importlib
import shutil
import sys
from pathlib import Path

import pytest

import ml.code_digest
from ml.code_digest import closure, code_digest


def test_modules_imported_within_functions_belong_to_it():
    assert "ml.systems.recommender.models.ease" in closure(("ml.systems.recommender.fitting",))


def test_modules_that_only_a_type_checker_imports_do_not():
    assert "ml.evaluation.units" not in closure(("ml.system",))


def test_ingest_does_not_depend_on_how_models_are_fitted_or_judged():
    found = closure(("ml.data.ingest", "ml.systems.recommender.source"))
    assert "ml.systems.recommender.source" in found
    assert not any(name.startswith(("ml.training", "ml.evaluation", "ml.gate")) for name in found)
    assert "ml.systems.recommender.fitting" not in found


def test_training_does_not_depend_on_the_report():
    found = closure(("ml.training.train", "ml.systems.recommender.fitting", "ml.systems.recommender.export"))
    assert not {"ml.evaluation.report", "ml.evaluation.charts", "ml.gate"} & found


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """The module under test, reading a copy of the package that a test may change."""
    shutil.copytree(Path(ml.code_digest.__file__).parent, tmp_path / "ml")
    monkeypatch.syspath_prepend(str(tmp_path))
    spec = importlib.util.spec_from_file_location("copied_digest", tmp_path / "ml" / "code_digest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, tmp_path / "ml"


def test_a_change_of_a_module_it_uses_changes_the_digest_and_no_other_does(copy):
    module, folder = copy
    before = module.code_digest(("ml.systems.recommender.models.ease",))
    (folder / "gate.py").write_text("# something else\n")
    module._imports.cache_clear()
    assert module.code_digest(("ml.systems.recommender.models.ease",)) == before
    graph = folder / "systems" / "recommender" / "models" / "graph.py"
    graph.write_text(graph.read_text().replace("OPSET = 17", "OPSET = 18"))
    module._imports.cache_clear()
    assert module.code_digest(("ml.systems.recommender.models.ease",)) != before


def test_a_job_of_another_package_is_covered_by_its_own_file(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    file = tmp_path / "jobs_of_a_user.py"
    file.write_text("VALUE = 1\n")
    before = code_digest(("jobs_of_a_user",))
    file.write_text("VALUE = 2\n")
    assert code_digest(("jobs_of_a_user",)) != before
    assert "jobs_of_a_user" not in sys.modules
