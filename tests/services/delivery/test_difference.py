"""What differs between two releases."""

from __future__ import annotations

from datetime import UTC, datetime

from services.delivery.difference import differences
from services.delivery.release import Release
from services.endpoint.settings import Limits

RECORD = Release(
    id="echo-v1-aaaaaaaa",
    system="echo",
    model_version=1,
    model_digest="m1",
    dataset_version="d1",
    code_digest="c1",
    bento_tag="echo:b1",
    bento_digest="b1",
    commit="0123456789abcdef",
    infrastructure_revision="r1",
    created_by="ada",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def test_releases_made_of_the_same_things_do_not_differ_whoever_made_them_when() -> None:
    again = {"id": "echo-v1-bbbbbbbb", "created_by": "grace", "created_at": datetime(2026, 1, 2, tzinfo=UTC)}
    assert differences(RECORD, RECORD.model_copy(update=again)) == []


def test_every_thing_that_differs_is_named_with_both_values_settings_one_by_one() -> None:
    other = RECORD.model_copy(
        update={
            "model_version": 2,
            "dataset_version": "d2",
            "infrastructure_revision": "r2",
            "settings": Limits(drain_s=5),
        }
    )
    assert differences(RECORD, other) == [
        ("model_version", "1", "2"),
        ("dataset_version", "d1", "d2"),
        ("infrastructure_revision", "r1", "r2"),
        ("settings.drain_s", "25", "5"),
    ]
