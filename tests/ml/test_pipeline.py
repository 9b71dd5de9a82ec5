"""Steps that are finished are not done again, whatever happened in between."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from ml.errors import SourceUnavailable, StepFailed, WrongInput
from ml.pipeline import Pipeline
from tests.waiting import eventually

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def sample_jobs(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))
    monkeypatch.setenv("PYTHONPATH", str(HERE))


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "journal"
    path.touch()
    return path


def two_steps(journal, first=None, second=None, begin="sample_jobs:Begin"):
    return {
        "system": "recommender",
        "steps": [
            {"name": "begin", "job": begin, "journal": str(journal), **(first or {})},
            {
                "name": "double",
                "job": "sample_jobs:Double",
                "journal": str(journal),
                "number": {"from": "begin"},
                **(second or {}),
            },
        ],
    }


def run(environment, document, **options):
    return Pipeline.model_validate(document).run(environment, progress=lambda _: None, **options)


def lines(journal):
    return journal.read_text().split()


def test_a_second_run_does_nothing_and_says_so(environment, journal):
    first = run(environment, two_steps(journal))
    second = run(environment, two_steps(journal))
    assert lines(journal) == ["begin", "double"]
    assert [step.skipped for step in first] == [False, False]
    assert [step.skipped for step in second] == [True, True]
    assert second[-1].output.value == 2


def test_a_changed_setting_runs_its_step_and_those_that_take_its_output(environment, journal):
    run(environment, two_steps(journal))
    last = run(environment, two_steps(journal, first={"value": 5}))
    assert lines(journal) == ["begin", "double", "begin", "double"]
    assert last[-1].output.value == 10


def test_a_step_whose_output_is_the_same_does_not_make_the_next_one_run(environment, journal, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("one")
    document = two_steps(journal, first={"outside": str(outside)}, begin="sample_jobs:Dependent")
    run(environment, document)
    outside.write_text("two")
    again = run(environment, document)
    assert lines(journal) == ["begin", "double", "begin"]
    assert [step.skipped for step in again] == [False, True]


def test_a_failed_step_keeps_those_before_it(environment, journal):
    broken = two_steps(journal)
    broken["steps"].append(
        {"name": "late", "job": "sample_jobs:Begin", "journal": str(journal), "fails": True, "value": 9}
    )
    with pytest.raises(SourceUnavailable, match="bring it back"):
        run(environment, broken)
    broken["steps"][-1]["fails"] = False
    finished = run(environment, broken)
    assert lines(journal) == ["begin", "double", "begin", "begin"]
    assert [step.skipped for step in finished] == [True, True, False]


def test_an_output_that_holds_no_longer_is_made_anew(environment, journal, tmp_path):
    holds = tmp_path / "holds"
    holds.touch()
    document = two_steps(journal, first={"holds": str(holds)}, begin="sample_jobs:Perishable")
    run(environment, document)
    holds.unlink()
    run(environment, document)
    holds.touch()
    run(environment, document)
    assert lines(journal) == ["begin", "double", "begin"]


def test_fresh_does_every_step_again(environment, journal):
    run(environment, two_steps(journal))
    run(environment, two_steps(journal), fresh=True)
    assert lines(journal) == ["begin", "double"] * 2


def test_of_two_runs_at_once_one_output_counts_and_both_go_on_with_it(environment, journal, tmp_path):
    gate = tmp_path / "gate"
    document = two_steps(journal, first={"waits_for": str(gate)})
    results = {}
    runs = [
        threading.Thread(target=lambda n=n: results.update({n: run(environment, document)})) for n in range(2)
    ]
    for each in runs:
        each.start()
    eventually(lambda: lines(journal).count("begin") == 2, "both runs are inside the first step")
    gate.touch()
    for each in runs:
        each.join()
    assert [step.digest for step in results[0]] == [step.digest for step in results[1]]
    assert results[0][0].output == results[1][0].output
    assert all(step.skipped for step in run(environment, document))


def test_a_run_killed_within_a_step_goes_on_after_the_last_finished_one(environment, journal, tmp_path):
    gate = tmp_path / "gate"
    document = two_steps(journal, second={"waits_for": str(gate)})
    file = tmp_path / "pipeline.yaml"
    file.write_text(yaml.safe_dump(document))
    address = tmp_path / "environment" / "environment.json"
    command = [sys.executable, "-m", "ml", "run", "--environment", str(address), "--pipeline", str(file)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: lines(journal) == ["begin", "double"], "the second step has begun")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    gate.touch()
    again = run(environment, document)
    assert lines(journal) == ["begin", "double", "double"]
    assert [step.skipped for step in again] == [True, False]


def test_a_step_with_its_own_resources_has_its_own_process_in_the_same_group(environment, journal):
    results = run(environment, two_steps(journal, second={"resources": {"cpu": 1}}))
    assert results[0].output.made_by == os.getpid()
    assert results[1].output.made_by != os.getpid()
    assert results[1].output.value == 2


def test_a_step_that_fails_in_its_own_process_says_why(environment, journal):
    failing = two_steps(journal, first={"fails": True, "resources": {"cpu": 1}})
    with pytest.raises(StepFailed, match="the sample source is away; bring it back"):
        run(environment, failing)


def test_a_step_in_its_own_process_ends_when_its_parent_is_killed(environment, journal, tmp_path):
    document = two_steps(journal, first={"waits_for": str(tmp_path / "never"), "resources": {"cpu": 1}})
    file = tmp_path / "pipeline.yaml"
    file.write_text(yaml.safe_dump(document))
    address = tmp_path / "environment" / "environment.json"
    command = [sys.executable, "-m", "ml", "run", "--environment", str(address), "--pipeline", str(file)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: lines(journal) == ["begin"], "the step's own process runs")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 1
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    eventually(lambda: not Path(f"/proc/{children[0]}").exists(), "the child is gone")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["steps"][1].update(number={"from": "nowhere"}), "no earlier step"),
        (lambda d: d["steps"][1].update(name="begin"), "two steps are named 'begin'"),
        (lambda d: d.update(system="Nobody"), "system"),
        (lambda d: d.update(system="nobody"), "there is no system 'nobody'"),
        (lambda d: d.pop("steps"), "steps: Field required"),
        (lambda d: d.update(stepz=[]), "stepz"),
    ],
)
def test_a_wrong_pipeline_is_refused_with_the_key(journal, tmp_path, change, message):
    document = two_steps(journal)
    change(document)
    file = tmp_path / "pipeline.yaml"
    file.write_text(yaml.safe_dump(document))
    with pytest.raises(WrongInput, match=message):
        Pipeline.read(file)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"value": "many"}, "step 'begin' of recommender: value: .* \\(it is 'many'\\)"),
        ({"colour": "red"}, "step 'begin' of recommender: colour"),
        ({"job": "nothing"}, "there is no job 'nothing'.*ingest"),
        ({"job": "ml.errors:MlError"}, "is not a job"),
    ],
)
def test_a_wrong_step_is_refused_before_it_runs(environment, journal, step, message):
    with pytest.raises(WrongInput, match=message):
        run(environment, two_steps(journal, first=step))
    assert lines(journal) == []


def test_settings_are_written_over_the_file(tmp_path, journal):
    file = tmp_path / "pipeline.yaml"
    file.write_text(yaml.safe_dump(two_steps(journal)))
    read = Pipeline.read(file, {"seed": "7", "begin.value": "3"})
    assert read.seed == 7
    assert read.job(read.steps[0], {}).value == 3
    with pytest.raises(WrongInput, match="there is no step 'nowhere'; there are: begin, double"):
        Pipeline.read(file, {"nowhere.value": "3"})
    with pytest.raises(WrongInput, match="name a field as well"):
        Pipeline.read(file, {"begin": "3"})


def test_the_recommenders_own_pipeline_is_right():
    pipeline = Pipeline.of("recommender", {"train.settings.als_factors": "[8]"})
    steps = [step.name for step in pipeline.steps]
    assert steps == ["ingest", "clean", "dataset", "train", "evaluate", "gate", "register"]
    assert pipeline.steps[3].fields["settings"]["als_factors"] == [8]
