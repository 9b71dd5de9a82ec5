"""The check of a plan: what it says, what it saves, and what it refuses."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from .plans import DATABASE, plan, resource

SMALL = resource("aws_db_instance", **DATABASE)
LARGE = resource("aws_db_instance", **(DATABASE | {"multi_az": True}))
MONTH = 0.065 * 730 + 20 * 0.115


def saved(tmp_path, root="data"):
    return json.loads((tmp_path / "cost" / f"{root}.json").read_text())


def test_a_plan_is_told_in_one_block(check):
    finished = check(plan(SMALL, resource("aws_quantum_computer"), resource("aws_s3_bucket")), limit=500)
    assert finished.returncode == 0, finished.stderr
    root, environment, unpriced, use = finished.stdout.splitlines()
    assert root.startswith(
        f"cost of data: {MONTH:.2f} USD a month ({MONTH / 730:.4f} an hour), +{MONTH:.2f} to what runs"
    )
    assert environment == f"cost of dev: {MONTH:.2f} USD a month of 500.00 allowed (data)"
    assert unpriced.startswith("not priced: aws_quantum_computer.this")
    assert use == "by use, not counted: aws_db_instance x1, aws_s3_bucket x1"
    assert finished.stderr == ""


@pytest.mark.parametrize(
    ("running", "planned", "difference"),
    [
        ((), (SMALL,), MONTH),
        ((SMALL,), (LARGE,), MONTH),
        ((LARGE,), (SMALL,), -MONTH),
        ((SMALL,), (), -MONTH),
        ((SMALL,), (SMALL,), 0),
    ],
)
def test_the_difference_is_to_what_runs_now(check, tmp_path, running, planned, difference):
    finished = check(plan(*planned, running=running))
    assert f"{difference:+.2f} to what runs" in finished.stdout
    assert saved(tmp_path)["difference_monthly_usd"] == pytest.approx(difference)


def test_roots_add_up_to_the_environment(check, tmp_path):
    check(plan(resource("aws_nat_gateway")), root="foundation")
    finished = check(plan(SMALL), root="data")
    assert f"cost of dev: {MONTH + 0.045 * 730:.2f} USD a month (data, foundation)" in finished.stdout
    assert saved(tmp_path, "foundation")["planned"]["monthly_usd"] == pytest.approx(0.045 * 730)


def test_going_over_the_budget_is_refused_in_one_sentence(check):
    check(plan(resource("aws_nat_gateway")), root="foundation", limit=60)
    finished = check(plan(SMALL), root="data", limit=60)
    assert finished.returncode == 1
    assert finished.stderr == (
        f"dev would cost {MONTH + 0.045 * 730:.2f} USD a month, above its limit of 60.00 USD: "
        "choose smaller sizes, raise `budget.monthly_limit_usd` in the settings of dev, "
        "or allow it once with MILLRACE_OVER_BUDGET=dev\n"
    )
    assert "cost of data" in finished.stdout


def test_consent_for_this_environment_alone_lets_it_pass(check):
    assert check(plan(SMALL), limit=10, MILLRACE_OVER_BUDGET="prod").returncode == 1
    finished = check(plan(SMALL), limit=10, MILLRACE_OVER_BUDGET="dev")
    assert finished.returncode == 0
    assert "over the limit, allowed once" in finished.stdout


def test_a_plan_that_saves_passes_although_the_environment_stays_over(check):
    finished = check(plan(SMALL, running=(LARGE,)), limit=10)
    assert finished.returncode == 0
    assert "over the limit, not by this plan" in finished.stdout


def test_a_refused_plan_does_not_count_for_the_other_roots(check, tmp_path):
    assert check(plan(LARGE, running=(SMALL,)), root="data", limit=60).returncode == 1
    assert saved(tmp_path)["refused"] is True
    finished = check(plan(resource("aws_kms_key")), root="foundation", limit=60)
    assert finished.returncode == 0, finished.stderr
    assert f"cost of dev: {MONTH + 1:.2f} USD" in finished.stdout


def test_exactly_the_limit_passes(check):
    assert check(plan(resource("aws_kms_key")), limit=1).returncode == 0
    assert check(plan(resource("aws_kms_key")), limit=0.99).returncode == 1


def test_a_state_is_estimated_with_its_region_named(check, tmp_path):
    state = tmp_path / "state.json"
    values = {"root_module": {"resources": [SMALL]}}
    state.write_text(json.dumps({"format_version": "1.0", "values": values}))
    assert "name it with --region" in check(state).stderr
    finished = check(state, more=("--region", "us-east-1"))
    assert finished.returncode == 0
    assert f"{MONTH:.2f} USD a month" in finished.stdout
    assert "+0.00 to what runs" in finished.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("", "is no JSON"),
        ('{"format_version"', "is no JSON"),
        ("[]", "neither a plan nor a state"),
        ("{}", "neither a plan nor a state"),
        ('{"format_version": "1.2", "planned_values": 7}', "is not what `terraform show -json` writes"),
        ('{"format_version": "1.2", "planned_values": {"root_module": {"resources": [{}]}}}', "is not what"),
        ('{"format_version": "1.2", "planned_values": {"root_module": {"resources": ["a"]}}}', "is not what"),
    ],
)
def test_a_plan_that_cannot_be_read_is_wrong_input(check, tmp_path, content, said):
    file = tmp_path / "plan.json"
    if content is not None:
        file.write_text(content)
    finished = check(file)
    assert finished.returncode == 2
    assert said in finished.stderr
    assert str(file) in finished.stderr
    assert len(finished.stderr.splitlines()) == 1
    assert not (tmp_path / "cost").exists()


def test_a_region_without_prices_is_refused_with_the_remedy(check):
    finished = check(plan(SMALL, region="eu-west-1"))
    assert finished.returncode == 2
    assert "millrace prices refresh eu-west-1" in finished.stderr


@pytest.mark.parametrize("root", ["../data", "", "Data", "a/b"])
def test_a_root_that_is_no_name_is_refused(check, tmp_path, root):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan(SMALL)))
    finished = check(file, root=root)
    assert finished.returncode == 2
    assert "is no name of a root module" in finished.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf", "much"])
def test_a_limit_that_is_no_amount_is_wrong_usage(check, limit):
    finished = check(plan(SMALL), limit=limit)
    assert finished.returncode == 2
    assert "Traceback" not in finished.stderr


def test_a_damaged_estimate_of_another_root_is_named(check, tmp_path):
    check(plan(SMALL), root="data")
    (tmp_path / "cost" / "data.json").write_text('{"schema": 1')
    finished = check(plan(SMALL), root="foundation")
    assert finished.returncode == 1
    assert str(tmp_path / "cost" / "data.json") in finished.stderr
    assert "delete it" in finished.stderr


def test_a_folder_that_cannot_be_written_is_named(check, tmp_path):
    (tmp_path / "cost").write_text("a file, no folder")
    finished = check(plan(SMALL))
    assert finished.returncode == 1
    assert f"{tmp_path / 'cost' / 'data.json'} could not be written" in finished.stderr
    assert len(finished.stderr.splitlines()) == 1


def test_of_plans_checked_at_once_not_all_slip_under_the_limit(check):
    gateways = [resource("aws_nat_gateway", index=str(number)) for number in range(3)]
    roots = ["foundation", "data", "cluster", "observability"]
    with ThreadPoolExecutor(len(roots)) as threads:
        finished = list(threads.map(lambda root: check(plan(*gateways), root=root, limit=300), roots))
    assert 1 in [one.returncode for one in finished]
    assert {one.returncode for one in finished} <= {0, 1}


def test_nothing_half_written_is_left(check, tmp_path):
    check(plan(SMALL))
    assert [path.name for path in (tmp_path / "cost").iterdir()] == ["data.json"]


def test_no_heavy_package_is_loaded():
    code = "import sys, infra.cost.__main__; print({'pydantic', 'boto3', 'yaml', 'typer'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
