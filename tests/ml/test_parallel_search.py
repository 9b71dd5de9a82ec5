"""Trials in processes of their own: they repeat, fail alone, and go on after a kill; one search at a time."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import psutil
import pytest

from ml.errors import SearchUnderWay, WrongInput
from ml.objects import Objects
from ml.training.parallel_search import ParallelSearch
from ml.training.trials import Budget
from tests.ml.searched_work import Hill
from tests.waiting import eventually

pytestmark = pytest.mark.slow


def searched(environment, work, budget, name="hill", processes=2):
    return ParallelSearch(work, environment, budget, name, processes=processes).run()


def what_was_found(found):
    return [trial.model_dump(exclude={"took_s", "at_s"}) for trial in found.trials]


def test_a_seeded_search_repeats_on_any_number_of_processes_each_trial_in_its_own(environment, tmp_path):
    work = Hill(log=tmp_path / "log", steps=3)
    budget = Budget(trials=7, behind=3, trials_before_pruning=2)
    one = searched(environment, work, budget, "one", processes=1)
    three = searched(environment, work, budget, "three", processes=3)
    assert what_was_found(one) == what_was_found(three)
    assert any(trial.pruned and len(trial.steps) < 3 for trial in one.trials)
    lines = [json.loads(line) for line in work.log.read_text().splitlines()]
    assert len({line["pid"] for line in lines}) == len(lines) == 14
    assert os.getpgid(0) not in {line["group"] for line in lines}
    again = searched(environment, work, budget, "one")
    assert what_was_found(again) == what_was_found(one)
    assert len(work.log.read_text().splitlines()) == 14


def test_a_trial_whose_process_is_killed_fails_alone(environment, tmp_path):
    found = searched(environment, Hill(log=tmp_path / "log", killed_x=3), Budget(trials=6))
    failed = [trial for trial in found.trials if trial.failed]
    assert [trial.number for trial in failed] == [
        trial.number for trial in found.trials if trial.settings["x"] > 3
    ]
    assert failed
    assert all("SIGKILL" in trial.failed and trial.score is None for trial in failed)
    assert found.best.score == max(-((trial.settings["x"] - 2) ** 2) for trial in found.trials if trial.score)


def test_a_trial_that_hangs_is_ended_and_the_others_go_on(environment, tmp_path):
    budget = Budget(trials=4, hangs_after_s=5)
    found = searched(environment, Hill(log=tmp_path / "log", hanging=3), budget, processes=1)
    assert [bool(trial.failed) for trial in found.trials] == [False, False, True, False]
    assert "or hung" in found.trials[2].failed


def test_trials_that_all_fail_end_the_search_with_the_reason_and_the_next_begins_anew(environment, tmp_path):
    log = tmp_path / "log"
    with pytest.raises(WrongInput, match=r"first 5 trials all failed.*no hill in sight"):
        searched(environment, Hill(log=log, failing=True), Budget(trials=20), processes=1)
    assert len(searched(environment, Hill(log=log), Budget(trials=2)).trials) == 2


def test_too_little_time_for_one_trial_is_told_in_one_sentence(environment, tmp_path):
    with pytest.raises(WrongInput, match=r"not one trial was done within 0\.0001 minutes; allow more"):
        searched(environment, Hill(log=tmp_path / "log"), Budget(time_limit_s=0.006))


SEARCHING = """
    import sys
    from pathlib import Path
    from ml.environment import Environment
    from ml.training.parallel_search import ParallelSearch
    from ml.training.trials import Budget
    from tests.ml.searched_work import Slow

    environment, work = Environment.load(sys.argv[1]), Slow(log=Path(sys.argv[2]))
    print(ParallelSearch(work, environment, Budget(trials=6), "killed").run().model_dump_json())
"""


def searching(environment, log):
    address = environment.logs.parent / "environment.json"
    command = [sys.executable, "-c", textwrap.dedent(SEARCHING), str(address), str(log)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_killed_search_leaves_no_process_and_goes_on_inside_the_trial_it_was_in(environment, tmp_path):
    log = tmp_path / "log"
    waits = log.with_suffix(".waits")
    first = searching(environment, log)
    trial = psutil.Process(eventually(lambda: int(waits.read_text()), "the fourth trial waits", 300))
    with pytest.raises(SearchUnderWay, match=f"process {first.pid} on .* works on this very search"):
        searched(environment, Hill(log=log), Budget(trials=6), "killed")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    eventually(lambda: not trial.is_running() or trial.status() == "zombie", "the trial ended as well")
    objects = Objects(environment, environment.object_store.buckets.pipelines)
    kept = {key: objects.get(key) for key in objects.keys("killed/trials/")}
    assert len(kept) == 3
    said, errors = searching(environment, log).communicate(timeout=600)
    trials = json.loads(said)["trials"]
    assert [trial["number"] for trial in trials] == list(range(6)), errors
    assert {key: objects.get(key) for key in kept} == kept
    assert len(log.read_text().splitlines()) == 7
    # The fourth went on at its fourth step, with the scores that it had reported before.
    assert trials[3]["score"] == pytest.approx(trials[3]["settings"]["x"] + 0.003)
    assert sorted(trials[3]["steps"]) == ["0", "1", "2", "3", "4"]
    assert not objects.keys("killed/checkpoints/")
