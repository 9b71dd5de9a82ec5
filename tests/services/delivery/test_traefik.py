"""Traefik's configuration of one system says what it was made from, and names itself."""

from __future__ import annotations

import pytest

from services.delivery.traefik import document, revision, text, traffic
from services.delivery.traffic import Traffic

CHAMPION, CANARY = "http://127.0.0.1:1", "http://127.0.0.1:2"
EVERY = [
    Traffic(champion=CHAMPION),
    Traffic(champion=CHAMPION, canary=CANARY, share=0.05),
    Traffic(champion=CHAMPION, canary=CANARY, share=0.25, sticky=True),
    Traffic(champion=CHAMPION, canary=CANARY, share=1.0),
    Traffic(champion=CHAMPION, canary=CANARY, mode="shadow"),
]


@pytest.mark.parametrize("given", EVERY)
def test_what_is_written_is_read_again(given: Traffic) -> None:
    assert traffic("echo", text(document("echo", given))) == given


def test_every_division_of_requests_has_a_name_of_its_own() -> None:
    assert len({revision(document("echo", each)) for each in EVERY}) == len(EVERY)


def test_feedback_is_not_mirrored() -> None:
    routers = document("echo", EVERY[-1])["http"]["routers"]
    (feedback,) = [each for each in routers.values() if "/echo/feedback" in each["rule"]]
    assert feedback["service"] == "echo-champion"
    assert feedback["priority"] > len(routers["echo"]["rule"]), "the longer rule would win"
