"""What the roles leave behind on a running machine."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

import httpx
import nats
import nats.errors
import psutil
import pytest

from tests.waiting import eventually

from .conftest import changed

pytestmark = pytest.mark.slow

PROGRAMS = (
    *("seaweedfs", "mlflow", "nats", "traefik", "prometheus", "alertmanager", "blackbox"),
    *("recorder", "watcher", "steward"),
)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_component_runs_under_supervisord(platform, name):
    assert platform.program(name).is_running


def listening(place):
    """Return where a process or the machine listens; a process that has just ended listens nowhere."""
    with suppress(psutil.NoSuchProcess):
        return [each for each in place.net_connections("inet") if each.status == psutil.CONN_LISTEN]
    return []


def command_line(process):
    with suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""


def test_every_listener_is_a_supervised_process_on_loopback_at_a_port_of_the_environment(platform):
    block = range(platform.settings.first_port, platform.settings.first_port + 100)
    ours = [connection.laddr for process in platform.supervised() for connection in listening(process)]
    assert len(ours) >= 17
    assert {address.ip for address in ours} == {"127.0.0.1"}
    assert {address.port for address in ours} <= set(block)
    assert {c.laddr.port for c in listening(psutil)} & set(block) == {address.port for address in ours}


def test_secrets_are_their_owners_alone(platform):
    for folder in ("secrets", "components", "logs", "programs", "routes", "targets", "runtime"):
        assert platform.host.file(str(platform.folder / folder)).mode == 0o700
    files = [path for path in (platform.folder / "secrets").iterdir() if path.is_file()]
    assert len(files) >= 10
    rendered = [*platform.folder.glob("components/*/*.*"), *platform.folder.glob("supervisor/**/*.conf")]
    assert len(rendered) >= 15
    for path in [*files, *rendered]:
        assert platform.host.file(str(path)).mode & 0o077 == 0, path


def test_the_control_socket_is_its_owners_alone(platform):
    socket = platform.host.file(platform.inputs["platform_socket"])
    assert socket.is_socket
    assert socket.mode == 0o700


def test_no_secret_is_on_a_command_line_in_a_program_file_or_in_a_log(platform):
    secrets = [platform.key(name)["secret_access_key"] for name in ("operator", "tracking", "jobs")]
    secrets += [platform.secret("nats-token"), platform.secret("seaweedfs-filer-write")]
    told = [command_line(process) for process in platform.supervised()]
    told += [path.read_text() for path in platform.folder.glob("supervisor/**/*.conf")]
    told += [path.read_text(errors="replace") for path in (platform.folder / "logs").glob("*.log")]
    assert not [text for text in told for secret in secrets if secret in text]


def test_programs_inherit_nothing_of_who_started_them(platform):
    kept = {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR"}
    assert set(platform.daemon.environ()) <= kept | {"PWD", "SHLVL", "_", "LC_CTYPE"}


def test_programs_run_on_every_core_though_mitogen_ties_its_own_processes_to_one(platform):
    every = set(os.sched_getaffinity(0))
    assert set(platform.daemon.cpu_affinity()) == every
    assert {frozenset(platform.process(name).cpu_affinity()) for name in PROGRAMS} == {frozenset(every)}


def test_a_second_run_changes_nothing(platform):
    assert changed(platform.settings.playbook()) == 0


def test_check_mode_on_what_runs_reports_no_change_and_skips_nothing(platform):
    finished = platform.settings.playbook("platform", "--check")
    assert changed(finished) == 0
    assert "skipping" not in finished.stdout


@pytest.mark.long
def test_the_plain_strategy_does_as_well_as_mitogen(platform):
    finished = platform.settings.playbook("platform", "--check", ANSIBLE_STRATEGY="linear")
    assert changed(finished) == 0


def test_what_was_changed_by_hand_is_found_and_mended(platform):
    configuration = platform.folder / "components" / "nats" / "nats.conf"
    before, process = configuration.read_text(), platform.process("nats")
    configuration.write_text(before.replace("max_payload: 8MB", "max_payload: 1MB"))
    # The file, and the program that would start with it as it is.
    assert changed(platform.settings.playbook("platform", "--check")) == 2
    assert changed(platform.settings.playbook()) == 1
    assert configuration.read_text() == before
    # It had never read the changed file, so there was no reason to stop it.
    assert platform.process("nats") == process


def test_a_changed_setting_restarts_the_one_component_it_is_for(platform):
    before = {name: platform.process(name) for name in PROGRAMS}
    finished = platform.settings.playbook("platform", "-e", "nats_max_payload_mb=4")
    assert changed(finished) == 2
    after = {name: platform.process(name) for name in PROGRAMS}
    assert {name for name in PROGRAMS if before[name] != after[name]} == {"nats"}
    assert changed(platform.settings.playbook()) == 2


async def _publish(url, **options):
    client = await nats.connect(
        url, connect_timeout=3, allow_reconnect=False, max_reconnect_attempts=0, **options
    )
    stream = client.jetstream()
    await stream.add_stream(name="proof", subjects=["proof.>"])
    acknowledged = await stream.publish("proof.one", b"x")
    await stream.delete_stream("proof")
    await client.close()
    return acknowledged.seq


def test_the_bus_takes_messages_from_holders_of_the_token_alone(platform):
    url = platform.address("nats").replace("http", "nats")
    assert asyncio.run(_publish(url, token=platform.secret("nats-token"))) == 1
    for options in ({}, {"token": "another"}):
        with pytest.raises((nats.errors.Error, OSError)):
            asyncio.run(_publish(url, **options))


@pytest.mark.parametrize(
    ("port", "path", "method"),
    [
        ("seaweedfs_filer", "/", "GET"),
        ("seaweedfs_filer", "/buckets/planted", "PUT"),
        ("seaweedfs_filer", "/etc/iam/identity.json", "GET"),
        ("seaweedfs_volume", "/1,01637037d6", "GET"),
        ("seaweedfs_volume", "/1,01637037d6", "PUT"),
        ("seaweedfs_s3", "/", "GET"),
    ],
)
def test_the_stores_other_ports_refuse_who_has_no_key(platform, port, path, method):
    assert httpx.request(method, platform.address(port, path)).status_code in {401, 403}


def test_a_route_that_delivery_writes_is_live_without_a_restart(platform):
    route = platform.folder / "routes" / "proof.yml"
    target = platform.address("prometheus")
    route.write_text(
        'http: {routers: {proof: {rule: "PathPrefix(`/-/healthy`)", service: proof}}, '
        f'services: {{proof: {{loadBalancer: {{servers: [{{url: "{target}"}}]}}}}}}}}'
    )
    try:
        eventually(
            lambda: httpx.get(platform.address("gateway", "/-/healthy")).status_code == 200,
            "the route is live",
        )
    finally:
        route.unlink()
    eventually(
        lambda: httpx.get(platform.address("gateway", "/-/healthy")).status_code == 404, "the route is gone"
    )


def test_every_component_is_scraped_and_well(platform):
    def answers():
        found = {}
        for expression in ('up{job="components"}', 'probe_success{job="health"}'):
            reply = httpx.get(platform.address("prometheus", "/api/v1/query"), params={"query": expression})
            for sample in reply.json()["data"]["result"]:
                found[sample["metric"]["component"]] = sample["value"][1] == "1"
        return found

    wanted = {"seaweedfs", "traefik", "prometheus", "alertmanager", "mlflow", "nats", "gateway"}
    eventually(lambda: wanted <= {name for name, well in answers().items() if well}, f"{wanted} are well")
    # These three wait for a document that this platform alone does not have.
    assert set(answers()) == wanted | {"recorder", "watcher", "steward"}


def test_an_alert_of_what_is_down_reaches_alertmanager(platform):
    def alerts():
        return httpx.get(platform.address("alertmanager", "/api/v2/alerts")).json()

    def raised():
        return [alert for alert in alerts() if alert["labels"].get("component") == "recorder"]

    found = eventually(raised, "the alert of the recorder arrives")[0]
    assert found["labels"]["alertname"] == "ComponentDown"
    assert found["labels"]["environment"] == platform.settings.name
    assert "millrace logs recorder" in found["annotations"]["remedy"]
