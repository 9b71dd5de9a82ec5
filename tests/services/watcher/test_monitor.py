"""What the watcher tells Prometheus of an embedding, and of a model that has none."""

import pytest

from ml.drift.comparison import WindowDrift
from ml.drift.concept import Concept
from ml.drift.watch import Subject, Watched
from ml.drift.windows import WindowRecord
from services.watcher.monitor import Monitor
from tests.services.watcher.live import BEGAN, DECLARED, SYSTEM


def page(**more):
    """Return what is told of one window."""
    subject = Subject(system=SYSTEM, release="r1", model_version=1, dataset=f"{SYSTEM}@1", since=BEGAN)
    window = WindowRecord(
        **subject.model_dump(exclude={"since"}), number=1, first=BEGAN, last=BEGAN, last_id="i", count=9,
        features=WindowDrift(count=9, features=()), predictions=None, together=0.5, together_drifted=False,
        quality=(), **more,
    )  # fmt: skip
    monitor = Monitor()
    found = Watched(
        subject=subject, looked=1, waiting=0, newest=BEGAN, windows=(window,), alarms=(),
        concept=Concept(count=0),
    )  # fmt: skip
    monitor.tell(found, DECLARED)
    return monitor.answer("/metrics")[2].decode()


@pytest.mark.parametrize("drifted", [False, True])
def test_the_windows_in_which_an_embedding_drifted_are_counted_as_those_of_a_feature(drifted):
    told = page(embedding=0.001, embedding_drifted=drifted)
    assert f'millrace_watch_embedding_p_value{{system="{SYSTEM}"}} 0.001' in told
    counted = f'millrace_watch_drifted_windows{{feature="embedding",system="{SYSTEM}"}} {float(drifted)}'
    assert counted in told


def test_of_a_model_without_an_embedding_nothing_is_told_of_one():
    assert f'embedding_p_value{{system="{SYSTEM}"}}' not in page()
    assert 'feature="embedding"' not in page()
