"""Locks that killed runs left on states in AWS: named, removed on request, and left while someone works."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from infra.rehearsal.account import account
from infra.wrappers.mirror import GENERATED_BACKEND
from tests.environments import TOOLS
from tests.waiting import eventually

BUCKET = "acme-dev-millrace-state"
STATE = "terraform/data/terraform.tfstate"
TOLD = {"ID": "1-2-3", "Who": "root@elsewhere", "Created": "2026-03-04 12:00:00.000000001 +0000 UTC"}


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    with account(tmp_path_factory.mktemp("account")) as own:
        own.client("s3").create_bucket(Bucket=BUCKET)
        yield own


@pytest.fixture
def unlock(millrace, played):
    environ = played.environment | {"MILLRACE_REHEARSAL": "1", "MILLRACE_TOOLS": TOOLS}
    return lambda *arguments, **more: millrace("unlock", "dev", *arguments, **environ, **more)


@pytest.fixture
def lock(played):
    s3 = played.client("s3")
    s3.put_object(Bucket=BUCKET, Key=f"{STATE}.tflock", Body=json.dumps(TOLD).encode())
    yield
    s3.delete_object(Bucket=BUCKET, Key=f"{STATE}.tflock")


def locks(played):
    return played.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])


def test_without_a_lock_nothing_is_changed(unlock):
    done = unlock()
    assert (done.returncode, done.stdout) == (0, "no state of dev is locked; nothing was changed\n")


def test_a_lock_is_named_with_its_holder_and_removed_only_when_asked(unlock, played, lock):
    asked = unlock()
    assert asked.returncode == 1
    assert f"the lock on {STATE}, taken by root@elsewhere at 2026-03-04 12:00:00" in asked.stdout
    assert "nothing was removed" in asked.stderr
    assert locks(played)
    assert f"removed: the lock on {STATE}" in unlock("--yes").stdout
    assert locks(played) == []


def test_a_lock_is_left_while_a_terraform_of_this_host_works_on_its_state(unlock, played, lock, tmp_path):
    backend = {"terraform": {"backend": {"s3": {"bucket": BUCKET, "key": STATE}}}}
    (tmp_path / GENERATED_BACKEND).write_text(json.dumps(backend))
    at_work = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, cwd=tmp_path)
    try:
        refused = unlock("--yes")
        assert refused.returncode == 1
        assert f"process {at_work.pid} of this host works on that state" in refused.stderr
        assert locks(played)
    finally:
        at_work.communicate()
    eventually(lambda: unlock("--yes").returncode == 0, "the lock goes when the work is done")
    assert locks(played) == []
