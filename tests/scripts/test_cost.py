"""``millrace cost`` and ``millrace prices``, run as a person runs them."""

import json
import subprocess
import sys

import pytest

from infra.cost import price_table
from tests.infra.cost.plans import DATABASE, plan, resource
from tests.infra.cost.price_list_server import PriceListServer, product

MONTH = 0.065 * 730 + 20 * 0.115
NAT = 0.045 * 730


@pytest.fixture
def planned(tmp_path):
    """Estimate a plan as a preview of `dev` does."""

    def run(root, *resources, running=(), limit="500"):
        file = tmp_path / f"{root}.json"
        file.write_text(json.dumps(plan(*resources, running=running)))
        options = ["--environment", "dev", "--root", root, "--limit-usd", limit]
        folder = tmp_path / "home" / "dev" / "cost"
        command = [sys.executable, "-m", "infra.cost", *options, "--folder", folder, file]
        return subprocess.run(command, check=False, capture_output=True).returncode

    return run


@pytest.fixture
def prices(tmp_path):
    """A folder with a small table of us-east-1."""
    folder = tmp_path / "prices"
    folder.mkdir()
    (folder / "us-east-1.csv").write_text(
        "service,key,unit,usd,source,date\n"
        "kms,key,month,1,an old guide,2020-01-01\n"
        "nat,gateway,hour,0.045,an old guide,2020-01-01\n"
    )
    return folder


@pytest.fixture
def price_list():
    server = PriceListServer()
    server.products = [
        product("AmazonEC2", "NatGateway-Hours", 0.05, productFamily="NAT Gateway"),
        product("AmazonMSK", "USE1-Kafka.m7g.large", 0.25),
    ]
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def reached(price_list, prices):
    return {
        "AWS_ENDPOINT_URL_PRICING": price_list.url,
        "AWS_ACCESS_KEY_ID": "anyone",
        "AWS_SECRET_ACCESS_KEY": "anything",
        "MILLRACE_PRICES": str(prices),
    }


def test_an_environment_without_estimates_says_what_makes_one(millrace):
    finished = millrace("cost", "dev")
    assert finished.returncode == 4
    assert finished.stderr == "millrace: no plan of dev was estimated yet; run `millrace preview dev` first\n"


def test_each_root_and_the_sum_are_shown(millrace, planned):
    planned("data", resource("aws_db_instance", **DATABASE), resource("aws_quantum_computer"))
    planned("foundation", resource("aws_nat_gateway"), resource("aws_s3_bucket", name="logs"))
    finished = millrace("cost", "dev")
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    head, data, foundation = (line.split("\t") for line in lines[:3])
    assert head[:4] == ["root", "planned at (UTC)", "USD an hour", "USD a month"]
    most = 0.065 * 730 + 100 * 0.115
    assert data[0] == "data"
    assert data[2:] == [f"{MONTH / 730:.4f}", f"{MONTH:.2f}", f"+{MONTH:.2f}", f"{most:.2f}", ""]
    assert foundation[2:] == [f"{NAT / 730:.4f}", f"{NAT:.2f}", f"+{NAT:.2f}", f"{NAT:.2f}", ""]
    total = f"{MONTH + NAT:.2f} USD a month, {(MONTH + NAT) / 730:.4f} an hour; 500.00 allowed"
    assert lines[3] == f"dev: {total}"
    assert lines[4].startswith("not priced: data: aws_quantum_computer.this")
    assert "by use, not counted: aws_s3_bucket x1: storage, requests and data out" in lines


def test_the_same_is_told_to_programs(millrace, planned):
    planned("data", resource("aws_db_instance", **DATABASE))
    planned("foundation", resource("aws_nat_gateway"), running=[resource("aws_nat_gateway")], limit="300")
    told = json.loads(millrace("cost", "dev", "--json").stdout)
    assert told["monthly_usd"] == pytest.approx(MONTH + NAT)
    assert told["hourly_usd"] == pytest.approx((MONTH + NAT) / 730)
    assert told["limit_usd"] == 300
    assert [(root["root"], root["difference_monthly_usd"]) for root in told["roots"]] == [
        ("data", pytest.approx(MONTH)),
        ("foundation", 0),
    ]
    assert told["roots"][1]["planned"]["lines"][0]["price"] == "nat/gateway"


def test_a_refused_plan_is_shown_as_refused_and_not_counted(millrace, planned):
    assert planned("foundation", resource("aws_nat_gateway"), limit="10") == 1
    lines = millrace("cost", "dev").stdout.splitlines()
    assert lines[1].endswith("refused, 0.00 runs")
    assert lines[2] == "dev: 0.00 USD a month, 0.0000 an hour; 10.00 allowed"


def test_a_damaged_estimate_is_named_with_its_remedy(millrace, tmp_path):
    file = tmp_path / "home" / "dev" / "cost" / "data.json"
    file.parent.mkdir(parents=True)
    file.write_text("[]")
    finished = millrace("cost", "dev")
    assert finished.returncode == 1
    assert str(file) in finished.stderr
    assert "delete it" in finished.stderr
    assert len(finished.stderr.splitlines()) == 1


def test_prices_are_shown_with_source_and_day(millrace):
    told = json.loads(millrace("prices", "show", "us-east-1", "--json").stdout)
    assert {"service", "key", "unit", "usd", "source", "date"} == told[0].keys()
    rows = millrace("prices", "show", "us-east-1").stdout.splitlines()
    assert len(rows) == len(told) + 1
    assert "nat/gateway\t0.045\thour\t2026-06-30\tpublic price guides of April to June 2026" in rows


@pytest.mark.parametrize(
    ("region", "said"), [("eu-west-1", "millrace prices refresh eu-west-1"), ("mars", "us-east-1")]
)
def test_a_region_without_prices_is_named(millrace, region, said):
    finished = millrace("prices", "show", region)
    assert finished.returncode == 2
    assert said in finished.stderr


def test_prices_are_renewed_and_added(millrace, prices, reached):
    finished = millrace("prices", "refresh", "us-east-1", "--add", "msk/kafka.m7g.large", **reached)
    assert finished.returncode == 0, finished.stderr
    assert "kms/key: the list has none; its old price stays" in finished.stdout
    assert "2 prices of today, 3 in all" in finished.stdout
    table = price_table.load("us-east-1", prices)
    assert {name: each.usd for name, each in table.prices.items()} == {
        "kms/key": 1,
        "msk/kafka.m7g.large": 0.25,
        "nat/gateway": 0.05,
    }
    assert table.find("nat", "gateway").source == "AWS Price List API"
    assert table.find("kms", "key").date == "2020-01-01"


def test_a_new_region_is_made_of_what_the_list_gives(millrace, prices, price_list, reached):
    price_list.products.append(
        product("AmazonEC2", "EU-NatGateway-Hours", 0.048, productFamily="NAT Gateway", region="eu-west-1")
    )
    finished = millrace("prices", "refresh", "eu-west-1", **reached)
    assert finished.returncode == 0, finished.stderr
    assert "kms/key: the list has none; it stays without a price" in finished.stdout
    assert [each.usd for each in price_table.load("eu-west-1", prices).prices.values()] == [0.048]


def test_a_refusal_leaves_the_table_as_it_was(millrace, prices, price_list, reached):
    before = (prices / "us-east-1.csv").read_bytes()
    price_list.refusal = (400, "AccessDeniedException")
    finished = millrace("prices", "refresh", "us-east-1", **reached)
    assert finished.returncode == 1
    assert "pricing:GetProducts" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert (prices / "us-east-1.csv").read_bytes() == before
    assert [path.name for path in prices.iterdir()] == ["us-east-1.csv"]
