"""Prices renewed from AWS's price list, which a small server plays as its API documents it."""

from datetime import date

import pytest

from infra.cost import price_table
from infra.cost.errors import CostInputInvalid, PriceListUnreachable
from infra.cost.price_table import Price, PriceTable
from infra.cost.refresh import refresh

from .price_list_server import PriceListServer, product

TODAY = date(2026, 11, 24)
OLD = PriceTable.of(
    "us-east-1",
    [
        Price("nat", "gateway", "hour", 0.045, "an old guide", "2020-01-01"),
        Price("kms", "key", "month", 1.0, "an old guide", "2020-01-01"),
    ],
)
LINUX = {
    "instanceType": "m6i.large",
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "operation": "RunInstances",
}


@pytest.fixture
def price_list(monkeypatch):
    server = PriceListServer()
    monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "anyone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "anything")
    yield server
    server.shutdown()
    server.server_close()


def nat(usd, **more):
    return product("AmazonEC2", "NatGateway-Hours", usd, productFamily="NAT Gateway", **more)


def test_a_price_is_renewed_with_its_day_and_source(price_list):
    price_list.products = [
        nat(0.05),
        product("AmazonEC2", "NatGateway-Bytes", 0.045, "GB", productFamily="NAT Gateway"),
        product("AmazonEC2", "RegionalNatGateway-Hours", 0.09, productFamily="NAT Gateway"),
        nat(0.048, region="eu-west-1"),
        product("awskms", "us-east-1-KMS-Keys", 2, "Keys", productFamily="Encryption Key"),
    ]
    done = refresh("us-east-1", OLD, OLD.prices, today=TODAY)
    assert done.table.find("nat", "gateway") == Price(
        "nat", "gateway", "hour", 0.05, "AWS Price List API", "2026-11-24"
    )
    assert done.table.find("kms", "key").usd == 2
    assert (done.renewed, done.left) == (2, ())


def test_what_the_list_does_not_give_keeps_its_row_and_is_named(price_list):
    price_list.products = [nat(0.05)]
    done = refresh("us-east-1", OLD, OLD.prices, today=TODAY)
    assert done.table.find("kms", "key") == OLD.find("kms", "key")
    assert [(one.name, one.why, one.kept) for one in done.left] == [("kms/key", "the list has none", True)]


@pytest.mark.parametrize(
    ("products", "said"),
    [
        ([nat(0.05), nat(0.06)], "several: 0.05, 0.06"),
        ([nat(0)], "the list says 0"),
        ([nat(0.05, unit="GB-Mo")], "none"),
        ([nat(0.05, begin="100")], "none"),
    ],
)
def test_a_price_that_is_not_one_amount_in_the_rows_unit_is_not_taken(price_list, products, said):
    price_list.products = products
    done = refresh("us-east-1", OLD, ["nat/gateway"], today=TODAY)
    assert done.table.find("nat", "gateway").usd == 0.045
    assert said in done.left[0].why


def test_a_new_region_gets_only_what_the_list_gives_for_it(price_list):
    price_list.products = [
        nat(0.05),
        product("AmazonEC2", "EU-NatGateway-Hours", 0.048, productFamily="NAT Gateway", region="eu-west-1"),
    ]
    done = refresh("eu-west-1", OLD, OLD.prices, today=TODAY)
    assert {name: each.usd for name, each in done.table.prices.items()} == {"nat/gateway": 0.048}
    assert [(one.name, one.kept) for one in done.left] == [("kms/key", False)]


def test_a_name_may_be_added(price_list):
    price_list.products = [
        product("AmazonMSK", "USE1-Kafka.m7g.large", 0.2),
        product("AmazonMSK", "USE1-Kafka.m7g.xlarge", 0.4),
        product("AmazonEC2", "BoxUsage:m6i.large", 0.096, **LINUX),
        product(
            "AmazonEC2",
            "UnusedBox:m6i.large",
            0.5,
            **(LINUX | {"capacitystatus": "UnusedCapacityReservation"}),
        ),
    ]
    done = refresh("us-east-1", OLD, ["msk/kafka.m7g.large", "ec2/m6i.large"], today=TODAY)
    assert done.table.find("msk", "kafka.m7g.large").usd == 0.2
    assert done.table.find("ec2", "m6i.large").usd == 0.096
    assert done.table.find("nat", "gateway") == OLD.find("nat", "gateway")


@pytest.mark.parametrize("name", ["nonsense", "nat/other", "ec2/", ""])
def test_a_name_that_the_list_cannot_be_asked_for_is_refused(price_list, name):
    with pytest.raises(CostInputInvalid, match="such as ec2"):
        refresh("us-east-1", OLD, [name], today=TODAY)
    assert price_list.asked == []


def test_each_price_of_the_repository_is_asked_for_over_all_pages(price_list, prices):
    others = [product("AmazonMSK", f"USE1-Kafka.m99.{n}large", 9) for n in range(5)]
    price_list.products = [*others, product("AmazonMSK", "USE1-Kafka.t3.small", 0.05)]
    told = []
    done = refresh("us-east-1", prices, prices.prices, today=TODAY, progress=told.append)
    assert done.table.find("msk", "kafka.t3.small").usd == 0.05
    assert len(done.table.prices) == len(prices.prices) == len(told)
    assert len({str(request) for request in price_list.asked}) >= 250


def test_a_refusal_says_which_permission_is_missing(price_list):
    price_list.refusal = (400, "AccessDeniedException")
    with pytest.raises(PriceListUnreachable, match=r"AccessDeniedException.*pricing:GetProducts"):
        refresh("us-east-1", OLD, ["nat/gateway"], today=TODAY)


def test_an_answer_of_another_form_is_named(price_list):
    broken = nat(0.05)
    broken["terms"]["OnDemand"] = {"one": {}}
    price_list.products = [broken]
    with pytest.raises(PriceListUnreachable, match="not known here"):
        refresh("us-east-1", OLD, ["nat/gateway"], today=TODAY)


def test_what_is_renewed_can_be_saved_and_read(price_list, tmp_path):
    price_list.products = [nat(0.05)]
    done = refresh("us-east-1", OLD, OLD.prices, today=TODAY)
    price_table.save(done.table, tmp_path)
    assert price_table.load("us-east-1", tmp_path) == done.table
