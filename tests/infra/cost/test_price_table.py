"""Price tables: what they hold, and that a wrong one is refused."""

from datetime import date

import pytest

from infra.cost import price_table
from infra.cost.errors import CostInputInvalid, PricesUnreadable, RegionNotPriced
from infra.cost.price_list import find
from infra.cost.price_table import FOLDER

HEAD = "service,key,unit,usd,source,date\n"
GOOD = "nat,gateway,hour,0.045,somewhere,2026-06-30\n"


def tables():
    return [price_table.load(region, FOLDER) for region in price_table.regions(FOLDER)]


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.region)
def test_each_price_of_the_repository_has_a_source_and_a_day_that_was(table):
    assert len(table.prices) > 100
    for each in table.prices.values():
        assert len(each.source) > 8
        assert "2020-01-01" < each.date <= date.today().isoformat()


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.region)
def test_each_price_of_the_repository_can_be_asked_for(table):
    for each in table.prices.values():
        query = find(each.service, each.key)
        assert query is not None, each.name
        assert query.unit == each.unit, each.name


def test_a_table_is_written_as_it_was_read(tmp_path, prices):
    price_table.save(prices, tmp_path)
    assert price_table.load("us-east-1", tmp_path) == prices
    assert (tmp_path / "us-east-1.csv").read_text() == (FOLDER / "us-east-1.csv").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["us-east-1.csv"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (GOOD + "nat,other,hour,free,somewhere,2026-06-30\n", "line 3"),
        (GOOD + "nat,other,hour,0,somewhere,2026-06-30\n", "above zero"),
        (GOOD + "nat,other,hour,-1,somewhere,2026-06-30\n", "above zero"),
        (GOOD + "nat,other,hour,nan,somewhere,2026-06-30\n", "above zero"),
        (GOOD + "nat,other,hour,1,somewhere,yesterday\n", "line 3"),
        (GOOD + "nat,other,fortnight,1,somewhere,2026-06-30\n", "unit"),
        (GOOD + "nat,other,hour,1,,2026-06-30\n", "every column"),
        (GOOD + "nat,other\n", "line 3"),
        (GOOD + GOOD, "two prices of nat/gateway"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(tmp_path, rows, said):
    (tmp_path / "us-east-1.csv").write_text(HEAD + rows)
    with pytest.raises(PricesUnreadable, match=said):
        price_table.load("us-east-1", tmp_path)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "us-east-1.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PricesUnreadable, match="restore it"):
        price_table.load("us-east-1", tmp_path)


def test_a_region_without_a_table_is_named_with_the_remedy(tmp_path):
    with pytest.raises(RegionNotPriced, match="millrace prices refresh eu-west-1"):
        price_table.load("eu-west-1", tmp_path)


@pytest.mark.parametrize("region", ["", "..", "../us-east-1", "mars", "us-east-1/"])
def test_what_is_no_region_is_refused(tmp_path, region):
    with pytest.raises(CostInputInvalid, match="no region"):
        price_table.load(region, tmp_path)
