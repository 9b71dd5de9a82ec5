"""Where Pulumi keeps a stack in a bucket, as the command reads it."""

from __future__ import annotations

import json

import pytest

from infra.rehearsal.account import account
from scripts.bucket_backend import BucketBackend
from scripts.errors import NotRunning

BUCKET = "acme-dev-millrace-state"
KEY = {"url": "awskms://alias/some", "encryptedkey": "c29tZQ=="}


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    with account(tmp_path_factory.mktemp("account")) as empty:
        empty.client("s3").create_bucket(Bucket=BUCKET)
        yield empty


@pytest.fixture
def store(played, monkeypatch, tmp_path):
    """Return what puts an object where Pulumi would; the clone is a new one."""
    for name, value in played.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MILLRACE_HOME", str(tmp_path))
    client = played.client("s3")

    def put(key, value):
        client.put_object(Bucket=BUCKET, Key=f"pulumi/.pulumi/{key}", Body=json.dumps(value).encode())

    yield put
    for each in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=each["Key"])


def backend(bucket=BUCKET):
    return BucketBackend("dev", bucket, "us-east-1", "alias/some")


def checkpoint():
    return {"checkpoint": {"latest": {"secrets_providers": {"type": "cloud", "state": KEY}}}}


def test_a_stack_that_was_never_made_is_not_there_and_leaves_no_file(store, tmp_path):
    backend().prepare()
    assert not backend().exists()
    assert list(backend().locks()) == []
    assert not list(tmp_path.rglob("Pulumi.*"))


def test_a_new_clone_learns_the_stacks_key_from_its_state(store, tmp_path):
    store("stacks/millrace/dev.json", checkpoint())
    assert backend().exists()
    backend().prepare()
    file = tmp_path / "pulumi" / "stacks" / "Pulumi.dev.yaml"
    assert KEY["encryptedkey"] in file.read_text()
    assert backend().flags() == ("--config-file", str(file))
    backend().forget()
    assert not file.exists()


def test_a_lock_is_read_with_its_holder(store):
    holder = {"pid": 1, "hostname": "there", "timestamp": "2026-01-01T00:00:00Z"}
    store("locks/organization/millrace/dev/one.json", holder)
    assert list(backend().locks()) == [holder]


def test_a_bucket_that_is_not_there_is_named_with_what_makes_it(store):
    with pytest.raises(NotRunning, match="run `millrace bootstrap dev` once"):
        backend("acme-none-millrace-state").exists()


def test_a_store_that_does_not_answer_is_named(store, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(NotRunning, match="see that this machine reaches it"):
        backend().exists()


def test_while_a_stack_is_made_another_ones_file_is_set_aside(store, monkeypatch, tmp_path):
    stacks = tmp_path / "pulumi's own place"
    monkeypatch.setattr("scripts.bucket_backend.STACKS", stacks)
    stacks.mkdir()
    theirs = stacks / "Pulumi.dev.yaml"
    theirs.write_text("theirs")
    with backend().initialising():
        assert not theirs.exists()
        theirs.write_text("ours")
    assert theirs.read_text() == "theirs"
    assert (tmp_path / "pulumi" / "stacks" / "Pulumi.dev.yaml").read_text() == "ours"
