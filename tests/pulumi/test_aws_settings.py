"""Settings of an environment in AWS: the shipped are whole, a wrong one is named with what is right."""

from __future__ import annotations

import copy

import pytest
import yaml

import rehearsal
import settings

SHIPPED = ("dev", "staging", "prod")
MINIMAL = {
    "cloud": "aws",
    "account_id": "012345678901",
    "region": "eu-west-1",
    "organisation": "acme",
    "systems": ["recommender"],
    "network": {"cidr": "10.40.0.0/16"},
    "cluster": {
        "operators": {"us": "arn:aws:iam::012345678901:role/operators"},
        "nodes": {"general": {"instance_types": ["m6i.large"], "min": 1, "max": 2}},
    },
    "budget": {"monthly_limit_usd": 100},
}


@pytest.fixture
def environments(tmp_path, monkeypatch):
    monkeypatch.setenv("MILLRACE_ENVIRONMENTS", str(tmp_path))

    def write(name="mine", **parts):
        """Write settings; a part's key may be a path, such as `network.cidr`."""
        content = copy.deepcopy(MINIMAL)
        for path, value in parts.items():
            *above, last = path.split("__")
            at = content
            for key in above:
                at = at[key]
            at[last] = value
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content))
        return name

    return write


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_environment_is_valid(monkeypatch, name):
    monkeypatch.delenv("MILLRACE_ENVIRONMENTS", raising=False)
    chosen = settings.load(name)
    assert chosen.bucket_names["models"] == f"acme-{name}-models"
    assert chosen.state_bucket == f"acme-{name}-millrace-state"


def test_prod_is_protected_and_changed_with_approval_alone(monkeypatch):
    monkeypatch.delenv("MILLRACE_ENVIRONMENTS", raising=False)
    prod = settings.load("prod")
    assert prod.protect
    assert prod.approval
    assert prod.database.multi_zone
    assert prod.database.final_snapshot


def test_the_least_that_must_be_said_makes_a_protected_environment(environments):
    mine = settings.load(environments())
    assert mine.protect
    assert mine.zones == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"cloud": "gcp"}, ["cloud is 'gcp'", "none (this machine) or aws"]),
        ({"region": "us-east-1a"}, ["region is 'us-east-1a'"]),
        ({"account_id": 123456789012}, ["account_id is 123456789012", "write it in quotes"]),
        ({"network__cidr": "10.40.0.0/24"}, ["network.cidr is '10.40.0.0/24'", "/16", "/20"]),
        ({"network__cidr": "10.40.0.1/16"}, ["network.cidr", "host bits"]),
        ({"network__cidr": "8.8.0.0/16"}, ["network.cidr", "must be private"]),
        ({"network__cidr": "172.20.0.0/16"}, ["overlaps 172.20.0.0/16", "Services"]),
        (
            {"network": {"cidr": "10.40.0.0/16", "reserved_cidrs": ["10.0.0.0/8"]}},
            ["overlaps 10.0.0.0/8 of reserved_cidrs"],
        ),
        ({"network": {}}, ["network", "either cidr", "or existing"]),
        ({"network__zones": ["a", "b"]}, ["network.zones", "three different zones"]),
        (
            {"cluster__nodes": {"general": {"instance_types": ["large"], "min": 1, "max": 2}}},
            ["cluster.nodes.general.instance_types.0 is 'large'"],
        ),
        (
            {"cluster__nodes": {"general": {"instance_types": ["m6i.large"], "min": 3, "max": 2}}},
            ["cluster.nodes.general", "min is 3 and max 2"],
        ),
        ({"cluster": {"operators": {}}}, ["cluster", "nobody could administer it"]),
        ({"budget__monthly_limit_usd": 0}, ["budget.monthly_limit_usd is 0", "greater than 0"]),
        ({"log_retention_days": 33}, ["log_retention_days is 33", "CloudWatch knows 1, 3, 5"]),
        ({"secret_recovery_days": 3}, ["secret_recovery_days is 3", "between 7 and 30"]),
        ({"subscribers": {"us": "nobody"}}, ["subscribers.us is 'nobody'"]),
        ({"capabilities": {"require_tls": False}}, ["capabilities", "Extra inputs are not permitted"]),
        ({"ingress": {"zone": "ml.example.com", "allowed_cidrs": ["all"]}}, ["all is no IPv4 range"]),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_right(environments, wrong, words):
    with pytest.raises(settings.SettingsInvalid) as raised:
        settings.load(environments(**wrong))
    for word in ["mine.yaml", *words]:
        assert word in str(raised.value)


def test_two_environments_may_not_share_a_range(environments):
    environments("one")
    with pytest.raises(settings.SettingsInvalid, match=r"overlaps 10\.40\.0\.0/16 of one\.yaml"):
        settings.load(environments("two", network__cidr="10.40.0.0/20"))


def test_only_a_rehearsal_turns_a_capability_off(monkeypatch):
    monkeypatch.delenv(rehearsal.VARIABLE, raising=False)
    assert rehearsal.switched("data") == {}
    monkeypatch.setenv(rehearsal.VARIABLE, "1")
    assert set(rehearsal.switched("data")["capabilities"].values()) == {False}
