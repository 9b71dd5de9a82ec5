"""The registry and the tracking server, read without MLflow's own package."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from ml.errors import EnvironmentUnavailable, ModelNotFound, RunNotFound, TrackingUnavailable
from ml.model_registry import ModelRegistry
from ml.tracking import Tracking
from ml.tracking_server import TrackingServer
from tests.ml.servers import describe, stopped

pytestmark = pytest.mark.slow


def test_a_system_without_versions_has_none(tracked):
    registry = ModelRegistry(tracked)
    assert registry.champion("recommender") is None
    assert registry.challenger("recommender") is None
    assert registry.versions("recommender") == []
    with pytest.raises(ModelNotFound, match="there is no version 3 of the model recommender"):
        registry.version("recommender", 3)
    with pytest.raises(ModelNotFound):
        registry.set_alias("recommender", "champion", 3)


def test_a_version_that_no_pipeline_made_is_told_apart(tracked, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").write_text("flavors: {}\n")
    run = Tracking(tracked).begin("recommender", "by hand", {})
    run.register("recommender", run.log_model("recommender", tmp_path / "model", {}), {}, "by hand")
    registry = ModelRegistry(tracked)
    assert registry.versions("recommender") == []
    with pytest.raises(ModelNotFound, match="not registered by a pipeline of ours"):
        registry.version("recommender", 1)


def test_a_stopped_server_is_an_error_that_says_what_to_start(store, tmp_path):
    environment = describe(store, "http://127.0.0.1:9", tmp_path / "environment", "no-tracking")
    with pytest.raises(TrackingUnavailable, match=r"127\.0\.0\.1:9 did not answer within 1 s") as caught:
        ModelRegistry(environment, patience_s=1).champion("recommender")
    assert isinstance(caught.value, EnvironmentUnavailable)
    assert caught.value.exit_code == 4
    with pytest.raises(TrackingUnavailable, match="make up"):
        Tracking(environment, patience_s=1).begin("recommender", "run", {})


def test_a_server_that_is_still_starting_is_waited_for(tracked, tracking):
    with stopped(tracking.server):
        starting = threading.Timer(1.0, tracking.server.launch)
        starting.start()
        try:
            TrackingServer(tracked).wait()
        finally:
            starting.join()


def test_a_run_that_the_server_lost_is_named_with_the_remedy(tracked):
    with pytest.raises(RunNotFound, match=r"does not know run 0123.*--fresh"):
        Tracking(tracked).resume("0123")


def test_several_that_log_the_same_at_once_all_succeed(tracked):
    run = Tracking(tracked).begin("recommender", "at once", {})
    several = 6
    with ThreadPoolExecutor(several) as pool:
        for each in range(5):
            together = threading.Barrier(several)

            def log(number=each, together=together):
                together.wait(30)
                run.log(parameters={f"penalty {number}": 500}, metrics={f"ndcg {number}": 0.1})

            for done in [pool.submit(log) for _ in range(several)]:
                done.result()


def test_what_a_run_logs_can_be_read_back_and_logged_again(tracked, tracking, tmp_path):
    run = Tracking(tracked).begin("recommender", "a run", {"dataset": "recommender@1"})
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text("text")
    for _ in range(2):
        run.log(parameters={"penalty": 500}, metrics={"ndcg": 0.1}, tags={"decision": "promote"})
        run.log_files(tmp_path / "files", "gate")
    run.end()
    found = TrackingServer(tracked).get("mlflow/runs/get", run_id=run.run_id)["run"]
    assert found["info"]["status"] == "FINISHED"
    assert {"key": "penalty", "value": "500"} in found["data"]["params"]
    assert {"key": "dataset", "value": "recommender@1"} in found["data"]["tags"]
    assert httpx.get(run.page.replace("/#/", "/"), trust_env=False).status_code in {200, 404}
