"""Who is told of what, by the role's own configuration in a real Alertmanager."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import jinja2
import pytest
import yaml

from infra.toolchain.install import activate
from tests.ports import SERVERS, free_ports
from tests.waiting import eventually

ROLE = Path(__file__).parents[2] / "ansible" / "roles" / "alertmanager"
EVERYBODY = {
    "alertmanager_components": ["nats", "recorder", "gateway"],
    "alertmanager_webhook": {"url_file": "/etc/millrace/hook"},
    "alertmanager_email": {
        "to": "team@example.com", "from": "millrace@example.com", "smarthost": "mail.example.com:587",
        "auth_username": "millrace", "auth_password_file": "/etc/millrace/mail", "require_tls": True,
    },
    "alertmanager_slack": {"api_url_file": "/etc/millrace/slack", "channel": "#ml"},
    "alertmanager_steward_url": "http://127.0.0.1:1/alerts",
    "alertmanager_runbooks": "https://example.com/millrace/",
}  # fmt: skip


def rendered(**variables):
    """Return the configuration as the role writes it."""
    jinja = jinja2.Environment(loader=jinja2.FileSystemLoader(ROLE / "templates"), trim_blocks=True)
    jinja.filters |= {"combine": lambda one, other: one | other, "to_json": json.dumps}
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    values = defaults | {"alertmanager_components": []} | variables
    return jinja.get_template("alertmanager.yml.j2").render(values)


@pytest.mark.parametrize("settings", [{}, EVERYBODY], ids=["nobody", "everybody"])
def test_alertmanagers_own_tool_accepts_what_the_role_writes(tmp_path, settings):
    file = tmp_path / "alertmanager.yml"
    file.write_text(rendered(**settings))
    done = subprocess.run(
        ["amtool", "check-config", str(file)],
        env=activate(os.environ), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


class Listener:
    """An address that keeps what Alertmanager tells it."""

    def __init__(self) -> None:
        told = self.told = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                told.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def names(self):
        return {alert["labels"]["alertname"] for group in self.told for alert in group["alerts"]}


@pytest.fixture
def listeners():
    made = Listener(), Listener()
    yield made
    for each in made:
        each.server.shutdown()


@pytest.fixture
def alertmanager(tmp_path, listeners):
    """A real one with the role's configuration; its address."""
    people, steward = listeners
    text = rendered(
        alertmanager_components=["nats", "recorder"],
        alertmanager_webhook={"url": people.url},
        alertmanager_steward_url=steward.url,
    )
    # People wait for a group to fill; a test need not.
    (tmp_path / "alertmanager.yml").write_text(text.replace("group_wait: 30s", "group_wait: 2s"))
    with free_ports(1, SERVERS) as ports:
        command = [
            "alertmanager", f"--config.file={tmp_path}/alertmanager.yml", f"--storage.path={tmp_path}",
            f"--web.listen-address=127.0.0.1:{ports.first}", "--cluster.listen-address=",
        ]  # fmt: skip
        process = subprocess.Popen(command, env=activate(os.environ), stderr=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{ports.first}"
        eventually(lambda: httpx.get(f"{url}/-/ready").status_code == 200, "Alertmanager is ready")
        yield url
        process.terminate()
        process.wait(30)


def fire(url, *alerts):
    now = datetime.now(UTC).isoformat()
    body = [{"labels": {"environment": "t", **labels}, "startsAt": now} for labels in alerts]
    httpx.post(f"{url}/api/v2/alerts", json=body).raise_for_status()


def test_people_and_steward_are_told_once_for_a_group_and_not_of_what_follows(alertmanager, listeners):
    people, steward = listeners
    fire(
        alertmanager,
        {"alertname": "ComponentDown", "component": "nats", "severity": "page"},
        {"alertname": "PredictionLogBehind", "needs": "recorder,nats", "severity": "ticket"},
        {"alertname": "DataQuality", "system": "a", "feature": "x", "needs": "watcher", "severity": "ticket"},
        {"alertname": "DataQuality", "system": "a", "feature": "y", "needs": "watcher", "severity": "ticket"},
        {"alertname": "ReleaseDown", "system": "b", "release": "b-1", "severity": "page"},
        {"alertname": "ErrorBudgetBurnsFast", "system": "b", "needs": "gateway", "severity": "page"},
    )
    wanted = {"ComponentDown", "DataQuality", "ReleaseDown"}
    eventually(lambda: people.names() >= wanted, "people are told")
    eventually(lambda: steward.names() >= {"DataQuality", "ReleaseDown"}, "the steward is told")
    assert people.names() == wanted
    assert steward.names() == {"DataQuality", "ReleaseDown"}
    quality = [group for group in people.told if group["groupLabels"]["alertname"] == "DataQuality"]
    assert [len(group["alerts"]) for group in quality] == [2]
