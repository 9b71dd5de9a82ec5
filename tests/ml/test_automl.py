"""From a dataset version through a search of the recommender's space to the registry, on real servers."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from ml.data.datasets import Datasets
from ml.drift.profile import profile
from ml.model_registry import ModelRegistry
from ml.objects import Objects
from ml.system import implementation, load
from tests.waiting import eventually

pytestmark = pytest.mark.slow


def command(environment, *more):
    address = environment.logs.parent / "environment.json"
    start = [sys.executable, "-m", "ml", "automl", "--environment", str(address), "--json"]
    return [*start, "--system", "recommender", *more]


def run(environment, *more, code=0):
    done = subprocess.run(
        command(environment, *more), capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == code, done.stderr
    return (json.loads(done.stdout.splitlines()[-1]) if code in {0, 3} else None), done.stderr


def commit(environment, clean):
    system = implementation("recommender")
    tables = system.features(clean)
    watched = profile(load("recommender").drift.monitors, system.monitored(tables))
    Datasets(environment).commit("recommender", tables, watched, "made here")


@pytest.fixture
def committed(tracked, small_events):
    """An environment with one small dataset version of the recommender."""
    commit(tracked, small_events)
    return tracked


def kept(environment):
    """What is stored of searches, by key, the checkpoints and runs left out."""
    objects = Objects(environment, environment.object_store.buckets.pipelines)
    return {key: objects.get(key) for key in objects.keys("searches/") if "/trials/" in key}


def test_killed_in_the_middle_it_counts_nothing_twice_and_the_best_becomes_challenger(committed):
    arguments = ("--minutes", "30", "--trials", "5", "--processes", "1")
    process = subprocess.Popen(
        command(committed, *arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    eventually(lambda: len(kept(committed)) >= 2, "two trials are kept", 300)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = kept(committed)
    result, said = run(committed, *arguments)
    assert f"going on after {len(before)} trials that are kept" in said
    after = kept(committed)
    assert {key: after[key] for key in before} == before
    trials = [json.loads(content) for content in after.values()]
    assert sorted(trial["number"] for trial in trials) == list(range(5))

    best = max(trials, key=lambda trial: trial["score"])
    assert (result["decision"], result["model_version"]) == ("promote", 1)
    registry = ModelRegistry(committed)
    version = registry.challenger("recommender")
    assert version.search.model_dump() == result["search"]
    assert (version.search.trials, version.search.score) == (5, best["score"])
    assert version.family == best["settings"]["family"]
    assert version.settings["recency_exponent"] == best["settings"]["recency_exponent"]
    report = registry.search_report(version).decode()
    assert f"Trial {best['number'] + 1} is the best of 5" in report
    assert "Best score so far over time" in report
    assert "Settings found by" in registry.card(version)


def test_the_best_of_settings_that_learn_nothing_is_rejected_and_changes_nothing(tracked, small_events):
    # Everyone takes the same films, so that what most took, the floor, cannot be beaten.
    random = np.random.default_rng(0)
    films = np.concatenate([random.permutation(15) for _ in range(60)])
    events = small_events["events"].set_column(1, "item_id", pa.array([f"i{film}" for film in films]))
    commit(tracked, {**small_events, "events": events})
    result, _ = run(tracked, "--minutes", "5", "--trials", "2", code=3)
    assert any("not shown to be better" in reason for reason in result["reasons"])
    assert (result["model_version"], result["search"]["trials"]) == (None, 2)
    assert ModelRegistry(tracked).versions("recommender") == []


def test_interrupted_it_says_what_is_kept_and_how_to_go_on(committed):
    arguments = ("--minutes", "5", "--trials", "50", "--processes", "1")
    process = subprocess.Popen(
        command(committed, *arguments), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    for line in process.stderr:
        if "trial 1 (" in line:
            process.send_signal(signal.SIGINT)
            break
    said = process.stderr.read()
    assert process.wait() == 130
    assert "trials are kept; the same command goes on with the next" in said
    assert "interrupted" in said
    assert len(kept(committed)) >= 1


@pytest.mark.parametrize(
    ("more", "code", "sentence"),
    [
        (("--minutes", "0"), 2, "minutes: Input should be greater than 0"),
        (("--minutes", "soon"), 2, "invalid float value"),
        (("--minutes", "1", "--dataset", "7"), 1, "there is no dataset version recommender@7"),
        (("--minutes", "1", "--system", "nobody"), 2, "there is no system 'nobody'"),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(committed, more, code, sentence):
    _, said = run(committed, *more, code=code)
    assert sentence in said
    assert "Traceback" not in said


def test_without_a_dataset_version_it_says_how_to_make_one(tracked):
    _, said = run(tracked, "--minutes", "1", code=1)
    assert "has no dataset version yet to search on; run `millrace train recommender --env " in said
