"""What the journal of an apply tells of a run that was killed."""

import json

from infra.wrappers.journal import Journal
from infra.wrappers.recovery import by_plan
from infra.wrappers.terraform_plan import ShownPlan


def line(kind, address, action="create", value=None):
    hook = {"resource": {"addr": address}, "action": action}
    if value:
        hook |= {"id_key": "id", "id_value": value}
    return json.dumps({"type": kind, "@message": kind, "hook": hook}) + "\n"


def journal(tmp_path, *lines):
    file = tmp_path / "apply.jsonl"
    file.write_text("".join(lines))
    return Journal(file)


def test_what_was_made_has_its_id_and_what_was_deleted_again_is_not_told(tmp_path):
    told = journal(
        tmp_path,
        line("apply_start", "a.kept"),
        line("apply_complete", "a.kept", value="1"),
        line("apply_complete", "a.gone", value="2"),
        line("apply_complete", "a.gone", "delete", "2"),
        line("apply_complete", "a.changed", "update", "3"),
    )
    assert told.made() == {"a.kept": "1"}
    assert told.in_flight() == []


def test_a_replaced_address_has_its_new_id_although_the_old_object_is_deleted_last(tmp_path):
    told = journal(
        tmp_path,
        line("apply_complete", "a.one", value="new"),
        line("apply_complete", "a.one", "delete", "old"),
    )
    assert told.made() == {"a.one": "new"}


def test_what_was_begun_and_neither_ended_nor_failed_is_in_flight(tmp_path):
    told = journal(
        tmp_path,
        line("apply_start", "a.done"),
        line("apply_start", "a.failed"),
        line("apply_start", "a.going"),
        line("apply_complete", "a.done", value="1"),
        line("apply_errored", "a.failed"),
        line("apply_start", "a.deleting", "delete"),
    )
    assert told.in_flight() == ["a.going"]


def test_a_line_that_was_cut_off_is_left(tmp_path):
    assert journal(tmp_path, line("apply_complete", "a.one", value="1"), '{"type": "apply_co').made() == {
        "a.one": "1"
    }


def test_only_what_the_plan_creates_under_a_known_name_is_looked_for():
    def resource(address, action, **after):
        return {"address": address, "change": {"actions": [action], "after": after}}

    plan = ShownPlan.model_validate(
        {
            "resource_changes": [
                resource("aws_s3_bucket.one", "create", bucket="one", name=None),
                resource("aws_iam_role.two", "create", name="two"),
                resource("aws_vpc.three", "create"),
                resource("aws_s3_bucket.four", "update", bucket="four"),
                resource("aws_s3_bucket.five", "create", bucket="five"),
            ]
        }
    )
    flying = ["aws_s3_bucket.one", "aws_iam_role.two", "aws_vpc.three", "aws_s3_bucket.four"]
    assert by_plan(flying, plan) == {"aws_s3_bucket.one": "one", "aws_iam_role.two": "two"}
