"""What lies in an account without a plan is priced by its ARN, its sizes asked of the account."""

from functools import cache

import pytest

from infra.cost.estimate import estimate
from infra.cost.inventory import Inventory
from infra.cost.tagged import resource
from infra.rehearsal.account import account

pytestmark = pytest.mark.slow

ARN = "arn:aws:%s:us-east-1:123456789012:%s"


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    with account(tmp_path_factory.mktemp("account")) as own:
        yield cache(own.client)


@pytest.fixture
def lines(clients, prices):
    """Return what an ARN is charged for, by price."""

    def run(arn):
        found = estimate(Inventory((resource(arn, clients),), {}), prices)
        assert found.unpriced == ()
        return {line.price: line.quantity for line in found.lines}

    return run


@pytest.fixture(scope="module")
def network(clients):
    """A network and two subnets of it."""
    ec2 = clients("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return vpc, [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")[
            "Subnet"
        ]["SubnetId"]
        for n, zone in enumerate("ab")
    ]


def test_a_database_costs_its_class_its_storage_and_its_zones(clients, lines):
    made = clients("rds").create_db_instance(
        DBInstanceIdentifier="forgotten", Engine="postgres", DBInstanceClass="db.t4g.medium",
        AllocatedStorage=20, StorageType="gp3", MultiAZ=True, MasterUsername="owner",
        MasterUserPassword="not-a-secret",
    )  # fmt: skip
    found = lines(made["DBInstance"]["DBInstanceArn"])
    assert found == {"rds-postgres/db.t4g.medium": 2, "rds-storage/gp3": 40}


def test_a_load_balancer_and_an_endpoint_cost_by_their_zones(clients, lines, network):
    vpc, subnets = network
    balancer = clients("elbv2").create_load_balancer(Name="forgotten", Subnets=subnets)["LoadBalancers"][0]
    assert lines(balancer["LoadBalancerArn"]) == {"lb/application": 1, "public-ipv4/address": 2}
    endpoint = clients("ec2").create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.us-east-1.sts", VpcEndpointType="Interface", SubnetIds=subnets
    )["VpcEndpoint"]["VpcEndpointId"]
    assert lines(ARN % ("ec2", f"vpc-endpoint/{endpoint}")) == {"vpc-endpoint/interface": 2}


@pytest.mark.parametrize(
    ("arn", "price"),
    [
        (ARN % ("ec2", "natgateway/nat-1"), "nat/gateway"),
        (ARN % ("ec2", "elastic-ip/eipalloc-1"), "public-ipv4/address"),
        (ARN % ("eks", "cluster/one"), "eks/cluster"),
        (ARN % ("kms", "key/1234"), "kms/key"),
        (ARN % ("secretsmanager", "secret:one-AbCdEf"), "secretsmanager/secret"),
    ],
)
def test_what_has_one_price_is_charged_once(lines, arn, price):
    assert lines(arn) == {price: 1}


def test_what_costs_nothing_by_itself_has_no_line_and_no_reason(clients, prices):
    for arn in (ARN % ("ec2", "subnet/subnet-1"), "arn:aws:iam::123456789012:role/path/one"):
        found = estimate(Inventory((resource(arn, clients),), {}), prices)
        assert (found.lines, found.unpriced, found.by_use) == ((), (), ())


def test_a_bucket_is_named_as_billed_by_use(clients, prices):
    found = estimate(Inventory((resource("arn:aws:s3:::forgotten", clients),), {}), prices)
    assert [one.what for one in found.by_use] == ["storage, requests and data out"]


def test_a_kind_that_is_not_known_is_named_and_never_counted_as_zero(clients, prices):
    arn = ARN % ("quantum", "device/qubit")
    (found,) = estimate(Inventory((resource(arn, clients),), {}), prices).unpriced
    assert (found.address, found.why) == (arn, "the type quantum:device is not known here")


def test_a_size_that_is_not_told_is_named(clients, prices):
    arn = ARN % ("kafka", "cluster/one/uuid")
    (found,) = estimate(Inventory((resource(arn, clients),), {}), prices).unpriced
    assert "their number is not in the plan" in found.why
