"""A root module of three things in AWS, made one after the other; its state lies in a bucket."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from infra.wrappers.process import Limits
from infra.wrappers.root_module import Backend, RootModule, discard

LOCK_FILE = Path(__file__).resolve().parents[3] / "infra/terraform/roots/storage/.terraform.lock.hcl"
STATES = "faults-terraform-state"
# Of an address there can be two, where the others have names of which there is one.
MAIN = """
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "name" {
  type = string
}

provider "aws" {
  region      = "us-east-1"
  max_retries = 3
}

resource "aws_eip" "first" {
  domain = "vpc"
  tags   = { Name = var.name }
}

resource "aws_iam_role" "second" {
  name        = var.name
  description = aws_eip.first.id
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "*" } }]
  })
}

resource "aws_cloudwatch_log_group" "third" {
  name = aws_iam_role.second.name
}
"""
# A root module that makes nothing in AWS, and waits in its apply until the file `go` lies in the folder.
WAITING = """
variable "name" {
  type = string
}

resource "terraform_data" "wait" {
  provisioner "local-exec" {
    command = "touch '%(folder)s/here'; while ! test -e '%(folder)s/go'; do sleep 0.05; done"
  }
}
"""
FIRST, SECOND, THIRD = "aws_eip.first", "aws_iam_role.second", "aws_cloudwatch_log_group.third"


def write(folder, main=MAIN):
    """Write the root module into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.tf").write_text(main)
    if "hashicorp/aws" in main:
        shutil.copy(LOCK_FILE, folder)
    return folder


def backend(name, bucket=STATES):
    """Return where its state lies."""
    place = {"bucket": bucket, "key": f"{name}.tfstate", "region": "us-east-1"}
    return {**place, "use_lockfile": True, "use_path_style": True, "max_retries": 2}


def made(account, name):
    """Return how many of each there are in the account, by their types."""
    tagged = [{"Name": "tag:Name", "Values": [name]}]
    roles = account.client("iam").list_roles()["Roles"]
    groups = account.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return {
        FIRST: len(account.client("ec2").describe_addresses(Filters=tagged)["Addresses"]),
        SECOND: [role["RoleName"] for role in roles].count(name),
        THIRD: [group["logGroupName"] for group in groups].count(name),
    }


class SmallRoot:
    """The root module of one test: ``bring`` plans and applies it, as one person on one machine."""

    def __init__(self, folder, name, environment, *, bucket=STATES, main=MAIN):
        self.name = name
        self.said = []
        self.module = RootModule(
            root=write(folder / "root", main),
            folder=folder / "work",
            backend=Backend("s3", backend(name, bucket)),
            binary="terraform",
            environment=environment,
            limits=Limits(threading.Event(), timeout_s=300, grace_s=20),
            say=self.said.append,
        )

    def bring(self):
        """Plan and apply, and return the addresses in the state."""
        with self.module.open():
            plan = self.module.plan({"name": self.name})
            try:
                self.module.apply(plan)
            finally:
                discard(plan)
            return self.module.state().addresses
