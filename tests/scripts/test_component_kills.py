"""kill -9 of anything while requests are served: it comes back, and nothing acknowledged is lost."""

import json
import os
import signal
import subprocess

import pytest
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from ml.model_registry import ModelRegistry
from ml.objects import Objects, delta_options
from scripts.health import component_health
from services.delivery.releases import Releases
from services.delivery.supervisor import Supervisor
from services.errors import RuntimeUnreachable
from tests.load import Load
from tests.processes import COMMAND, Processes
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# Serving depends on the gateway and on the service alone.
BESIDE_SERVING = (
    "seaweedfs",
    "mlflow",
    "nats",
    "prometheus",
    "alertmanager",
    "blackbox",
    "recorder",
    "watcher",
    "steward",
)


@pytest.fixture
def environment(served_environment):
    return served_environment.load()


def load_on(environment):
    return Load(f"{environment.gateway.url}/recommender/recommend", {"user_id": "196", "k": 5})


def kill(environment, program):
    before = Supervisor(environment.runtime.socket).processes()[program].pid
    os.kill(before, signal.SIGKILL)

    def replaced():
        now = Supervisor(environment.runtime.socket).processes()[program]
        return now.state == "RUNNING" and now.pid != before

    eventually(replaced, f"supervisord starts {program} again")


def well(environment, name):
    component = next(each for each in environment.components if each.name == name)
    return component_health(component).well


@pytest.mark.parametrize("program", BESIDE_SERVING)
def test_serving_goes_on_while_a_component_is_killed_and_comes_back(environment, program):
    with load_on(environment) as load:
        eventually(lambda: load.answered, "requests are answered")
        kill(environment, program)
        eventually(lambda: well(environment, program), f"{program} is well again")
        done = len(load.answered)
        eventually(lambda: len(load.answered) > done, "requests are still answered")
    assert load.failed == []


def test_a_killed_gateway_or_service_comes_back_and_answers(environment):
    release = Releases(environment).current("recommender").release
    for program in ("traefik", release):
        kill(environment, program)
        load = load_on(environment)
        eventually(load.ask, f"the system answers after {program} was killed")


def test_no_acknowledged_prediction_is_lost_when_everything_is_killed(environment):
    release = Releases(environment).current("recommender").release
    with load_on(environment) as load:
        for program in ("recorder", "nats", "seaweedfs", release, "recorder"):
            already = len(load.answered)
            kill(environment, program)
            eventually(lambda seen=already: len(load.answered) > seen + 5, "requests are answered")
    eventually(lambda: well(environment, "seaweedfs"), "the store is well again")
    expected = set(load.answered)
    eventually(
        lambda: expected <= recorded(environment), "every acknowledged prediction is in the table", 180
    )


def test_versions_outlive_the_store_and_the_registry(environment):
    before = ModelRegistry(environment).versions("recommender")
    datasets = Objects(environment, environment.object_store.buckets.datasets).keys("")
    for program in ("seaweedfs", "mlflow"):
        kill(environment, program)
        eventually(lambda name=program: well(environment, name), f"{program} is well again")
    assert ModelRegistry(environment).versions("recommender") == before
    assert Objects(environment, environment.object_store.buckets.datasets).keys("") == datasets


@pytest.mark.long
def test_nothing_outlives_a_killed_supervisord_and_up_mends_it(environment, served_environment):
    pid_file = environment.runtime.configuration.with_name("supervisord.pid")
    os.kill(int(pid_file.read_text()), signal.SIGKILL)
    processes = Processes(served_environment.home)
    eventually(lambda: not processes.all(), "nothing outlives supervisord")
    with pytest.raises(RuntimeUnreachable):
        Supervisor(environment.runtime.socket).processes()
    served_environment.millrace("up", "--env", served_environment.name)
    assert load_on(environment).ask()


def test_down_stops_everything_and_up_answers_from_the_same_release(environment, served_environment):
    release = Releases(environment).current("recommender").release
    served_environment.millrace("down", "--env", served_environment.name)
    assert Processes(served_environment.home).all() == []
    status = served_environment.millrace("status", "--env", served_environment.name, check=False)
    assert status.returncode == 1
    assert "DOWN" in status.stdout
    served_environment.millrace("up", "--env", served_environment.name)
    assert Releases(environment).current("recommender").release == release
    assert load_on(environment).ask()


def recorded(environment):
    """Return the ids of all predictions that have reached the table."""
    options = delta_options(environment.object_store, "recorder")
    address = f"s3://{environment.object_store.buckets.predictions}/predictions"
    try:
        table = DeltaTable(address, storage_options=options)
    except (TableNotFoundError, OSError):
        return set()
    column = table.to_pyarrow_table(columns=["prediction_id"])
    ids = column["prediction_id"].to_pylist()
    assert len(ids) == len(set(ids)), "a prediction is in the table twice"
    return set(ids)


@pytest.mark.long
def test_two_runs_of_up_at_once_do_not_harm_each_other(served_environment):
    first = subprocess.Popen(
        [COMMAND, "up", "--env", served_environment.name],
        env=served_environment.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    second = served_environment.millrace("up", "--env", served_environment.name, check=False)
    assert first.wait(timeout=600) == 0 or second.returncode == 0
    assert second.returncode == 0 or "is changing" in second.stderr or "has been changing" in second.stderr
    told = served_environment.millrace("status", "--env", served_environment.name, "--json", check=False)
    status = json.loads(told.stdout)
    # Alerts may fire: one user who asks thousands of times is no traffic that the model learnt from.
    assert all(component["well"] for component in status["components"])
    assert all(system["ready"] for system in status["systems"])
