"""The bucket of an environment's state, on an account that this machine plays."""

from __future__ import annotations

import json
import os
import socket

import pytest

from infra.rehearsal.account import account
from tests.environments import TOOLS

BUCKET = "acme-dev-millrace-state"
STACK = "pulumi/.pulumi/stacks/millrace/dev.json"


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    with account(tmp_path_factory.mktemp("account")) as empty:
        yield empty


@pytest.fixture
def bootstrap(millrace, played):
    def run(environment="dev", **environ):
        return millrace("bootstrap", environment, **played.environment, **environ)

    return run


def test_it_is_versioned_encrypted_closed_and_over_tls_alone_however_often_it_is_made(bootstrap, played):
    first, second = bootstrap(), bootstrap()
    assert first.returncode == 0, first.stderr
    assert f"bucket {BUCKET} made" in first.stdout
    assert f"bucket {BUCKET} is there" in second.stdout
    s3, kms = played.client("s3"), played.client("kms")
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    rules = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    key = rules[0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    aliases = {alias["AliasName"] for alias in kms.list_aliases()["Aliases"]}
    assert {name for name in aliases if "acme" in name} == {"alias/acme-dev-millrace-state"}


def test_another_account_is_refused_before_anything_is_made(millrace, tmp_path):
    with account(tmp_path, number="210987654321") as theirs:
        refused = millrace("bootstrap", "dev", **theirs.environment)
        assert refused.returncode == 1
        assert "these credentials are account 210987654321's" in refused.stderr
        assert theirs.client("s3").list_buckets()["Buckets"] == []


@pytest.fixture
def store(millrace, tmp_path):
    """Return the store of an account with a state's bucket, and the command on it."""
    with account(tmp_path) as own:
        environ = own.environment | {"MILLRACE_REHEARSAL": "1", "MILLRACE_TOOLS": TOOLS}
        assert millrace("bootstrap", "dev", **environ).returncode == 0
        yield own.client("s3"), lambda *arguments: millrace(*arguments, **environ)


def test_who_changes_the_environment_is_named(store):
    s3, command = store
    lock = {"pid": os.getpid(), "hostname": socket.gethostname(), "timestamp": "2026-01-01T00:00:00Z"}
    key = "pulumi/.pulumi/locks/organization/millrace/dev/one.json"
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(lock).encode())
    s3.put_object(Bucket=BUCKET, Key=STACK, Body=b"{}")
    refused = command("preview", "dev")
    assert refused.returncode == 1
    assert f"process {os.getpid()} on {socket.gethostname()} has been changing dev" in refused.stderr


def test_a_damaged_state_is_named_and_restored_from_its_last_readable_version(store):
    s3, command = store
    for body in (b'{"good": 1}', b'{"good": 2}', b"", b"{torn"):
        s3.put_object(Bucket=BUCKET, Key=STACK, Body=body)
    refused = command("drift", "dev")
    assert refused.returncode == 1
    assert "`millrace restore-state dev` puts its last readable version there" in refused.stderr
    restored = command("restore-state", "dev")
    assert restored.stdout.startswith(f"restored {STACK} from its version ")
    assert s3.get_object(Bucket=BUCKET, Key=STACK)["Body"].read() == b'{"good": 2}'
    assert "nothing was changed" in command("restore-state", "dev").stdout


def test_what_bears_the_tags_and_is_in_no_state_is_told(store):
    s3, command = store
    for name in ("acme-dev-known", "acme-dev-forgotten", "acme-staging-others"):
        tags = [{"Key": "Project", "Value": "millrace"}, {"Key": "Environment", "Value": name.split("-")[1]}]
        s3.create_bucket(Bucket=name)
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    state = {"resources": [{"instances": [{"attributes": {"arn": "arn:aws:s3:::acme-dev-known"}}]}]}
    s3.put_object(Bucket=BUCKET, Key="terraform/data.tfstate", Body=json.dumps(state).encode())
    told = command("leftovers", "dev", "--json")
    assert told.returncode == 2
    (found,) = json.loads(told.stdout)["leftovers"]
    assert found["arn"] == "arn:aws:s3:::acme-dev-forgotten"
    assert (found["monthly_usd"], found["by_use"]) == (None, ["storage, requests and data out"])
    s3.delete_bucket(Bucket="acme-dev-forgotten")
    assert command("leftovers", "dev").returncode == 0


def test_an_environment_of_this_machine_needs_none(bootstrap):
    refused = bootstrap("local")
    assert refused.returncode == 2
    assert "local is not in AWS" in refused.stderr


@pytest.mark.parametrize("command", ["preview", "drift", "status"])
def test_a_state_bucket_that_is_not_there_is_named_with_what_makes_it(millrace, tmp_path, command):
    with account(tmp_path) as empty:
        arguments = ("status", "--env", "dev") if command == "status" else (command, "dev")
        refused = millrace(*arguments, **empty.environment)
    assert refused.returncode == 4
    assert "acme-dev-millrace-state" in refused.stderr
    assert "run `millrace bootstrap" in refused.stderr
    assert "Traceback" not in refused.stderr
