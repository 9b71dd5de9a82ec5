"""The source is held to its digests, and a bad delivery is an error that says what to do."""

import hashlib
import zipfile

import pytest

from ml.errors import SourceCorrupted, SourceUnavailable, WrongInput
from ml.systems.recommender.source import WHEEL as PINNED
from ml.systems.recommender.source import source

WHEEL = PINNED["file"]
FILES = {
    "a.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t4\t100\n1\t3\t5\t101\n",
    "a.item": "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    "2\tFilm\t1990\tDrama\n3\tÉté\t\t\n",
    "a.user": "user_id:token\tage:token\tgender:token\toccupation:token\n1\t30\tF\tother\n",
}


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "delivery"
    made.mkdir()
    for name, text in FILES.items():
        (made / name).write_text(text)
    return made


def read(folder):
    return source({"kind": "folder", "path": str(folder)}).read()


def test_a_folder_of_files_is_read_as_text(folder):
    tables = read(folder)
    assert tables["events"].to_pylist()[1] == {
        "user_id": "1",
        "item_id": "3",
        "rating": "5",
        "timestamp": "101",
    }
    assert tables["items"]["movie_title"].to_pylist() == ["Film", "Été"]


def test_the_fingerprint_changes_with_a_byte(folder):
    before = source({"kind": "folder", "path": str(folder)}).fingerprint()
    (folder / "a.inter").write_text(FILES["a.inter"].replace("\t4\t", "\t3\t"))
    assert source({"kind": "folder", "path": str(folder)}).fingerprint() != before


def test_a_missing_file_is_named(folder):
    (folder / "a.user").unlink()
    with pytest.raises(SourceUnavailable, match=r"holds 0 files named \*\.user"):
        read(folder)


@pytest.mark.parametrize(
    "damage",
    [
        b"user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t4\n",
        b"user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t4\t100\t7\n",
        b"user_id:token\titem_id:token\trating:float\ttimestamp:float\n\xff\xfe\t2\t4\t100\n",
        b"PK\x03\x04\x00\x00binary\x00\x00",
    ],
    ids=["short line", "long line", "not text", "another format"],
)
def test_a_corrupted_file_is_an_error_that_names_the_file(folder, damage):
    (folder / "a.inter").write_bytes(damage)
    with pytest.raises(SourceCorrupted, match="the events file is not a tab-separated table"):
        read(folder)


def test_an_empty_file_has_no_rows(folder):
    (folder / "a.inter").write_text("")
    assert read(folder)["events"].num_rows == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "ftp"}, "source"),
        ({"kind": "folder"}, "path"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_setting_is_refused(settings, message):
    with pytest.raises(WrongInput, match=message):
        source(settings)


@pytest.fixture
def package_index(tmp_path, monkeypatch):
    """A folder in the place of a package index; what lies in it is all that pip finds."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return index


def false_wheel(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "recbole-1.2.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: recbole\nVersion: 1.2.1\n"
        )
        archive.writestr(
            "recbole-1.2.1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("recbole-1.2.1.dist-info/RECORD", "")


def test_without_a_network_the_error_says_where_to_put_the_file(package_index, tmp_path):
    cache = tmp_path / "cache"
    with pytest.raises(SourceUnavailable, match=f"put {WHEEL} into {cache}"):
        source({"cache": str(cache)}).read()
    assert list(cache.iterdir()) == []


def test_a_wheel_with_another_digest_is_refused_and_leaves_nothing(package_index, tmp_path):
    false_wheel(package_index / WHEEL)
    cache = tmp_path / "cache"
    with pytest.raises(SourceCorrupted, match="pinned is"):
        source({"cache": str(cache)}).read()
    assert list(cache.iterdir()) == []


def test_a_damaged_wheel_in_the_cache_is_not_used_and_not_removed_for_nothing(package_index, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / WHEEL).write_bytes(b"half a whe")
    with pytest.raises(SourceUnavailable):
        source({"cache": str(cache)}).read()
    assert [path.name for path in cache.iterdir()] == [WHEEL]


def test_a_cache_on_a_full_disk_is_an_error_that_names_it(package_index, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SourceUnavailable, match="XDG_CACHE_HOME"):
        source({"cache": str(blocked / "cache")}).read()


@pytest.mark.slow
def test_movielens_is_fetched_checked_and_kept(tmp_path):
    """Needs the package index that this machine is set up for."""
    found = source({"cache": str(tmp_path)})
    tables = found.read()
    assert {name: table.num_rows for name, table in tables.items()} == {
        "events": 100_000,
        "items": 1682,
        "users": 943,
    }
    kept = tmp_path / WHEEL
    before = kept.stat().st_mtime_ns
    found.read()
    assert kept.stat().st_mtime_ns == before
    kept.write_bytes(kept.read_bytes()[:-100])
    found.read()
    assert hashlib.sha256(kept.read_bytes()).hexdigest() in found.fingerprint()
