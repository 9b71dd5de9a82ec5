"""``python -m infra.policy PLAN.json``, as the provider calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from infra.toolchain.install import REPOSITORY

from .plans import KEY, Resource, plan

SECRET = "PLANTED-7f3a9c"
QUEUE = Resource("aws_sqs_queue", {"name": "q", "kms_master_key_id": KEY})
PLAIN = Resource("aws_sqs_queue", {"name": "p", "kms_master_key_id": None}, name="plain")


@pytest.fixture
def run(tmp_path):
    def run(*resources: Resource, waivers: str | None = None, text: str | None = None, flags=()):
        path = tmp_path / "plan.json"
        path.write_text(json.dumps(plan(*resources)) if text is None else text)
        extra = [*flags]
        if waivers is not None:
            (tmp_path / "waivers.yaml").write_text(waivers)
            extra += ["--waivers", str(tmp_path / "waivers.yaml")]
        command = [sys.executable, "-m", "infra.policy", *extra, str(path)]
        (tmp_path / "temporary").mkdir(exist_ok=True)
        environ = os.environ | {"TMPDIR": str(tmp_path / "temporary")}
        return subprocess.run(
            command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, timeout=300
        )

    return run


def waiver(resource: str) -> str:
    later = datetime.now(UTC).date() + timedelta(days=30)
    return (
        f"- check: MR_OWN_KEY\n  resource: {resource}\n  reason: it holds nothing\n  expires: {later}\n"
        f"- check: CKV_AWS_27\n  resource: {resource}\n  reason: it holds nothing\n  expires: {later}\n"
    )


def test_a_plan_that_keeps_to_the_policy_passes_with_one_line(run):
    done = run(QUEUE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "policy: 2 rules on 1 resource, 0 waived\n"


def test_a_refusal_names_check_address_demand_and_remedy(run):
    done = run(QUEUE, PLAIN)
    assert done.returncode == 1
    assert "MR_OWN_KEY aws_sqs_queue.plain" in done.stdout
    assert "demands: data at rest is encrypted with a KMS key of ours" in done.stdout
    assert "to mend: turn encryption on and name the key" in done.stdout
    assert "an entry with check, resource, reason and expires in" in done.stdout
    assert "aws_sqs_queue.this" not in done.stdout


def test_a_waiver_lets_it_pass_and_is_counted(run):
    done = run(QUEUE, PLAIN, waivers=waiver("aws_sqs_queue.plain"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 waived" in done.stdout


def test_a_rehearsal_excuses_what_its_account_lacks_and_nothing_else(run):
    bare = Resource("aws_prometheus_workspace", {"kms_key_arn": None}, module="monitoring")
    assert run(bare).returncode == 1
    assert run(bare, flags=["--rehearsal"]).returncode == 0
    assert run(bare, PLAIN, flags=["--rehearsal"]).returncode == 1


def test_an_unused_waiver_is_a_warning(run):
    done = run(QUEUE, waivers=waiver("aws_sqs_queue.*"))
    assert done.returncode == 0
    assert "the waiver of MR_OWN_KEY on aws_sqs_queue.* excuses nothing any more" in done.stderr


def test_a_waiver_without_reason_is_wrong_usage(run):
    done = run(QUEUE, waivers="- {check: a, resource: b, reason: '', expires: 2026-01-01}\n")
    assert done.returncode == 2
    assert "waiver 1 (a on b): reason:" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "text", ["", "not json", "[]", "{}", '{"planned_values": 3}', '{"planned_values": {}}']
)
def test_what_is_no_plan_is_named_and_not_passed(run, text):
    done = run(text=text)
    assert done.returncode == 2
    assert "is not a plan as JSON" in done.stderr
    assert "terraform show -json" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plan_of_nothing_passes(run):
    done = run()
    assert (done.returncode, done.stdout) == (0, "policy: 0 rules on 0 resources, 0 waived\n")


def test_without_checkov_the_plan_is_not_passed(run, tmp_path, monkeypatch):
    for name, value in {
        "MILLRACE_TOOLS": str(tmp_path / "tools"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "UV_OFFLINE": "1",
    }.items():
        monkeypatch.setenv(name, value)
    done = run(QUEUE)
    assert (done.returncode, done.stdout) == (1, "")
    assert "checkov (checks plans and modules against the policy) cannot be installed" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_secret_of_the_plan_is_never_printed(run):
    hidden = Resource(
        "aws_db_instance",
        {"password": SECRET, "username": SECRET, "publicly_accessible": True, "storage_encrypted": False},
        secret={"password": True},
    )
    policy = Resource("aws_iam_role_policy", {"policy": SECRET})
    broken = Resource("aws_eks_cluster", {"encryption_config": [{"resources": SECRET, "provider": SECRET}]})
    done = run(hidden, policy, broken)
    assert done.returncode == 1
    assert SECRET not in done.stdout + done.stderr


def test_the_reduced_plan_holds_no_sensitive_value(tmp_path):
    from infra.policy.plan import CheckablePlan

    nested = Resource(
        "aws_msk_cluster",
        {"tags": {"a": SECRET, "b": "seen"}, "blocks": [{"token": SECRET}]},
        secret={"tags": {"a": True}, "blocks": [{"token": True}]},
    )
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan(nested)))
    text = json.dumps(CheckablePlan.load(path).document)
    assert SECRET not in text
    assert "seen" in text


def test_nothing_of_the_plan_is_left_behind(run, tmp_path):
    run(QUEUE)
    assert not list((tmp_path / "temporary").iterdir())
