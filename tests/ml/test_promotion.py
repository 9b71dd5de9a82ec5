"""A model of one environment, copied whole to another one's gate: two registries, two sets of buckets."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
import uuid
from pathlib import Path

import httpx
import pyarrow as pa
import pytest

from ml.data.datasets import Datasets
from ml.drift.profile import profile
from ml.drift.watch import Subject, Watch
from ml.errors import DatasetNotFound, ModelDamaged, WrongInput
from ml.model_registry import ModelRegistry
from ml.origin import Origin
from ml.pipeline import Pipeline
from ml.promotion import CopyModel, pipeline
from ml.recorded_run import RecordedRun
from ml.system import implementation, load
from ml.tracking_server import TrackingServer
from ml.training.update import Update
from tests.ml import servers
from tests.ml.servers import describe, started

pytestmark = pytest.mark.slow

QUICK = {"ease_penalties": [500], "als_factors": [], "recency_exponents": [0.7]}
SYSTEM = "recommender"


def forget_models(url):
    model = {"name": SYSTEM}
    httpx.request("DELETE", f"{url}/api/2.0/mlflow/registered-models/delete", json=model, trust_env=False)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The tracking server of the environment that is promoted to."""
    found = started(servers.TrackingServer, tmp_path_factory.mktemp("elsewhere"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def staging(store, tracking, small_events, tmp_path_factory):
    """An environment with a model that passed its gate."""
    folder = tmp_path_factory.mktemp("staging") / "environment"
    environment = describe(store, tracking.url, folder, f"staging-{uuid.uuid4().hex[:8]}")
    system = implementation(SYSTEM)
    tables = system.features(small_events)
    seen = profile(load(SYSTEM).drift.monitors, system.monitored(tables))
    on = {"dataset": Datasets(environment).commit(SYSTEM, tables, seen, "small").model_dump(mode="json")}
    model = {"model": {"from": "train"}}
    steps = [
        {"name": "train", "job": "train", "settings": QUICK, **on},
        {"name": "evaluate", "job": "evaluate", **on, **model},
        {"name": "gate", "job": "gate", "evaluation": {"from": "evaluate"}, **on, **model},
        {"name": "register", "job": "register", "gate": {"from": "gate"}},
    ]
    done = Pipeline.model_validate({"system": SYSTEM, "steps": steps}).run(environment)
    assert done[-1].output.version, done[-2].output.verdict.reasons
    yield environment
    forget_models(tracking.url)


@pytest.fixture
def origin(staging):
    """What a release of staging says; each test has one of its own."""
    version = ModelRegistry(staging).challenger(SYSTEM)
    return Origin(
        environment=staging.name,
        release=f"{SYSTEM}-v{version.version}-{uuid.uuid4().hex[:8]}",
        model_version=version.version,
        model_digest=version.digest,
        dataset=version.dataset,
    )


@pytest.fixture
def prod(store, elsewhere, tmp_path):
    """An environment without data, model or run."""
    environment = describe(store, elsewhere.url, tmp_path / "prod", f"prod-{uuid.uuid4().hex[:8]}")
    yield environment
    forget_models(elsewhere.url)


def address(environment):
    return str(environment.logs.parent / "environment.json")


def give_data(prod, staging, change):
    """Commit what ``change`` makes of staging's events as the version to judge on."""
    record = Datasets(staging).records(SYSTEM)[-1]
    tables = Datasets(staging).load(record.version)
    tables["events"] = change(tables["events"])
    return Datasets(prod).commit(SYSTEM, tables, record.profile, "prod's own")


def all_but_the_first(events):
    return events.slice(1)


def promote(prod, staging, origin):
    return pipeline(prod, staging, address(staging), origin, SYSTEM).run(prod)


def runs_of(environment):
    server = TrackingServer(environment)
    experiment = server.get("mlflow/experiments/get-by-name", experiment_name=SYSTEM)
    if experiment is None:
        return []
    identity = experiment["experiment"]["experiment_id"]
    return (server.post("mlflow/runs/search", experiment_ids=[identity]) or {}).get("runs", [])


def promoted(environment, origin):
    """The runs of a promotion."""
    tag = {"key": "promoted_from", "value": f"{origin.environment}/{origin.release}"}
    return [run["info"]["run_id"] for run in runs_of(environment) if tag in run["data"]["tags"]]


def killed_when_copied(prod, staging, origin):
    """Promote in a process that is killed after the copy, before anybody knows that it is done."""
    arguments = ["promote", "--environment", address(prod), "--source", address(staging), "--system", SYSTEM]
    arguments += ["--release", origin.release, "--version", str(origin.model_version)]
    arguments += ["--digest", origin.model_digest, "--dataset", origin.dataset]
    program = textwrap.dedent(f"""
        import logging, os, signal
        from ml.__main__ import main

        class Fall(logging.Handler):
            def emit(self, record):
                if record.getMessage().startswith("copied"):
                    os.kill(os.getpid(), signal.SIGKILL)

        logging.getLogger("ml.promotion").addHandler(Fall())
        main({arguments!r})
    """)
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_a_promotion_goes_on_after_a_kill_to_the_same_model_and_a_second_one_does_nothing(
    prod, staging, origin, tmp_path
):
    give_data(prod, staging, all_but_the_first)
    killed_when_copied(prod, staging, origin)
    assert len(promoted(prod, origin)) == 1
    assert ModelRegistry(prod).versions(SYSTEM) == []
    first, second = promote(prod, staging, origin), promote(prod, staging, origin)
    assert [step.skipped for step in first] == [False] * 4
    assert [step.skipped for step in second] == [True] * 4
    assert promoted(prod, origin) == [first[0].output.run_id]
    assert len(ModelRegistry(prod).versions(SYSTEM)) == 1
    is_a_copy(prod, staging, origin, tmp_path)
    as_champion_it_is_not_updated_as_its_rows_are_elsewhere(prod)


def as_champion_it_is_not_updated_as_its_rows_are_elsewhere(prod):
    registry = ModelRegistry(prod)
    champion = registry.challenger(SYSTEM)
    registry.set_alias(SYSTEM, "champion", champion.version)
    with pytest.raises(DatasetNotFound, match=f"not in {prod.name}; release a version of recommender"):
        Datasets(prod).here(SYSTEM, champion.dataset)
    update = Update(system=SYSTEM, dataset=Datasets(prod).newest(SYSTEM, "to update on").version).run(prod)
    assert update.why == f"{champion.dataset}, from which version {champion.version} learnt, is not here"


def is_a_copy(prod, staging, origin, folder):
    """It is the same model, judged on the target's rows, with all that made it."""
    theirs = ModelRegistry(staging).challenger(SYSTEM)
    registry = ModelRegistry(prod)
    ours = registry.challenger(SYSTEM)
    assert registry.champion(SYSTEM) is None
    assert (ours.digest, ours.onnx_sha256, ours.family, ours.settings, ours.commit) == (
        theirs.digest, theirs.onnx_sha256, theirs.family, theirs.settings, theirs.commit,
    )  # fmt: skip
    assert ours.promoted_from == origin
    assert (ours.held_out, ours.dataset) == (
        "recommender@1",
        f"recommender@sha256:{theirs.dataset_digest[:12]}",
    )
    assert {path.name for path in registry.download(ours, folder / "model").iterdir()} == set(theirs.files)
    card = registry.card(ours)
    assert f"Trained and validated on {staging.name}'s dataset version {theirs.dataset}" in card
    assert "of the test rows of recommender@1 here" in card
    run, their_run = RecordedRun(prod, ours.run_id), RecordedRun(staging, theirs.run_id)
    assert run.parameters == their_run.parameters
    assert run.metrics["origin_ndcg_at_10"] == their_run.metrics["ndcg_at_10"]
    run.download(folder / "run")
    their_run.download(folder / "theirs")
    for name in ("gate/report.html", "gate/model_card.md"):
        assert (folder / "run" / "origin" / name).read_bytes() == (folder / "theirs" / name).read_bytes()
    subject = Subject(
        system=SYSTEM, release="a", model_version=1, dataset=ours.dataset, since="2026-01-01T00:00:00Z"
    )
    learnt = Datasets(staging).records(SYSTEM)[-1]
    assert Watch(prod).reference(subject) == learnt.profile, (
        "drift is held against what the model learnt from"
    )


def test_two_copies_at_once_share_one_run(prod, staging, origin):
    made = []

    def copy():
        job = CopyModel(system=SYSTEM, origin=origin, source=address(staging))
        made.append(job.run(prod))

    both = [threading.Thread(target=copy) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert len({copied.run_id for copied in made}) == 1
    assert made[0].folder == made[1].folder
    assert len(promoted(prod, origin)) == 1


def test_a_model_that_is_not_what_its_release_says_is_refused_and_leaves_nothing(
    prod, staging, origin, tracking
):
    give_data(prod, staging, all_but_the_first)
    before = Datasets(prod).records(SYSTEM)
    other = origin.model_copy(update={"model_digest": "0" * 64})
    with pytest.raises(ModelDamaged, match=r"its release says 000000000000; nothing was copied: release"):
        promote(prod, staging, other)
    kept = {path: path.read_bytes() for path in Path(tracking.server.folder).rglob("model.onnx")}
    try:
        for path, content in kept.items():
            path.write_bytes(content[:-1] + b"!")
        with pytest.raises(ModelDamaged, match=r"model\.onnx of recommender version \d+ is"):
            promote(prod, staging, origin)
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
    assert promoted(prod, origin) == []
    assert ModelRegistry(prod).versions(SYSTEM) == []
    assert Datasets(prod).records(SYSTEM) == before


def test_the_targets_gate_rejects_what_fails_on_its_rows_and_nothing_changes(prod, staging, origin):
    def of_the_other_taste(events):
        rows = events.to_pylist()
        films = [
            f"i{(int(row['item_id'][1:]) + 20) % 40}" if row["part"] == "test" else row["item_id"]
            for row in rows
        ]
        return events.set_column(events.column_names.index("item_id"), "item_id", pa.array(films))

    give_data(prod, staging, of_the_other_taste)
    steps = promote(prod, staging, origin)
    gate = steps[2].output
    assert (gate.verdict.decision, gate.held_out) == ("reject", "recommender@1")
    assert any("below the minimum" in reason for reason in gate.verdict.reasons)
    assert ModelRegistry(prod).versions(SYSTEM) == []


def test_data_that_the_model_cannot_be_judged_on_are_named_in_one_sentence(prod, staging, origin):
    with pytest.raises(DatasetNotFound, match=rf"in {prod.name} to judge a model on; run `millrace train"):
        promote(prod, staging, origin)
    give_data(prod, staging, lambda events: events.drop_columns(["timestamp"]))
    with pytest.raises(WrongInput, match=r"whose events\.timestamp is .* has it not at all; bring"):
        promote(prod, staging, origin)
    assert promoted(prod, origin) == []
