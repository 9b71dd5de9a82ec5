"""Settings are checked before anything is made, and a wrong one is named."""

from __future__ import annotations

import pytest
import yaml

import settings
from ports import LOWEST, OFFSETS


@pytest.fixture
def environments(tmp_path, monkeypatch):
    monkeypatch.setenv("MILLRACE_ENVIRONMENTS", str(tmp_path))

    def write(name="mine", **content):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content))
        return name

    return write


def minimal(**more):
    return {"systems": ["recommender"], "ports": {"first": 20000}} | more


def test_the_tracked_environment_is_valid(monkeypatch):
    monkeypatch.delenv("MILLRACE_ENVIRONMENTS", raising=False)
    local = settings.load("local")
    assert local.environment == "local"
    assert local.shown_file == "pulumi/environments/local.yaml"


def test_each_component_and_release_gets_a_port_of_its_own(environments):
    ports = settings.load(environments(**minimal())).ports
    assert len(ports.taken) == len(OFFSETS) + len(ports.releases)
    assert min(ports.taken) >= 20000
    assert max(ports.taken) < 20100


def test_a_component_can_be_moved_out_of_the_block(environments):
    moved = minimal(ports={"first": 20000, "overrides": {"mlflow": 5000}})
    assert settings.load(environments(**moved)).ports.all["mlflow"] == 5000


def test_buckets_are_named_for_the_environment_unless_told_otherwise(environments):
    chosen = settings.load(environments(**minimal(buckets={"models": "acme-models"})))
    assert chosen.bucket_names["datasets"] == "mine-datasets"
    assert chosen.bucket_names["models"] == "acme-models"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"systems": ["recommender"]}, ["ports: Field required"]),
        (minimal(ports={"first": 80}), ["ports.first is 80", str(LOWEST)]),
        (minimal(ports={"first": 40000}), ["ports.first is 40000", "32668"]),
        (minimal(ports={"first": "many"}), ["ports.first is 'many'", "integer"]),
        (minimal(ports={"first": 20000, "overrides": {"mlfow": 5000}}), ["mlfow is no component", "mlflow"]),
        (
            minimal(ports={"first": 20000, "overrides": {"mlflow": 80}}),
            ["mlflow: 80", "need root"],
        ),
        (minimal(ports={"first": 20000, "overrides": {"mlflow": 20030}}), ["mlflow", "nats", "20030"]),
        (minimal(ports={"first": 20000, "overrides": {"nats": 20065}}), ["nats", "releases", "20065"]),
        (minimal(systems=[]), ["systems is []", "at least 1 item"]),
        (minimal(systems=["recomender"]), ["there is no system recomender", "recommender"]),
        (minimal(buckets={"dataset": "x-y"}), ["dataset is no bucket's purpose", "datasets"]),
        (minimal(buckets={"models": "Upper_Case"}), ["buckets.models is 'Upper_Case'"]),
        (minimal(retention_days=0), ["retention_days is 0", "greater than or equal to 1"]),
        (minimal(retentiondays=3), ["retentiondays is 3", "Extra inputs are not permitted"]),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_and_what_is_allowed(environments, content, words):
    with pytest.raises(settings.SettingsInvalid) as raised:
        settings.load(environments(**content))
    for word in ["mine.yaml", *words]:
        assert word in str(raised.value)


def test_every_wrong_setting_is_named_at_once(environments):
    with pytest.raises(settings.SettingsInvalid) as raised:
        settings.load(environments(**minimal(retention_days=0, systems=[])))
    assert "retention_days" in str(raised.value)
    assert "systems" in str(raised.value)


def test_a_missing_environment_names_those_there_are(environments):
    environments("one", **minimal())
    with pytest.raises(settings.SettingsInvalid, match="the environments are: one"):
        settings.load("two")


@pytest.mark.parametrize("text", ["systems: [", "just words", ""])
def test_a_file_that_holds_no_settings_is_refused(tmp_path, monkeypatch, text):
    monkeypatch.setenv("MILLRACE_ENVIRONMENTS", str(tmp_path))
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(settings.SettingsInvalid, match=r"mine\.yaml"):
        settings.load("mine")


def test_two_environments_may_not_share_a_port(environments):
    environments("one", **minimal())
    with pytest.raises(settings.SettingsInvalid, match=r"also belongs to one\.yaml"):
        settings.load(environments("two", **minimal(ports={"first": 20050})))


def test_two_environments_with_blocks_of_their_own_are_fine(environments):
    environments("one", **minimal())
    assert settings.load(environments("two", **minimal(ports={"first": 20100}))).ports.first == 20100


def test_who_is_told_of_alerts_is_named_by_alertmanagers_keys(environments):
    environments(
        "mine",
        **minimal(
            alerts={
                "webhook": {"url": "https://example.com/hook"},
                "email": {"to": "a@example.com", "sender": "m@example.com", "server": "mail:587"},
                "slack": {"channel": "#ml", "url_file": "/etc/slack"},
            }
        ),
    )
    told = settings.load("mine").alerts.for_alertmanager()
    assert told["webhook"] == {"url": "https://example.com/hook"}
    assert told["email"]["smarthost"] == "mail:587"
    assert told["email"]["from"] == "m@example.com"
    assert told["slack"] == {"channel": "#ml", "api_url_file": "/etc/slack"}


@pytest.mark.parametrize(
    ("alerts", "words"),
    [
        ({"webhook": {}}, "give url, or url_file"),
        ({"slack": {"channel": "#ml", "url_file": "here/slack"}}, "must begin with /"),
        ({"slack": {"channel": "#ml", "url": "https://secret"}}, "alerts.slack.url"),
        ({"email": {"to": "nobody", "sender": "m@example.com", "server": "mail:587"}}, "alerts.email.to"),
    ],
)
def test_who_cannot_be_told_is_refused(environments, alerts, words):
    environments("mine", **minimal(alerts=alerts))
    with pytest.raises(settings.SettingsInvalid, match=words):
        settings.load("mine")
