"""Commands on an environment in AWS that throttles, refuses, or finds the credentials expired."""

from __future__ import annotations

import pytest

from infra.rehearsal.account import account
from tests.aws_faults import EXPIRED_TOKEN, GONE, Answer, Fault, faulty
from tests.aws_operator import Operator, ask, check_nothing
from tests.environments import TOOLS

pytestmark = pytest.mark.slow

BUCKET = "acme-dev-millrace-state"
STACK = "pulumi/.pulumi/stacks/millrace/dev.json"
THROTTLED = Answer(400, "ThrottlingException", "Rate exceeded")
SLOW_DOWN = Answer(503, "SlowDown", "Reduce your request rate")


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    with account(tmp_path_factory.mktemp("account")) as empty, faulty(empty) as proxied:
        yield proxied


@pytest.fixture
def aws(played):
    """An empty account that checks no permissions, and has no faults."""
    played.has()
    ask(played.behind, "reset")
    check_nothing(played.behind)
    return played


@pytest.fixture
def command(millrace, aws):
    """Run a command on the account."""

    def run(*arguments, **environ):
        rehearsal = {"MILLRACE_REHEARSAL": "1", "MILLRACE_TOOLS": TOOLS}
        return millrace(*arguments, **(aws.account.environment | rehearsal | environ))

    return run


def refused(finished, code):
    """Return the one sentence that a command ended with."""
    assert finished.returncode == code, finished.stderr
    assert "Traceback" not in finished.stderr
    return finished.stderr.splitlines()[-1]


def test_calls_of_our_own_are_made_again_until_what_throttles_them_has_passed(command, aws):
    aws.has(
        Fault("kms CreateKey", THROTTLED, times=2),
        Fault("s3 PUT *[?]versioning", SLOW_DOWN, times=2),
        Fault("s3 PUT *[?]tagging", Answer(500, "InternalError", "an error of the service"), times=2),
    )
    assert command("bootstrap", "dev").returncode == 0
    assert aws.count("kms CreateKey") == 3
    aws.has(Fault("tagging GetResources", THROTTLED, times=2), Fault("s3 GET *", SLOW_DOWN, times=2))
    assert command("leftovers", "dev").returncode == 0


def test_expired_credentials_are_told_by_every_command_with_an_exit_code_of_their_own(command, aws):
    aws.has(Fault("*", EXPIRED_TOKEN))
    commands = [(name, "dev") for name in ("bootstrap", "preview", "leftovers", "restore-state")]
    for asked in (*commands, ("status", "--env", "dev")):
        said = refused(command(*asked), 5)
        assert "the credentials of this shell have expired. To do: renew them (`aws sso login`" in said
    assert len(aws.calls) == len(commands) + 1, "a call was made again, which cannot help"


def test_credentials_that_expire_under_pulumi_are_told_the_same_way(command, aws):
    aws.behind.client("s3").create_bucket(Bucket=BUCKET)
    aws.has(Fault("*", EXPIRED_TOKEN, since="kms *"))
    assert "the credentials of this shell have expired" in refused(command("preview", "dev"), 5)


def test_a_bootstrap_that_lacks_a_permission_names_it_and_goes_on_when_it_is_granted(command, aws):
    operator = Operator(aws.behind)
    operator.may("kms:CreateKey", "kms:CreateAlias", "kms:ListAliases", "s3:*")
    said = refused(command("bootstrap", "dev", **operator.environment), 1)
    assert f"AWS refused kms:EnableKeyRotation to {operator.arn}" in said
    assert "have the policies of that user or role allow it" in said
    assert "what was made stays" in said
    operator.may("kms:*", "s3:*")
    assert command("bootstrap", "dev", **operator.environment).returncode == 0
    assert aws.count("kms CreateKey") == 1


def test_a_state_that_may_not_be_read_is_not_restored_from_an_older_version(command, aws):
    s3 = aws.behind.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for body in (b'{"good": 1}', b'{"good": 2}'):
        s3.put_object(Bucket=BUCKET, Key=STACK, Body=body)
    aws.has(Fault(f"s3 GET /{BUCKET}/{STACK}", Answer(403, "AccessDenied", "Access Denied"), times=1))
    assert "AWS refused GetObject to the credentials of this shell" in refused(
        command("restore-state", "dev"), 4
    )
    assert s3.get_object(Bucket=BUCKET, Key=STACK)["Body"].read() == b'{"good": 2}'


@pytest.mark.parametrize("name", ["leftovers", "restore-state"])
def test_a_state_bucket_that_is_not_there_is_named_with_what_makes_it(command, name):
    said = refused(command(name, "dev"), 4)
    assert "NoSuchBucket" in said
    assert "millrace bootstrap dev" in said


def test_an_account_that_refuses_connections_is_named(command, aws):
    aws.has(Fault("*", GONE))
    said = refused(command("preview", "dev"), 4)
    assert f"{aws.account.url} does not answer" in said
    assert "see that this machine reaches it" in said
