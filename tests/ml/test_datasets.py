"""Dataset versions: the same content is the same version, and a version is there whole or not at all."""

import re
import threading

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from ml.data.contract import Breach
from ml.data.datasets import Datasets, table_digest
from ml.data.quarantine import Quarantine
from ml.drift.profile import Profile
from ml.errors import DatasetDamaged, DatasetNotFound
from ml.objects import Objects, delta_options

TABLES = {
    "events": pa.table({"user_id": ["a", "b", "c"], "at": [3, 1, 2], "rating": [1.0, None, 3.0]}),
    "items": pa.table({"item_id": ["x"], "title": ["Déjà vu"]}),
}
PROFILE = Profile(features={})


def commit(environment, tables=TABLES):
    return Datasets(environment).commit("recommender", tables, PROFILE, "delivery")


def test_a_version_reads_back_as_it_was_written(environment):
    version = commit(environment)
    loaded = Datasets(environment).load(version)
    assert str(version) == "recommender@1"
    assert loaded["events"].to_pylist() == TABLES["events"].to_pylist()
    assert loaded["items"].to_pylist() == TABLES["items"].to_pylist()


def test_the_same_content_is_the_same_version(environment):
    first = commit(environment)
    assert commit(environment) == first
    assert len(Datasets(environment).records("recommender")) == 1
    table = DeltaTable(
        f"s3://{environment.object_store.buckets.datasets}/recommender/tables/events",
        storage_options=delta_options(environment.object_store, "jobs"),
    )
    assert table.version() == 0


def test_other_content_is_the_next_version_and_the_first_stays(environment):
    first = commit(environment)
    changed = {**TABLES, "events": TABLES["events"].slice(0, 2)}
    second = commit(environment, changed)
    assert (first.number, second.number) == (1, 2)
    assert second.tables["items"] == first.tables["items"]
    assert Datasets(environment).load(first)["events"].num_rows == 3
    assert Datasets(environment).load(second)["events"].num_rows == 2


def test_a_column_more_is_another_version(environment):
    commit(environment)
    wider = TABLES["events"].append_column("extra", [[1, 2, 3]])
    second = commit(environment, {**TABLES, "events": wider})
    assert Datasets(environment).load(second)["events"].column_names[-1] == "extra"


def test_two_writers_of_the_same_content_get_one_version(environment):
    versions = []
    writers = [threading.Thread(target=lambda: versions.append(commit(environment))) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len({(version.number, version.digest) for version in versions}) == 1
    assert len(Datasets(environment).records("recommender")) == 1
    assert Datasets(environment).load(versions[0])["events"].num_rows == 3


def test_two_writers_of_different_content_get_two_numbers(environment):
    versions = []
    parts = [{**TABLES, "events": TABLES["events"].slice(n, 1)} for n in range(3)]
    writers = [
        threading.Thread(target=lambda part=part: versions.append(commit(environment, part)))
        for part in parts
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(version.number for version in versions) == [1, 2, 3]
    for version in versions:
        assert Datasets(environment).load(version)["events"].num_rows == 1


def test_a_version_that_is_not_there_is_named(environment):
    with pytest.raises(DatasetNotFound, match="there is no dataset version recommender@7"):
        Datasets(environment).record("recommender", 7)


def test_a_table_that_was_changed_behind_its_version_is_refused(environment):
    version = commit(environment)
    address = f"s3://{environment.object_store.buckets.datasets}/recommender/tables/events"
    options = delta_options(environment.object_store, "jobs")
    write_deltalake(address, TABLES["events"].slice(1), mode="overwrite", storage_options=options)
    newer = version.tables["events"].model_copy(update={"delta_version": 1})
    wrong = version.model_copy(update={"tables": {**version.tables, "events": newer}})
    with pytest.raises(DatasetDamaged, match="recommender@1 says"):
        Datasets(environment).load(wrong)


@pytest.mark.parametrize("content", [b"other bytes", b"", None])
def test_a_table_whose_file_was_changed_or_lost_is_refused_by_the_files_name(environment, content):
    version = commit(environment)
    bucket = Objects(environment, environment.object_store.buckets.datasets)
    (key,) = (key for key in bucket.keys("recommender/tables/events/") if key.endswith(".parquet"))
    whole = bucket.get(key)
    bucket.delete(key) if content is None else bucket.put(key, content)
    with pytest.raises(DatasetDamaged, match=f"{re.escape(key)} .*restore its last version"):
        Datasets(environment).load(version)
    bucket.put(key, whole)
    assert Datasets(environment).load(version)["events"].num_rows == 3


@pytest.mark.parametrize("content", [b"{", b"{}"])
def test_a_record_that_was_changed_is_refused_by_name(environment, content):
    version = commit(environment)
    bucket = Objects(environment, environment.object_store.buckets.datasets)
    bucket.put("recommender/versions/000001.json", content)
    with pytest.raises(DatasetDamaged, match=r"000001\.json is no record of a dataset version"):
        Datasets(environment).record("recommender", version.number)
    with pytest.raises(DatasetDamaged, match=r"000001\.json"):
        commit(environment)


def test_the_digest_sees_values_order_names_and_gaps_but_not_chunks():
    table = TABLES["events"]
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    assert table_digest(chunked) == table_digest(table)
    assert table_digest(table.take([1, 0, 2])) != table_digest(table)
    assert table_digest(table.rename_columns(["user", "at", "rating"])) != table_digest(table)
    zero = table.set_column(2, "rating", pa.array([1.0, 0.0, 3.0]))
    assert table_digest(zero) != table_digest(table)
    moved = pa.table({"a": ["xy", "z"]}), pa.table({"a": ["x", "yz"]})
    assert table_digest(moved[0]) != table_digest(moved[1])
    large = table.set_column(0, "user_id", table["user_id"].cast(pa.large_string()))
    assert table_digest(large) == table_digest(table)


def test_quarantined_rows_are_kept_whole_once_per_delivery(environment):
    import pandas as pd

    raw = {"events": pd.DataFrame({"user_id": ["a"], "rating": ["9"]}, index=[4])}
    breaches = {"events": [Breach(4, "rating", "lies between 1 and 5", "9")]}
    quarantine = Quarantine(environment, "recommender")
    assert quarantine.read() is None
    assert quarantine.keep("one", breaches, raw) == 1
    quarantine.keep("one", breaches, raw)
    quarantine.keep("two", breaches, raw)
    lines = quarantine.read().to_pylist()
    assert sorted(line["delivery"] for line in lines) == ["one", "two"]
    assert lines[0]["row"] == 4
    assert lines[0]["rule"] == "lies between 1 and 5"
    assert lines[0]["record"] == '{"user_id": "a", "rating": "9"}'
