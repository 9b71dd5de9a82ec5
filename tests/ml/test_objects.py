"""The object store, with patience for one that is away and one winner among many writers."""

import os
import subprocess
import sys
import threading

import pytest

from ml.errors import EnvironmentUnavailable, StoreRefused, StoreUnavailable
from ml.folders import Folders
from ml.objects import Objects
from tests.ml.servers import Store, describe, started, stopped


@pytest.fixture
def objects(environment):
    return Objects(environment, environment.object_store.buckets.pipelines)


def test_what_is_put_is_got_and_what_is_absent_is_none(objects):
    objects.put("a/b", b"content")
    assert objects.get("a/b") == b"content"
    assert objects.get("a/c") is None
    assert objects.exists("a/b")
    assert not objects.exists("a/c")
    objects.put("a/d", b"")
    assert objects.keys("a/") == ["a/b", "a/d"]


def test_of_sixteen_writers_at_once_one_wins(objects):
    won = []
    writers = [
        threading.Thread(target=lambda n=n: won.append(n) if objects.put_new("one", b"%d" % n) else None)
        for n in range(16)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(won) == 1
    assert objects.get("one") == b"%d" % won[0]


def test_a_writer_that_lost_its_answer_still_finds_that_it_won(objects):
    assert objects.put_new("one", b"mine")
    assert objects.put_new("one", b"mine")
    assert not objects.put_new("one", b"other")


def test_a_bucket_that_is_not_there_is_refused_with_its_name(environment):
    with pytest.raises(StoreRefused, match=r"refused to write s3://nowhere/x as jobs \(NoSuchBucket\)"):
        Objects(environment, "nowhere", patience_s=1).put("x", b"")


@pytest.fixture
def own_store(tmp_path):
    found = started(Store, tmp_path / "own")
    yield found
    found.close()


@pytest.mark.slow
def test_a_stopped_store_is_an_error_that_says_what_to_start(own_store, tmp_path):
    environment = describe(own_store, "http://127.0.0.1:9", tmp_path / "environment", "away")
    objects = Objects(environment, "away-pipelines", patience_s=1)
    objects.put("x", b"kept")
    with (
        stopped(own_store.server),
        pytest.raises(StoreUnavailable, match=f"{own_store.url} did not answer") as caught,
    ):
        objects.get("x")
    assert isinstance(caught.value, EnvironmentUnavailable)
    assert caught.value.exit_code == 4
    assert "make up" in str(caught.value)
    assert Objects(environment, "away-pipelines").get("x") == b"kept"


@pytest.mark.slow
def test_a_store_that_is_still_starting_is_waited_for(own_store, tmp_path):
    environment = describe(own_store, "http://127.0.0.1:9", tmp_path / "environment", "late")
    objects = Objects(environment, "late-pipelines")
    objects.put("x", b"kept")
    own_store.server.stop()
    starting = threading.Timer(1.0, own_store.server.launch)
    starting.start()
    try:
        assert objects.get("x") == b"kept"
    finally:
        starting.join()


def test_a_key_that_cannot_be_read_is_an_error_that_names_it(environment, tmp_path):
    lost = {"kind": "file", "name": str(tmp_path / "lost.json")}
    store = environment.object_store.model_copy(update={"credentials": {"jobs": lost}})
    broken = type(environment).model_validate(
        {
            **environment.model_dump(mode="json"),
            "object_store": {**store.model_dump(mode="json", warnings=False)},
        }
    )
    with pytest.raises(StoreUnavailable, match=r"lost\.json"):
        Objects(broken, "any").get("x")


def test_a_folder_is_named_by_its_content(environment, tmp_path):
    folders = Folders(environment)
    (tmp_path / "one" / "deep").mkdir(parents=True)
    (tmp_path / "one" / "deep" / "a").write_text("1")
    (tmp_path / "one" / "b").write_text("2")
    stored = folders.save(tmp_path / "one")
    assert folders.save(tmp_path / "one") == stored
    loaded = folders.load(stored, tmp_path / "two")
    assert (loaded / "deep" / "a").read_text() == "1"
    (tmp_path / "one" / "b").write_text("3")
    assert folders.save(tmp_path / "one").digest != stored.digest


def test_a_stored_file_that_was_changed_is_refused(environment, objects, tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a").write_text("1")
    stored = Folders(environment).save(tmp_path / "one")
    digest = stored.files["a"]
    objects.put(f"files/{digest[:2]}/{digest}", b"other")
    with pytest.raises(StoreRefused, match="--fresh"):
        Folders(environment).load(stored, tmp_path / "two")


LOADING = """
import resource, signal, sys
from pathlib import Path
from ml.environment import Environment
from ml.folders import Folders, StoredFolder
from ml.errors import DiskFull
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
stored = StoredFolder.model_validate_json(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    Folders(Environment.load(sys.argv[1])).load(stored, Path(sys.argv[3]))
except DiskFull as error:
    print(error)
"""


def test_a_disk_without_room_is_an_error_that_says_how_much_is_free(environment, tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a").write_bytes(os.urandom(400_000))
    stored = Folders(environment).save(tmp_path / "one")
    document = tmp_path / "environment" / "environment.json"
    said = subprocess.run(
        [sys.executable, "-c", LOADING, str(document), stored.model_dump_json(), str(tmp_path / "two")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert "cannot be written" in said
    assert "MiB are free there" in said
