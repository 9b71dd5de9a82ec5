"""What a killed run made is taken over, by whatever it is imported by, and the next run goes on."""

import json
import shutil

import pytest

from infra.wrappers.recovery import by_arguments, by_id, type_of
from infra.wrappers.root_module import discard
from tests.infra.wrappers import played
from tests.infra.wrappers.played import KEYS, LOCK_FILE

POLICY = "arn:aws:iam::123456789012:policy/nodes"
ROLE = """
resource "aws_iam_role" "nodes" {
  name               = "nodes"
  assume_role_policy = %(trust)s
}

resource "aws_iam_role_policy_attachment" "nodes" {
  for_each   = toset(["%(policy)s"])
  role       = aws_iam_role.nodes.name
  policy_arn = each.key
}
"""
READ = {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}
ANY = json.dumps({"Version": "2012-10-17", "Statement": [READ]})
ATTACHMENT = f'aws_iam_role_policy_attachment.nodes["{POLICY}"]'


@pytest.fixture(scope="module")
def api():
    with played.api() as address:
        yield address


@pytest.fixture
def iam(api):
    """An account with what a killed run made: a role, and a policy attached to it."""
    client = played.client("iam", api)
    if not client.list_policies(Scope="Local")["Policies"]:
        client.create_policy(PolicyName="nodes", PolicyDocument=ANY)
    client.create_role(RoleName="nodes", AssumeRolePolicyDocument=ANY)
    client.attach_role_policy(RoleName="nodes", PolicyArn=POLICY)
    yield client
    if client.list_roles()["Roles"]:
        client.detach_role_policy(RoleName="nodes", PolicyArn=POLICY)
        client.delete_role(RoleName="nodes")


@pytest.fixture
def module(root, api, iam):
    """The root module after the kill: no state, and the journal of what was made."""
    role = ROLE % {"policy": POLICY, "trust": json.dumps(ANY)}
    made = root(played.header("iam", api) + role, environment=KEYS)
    shutil.copy(LOCK_FILE, made.root)
    made.folder.mkdir(parents=True)
    ids = {"aws_iam_role.nodes": "nodes", ATTACHMENT: "nodes-20261129191334025300000002"}
    made.journal.file.write_text("".join(complete(address, value) for address, value in ids.items()))
    return made


def complete(address, value):
    hook = {"resource": {"addr": address}, "action": "create", "id_key": "id", "id_value": value}
    return json.dumps({"type": "apply_complete", "hook": hook}) + "\n"


@pytest.mark.slow
def test_what_is_imported_by_its_arguments_is_found_through_a_plan_and_taken_over(module):
    with module.open():
        plan = module.plan({})
        assert {change.address for change in plan.changes if change.imports} == {
            "aws_iam_role.nodes",
            ATTACHMENT,
        }
        assert not [change for change in plan.changes if change.action == "create"]
        module.apply(plan)
        discard(plan)
        assert sorted(module.state().addresses) == sorted(["aws_iam_role.nodes", ATTACHMENT])


@pytest.mark.slow
def test_a_destroy_after_the_kill_takes_it_over_and_removes_it(module, iam):
    with module.open():
        module.adopt_journalled({})
        plan = module.plan({}, destroy=True)
        module.apply(plan)
        discard(plan)
    assert iam.list_roles()["Roles"] == []


def test_the_type_is_told_by_an_address_whatever_its_keys_hold():
    for address, kind in (
        ("aws_iam_role.this", "aws_iam_role"),
        ('module.a["x.y"].aws_route.private["us-east-1a"]', "aws_route"),
        ('module.a[0].module.b.aws_s3_bucket.this["a/b.c"]', "aws_s3_bucket"),
    ):
        assert type_of(address) == kind


def test_ids_that_import_nothing_are_not_tried():
    made = {"aws_iam_role.this": "r", 'aws_route.this["a"]': "r-1", "aws_autoscaling_attachment.this": "x"}
    assert by_id(made) == {"aws_iam_role.this": "r"}
    assert by_arguments(made) == ['aws_route.this["a"]']
