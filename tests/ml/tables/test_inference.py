"""What a table holds is seen in it; what no system can be made of is told in one sentence."""

import pytest

from ml.data.contract import check_table
from ml.errors import MlError, SourceCorrupted, SourceEmpty, SourceUnavailable
from ml.tables.contract import contract
from ml.tables.delimited import read
from ml.tables.inference import Roles, inferred
from ml.tables.source import MOST_BYTES, CsvFile, fetched
from ml.tables.table import ROWS

HEADER = "age,plan,label"


def csv(rows=60, header=HEADER, line=lambda at: f"{20 + at % 37},{'ab'[at % 2]},{'yes' if at % 3 else 'no'}"):
    return "\n".join([header, *(line(at) for at in range(rows))]) + "\n"


def look(text, target="label", **roles):
    content = text if isinstance(text, bytes) else text.encode()
    return inferred(read(content, "t.csv"), Roles(target, **roles))


def test_types_ranges_categories_classes_and_gaps_are_seen():
    found = look(csv(line=lambda at: f"{'' if at == 7 else 20 + at % 37},{'ab'[at % 2]},{'ny'[at % 2]}"))
    age, plan = found.table.columns
    assert (age.name, age.kind, age.low, age.high, age.gaps) == ("age", "number", 20.0, 56.0, True)
    assert (plan.kind, plan.categories, plan.gaps) == ("text", ("a", "b"), False)
    assert (found.table.classes, found.table.balanced) == (("n", "y"), False)
    assert found.example == {"age": 20.0, "plan": "a"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_values_may_be_divided_by_what_spreadsheets_write_and_begin_with_their_mark(delimiter):
    content = b"\xef\xbb\xbf" + csv().replace(",", delimiter).encode()
    assert look(content).table.names == ("age", "plan")


def test_a_quoted_value_may_hold_the_delimiter_and_a_new_line():
    found = look(csv(line=lambda at: f'{at * 7 % 50},"a, {at % 2}\nb",{"ny"[at % 2]}'))
    assert found.table.columns[1].categories == ("a, 0\nb", "a, 1\nb")


def test_what_says_nothing_or_too_much_is_left_out_with_a_reason():
    header = "row,same,name,age,label"
    found = look(csv(header=header, line=lambda at: f"{at},x,n{at},{at * 7 % 50},{'ny'[at % 2]}"))
    assert found.table.names == ("age",)
    assert [sentence.split(":")[0] for sentence in found.left_out] == ["row", "same", "name"]


def test_a_rare_class_makes_each_class_weigh_the_same():
    rare = csv(rows=100, line=lambda at: f"{at * 7 % 50},{'ab'[at % 2]},{'yes' if at % 10 else 'no'}")
    assert look(rare).table.balanced


def test_codes_that_look_like_numbers_may_stand_among_texts():
    found = look(csv(line=lambda at: f"{at * 7 % 50},{['1', '2', '3+'][at % 3]},{'ny'[at % 2]}"))
    assert found.table.columns[1].categories == ("1", "2", "3+")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (HEADER + "\n", "no row below it"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is no table"),
        (csv().encode("utf-16"), "is no table"),
        (csv(header="âge,plan,label").encode("latin-1"), "is not UTF-8"),
        ("just words\nand more\n", "names one column"),
        (csv(header="age,age,label"), "names the column.s. age twice"),
        (csv(header="age,,label"), "column 2 of its header has no name"),
        (csv() + "1,2\n", "is no table"),
        (csv(10), "10 row.s. are too few"),
        (csv(line=lambda at: f"{at * 7 % 50},a,yes"), "label is yes in every row"),
        (csv(line=lambda at: f"{at * 7 % 50},{'ab'[at % 2]},"), "has no value in 60 of 60 rows"),
        (
            csv(line=lambda at: f"{at * 7 % 50},{'ab'[at % 2]},{'yes' if at > 3 else 'no'}"),
            "class no of column",
        ),
        (csv(line=lambda at: f"{at * 7 % 50},{'ab'[at % 2]},{at / 7}"), "60 different values, which are no"),
        (csv(line=lambda at: f",{'ab'[at % 2]},{'ny'[at % 2]}"), "age is empty in every row"),
        (csv(line=lambda at: f"NaN,{'ab'[at % 2]},{'ny'[at % 2]}"), "age is empty in every row"),
        (csv(line=lambda at: f"{'inf' if at == 5 else at * 7 % 50},a,{'ny'[at % 2]}"), "an infinite number"),
        (csv(line=lambda at: f"{'old' if at == 5 else at * 7 % 50},a,{'ny'[at % 2]}"), "text such as 'old'"),
        (csv(line=lambda at: f"5,a,{'ny'[at % 2]}"), "no column is left to learn from"),
        (csv(header="part,plan,label"), "named part, which Millrace adds itself"),
    ],
)
def test_what_no_system_can_be_made_of_is_told_in_one_sentence(text, sentence):
    with pytest.raises(MlError, match=sentence) as refused:
        look(text)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("roles", "sentence"),
    [
        ({"target": "churn"}, "there is no column churn; there are: age, plan, label"),
        ({"time": "plan"}, "plan holds what is no time"),
        ({"group": "plan"}, "plan has 2 different value"),
        ({"without": ("colour",)}, "there is no column colour"),
    ],
)
def test_a_column_that_is_not_what_it_is_named_for_is_told(roles, sentence):
    with pytest.raises(MlError, match=sentence):
        look(csv(), **roles)


def test_the_rows_of_the_table_keep_its_contract_and_strange_ones_do_not():
    found = look(csv()).table
    rules = contract(found)[ROWS]

    def broken(*rows):
        frame = identified_frame(csv() + "".join(row + "\n" for row in rows))
        return {(breach.column, breach.rule) for breach in check_table(ROWS, rules, frame).breaches}

    assert broken() == set()
    assert broken("500,a,yes") == {("age", "lies between 0 and 92")}
    assert broken("30,z,yes") == {("plan", "is a category that was seen before")}
    assert broken("30,a,maybe") == {("label", "is one of no, yes")}
    assert broken(",a,yes") == {("age", "is not missing")}


def identified_frame(text):
    from ml.tables.source import identified

    frame = identified(read(text.encode(), "t.csv")).to_pandas().astype("string")
    frame.index = frame.index + 1
    return frame


def test_a_source_gives_rows_ids_that_do_not_depend_on_their_order(tmp_path):
    head, *lines = csv().splitlines()
    lines.append(lines[0])
    for name, order in (("one", lines), ("two", lines[::-1])):
        (tmp_path / name).write_text("\n".join([head, *order]) + "\n")
    one, two = (CsvFile(address=str(tmp_path / name)).read()[ROWS] for name in ("one", "two"))
    ids = one["row_id"].to_pylist()
    assert sorted(ids) == sorted(two["row_id"].to_pylist())
    assert len(set(ids)) == 61
    assert ids[60] == ids[0].replace("-0", "-1")


def test_a_file_that_was_pinned_and_has_changed_is_refused_and_told_how_to_go_on(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(csv())
    pinned = CsvFile(address=str(path), sha256=CsvFile(address=str(path)).fingerprint())
    path.write_text(csv(61))
    with pytest.raises(SourceCorrupted, match=r"write the new one into source\.sha256"):
        pinned.read()


def test_a_huge_file_is_refused_without_being_read(tmp_path):
    path = tmp_path / "t.csv"
    with path.open("wb") as file:
        file.truncate(4 * MOST_BYTES)
    with pytest.raises(SourceUnavailable, match="1,024 MiB"):
        fetched(str(path))


@pytest.mark.parametrize("name", ["nothing.csv", ""])
def test_a_file_that_is_not_there_or_is_a_folder_is_named(tmp_path, name):
    with pytest.raises(SourceUnavailable, match="cannot be read"):
        fetched(str(tmp_path / name))


def test_an_empty_source_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("")
    with pytest.raises(SourceEmpty):
        CsvFile(address=str(tmp_path / "t.csv")).read()
