"""What holds data and was being made when a run was stopped is gone on with, and never replaced."""

from __future__ import annotations

import signal

import pytest

from infra.rehearsal.account import account
from tests.infra.terraform_aws.small_root import write
from tests.waiting import eventually

pytestmark = pytest.mark.slow

MAIN = """
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

resource "aws_db_instance" "this" {
  identifier          = "tracking"
  engine              = "postgres"
  instance_class      = "db.t4g.micro"
  allocated_storage   = 20
  username            = "owner"
  password            = "not-a-secret"
  skip_final_snapshot = true
  apply_immediately   = true
}
"""
PROGRAM = """
TerraformRoot("data", root=os.environ["ROOT"], protected=["aws_db_instance.this"])
"""


@pytest.fixture
def data(programs, tmp_path):
    """A program that makes a protected database, and what asks its account for databases."""
    with account(tmp_path) as empty:
        stack = programs(**empty.environment).write(PROGRAM)
        stack.environment["ROOT"] = str(write(stack.folder / "roots" / "data", MAIN))
        yield stack, lambda: empty.client("rds").describe_db_instances()["DBInstances"]


def test_a_database_in_the_making_when_up_was_stopped_is_kept_and_finished(data):
    stack, databases = data
    process = stack.start("up", "--yes", "--skip-preview")
    (made,) = eventually(databases, "the database is being made")
    process.send_signal(signal.SIGINT)
    assert process.wait(120) != 0
    assert stack.preview().well().says("-/+ replace aws_db_instance.this (tainted)")
    assert (
        stack.up()
        .well()
        .says("aws_db_instance.this was being made when a run was stopped; it is kept, and gone on with")
    )
    (kept,) = databases()
    assert kept["DbiResourceId"] == made["DbiResourceId"]
    stack.preview("--expect-no-changes").well()
    assert "aws_db_instance.this" in stack.resources()["data"]["outputs"]["addresses"]

    state = stack.terraform_folder("data") / "terraform.tfstate"
    tainted = '"status": "tainted", "schema_version"'
    state.write_text(state.read_text().replace('"schema_version"', tainted, 1))
    # Nobody was making it: whoever tainted it would lose what it holds.
    assert stack.preview().badly().says("the plan would replace aws_db_instance.this, which is protected")
