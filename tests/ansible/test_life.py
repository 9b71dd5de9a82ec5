"""The platform is stopped, killed, mended and taken down; what it keeps, it keeps."""

from __future__ import annotations

import hashlib
import signal
import sqlite3
from pathlib import Path

import httpx
import psutil
import pytest
from botocore.exceptions import ClientError

from tests.environments import fresh
from tests.processes import Processes
from tests.waiting import eventually

from .conftest import Running, changed
from .test_access import client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

HEALTH = {
    "seaweedfs": ("seaweedfs_s3", "/healthz"),
    "nats": ("nats_monitoring", "/healthz"),
    "traefik": ("traefik_admin", "/ping"),
    "prometheus": ("prometheus", "/-/ready"),
    "alertmanager": ("alertmanager", "/-/ready"),
    "blackbox": ("blackbox", "/-/healthy"),
    "mlflow": ("mlflow", "/health"),
}


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """A platform of this file's own, as its tests stop and kill it; the second one beside `platform`."""
    with fresh() as settings:
        settings.start_platform()
        running = Running(settings)
        operator = client(running, "operator")
        operator.create_bucket(Bucket="kept")
        operator.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
        operator.put_object(Bucket="kept", Key="a/b", Body=b"kept")
        yield running


def healthy(running, name):
    try:
        return httpx.get(running.address(*HEALTH[name]), timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def kept(running):
    return client(running, "operator").get_object(Bucket="kept", Key="a/b")["Body"].read() == b"kept"


def alive(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.long
def test_two_environments_run_side_by_side(mine, platform):
    assert not set(mine.ports.values()) & set(platform.ports.values())
    assert changed(mine.settings.playbook("platform", "--check")) == 0
    assert changed(platform.settings.playbook("platform", "--check")) == 0
    assert mine.key("operator") != platform.key("operator")
    assert mine.daemon != platform.daemon


@pytest.mark.parametrize("name", HEALTH)
def test_a_killed_component_is_back(mine, name):
    eventually(lambda: healthy(mine, name), f"{name} is well before")
    process = mine.process(name)
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    eventually(lambda: healthy(mine, name), f"{name} is back")
    assert mine.process(name) != process
    assert mine.process(name) in mine.daemon.children(recursive=True)
    assert name != "seaweedfs" or kept(mine)


def test_nothing_outlives_a_killed_supervisord_and_the_next_run_mends_it(mine):
    children = mine.daemon.children(recursive=True)
    mine.daemon.send_signal(signal.SIGKILL)
    eventually(lambda: not Processes(mine.settings.home).all(), "nothing outlives supervisord")
    eventually(lambda: not [child for child in children if alive(child)], "every child is gone")
    assert changed(mine.settings.playbook("platform", "--check")) >= 8
    mine.settings.start_platform()
    assert kept(mine)
    assert changed(mine.settings.playbook("platform", "--check")) == 0


@pytest.mark.long
def test_a_removed_control_socket_is_mended(mine):
    Path(mine.inputs["platform_socket"]).unlink()
    mine.settings.start_platform()
    assert mine.program("nats").is_running
    assert kept(mine)


@pytest.mark.long
def test_a_stopped_program_is_found_by_check_and_started(mine):
    ctl = [mine.settings.environ["PATH"].split(":")[1] + "/supervisorctl", "-c"]
    configuration = mine.folder / "supervisor" / "supervisord.conf"
    mine.settings.run([*ctl, str(configuration), "stop", "nats"], cwd="/")
    checked = mine.settings.playbook("platform", "--check")
    assert changed(checked) == 1
    assert "changed: [localhost]" in checked.stdout.split("TASK [nats : Run the bus]")[1][:200]
    assert changed(mine.settings.playbook()) == 1
    assert healthy(mine, "nats")


def test_a_key_whose_file_is_removed_is_made_anew_and_the_old_one_is_refused(mine):
    old = mine.key("operator")
    (mine.folder / "secrets" / "s3-operator.json").unlink()
    mine.settings.start_platform()
    assert mine.key("operator") != old
    assert kept(mine)
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        client(mine, "operator", old).list_buckets()
    assert changed(mine.settings.playbook()) == 0


@pytest.mark.long
def test_deliverys_files_are_left_alone(mine):
    route = mine.folder / "routes" / "theirs.yml"
    route.write_text("http: {}")
    assert changed(mine.settings.playbook()) == 0
    assert route.read_text() == "http: {}"


@pytest.mark.long
def test_a_broken_program_file_of_a_release_is_named(mine):
    broken = mine.folder / "programs" / "broken.conf"
    broken.write_text("[program:broken]\nno command here\n")
    try:
        finished = mine.settings.playbook(check=False)
        assert finished.returncode != 0
        assert "broken.conf" in finished.stdout
    finally:
        broken.unlink()
    assert changed(mine.settings.playbook()) == 0


def test_teardown_keeps_data_and_keys_which_the_next_run_takes_up(mine):
    key, database = mine.key("jobs"), mine.folder / "components" / "mlflow" / "mlflow.db"
    tables = sqlite3.connect(database).execute("select count(*) from sqlite_master").fetchone()
    mine.settings.playbook("platform_teardown")
    assert not Processes(mine.settings.home).all()
    assert not (mine.folder / "supervisor").exists()
    assert not list(mine.folder.glob("components/*/*.conf"))
    assert changed(mine.settings.playbook("platform_teardown")) == 0
    mine.settings.start_platform()
    assert kept(mine)
    assert mine.key("jobs") == key
    assert sqlite3.connect(database).execute("select count(*) from sqlite_master").fetchone() == tables


@pytest.mark.parametrize("named", ["/of/another", "{name}"])
def test_teardown_removes_no_data_unless_the_very_folder_is_named(mine, named):
    named = named.format(name=mine.settings.name)
    finished = mine.settings.playbook(
        "platform_teardown", "-e", f"platform_remove_data_of={named}", check=False
    )
    assert finished.returncode != 0
    assert "nothing was stopped or removed" in finished.stdout
    assert kept(mine)


def test_z_teardown_with_the_environments_folder_leaves_nothing(mine):
    mine.settings.playbook("platform_teardown", "-e", f"platform_remove_data_of={mine.settings.folder}")
    assert not Processes(mine.settings.home).all()
    assert list(mine.folder.iterdir()) == []
    sockets = hashlib.sha256(str(mine.folder).encode()).hexdigest()[:12]
    assert not list(mine.folder.parent.parent.glob(f"*{sockets}*"))
