"""State, locks and buckets in a real S3 API: what a killed run leaves, and how it is found."""

import json
import os
import shutil
import signal
import threading

import pytest

from infra.wrappers.errors import StateLocked, TerraformFailed
from infra.wrappers.root_module import Backend, discard
from tests.infra.wrappers import played
from tests.infra.wrappers.played import KEYS, LOCK_FILE
from tests.waiting import eventually

WAITING = """
resource "terraform_data" "wait" {
  provisioner "local-exec" {
    command = "touch %(folder)s/here; while ! test -e %(folder)s/go; do sleep 0.05; done"
  }
}
"""
BUCKETS = """
resource "aws_s3_bucket" "there" {
  bucket = "there"
}

resource "aws_s3_bucket" "missing" {
  bucket = "missing"
}
"""
BEGUN = '{"type": "apply_start", "hook": {"resource": {"addr": "aws_s3_bucket.%s"}, "action": "create"}}\n'


@pytest.fixture(scope="module")
def store():
    with played.api() as address:
        yield address


@pytest.fixture
def s3(store):
    return played.client("s3", store)


def test_a_lock_in_s3_whose_holder_is_dead_is_named_with_the_command_that_removes_it(root, store, s3):
    s3.create_bucket(Bucket="states")
    backend = Backend(
        "s3",
        {
            "bucket": "states",
            "key": "one.tfstate",
            "region": "us-east-1",
            "endpoints": {"s3": store},
            "use_path_style": True,
            "use_lockfile": True,
            "skip_credentials_validation": True,
            "skip_metadata_api_check": True,
            "skip_requesting_account_id": True,
        },
    )
    module = root(WAITING % {"folder": root.path}, backend=backend, environment=KEYS)

    def run():
        with module.open(), pytest.raises(TerraformFailed):
            module.apply(module.plan({}))

    thread = threading.Thread(target=run)
    thread.start()
    eventually((root.path / "here").exists, "the apply reaches its middle")
    os.kill(int((module.folder / "terraform.pid").read_text()), signal.SIGKILL)
    thread.join(60)

    with module.open(), pytest.raises(StateLocked) as raised:
        module.plan({})
    lock = json.loads(s3.get_object(Bucket="states", Key="one.tfstate.tflock")["Body"].read())["ID"]
    said = str(raised.value)
    assert f"lock {lock}" in said
    assert "The process of this host that took it is dead" in said
    keys = " ".join(f"{name}={value}" for name, value in KEYS.items())
    assert os.system(f"env {keys} {said.partition('remove the lock: ')[2]} >/dev/null 2>&1") == 0
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="states").get("Contents", [])] == []


@pytest.mark.slow
def test_a_bucket_that_a_killed_run_was_making_is_found_by_its_name_and_taken_over(root, store, s3):
    s3.create_bucket(Bucket="there")
    module = root(played.header("s3", store) + BUCKETS, environment=KEYS)
    shutil.copy(LOCK_FILE, module.root)
    module.folder.mkdir(parents=True)
    module.journal.file.write_text(BEGUN % "there" + BEGUN % "missing")
    with module.open():
        plan = module.plan({})
        actions = {change.address: (change.action, change.imports) for change in plan.changes}
        assert actions["aws_s3_bucket.missing"] == ("create", False)
        assert actions["aws_s3_bucket.there"][1]
        module.apply(plan)
        discard(plan)
        assert module.state().addresses == ["aws_s3_bucket.missing", "aws_s3_bucket.there"]
    assert not module.journal.file.exists()
