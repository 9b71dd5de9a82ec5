"""What is wrong is said before anything changes."""

from __future__ import annotations

import os
import socket
import threading
import time

import pytest

from .conftest import changed


@pytest.fixture
def held_port(fresh_settings):
    """MLflow's port, held by this process."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", fresh_settings.first_port + 20))
        holder.listen()
        yield fresh_settings.first_port + 20


@pytest.mark.slow
@pytest.mark.parametrize("flags", [(), ("--check",)])
def test_a_port_in_use_names_the_port_who_holds_it_and_the_setting_to_change(
    fresh_settings, held_port, flags
):
    finished = fresh_settings.playbook("platform", *flags, check=False)
    assert finished.returncode != 0
    said = " ".join(finished.stdout.split())
    assert f"mlflow: port {held_port} is held by process {os.getpid()} (" in said
    assert f"ports.overrides.mlflow (or ports.first) in {fresh_settings.settings}" in said
    assert not fresh_settings.folder.exists()


@pytest.mark.slow
def test_a_missing_program_is_named_with_what_to_do(fresh_settings):
    finished = fresh_settings.playbook("platform", "-e", "alertmanager_binary=alertmonger", check=False)
    assert finished.returncode != 0
    assert "the program alertmonger is not on PATH; run `make up`, which installs it" in finished.stdout
    assert not fresh_settings.folder.exists()


@pytest.mark.slow
def test_a_missing_input_is_named(fresh_settings):
    finished = fresh_settings.playbook("platform", "-e", '{"platform_ports": {"gateway": 1}}', check=False)
    assert finished.returncode != 0
    assert "seaweedfs_s3" in finished.stdout
    assert not fresh_settings.folder.exists()


@pytest.mark.slow
def test_check_mode_on_a_fresh_machine_shows_all_that_would_be_made_and_makes_nothing(fresh_settings):
    finished = fresh_settings.playbook("platform", "--check")
    assert changed(finished) >= 17
    assert "failed=0" in finished.stdout
    assert not fresh_settings.folder.exists()


@pytest.mark.long
@pytest.mark.slow
def test_two_runs_at_once_leave_one_running_platform(fresh_settings):
    inputs = fresh_settings.playbook_inputs()
    finished = []
    runs = [
        threading.Thread(target=lambda: finished.append(fresh_settings.playbook(check=False))) for _ in "ab"
    ]
    for run in runs:
        run.start()
        time.sleep(0)
    for run in runs:
        run.join()
    assert any(each.returncode == 0 for each in finished), finished[0].stdout[-3000:]
    assert changed(fresh_settings.playbook()) == 0
    assert inputs == fresh_settings.playbook_inputs()
