"""A revision is brought up, and the next applied over it."""

from __future__ import annotations

import pytest

from scripts.upgrade import losses
from tests.environments import TOOLS

PREVIEW = """
       plan: 1 to add, 1 to change, 2 to destroy
         ~ update module.cluster.aws_eks_node_group.this["general"]
         -/+ replace module.cluster.aws_launch_template.this["general"] (cannot update)
         - delete module.ingress[0].aws_wafv2_web_acl.this[0]
         - path: "a b"
       - 1 to delete
"""


def test_a_previews_losses_are_named_address_by_address():
    assert list(losses(PREVIEW)) == [
        'replace module.cluster.aws_launch_template.this["general"] (cannot update)',
        "delete module.ingress[0].aws_wafv2_web_acl.this[0]",
    ]


def test_a_revision_that_is_none_is_refused(millrace):
    refused = millrace("rehearse-upgrade", "dev", "--from", "no-such-revision", MILLRACE_TOOLS=TOOLS)
    assert refused.returncode == 2
    assert "name a revision of this clone" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.long
@pytest.mark.timeout(2400)
def test_this_revision_goes_over_itself_and_down(millrace):
    done = millrace("rehearse-upgrade", "dev", "--from", "HEAD", timeout=2300, MILLRACE_TOOLS=TOOLS)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    assert "nothing is replaced or deleted" in done.stdout
