"""A root module in AWS through the real engine: a permission that is missing, and two operators at once."""

from __future__ import annotations

import json

import pytest

from infra.rehearsal.account import account
from tests.aws_faults import faulty
from tests.aws_operator import Operator, check_nothing
from tests.infra.terraform_aws.small_root import (
    FIRST,
    MAIN,
    SECOND,
    STATES,
    THIRD,
    WAITING,
    backend,
    made,
    write,
)
from tests.waiting import eventually

pytestmark = pytest.mark.slow

PROGRAM = """
TerraformRoot(
    "small",
    root=os.environ["ROOT"],
    variables={"name": "small"},
    backend=Backend("s3", json.loads(os.environ["BACKEND"])),
)
"""
MAY = ["s3:*", "logs:*", "iam:Get*", "iam:List*"]
ADDRESSES = [
    "ec2:AllocateAddress",
    "ec2:CreateTags",
    "ec2:DescribeAddresses",
    "ec2:DescribeAddressesAttribute",
]
ROLES = ["iam:CreateRole"]
PULUMI_STATE = f"s3://{STATES}/pulumi?region=us-east-1&awssdk=v2&use_path_style=true"


@pytest.fixture
def aws(tmp_path):
    """An account of the test's own, with a bucket for states."""
    with account(tmp_path) as empty:
        empty.client("s3").create_bucket(Bucket=STATES)
        with faulty(empty) as proxied:
            yield proxied


def program(programs, aws, main=MAIN, **environment):
    """Return a program that brings the small root module up in the account."""
    stack = programs(**(aws.account.environment | environment)).write(PROGRAM)
    stack.environment |= {
        "ROOT": str(write(stack.folder / "roots" / "small", main)),
        "BACKEND": json.dumps(backend("small")),
    }
    return stack


def test_a_missing_permission_is_named_and_once_it_is_granted_the_same_command_completes(programs, aws):
    operator = Operator(aws.behind)
    stack = program(programs, aws, **operator.environment)
    operator.may(*MAY, *ADDRESSES)
    refused = stack.up().badly()
    assert refused.says(f"AWS refused iam:CreateRole to {operator.arn} ({SECOND}, main.tf line")
    assert refused.says("have the policies of that user or role allow it", "docs/aws.md, When AWS refuses")
    assert "Traceback" not in refused.text
    assert stack.resources()["small"]["outputs"]["addresses"] == [FIRST]

    operator.may(*MAY, *ROLES)
    assert stack.preview().badly().says(f"AWS refused ec2:DescribeAddresses to {operator.arn}")

    operator.may(*MAY, *ADDRESSES, *ROLES)
    stack.up().well()
    check_nothing(aws.behind)
    assert made(aws.behind, "small") == {FIRST: 1, SECOND: 1, THIRD: 1}


def test_of_two_operators_at_once_one_changes_the_environment_and_the_other_is_told_who_does(
    programs, aws, tmp_path
):
    stack = program(programs, aws, WAITING % {"folder": tmp_path}, PULUMI_BACKEND_URL=PULUMI_STATE)
    first = stack.start("up", "--yes", "--skip-preview")
    eventually((tmp_path / "here").exists, "the first is in the middle of its apply")
    second = stack.up(MILLRACE_HOME=str(tmp_path / "second clone")).badly()
    assert second.says("the stack is currently locked by 1 lock(s)", f"(pid {first.pid})", "`pulumi cancel`")
    (tmp_path / "go").touch()
    assert first.wait(300) == 0, stack.said()
    assert stack.resources()["small"]["outputs"]["addresses"] == ["terraform_data.wait"]
