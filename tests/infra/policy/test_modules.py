"""Modules and root modules as they are written."""

from __future__ import annotations

import pytest

from infra.policy.errors import InspectionFailed
from infra.policy.left_out import Checks
from infra.policy.modules import TERRAFORM, inspect, main
from infra.toolchain.install import Toolchain

GOOD = 'resource "aws_sns_topic" "t" {\n  name              = "t"\n  kms_master_key_id = var.key\n}\n'
BAD = 'resource "aws_sns_topic" "t" {\n  name = "t"\n}\n'
RULE = """
resource "aws_vpc_security_group_ingress_rule" "r" {
  description = "x"
  cidr_ipv4   = "0.0.0.0/0"
  ip_protocol = "tcp"
  from_port   = 5432
  to_port     = 5432
}
"""


@pytest.mark.slow
def test_our_modules_keep_to_the_policy(capsys):
    assert main([str(TERRAFORM)]) == 0
    assert "0 refused" in capsys.readouterr().out


@pytest.mark.slow
def test_what_is_wrong_as_written_is_refused_with_its_place(tmp_path, capsys):
    (tmp_path / "topic.tf").write_text(BAD + RULE)
    assert main([str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert f"{tmp_path}/topic.tf:1: MR_OWN_KEY aws_sns_topic.t: data at rest" in said
    assert "MR_OPEN_PORT aws_vpc_security_group_ingress_rule.r" in said
    (tmp_path / "topic.tf").write_text(GOOD)
    assert main([str(tmp_path)]) == 0


@pytest.mark.slow
def test_a_file_that_cannot_be_read_does_not_pass(tmp_path):
    (tmp_path / "broken.tf").write_text('resource "aws_sns_topic" {{{\n')
    (tmp_path / "topic.tf").write_text(GOOD)
    with pytest.raises(InspectionFailed, match="could not read 1 files"):
        inspect(tmp_path, Toolchain.here(), Checks.load())
