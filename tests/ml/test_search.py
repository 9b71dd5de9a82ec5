"""A search finds good settings, gives up bad ones, keeps to its budget, and survives a kill."""

import os
import signal
import subprocess
import sys
import textwrap

import optuna
import pytest

from ml.errors import WrongInput
from ml.objects import Objects
from ml.training.search import search
from ml.training.trials import Budget


class Kept(dict):
    """A store in memory."""

    put = dict.__setitem__

    def keys(self, prefix=""):
        return sorted(key for key in dict.keys(self) if key.startswith(prefix))


def hill(trial):
    """Return a score that is highest, 0, at x = 2 and for the kind "right"."""
    x = trial.suggest_float("x", -10, 10)
    return -((x - 2) ** 2) - (5 if trial.suggest_categorical("kind", ["left", "right"]) == "left" else 0)


def same(one, other):
    return [trial.model_dump(exclude={"took_s", "at_s"}) for trial in one.trials] == [
        trial.model_dump(exclude={"took_s", "at_s"}) for trial in other.trials
    ]


def test_it_comes_close_to_the_best_there_is():
    found = search(hill, Budget(trials=60), Kept(), "hill")
    assert found.best.settings["kind"] == "right"
    assert found.best.score > -0.1
    assert found.best.score == max(trial.score for trial in found.trials)


def test_the_same_seed_finds_the_same_and_another_something_else():
    budget = Budget(trials=12)
    assert same(search(hill, budget, Kept(), "hill", 1), search(hill, budget, Kept(), "hill", 1))
    assert not same(search(hill, budget, Kept(), "hill", 1), search(hill, budget, Kept(), "hill", 2))


def test_what_is_worse_than_the_median_at_a_step_is_given_up():
    def slowly(trial):
        x = trial.suggest_float("x", -10, 10)
        for step in range(10):
            trial.report(-((x - 2) ** 2), step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return -((x - 2) ** 2)

    found = search(slowly, Budget(trials=40), Kept(), "slowly")
    given_up = [trial for trial in found.trials if trial.pruned]
    assert given_up
    assert all(len(trial.steps) < 10 and trial.score is None for trial in given_up)
    assert all(trial.number >= 5 for trial in given_up)
    assert not found.best.pruned


def test_a_search_that_goes_on_tries_nothing_twice_and_finds_what_a_whole_one_finds():
    store, tried = Kept(), []

    def counted(trial):
        tried.append(trial.number)
        return hill(trial)

    search(counted, Budget(trials=7), store, "hill")
    went_on = search(counted, Budget(trials=20), store, "hill")
    assert len(tried) == 20
    assert same(went_on, search(hill, Budget(trials=20), Kept(), "hill"))


def test_trials_after_one_that_is_lost_are_tried_again():
    store = Kept()
    whole = search(hill, Budget(trials=9), store, "hill")
    del store["hill/000004.json"]
    assert same(search(hill, Budget(trials=9), store, "hill"), whole)


def test_the_time_of_kept_trials_counts():
    store = Kept()
    first = search(hill, Budget(trials=3), store, "hill")
    spent = sum(trial.took_s for trial in first.trials)
    again = search(hill, Budget(trials=30, time_limit_s=spent), store, "hill")
    assert len(again.trials) == 3


def test_a_score_that_is_no_number_is_never_the_best():
    found = search(lambda trial: float("nan") if trial.number < 3 else 1.0, Budget(trials=5), Kept(), "nan")
    assert [trial.score for trial in found.trials] == [None, None, None, 1.0, 1.0]
    assert found.best.number == 3


def test_a_search_without_any_score_says_so():
    with pytest.raises(WrongInput, match="none of 4 trials reached a score within 600 s; allow more"):
        search(lambda trial: float("nan"), Budget(trials=4), Kept(), "nothing")


SEARCHING = """
    import os, signal, sys
    from ml.environment import Environment
    from ml.objects import Objects
    from ml.training.search import search
    from ml.training.trials import Budget

    environment = Environment.load(sys.argv[1])
    objects = Objects(environment, environment.object_store.buckets.pipelines)

    def objective(trial):
        if trial.number == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return -trial.suggest_float("x", -10, 10) ** 2

    print(search(objective, Budget(trials=8), objects, "killed").model_dump_json())
"""


@pytest.mark.slow
def test_killed_at_a_trial_it_goes_on_with_that_one(environment, tmp_path):
    file = tmp_path / "environment.json"
    file.write_text(environment.model_dump_json())

    def run(killed_at):
        command = [sys.executable, "-c", textwrap.dedent(SEARCHING), str(file), str(killed_at)]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=120, env=os.environ, check=False
        )

    assert run(5).returncode == -signal.SIGKILL
    objects = Objects(environment, environment.object_store.buckets.pipelines)
    assert len(objects.keys("killed/")) == 5
    kept = {key: objects.get(key) for key in objects.keys("killed/")}
    finished = run(99)
    assert finished.returncode == 0, finished.stderr
    assert len(objects.keys("killed/")) == 8
    assert {key: objects.get(key) for key in kept} == kept
