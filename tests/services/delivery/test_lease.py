"""One writer per system."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest

from services.delivery.lease import Holder, Lease
from services.delivery.record_store import Changed, RecordStore
from services.errors import RecordsUnreachable, ReleaseInProgress
from tests.services.stack import Stack

pytestmark = pytest.mark.slow


@pytest.fixture
def store(stack: Stack) -> RecordStore:
    return RecordStore(stack.env)


def leave_held(store: RecordStore, system: str, holder: Holder) -> None:
    body = f'{{"holder": {holder.model_dump_json()}}}'.encode()
    store.create(f"{system}/lease", body)


def test_of_many_at_once_exactly_one_holds_it(store: RecordStore, stack: Stack) -> None:
    inside, most, refused = 0, 0, 0
    lock = threading.Lock()
    start = threading.Barrier(8)

    def hold() -> None:
        nonlocal inside, most, refused
        start.wait()
        try:
            with Lease(RecordStore(stack.env), "crowd").held("someone"):
                with lock:
                    inside += 1
                    most = max(most, inside)
                all_tried.wait(60)
                with lock:
                    inside -= 1
        except ReleaseInProgress:
            with lock:
                refused += 1
                if refused == 7:
                    all_tried.set()

    all_tried = threading.Event()
    threads = [threading.Thread(target=hold) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, refused) == (1, 7)


def test_it_is_free_again_after_a_failure_inside(store: RecordStore) -> None:
    with pytest.raises(LookupError), Lease(store, "failing").held("ada"):
        raise LookupError
    with Lease(store, "failing").held("grace"):
        pass


def test_a_holder_that_died_on_this_machine_is_followed_at_once(store: RecordStore) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    leave_held(store, "dead", Holder.here("ada").model_copy(update={"pid": dead.pid}))
    with Lease(store, "dead").held("grace"):
        pass


def test_a_process_that_only_has_the_number_of_the_dead_one_does_not_hold_it(store: RecordStore) -> None:
    leave_held(store, "reused", Holder.here("ada").model_copy(update={"process_began": 1}))
    with Lease(store, "reused").held("grace"):
        pass


def test_a_holder_elsewhere_is_followed_only_after_its_term(store: RecordStore) -> None:
    elsewhere = Holder.here("ada").model_copy(update={"host": "elsewhere", "pid": 1})
    leave_held(store, "away", elsewhere)
    with (
        pytest.raises(ReleaseInProgress, match=r"ada \(process 1 on elsewhere\)"),
        Lease(store, "away").held("grace"),
    ):
        pass
    past = datetime.now(UTC) - timedelta(seconds=1)
    leave_held(store, "lapsed", elsewhere.model_copy(update={"until": past}))
    with Lease(store, "lapsed").held("grace"):
        pass


def test_a_holder_that_was_taken_for_dead_notices_at_its_next_step(store: RecordStore) -> None:
    def write_after_losing_it() -> None:
        with Lease(store, "lost").held("ada") as lease:
            stored = store.get("lost/lease")
            assert stored is not None
            store.replace("lost/lease", b'{"holder": null}', stored.etag)
            lease.renew()

    with pytest.raises(ReleaseInProgress):
        write_after_losing_it()


def test_a_write_on_a_stale_tag_changes_nothing(store: RecordStore) -> None:
    old = store.create("pointer", b"1")
    store.replace("pointer", b"2", old)
    with pytest.raises(Changed):
        store.replace("pointer", b"3", old)
    stored = store.get("pointer")
    assert stored is not None
    assert stored.body == b"2"


def test_a_store_that_is_down_is_named_with_the_remedy(stack: Stack) -> None:
    down = stack.env.object_store.model_copy(update={"endpoint_url": "http://127.0.0.1:9"})
    store = RecordStore(stack.env.model_copy(update={"object_store": down}))
    with pytest.raises(RecordsUnreachable, match=r"127\.0\.0\.1:9.*make up"):
        store.get("anything")
