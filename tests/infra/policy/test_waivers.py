"""A waiver needs a reason and a day, excuses what it names and nothing else, and is told when it is idle."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from infra.policy.errors import WaiverInvalid
from infra.policy.inspection import Inspection, Result
from infra.policy.verdict import Verdict
from infra.policy.waivers import REHEARSAL, WAIVERS, Waiver, load

TODAY = date(2026, 5, 20)
LOGS = 'module.store["a.b"].aws_sqs_queue.this[0]'
GOOD = {"check": "MR_OWN_KEY", "resource": "aws_sqs_queue.this", "reason": "why", "expires": "2026-06-01"}


def written(tmp_path, **changes):
    path = tmp_path / "waivers.yaml"
    entry = {name: value for name, value in (GOOD | changes).items() if value is not None}
    path.write_text("- " + "\n  ".join(f"{name}: {value}" for name, value in entry.items()) + "\n")
    return path


def test_a_whole_entry_is_taken_to_its_last_day(tmp_path):
    (waiver,) = load(written(tmp_path, expires=TODAY.isoformat()), TODAY)
    assert (waiver.reason, waiver.expires) == ("why", TODAY)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": "''"}, r"waiver 1 \(MR_OWN_KEY on aws_sqs_queue\.this\): reason: .*at least 1 character"),
        ({"reason": "'  '"}, r"reason: .*at least 1 character"),
        ({"reason": None}, r"reason: Field required; each waiver needs check, resource, reason and expires"),
        ({"expires": None}, r"waiver 1 \(MR_OWN_KEY on aws_sqs_queue\.this\): expires: Field required"),
        ({"expires": "soon"}, r"expires: .*date"),
        ({"expires": "2026-05-19"}, r"MR_OWN_KEY on aws_sqs_queue\.this\) expired on 2026-05-19; mend what"),
        ({"expires": "2029-01-01"}, r"ends only on 2029-01-01; give it a day within two years"),
        ({"owner": "me"}, r"owner: Extra inputs are not permitted"),
        ({"check": None}, r"waiver 1 \(no check on aws_sqs_queue\.this\): check: Field required"),
    ],
)
def test_an_entry_that_cannot_stand_is_named(tmp_path, changes, words):
    with pytest.raises(WaiverInvalid, match=words):
        load(written(tmp_path, **changes), TODAY)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("check: x\n", "holds no list"),
        ("- just words\n", r"waiver 1 \(not a mapping\)"),
        ("- [", "cannot be read"),
    ],
)
def test_a_file_of_another_shape_is_named(tmp_path, text, words):
    path = tmp_path / "waivers.yaml"
    path.write_text(text)
    with pytest.raises(WaiverInvalid, match=words):
        load(path, TODAY)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(WaiverInvalid, match="cannot be read"):
        load(tmp_path / "none.yaml", TODAY)


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        (LOGS, True),
        ('module.store["a.b"].aws_sqs_queue.*', True),
        ("module.store*", True),
        ("*", True),
        ("module.store", False),
        ("module.store[a.b].aws_sqs_queue.this[0]", False),
        ('module.store["aXb"].aws_sqs_queue.this[0]', False),
    ],
)
def test_only_a_star_stands_for_anything(pattern, fits):
    assert Waiver.model_validate(GOOD | {"resource": pattern}).fits(LOGS) is fits


def found(*refused: str, outcome: str = "FAILED") -> Inspection:
    results = [
        Result(check="MR_OWN_KEY", address=one, outcome=outcome, demands="keys", mend="") for one in refused
    ]
    addresses = ("aws_sqs_queue.this", "aws_sqs_queue.other")
    return Inspection(
        checks=("MR_OWN_KEY",), own=("MR_OWN_KEY",), addresses=addresses, results=tuple(results)
    )


def test_a_waiver_excuses_its_check_at_its_address_and_nothing_else():
    waivers = (Waiver.model_validate(GOOD), Waiver.model_validate(GOOD | {"check": "MR_OPEN_PORT"}))
    verdict = Verdict.of(found("aws_sqs_queue.this", "aws_sqs_queue.other"), 2, waivers)
    assert [one.address for one in verdict.waived] == ["aws_sqs_queue.this"]
    assert [one.address for one in verdict.refused] == ["aws_sqs_queue.other"]
    assert verdict.unused == waivers[1:]


def test_a_waiver_that_nothing_needs_is_told_and_one_about_another_root_is_not():
    idle = Waiver.model_validate(GOOD)
    elsewhere = Waiver.model_validate(GOOD | {"resource": "module.elsewhere.*"})
    verdict = Verdict.of(found(), 2, (idle, elsewhere))
    assert [*verdict.warnings()] == [
        "policy: warning: the waiver of MR_OWN_KEY on aws_sqs_queue.this excuses nothing any more; remove it"
    ]


def test_a_waiver_that_may_be_needed_once_values_are_known_is_not_told():
    undecided = found("aws_sqs_queue.this", outcome="UNKNOWN")
    assert [*Verdict.of(undecided, 2, (Waiver.model_validate(GOOD),)).warnings()] == []


@pytest.mark.parametrize("file", [WAIVERS, REHEARSAL])
def test_the_shipped_waivers_hold_today_and_for_a_month(file):
    today = datetime.now(UTC).date()
    assert load(file, today)
    assert all(waiver.expires - today > timedelta(days=30) for waiver in load(file, today))
