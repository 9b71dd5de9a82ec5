"""Rows that break a rule are set aside with column, rule and row; a broken table is refused."""

import pandas as pd
import pytest

from ml.data.contract import check_references, check_table, violations
from ml.errors import ContractBroken
from ml.systems.recommender.contract import contract

EVENTS = contract()["events"]


def frame(rows, columns=("user_id", "item_id", "rating", "timestamp")):
    made = pd.DataFrame(rows, columns=list(columns)).astype("string")
    made.index = pd.RangeIndex(1, len(made) + 1)
    return made


def broken(checked):
    return {(breach.row, breach.column, breach.rule) for breach in checked.breaches}


def test_good_rows_come_through_with_the_schemas_types():
    checked = check_table("events", EVENTS, frame([("1", "2", "4", "100"), ("1", "3", "5.0", "100")]))
    assert checked.breaches == []
    assert checked.clean.dtypes.astype(str).to_dict()["timestamp"] == "int64"
    assert checked.clean["rating"].tolist() == [4.0, 5.0]


@pytest.mark.parametrize(
    ("row", "breach"),
    [
        (("1", "2", "nan", "100"), ("rating", "is not missing")),
        (("1", "2", "", "100"), ("rating", "is not missing")),
        (("1", "2", "good", "100"), ("rating", "is a number")),
        (("1", "2", "9", "100"), ("rating", "lies between 1 and 5")),
        (("1", "2", "4", "soon"), ("timestamp", "is a whole number")),
        (("1", "2", "4", "100.5"), ("timestamp", "is a whole number")),
        (("1", "2", "4", "-1"), ("timestamp", "is at least 0")),
        (("", "2", "4", "100"), ("user_id", "is not missing")),
        (("a b", "2", "4", "100"), ("user_id", "is an id")),
        (("1", "2", "inf", "100"), ("rating", "lies between 1 and 5")),
    ],
)
def test_a_bad_row_is_set_aside_with_its_column_and_rule(row, breach):
    checked = check_table("events", EVENTS, frame([("7", "7", "3", "1"), row]))
    assert broken(checked) == {(2, *breach)}
    assert checked.clean.index.tolist() == [1]


def test_of_a_repeated_key_the_first_row_stays():
    checked = check_table(
        "events", EVENTS, frame([("1", "2", "4", "1"), ("1", "3", "4", "2"), ("1", "2", "5", "3")])
    )
    assert checked.clean.index.tolist() == [1, 2]
    assert {breach.row for breach in checked.breaches} == {3}
    assert {breach.rule for breach in checked.breaches} == {"key is unique"}


def test_a_missing_column_refuses_the_table_and_names_it():
    rows = frame([("1", "2", "4")], ("user_id", "item_id", "stars"))
    with pytest.raises(
        ContractBroken, match=r"events lacks the column.s. rating, timestamp; it has user_id, item"
    ):
        check_table("events", EVENTS, rows)


def test_a_row_that_points_at_nothing_is_set_aside():
    rules = contract()
    tables = {
        "items": check_table(
            "items",
            rules["items"],
            frame([("2", "Film", "", "")], ("item_id", "movie_title", "release_year", "class")),
        ),
        "users": check_table(
            "users", rules["users"], frame([("1", "", "", "")], ("user_id", "age", "gender", "occupation"))
        ),
        "events": check_table("events", rules["events"], frame([("1", "2", "4", "1"), ("1", "9", "4", "1")])),
    }
    check_references("events", rules["events"], tables)
    assert broken(tables["events"]) == {(2, "item_id", "occurs in items.item_id")}
    assert tables["events"].clean.index.tolist() == [1]


def test_violations_name_column_rule_count_rows_and_a_value():
    rows = frame([("1", str(n), "0", "1") for n in range(8)])
    checked = check_table("events", EVENTS, rows)
    (found,) = violations("events", checked.breaches)
    assert str(found) == ("events.rating: lies between 1 and 5: 8 row(s) (1, 2, 3, 4, 5, ...), such as '0.0'")


def test_a_sources_own_words_for_missing_count_for_their_column_alone():
    columns = ("item_id", "movie_title", "release_year", "class")
    rows = frame([("1", "V", "V", ""), ("2", "Film", "unkonwn", "Drama")], columns)
    checked = check_table("items", contract()["items"], rows)
    assert checked.breaches == []
    assert checked.clean["release_year"].isna().all()
    assert checked.clean["movie_title"].tolist() == ["V", "Film"]
