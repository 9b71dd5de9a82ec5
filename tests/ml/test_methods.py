"""Every function and test that the pages name is there, and the examples of the page on evaluation run."""

import ast
import importlib
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml

from ml.declaration import Behaviour, Classifier

ROOT = Path(__file__).parents[2]
METHODS = (ROOT / "docs" / "methods.md").read_text()
EVALUATION = (ROOT / "docs" / "evaluation.md").read_text()
FUNCTIONS = sorted(set(re.findall(r"`(ml(?:\.\w+)+)`", METHODS + EVALUATION)))
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", METHODS)))
FILES = sorted(set(re.findall(r"`(ml/[\w/]+\.py)`", METHODS)))


def found(name):
    """What a dotted name leads to: a module, or something in one."""
    parts = name.split(".")
    for at in range(len(parts), 0, -1):
        try:
            here = importlib.import_module(".".join(parts[:at]))
        except ModuleNotFoundError:
            continue
        for part in parts[at:]:
            here = getattr(here, part)
        return here
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_a_page_names_is_there_and_says_what_it_does(name):
    assert found(name).__doc__


@pytest.mark.parametrize(("path", "name"), TESTS)
def test_a_test_that_the_page_names_is_there(path, name):
    tree = ast.parse((ROOT / path).read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_the_page_names_is_there(path):
    assert (ROOT / path).is_file()


def test_the_page_has_functions_and_tests_in_every_line_of_its_formulas():
    """A line without a function or a test would be a promise that nobody holds."""
    lines = METHODS.split("## Formulas")[1].split("## Notes")[0].splitlines()
    rows = [line.split("|")[1:-1] for line in lines if line.startswith("|") and "---" not in line]
    rows = [row for row in rows if row[0].strip() != "Method"]
    assert len(rows) > 25
    for row in rows:
        assert len(row) == 4
        assert "`ml." in row[2] or row[2].strip() == "the same"
        assert "::test_" in row[3] or row[3].strip() == "the same"


def example(containing):
    """The indented block of the page on evaluation that holds a text."""
    blocks = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", EVALUATION, re.MULTILINE)
    (block,) = [one for one in blocks if containing in one]
    return "\n".join(line[4:] for line in block.splitlines())


def test_the_example_of_predictions_runs():
    given = {
        "labels": ["good", "defect"],
        "probabilities": np.array([[0.9, 0.1], [0.6, 0.4]]),
        "ids": np.array(["1", "2"]),
    }
    exec(example("Predictions.of(").replace("return Units", "made = Units"), given)
    assert given["made"].metrics["accuracy"].tolist() == [1.0, 0.0]


def test_the_example_of_a_declaration_is_one():
    declared = Classifier.model_validate(yaml.safe_load(example("positive: defect"))["classifier"])
    assert declared.costs.calibrated_threshold == pytest.approx(1 / 21)


def test_the_example_of_behaviours_is_declared_as_written():
    said = yaml.safe_load(example("behaviours:"))["behaviours"]
    assert [Behaviour.model_validate(one).kind for one in said] == [
        "minimum_functionality",
        "invariance",
        "direction",
    ]


def test_the_example_of_robustness_runs():
    images = np.linspace(0, 1, 50).reshape(2, 5, 5)
    given = {
        "classify": lambda shown: shown.mean(axis=(1, 2)) > 0.5,
        "images": images,
        "truth": [False, True],
    }
    exec(example("image_blur"), given)
    assert [one.accuracy.value for one in given["found"]] == [1.0] * 4


def test_the_example_of_a_comparison_runs(capsys):
    truth = np.array([0, 1] * 20)
    given = {"truth": truth, "challenger": truth, "champion": 1 - truth}
    exec(example("compare_by(f1_score").replace("champion)", "champion, QUICK)"), given | quick())
    assert "value=1.0" in capsys.readouterr().out


def quick():
    from ml.evaluation.intervals import Resampling

    return {"QUICK": Resampling(resamples=20)}


def test_the_example_of_a_table_runs(tmp_path):
    rows = 40
    given = {
        "folder": tmp_path,
        "table": pa.table(
            {
                "row_id": list(range(rows)),
                "age": [20.0 + at if at % 5 else None for at in range(rows)],
                "income": [1000.0 * at for at in range(rows)],
                "city": ["Rome" if at % 2 else "Oslo" for at in range(rows)],
                "label": ["yes" if at % 3 else "no" for at in range(rows)],
                "part": ["train"] * 30 + ["test"] * 10,
            }
        ),
    }
    exec(example("Preprocessing.model_validate("), given)
    assert given["fitted"].rows == 30
    assert (tmp_path / "preprocessing.json").is_file()
