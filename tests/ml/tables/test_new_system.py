"""From a CSV file to a served model by one command, in a copy of the repository; and what it refuses."""

import ast
import re

import httpx
import numpy as np
import pytest

from ml.data.datasets import Datasets
from ml.tables.delimited import read
from ml.tables.inference import Roles, inferred
from ml.tables.table import Column, Table
from scripts.errors import WrongInput
from scripts.system_code import of_table, source_of
from scripts.system_files import SystemFiles
from tests.ml.clone import TRAINING_ONLY, Clone, lint
from tests.services.worker import Worker

# Trees and descent learn in a second; TensorFlow alone takes ten to load.
QUICK = "train.settings={candidates: [{family: linear}, {family: forest, trees: 30}], ensemble: stacking}"


def table(rows=400):
    """Customers who leave: those who pay much and came lately."""
    random = np.random.default_rng(0)
    lines = ["customer,Monthly bill ($),plan,months,churned"]
    for at in range(rows):
        plan = random.choice(["basic", "plus"])
        bill, months = random.normal(40, 12), random.integers(1, 72)
        leaves = 0.1 * (bill - 40) - 0.08 * (months - 30) + random.logistic(0, 0.5) > 0
        shown = "" if at % 20 == 0 else f"{bill:.2f}"
        lines.append(f"{1000 + at},{shown},{plan},{months},{'yes' if leaves else 'no'}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def csv(tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "customers.csv"
    path.write_text(table())
    return path


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return Clone(tmp_path_factory.mktemp("clone"))


@pytest.mark.slow
def test_a_table_becomes_a_system_that_trains_passes_its_gate_serves_and_is_monitored(
    clone, csv, tracked, tmp_path
):
    done = clone.new_system("churn", csv, "--target", "churned")
    assert done.returncode == 0, done.stderr
    assert "left out customer: it numbers the rows" in done.stdout
    result = clone.train("churn", tracked, QUICK)
    assert result["decision"] == "promote"
    assert result["metrics"]["balanced_accuracy"] > 0.7
    assert all(step["skipped"] for step in clone.train("churn", tracked, QUICK)["steps"])
    profile = Datasets(tracked).record("churn", 1).profile
    assert set(profile.features) == {"Monthly bill ($)", "plan", "months"}
    assert profile.features["plan"].kind == "categorical"
    bento = clone.bento("churn", tracked, tmp_path)
    with Worker(bento, tmp_path / "worker", PYTHONVERBOSE="1") as service:
        assert_served(service, clone.question("churn"))


def assert_served(service, question):
    url = f"{service.url}/{question['route']}"
    answer = httpx.post(url, json=question["request"])
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["label"] in {"no", "yes"}
    assert sum(said["probabilities"].values()) == pytest.approx(1)
    assert httpx.post(url, json={"row": {"plan": "plus", "months": 3}}).status_code == 200
    assert_bad_rows_name_their_field(url)
    feedback = {"prediction_id": said["prediction_id"], "label": "yes"}
    assert httpx.post(f"{service.url}/feedback", json=feedback).status_code == 200
    assert httpx.post(f"{service.url}/feedback", json=feedback | {"label": "?"}).status_code == 400
    seen = [record["features"] for record in service.records() if record.get("features")]
    assert seen[0] == question["request"]["row"]
    assert seen[1] == {"Monthly bill ($)": None, "plan": "plus", "months": 3}
    assert "Monthly bill ($)" in httpx.get(f"{service.url}/docs.json").text
    loaded = set(re.findall(r"^import '([\w.]+)' #", service.log(), re.MULTILINE))
    assert "ml.tables.serving" in loaded
    assert not {name for name in loaded if name.split(".")[0] in TRAINING_ONLY}


def assert_bad_rows_name_their_field(url):
    good = {"Monthly bill ($)": 30.0, "plan": "plus", "months": 3}
    for change, field in (
        ({"months": "three"}, "row.months"),
        ({"months": None}, "row.months"),
        ({"plan": 3}, "row.plan"),
        ({"colour": "red"}, "row.colour"),
    ):
        refused = httpx.post(url, json={"row": good | change})
        assert refused.status_code == 400
        assert field in {each["field"] for each in refused.json()["fields"]}
    assert httpx.post(url, content='{"row": {"months": 1e999, "plan": "plus"}}').status_code == 400
    assert httpx.post(url, json={"row": good | {"months": 1e300, "plan": "never seen"}}).status_code == 200


def test_the_code_that_is_written_is_short_and_passes_the_linters(tmp_path):
    written(tmp_path, table())
    code = [line for path in tmp_path.rglob("*.py") for line in statements(path)]
    assert len(code) < 100
    assert lint(tmp_path) == []


def statements(path):
    """The lines of a file that say something: no blank ones, no comments, no docstrings."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    said: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, kinds) and ast.get_docstring(node):
            said |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = enumerate(path.read_text().splitlines(), 1)
    return [line for number, line in lines if number not in said and line.strip() and line.strip()[0] != "#"]


def written(folder, text, name="churn", target="churned"):
    for layer in ("ml", "services"):
        (folder / layer / "systems").mkdir(parents=True)
    found = inferred(read(text.encode(), "t.csv"), Roles(target))
    return SystemFiles(name, folder).write("table", of_table(found, "/data/t.csv", text.encode()))


def test_any_text_in_a_table_becomes_code_that_says_the_same(tmp_path):
    texts = ('it\'s "quoted"', "back\\slash", "{{ 7 * 7 }}", "ünï\u2028cödé", "tab\tand\nline", "x" * 120)
    strange = Table(
        columns=(
            Column(name="a \"b\" \\ 'c'", low=-1.5, high=2.0),
            Column(name="t", kind="text", categories=texts),
        ),
        target="class",
        classes=("no", 'y"es'),
        group="{% g %}",
    )
    assert eval(source_of(strange), {"Table": Table, "Column": Column}) == strange


def test_a_folder_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "services" / "systems").mkdir(parents=True)
    found = inferred(read(table().encode(), "t.csv"), Roles("churned"))
    with pytest.raises(WrongInput, match="cannot be written"):
        SystemFiles("churn", tmp_path).write("table", of_table(found, "/data/t.csv", b""))
    assert [path.name for path in tmp_path.rglob("*")] == ["services", "systems"]


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("leavers", ("--target", "left"), "there is no column left; there are: customer, Monthly bill"),
        ("recommender", ("--target", "churned"), "is there already"),
        ("Churn-2", ("--target", "churned"), "is no name of a system"),
        ("../churn", ("--target", "churned"), "is no name of a system"),
        ("leavers", (), "name it with --target"),
    ],
)
def test_wrong_input_ends_with_2_in_one_sentence_and_nothing_is_written(
    clone, csv, name, arguments, sentence
):
    before = sorted((clone.folder / "ml" / "systems").iterdir())
    done = clone.new_system(name, csv, *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert sorted((clone.folder / "ml" / "systems").iterdir()) == before
    assert not list(clone.folder.glob(".new-system-*"))
