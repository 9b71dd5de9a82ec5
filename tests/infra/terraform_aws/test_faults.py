"""Terraform among AWS's faults: what passes is waited for, what does not is told, and nothing is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.wrappers.errors import ApiUnreachable, CredentialsExpired, StateLocked, TerraformFailed
from tests.aws_faults import EXPIRED_TOKEN, GONE, LOST, Answer, Fault, faulty
from tests.waiting import eventually

from .conftest import terraform_environment
from .small_root import FIRST, SECOND, STATES, THIRD, WAITING, SmallRoot, made

pytestmark = pytest.mark.slow

GO_ON = "run again: what was already made is kept"


@pytest.fixture(scope="module")
def aws(moto):
    """An account that has a bucket for states, behind its faults."""
    moto.client("s3").create_bucket(Bucket=STATES)
    with faulty(moto) as account:
        yield account


@pytest.fixture
def environment(aws, tmp_path):
    """What Terraform runs with; no faults yet."""
    aws.has()
    return terraform_environment(tmp_path / "terraform.rc") | aws.account.environment


@pytest.fixture
def small(environment, tmp_path, request):
    """The test's own root module."""
    return SmallRoot(tmp_path, request.node.name[:40].rstrip("_"), environment)


def failed(small, kind):
    """Bring it, and return what it fails with."""
    with pytest.raises(kind) as raised:
        small.bring()
    return raised.value


def test_what_a_service_throttles_or_fails_at_is_asked_again_until_it_passes(small, aws):
    aws.has(
        Fault("sts GetCallerIdentity", Answer(503, "ServiceUnavailable", "try again"), times=1),
        Fault("ec2 AllocateAddress", Answer(503, "RequestLimitExceeded", "too many"), times=2),
        Fault("iam CreateRole", Answer(400, "Throttling", "Rate exceeded"), times=2),
        Fault("logs CreateLogGroup", Answer(400, "ThrottlingException", "Rate exceeded"), times=1),
        Fault("logs DescribeLogGroups", Answer(500, "InternalFailure", "an error of the service"), times=1),
        Fault("s3 PUT *.tfstate[?]*", Answer(503, "SlowDown", "Reduce your request rate"), times=1),
        Fault("s3 HEAD *.tfstate", Answer(500, "InternalError", "an error of the service"), times=1),
    )
    assert small.bring() == sorted([FIRST, SECOND, THIRD])
    assert aws.count("iam CreateRole") == 3
    assert aws.count("s3 PUT *.tfstate[?]*") == 2
    assert made(aws.behind, small.name) == {FIRST: 1, SECOND: 1, THIRD: 1}


def test_credentials_that_expire_half_way_end_the_run_at_once_and_renewed_ones_finish_it(small, aws):
    aws.has(Fault("*", EXPIRED_TOKEN, since="iam CreateRole"))
    expired = failed(small, CredentialsExpired)
    assert expired.exit_code == 5
    assert str(expired).count("the credentials of this shell have expired") == 1
    assert "`aws sso login`" in str(expired)
    assert GO_ON in str(expired)
    assert aws.count("iam CreateRole") < 3, "it was asked as often as a throttled call would be"
    assert aws.count("logs *") == 0

    assert failed(small, CredentialsExpired)
    aws.has()
    assert small.bring() == sorted([FIRST, SECOND, THIRD])
    assert made(aws.behind, small.name) == {FIRST: 1, SECOND: 1, THIRD: 1}


def test_an_api_that_goes_away_half_way_is_named_and_nothing_is_made_twice_when_it_is_back(small, aws):
    aws.has(Fault("iam CreateRole", LOST, times=1), Fault("iam CreateRole", GONE))
    gone = str(failed(small, ApiUnreachable))
    assert (
        f"{aws.account.url} does not answer IAM: CreateRole (connection refused) ({SECOND}, main.tf" in gone
    )
    assert "the state could not be saved and is kept on this machine" in gone
    assert "see that this machine reaches it" in gone
    assert GO_ON in gone
    assert "\n" not in gone
    assert made(aws.behind, small.name) == {FIRST: 1, SECOND: 1, THIRD: 0}

    aws.has()
    assert small.bring() == sorted([FIRST, SECOND, THIRD])
    assert any("which the last run here could not release" in line for line in small.said)
    assert made(aws.behind, small.name) == {FIRST: 1, SECOND: 1, THIRD: 1}


def test_what_exists_though_the_state_does_not_know_it_is_named_with_the_way_to_take_it_over(small, aws):
    aws.has(Fault("iam CreateRole", LOST, times=1))
    said = str(failed(small, TerraformFailed))
    assert f"Role with name {small.name} already exists" in said
    assert "take it over with `terraform import ADDRESS ID`" in said


def test_a_bucket_of_states_that_is_not_there_is_named_with_what_makes_it(environment, tmp_path):
    said = str(failed(SmallRoot(tmp_path, "none", environment, bucket="no-such-states"), TerraformFailed))
    assert 'S3 bucket "no-such-states" does not exist' in said
    assert "run `millrace bootstrap ENVIRONMENT` once" in said


def test_of_two_clones_on_one_state_the_second_is_told_which_process_holds_it(environment, tmp_path):
    waiting = WAITING % {"folder": tmp_path}
    first, second = (
        SmallRoot(tmp_path / clone, "clones", environment, main=waiting) for clone in ("first", "second")
    )
    with ThreadPoolExecutor(1) as pool:
        applied = pool.submit(first.bring)
        eventually((tmp_path / "here").exists, "the first is in the middle of its apply")
        refused = str(failed(second, StateLocked))
        holder = (first.module.folder / "terraform.pid").read_text()
        (tmp_path / "go").touch()
        assert applied.result(300) == ["terraform_data.wait"]
    assert f"Its holder, process {holder}, still runs: wait for it" in refused
