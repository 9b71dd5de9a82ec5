"""The recommender from source to registry, on real data and real servers."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from ml.data.datasets import Datasets
from ml.data.quarantine import Quarantine
from ml.model_registry import ModelRegistry
from ml.system import load
from ml.systems.recommender.serving import Recommender
from ml.systems.recommender.source import source
from ml.tracking_server import TrackingServer

pytestmark = pytest.mark.slow

QUICK = "train.settings={ease_penalties: [500], als_factors: [], recency_exponents: [0.7]}"
WORSE = "train.settings={ease_penalties: [500], als_factors: [], recency_exponents: [0.0]}"


def command(environment, *more):
    address = environment.logs.parent / "environment.json"
    start = [
        sys.executable,
        "-m",
        "ml",
        "run",
        "--environment",
        str(address),
        "--system",
        "recommender",
        "--json",
    ]
    return [*start, *more]


def run(environment, *more, code=0, **options):
    done = subprocess.run(
        command(environment, *more), capture_output=True, text=True, timeout=300, check=False, **options
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout.splitlines()[-1]) if code in {0, 3} else done.stderr


def state(environment):
    """All that a failed or rejected run must leave as it is."""
    registry = ModelRegistry(environment)
    return (
        [(version.version, version.aliases) for version in registry.versions("recommender")],
        [record.version for record in Datasets(environment).records("recommender")],
    )


@pytest.fixture(scope="session")
def movielens(tmp_path_factory):
    """MovieLens-100K as a folder of files, to be spoilt by a test."""
    tables = source({}).read()
    folder = tmp_path_factory.mktemp("movielens")
    suffixes = {"events": "inter", "items": "item", "users": "user"}
    for name, table in tables.items():
        rows = ["\t".join(f"{column}:token" for column in table.column_names)]
        rows += ["\t".join(row.values()) for row in table.to_pylist()]
        (folder / f"a.{suffixes[name]}").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture
def delivery(movielens, tmp_path):
    """A copy of the data, and the setting that reads it."""
    folder = tmp_path / "delivery"
    folder.mkdir()
    for path in movielens.iterdir():
        (folder / path.name).write_text(path.read_text())
    return folder, f"ingest.source={{kind: folder, path: {folder}}}"


def edit(folder, change):
    path = folder / "a.inter"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(change(lines)) + "\n")


def test_a_first_run_registers_a_challenger_with_all_that_made_it(tracked, tmp_path):
    result = run(tracked, "--set", QUICK)
    assert result["decision"] == "promote"
    assert result["model_version"] == 1
    assert [step["skipped"] for step in result["steps"]] == [False] * 7
    assert 0 < result["start_up_s"] <= 10
    assert 0 < result["judged_s"] < result["total_s"]
    assert result["fit_s"] > 0
    registry = ModelRegistry(tracked)
    version = registry.challenger("recommender")
    assert registry.champion("recommender") is None
    assert version.version == 1
    assert version.dataset == "recommender@1"
    assert version.family == "ease"
    assert version.settings == {"penalty": 500.0, "recency_exponent": 0.7}
    assert version.decision == "promote"
    assert len(version.commit.removesuffix("-dirty")) == 40
    folder = registry.download(version, tmp_path / "model")
    answer = Recommender.load(folder).recommend("196", 10)
    assert answer.kind == "personal"
    assert len(answer.items) == 10
    assert b"Gate report" in registry.report(version)
    assert registry.card(version).startswith("# Film recommender, version 1")
    assert "Who has no history gets the popular films: holds for 100.0% of 3" in registry.card(version)
    seen = TrackingServer(tracked).get("mlflow/runs/get", run_id=version.run_id)["run"]
    assert seen["info"]["status"] == "FINISHED"
    assert {"key": "family", "value": "ease"} in seen["data"]["params"]
    assert {"ndcg_at_10", "validation_ndcg_at_10", "latency_p99_ms", "behaviour_shorter_list"} <= {
        m["key"] for m in seen["data"]["metrics"]
    }
    assert seen["inputs"]["dataset_inputs"][0]["dataset"]["name"] == "recommender@1"
    log = (tracked.logs / "pipeline-recommender.log").read_text().splitlines()
    assert all(json.loads(line)["system"] == "recommender" for line in log)


def test_mlflow_itself_reads_the_model_back_and_answers_alike(tracked, tracking, tmp_path):
    run(tracked, "--set", QUICK)
    code = (
        "import sys, mlflow, numpy as np; mlflow.set_tracking_uri(sys.argv[1]); "
        "model = mlflow.pyfunc.load_model('models:/recommender@challenger'); "
        "history = {'items': np.array([5, 9]), 'weights': np.array([1, .5], np.float32)}; "
        "np.save(sys.argv[2], model.predict(history)['scores']); print(model.metadata.signature)"
    )
    out = tmp_path / "scores.npy"
    said = subprocess.run(
        [sys.executable, "-c", code, tracking.url, str(out)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout
    registry = ModelRegistry(tracked)
    recommender = Recommender.load(registry.download(registry.challenger("recommender"), tmp_path / "model"))
    ours = recommender.scores(np.array([5, 9]), np.array([1, 0.5], np.float32))
    np.testing.assert_allclose(np.load(out), ours, rtol=1e-6)
    assert "items" in said
    assert "weights" in said


def test_a_second_run_does_nothing_and_answers_the_same(tracked):
    first = run(tracked, "--set", QUICK)
    second = run(tracked, "--set", QUICK)
    assert [step["skipped"] for step in second["steps"]] == [True] * 7
    assert second["fit_s"] == 0
    assert (second["model_version"], second["report"]) == (first["model_version"], first["report"])
    ModelRegistry(tracked).set_alias("recommender", "champion", 1)
    third = run(tracked, "--set", QUICK)
    assert [step["skipped"] for step in third["steps"]] == [True] * 7


def test_a_model_worse_than_the_champion_is_rejected_with_reasons_and_changes_nothing(tracked):
    run(tracked, "--set", QUICK)
    ModelRegistry(tracked).set_alias("recommender", "champion", 1)
    before = state(tracked)
    result = run(tracked, "--set", WORSE, "--set", "seed=1", code=3)
    assert result["decision"] == "reject"
    assert result["model_version"] is None
    assert any("below the champion" in reason for reason in result["reasons"])
    assert state(tracked) == before
    again = run(tracked, "--set", WORSE, "--set", "seed=1", code=3)
    assert [step["skipped"] for step in again["steps"]] == [True] * 7


def test_popularity_alone_does_not_pass_the_gate(tracked):
    result = run(tracked, "--set", "train.settings={ease_penalties: [], als_factors: []}", code=3)
    assert any("not shown to be better" in reason for reason in result["reasons"])
    assert ModelRegistry(tracked).versions("recommender") == []


def test_a_corrupted_source_is_refused_and_nothing_is_harmed(tracked, delivery):
    folder, setting = delivery
    run(tracked, "--set", setting, "--set", QUICK)
    before = state(tracked)
    path = folder / "a.inter"
    path.write_bytes(path.read_bytes()[:500_000] + os.urandom(200))
    said = run(tracked, "--set", setting, "--set", QUICK, code=1)
    assert "the events file is not a tab-separated table" in said
    assert "Traceback" not in said
    assert state(tracked) == before


def test_a_missing_column_is_refused_with_its_name_and_nothing_is_harmed(tracked, delivery):
    folder, setting = delivery
    run(tracked, "--set", setting, "--set", QUICK)
    before = state(tracked)
    edit(folder, lambda lines: ["\t".join(line.split("\t")[:3]) for line in lines])
    said = run(tracked, "--set", setting, "--set", QUICK, code=1)
    assert "table events lacks the column(s) timestamp" in said
    assert state(tracked) == before


def test_an_empty_source_is_refused_and_nothing_is_harmed(tracked, delivery):
    folder, setting = delivery
    run(tracked, "--set", setting, "--set", QUICK)
    before = state(tracked)
    edit(folder, lambda lines: lines[:1])
    said = run(tracked, "--set", setting, "--set", QUICK, code=1)
    assert "table events of recommender's source has no rows" in said
    assert state(tracked) == before


def test_gaps_and_repeated_keys_are_quarantined_and_the_rest_is_trained_on(tracked, delivery):
    folder, setting = delivery

    def spoil(lines):
        user, item, _, at = lines[5].split("\t")
        return [*lines[:5], f"{user}\t{item}\tnan\t{at}", *lines[6:], lines[1], lines[2]]

    edit(folder, spoil)
    result = run(tracked, "--set", setting, "--set", QUICK)
    assert result["decision"] == "promote"
    (record,) = Datasets(tracked).records("recommender")
    assert record.version.tables["events"].rows == 99_999
    kept = Quarantine(tracked, "recommender").read().to_pylist()
    assert {(line["row"], line["column"], line["rule"]) for line in kept if line["column"] != "item_id"} == {
        (5, "rating", "is not missing"),
        (100_001, "user_id", "key is unique"),
        (100_002, "user_id", "key is unique"),
    }
    assert json.loads(kept[0]["record"])["user_id"]


def test_a_delivery_too_bad_to_use_is_refused_and_its_rows_are_kept(tracked, delivery):
    folder, setting = delivery
    edit(folder, lambda lines: [lines[0], *(line.replace("\t3\t", "\t33\t") for line in lines[1:])])
    said = run(tracked, "--set", setting, "--set", QUICK, code=1)
    assert "rows of events break the contract" in said
    assert "lies between 1 and 5" in said
    assert Datasets(tracked).records("recommender") == []
    assert Quarantine(tracked, "recommender").read().num_rows > 20_000


def test_a_run_killed_after_training_goes_on_without_training_again(tracked):
    process = subprocess.Popen(
        command(tracked, "--set", QUICK), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    for line in process.stderr:
        if line.startswith("evaluate: runs"):
            os.kill(process.pid, signal.SIGKILL)
            break
    process.wait()
    result = run(tracked, "--set", QUICK)
    assert [step["name"] for step in result["steps"] if step["skipped"]] == [
        "ingest",
        "clean",
        "dataset",
        "train",
    ]
    assert result["model_version"] == 1


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_an_interrupted_run_says_so_and_goes_on_later(tracked, number):
    process = subprocess.Popen(
        command(tracked, "--set", QUICK), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith("train: runs"):
            process.send_signal(number)
    assert process.wait() == 130
    assert "interrupted; run again to go on after the last finished step" in said[-1]
    result = run(tracked, "--set", QUICK)
    assert [step["name"] for step in result["steps"] if step["skipped"]] == ["ingest", "clean", "dataset"]


def test_two_runs_at_once_make_one_version(tracked):
    results = []
    runs = [threading.Thread(target=lambda: results.append(run(tracked, "--set", QUICK))) for _ in range(2)]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    assert len(results) == 2
    assert results[0]["model_version"] == results[1]["model_version"]
    assert results[0]["dataset"] == results[1]["dataset"] == "recommender@1"
    assert len(ModelRegistry(tracked).versions("recommender")) == 1
    assert len(Datasets(tracked).records("recommender")) == 1


def test_a_disk_without_room_is_an_error_and_the_next_run_completes(tracked):
    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    run(tracked, "--set", QUICK, "--set", "seed=3")
    before = state(tracked)
    said = run(tracked, "--set", QUICK, "--fresh", code=1, preexec_fn=no_room)
    assert "too large" in said.lower() or "cannot be written" in said
    assert "Traceback" not in said
    assert state(tracked) == before
    assert run(tracked, "--set", QUICK, "--set", "seed=3")["model_version"] == 1


def test_an_environment_that_is_not_there_has_its_own_exit_code(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ml",
            "run",
            "--environment",
            str(tmp_path / "none.json"),
            "--system",
            "recommender",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 4
    assert "make up" in done.stderr


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--set", "train.settings.colour=red"], "train.settings.colour"),
        (["--set", "seed=-1"], "seed"),
        (["--set", "seed"], "is not KEY=VALUE"),
        (["--pipeline", "x.yaml"], "name either"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(tracked, more, message):
    said = run(tracked, *more, code=2)
    assert message in said
    assert "Traceback" not in said


def test_the_shipped_pipeline_reaches_its_bars_without_looking_at_the_test_events(tracked, tmp_path):
    result = run(tracked)
    assert result["metrics"]["ndcg_at_10"] >= 0.100
    assert result["metrics"]["hit_rate_at_10"] >= 0.19
    registry = ModelRegistry(tracked)
    version = registry.challenger("recommender")
    folder = registry.download(version, tmp_path / "model")
    size = sum(path.stat().st_size for path in Path(folder).iterdir())
    assert size <= load("recommender").budgets.size_mib * 2**20
