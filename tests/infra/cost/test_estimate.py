"""What each resource costs, and what is never counted as zero."""

import pytest

from .plans import DATABASE, NODE_GROUPS, node_group, resource

HOURS = 730


def by_price(estimate):
    return {line.price: line for line in estimate.lines}


def test_a_type_that_is_not_known_is_named_and_not_counted(estimated):
    found = estimated(resource("aws_quantum_computer", name="big"))
    assert found.lines == ()
    assert [one.address for one in found.unpriced] == ["aws_quantum_computer.big"]
    assert "aws_quantum_computer is not known" in found.unpriced[0].why


def test_an_instance_type_without_a_price_is_named_with_the_remedy(estimated):
    found = estimated(*node_group({"instance_types": ["m99.huge"]}), configuration=NODE_GROUPS)
    assert [one.address for one in found.unpriced] == ['module.cluster[0].aws_eks_node_group.this["general"]']
    assert "millrace prices refresh us-east-1 --add ec2/m99.huge" in found.unpriced[0].why
    assert "ec2/m99.huge" not in by_price(found)


def test_what_is_free_is_neither_counted_nor_named(estimated):
    found = estimated(resource("aws_vpc"), resource("aws_iam_role"), resource("terraform_data"))
    assert (found.lines, found.unpriced, found.by_use) == ((), (), ())


def test_what_depends_on_use_is_named_apart(estimated):
    found = estimated(resource("aws_s3_bucket"), resource("aws_nat_gateway"))
    assert {one.type for one in found.by_use} == {"aws_s3_bucket", "aws_nat_gateway"}
    assert [line.address for line in found.lines] == ["aws_nat_gateway.this"]
    assert found.unpriced == ()


def test_a_nat_gateway_and_a_control_plane_cost_by_the_hour(estimated):
    found = estimated(
        resource("aws_nat_gateway", index="a"),
        resource("aws_nat_gateway", index="b"),
        resource("aws_eks_cluster"),
    )
    assert found.monthly_usd == pytest.approx((2 * 0.045 + 0.10) * HOURS)
    assert found.hourly_usd == pytest.approx(0.19)


def test_a_node_group_counts_its_desired_size_and_shows_its_maximum(estimated, prices):
    lines = by_price(estimated(*node_group(), configuration=NODE_GROUPS))
    nodes = lines["ec2/m6i.large"]
    each = prices.find("ec2", "m6i.large").usd * HOURS
    assert (nodes.quantity, nodes.monthly_usd) == (2, pytest.approx(2 * each))
    assert nodes.maximum_monthly_usd == pytest.approx(3 * each)


def test_the_nodes_disks_and_monitoring_come_from_the_groups_own_template(estimated):
    other = node_group(
        template={"block_device_mappings": [{"ebs": [{"volume_type": "gp3", "volume_size": 900}]}]},
        index="gpu",
    )[1]
    lines = by_price(estimated(*node_group(), other, configuration=NODE_GROUPS))
    assert lines["ebs/gp3"].quantity == 2 * 50
    assert lines["cloudwatch/metric"].quantity == 2 * 7


def test_a_template_that_exists_is_found_by_its_id(estimated):
    made = node_group({"launch_template": [{"id": "lt-1"}]}, {"id": "lt-1"})
    assert by_price(estimated(*made))["ebs/gp3"].quantity == 2 * 50


def test_nodes_without_their_template_have_disks_that_are_named_as_not_priced(estimated):
    found = estimated(node_group()[0])
    assert "ec2/m6i.large" in by_price(found)
    assert [one.why for one in found.unpriced] == [
        "disks of the nodes: its launch template is not in the plan"
    ]


def test_an_empty_group_costs_nothing_now_and_shows_what_it_may_grow_to(estimated):
    sizes = {"scaling_config": [{"min_size": 0, "max_size": 1, "desired_size": 0}]}
    found = estimated(*node_group(sizes), configuration=NODE_GROUPS)
    assert found.monthly_usd == 0
    assert found.maximum_monthly_usd > 0


def test_spot_nodes_count_at_the_dearest_on_demand_price(estimated, prices):
    spot = {"capacity_type": "SPOT", "instance_types": ["t3.medium", "m6i.xlarge", "m5.large"]}
    found = estimated(*node_group(spot), configuration=NODE_GROUPS)
    nodes = next(line for line in found.lines if line.price.startswith("ec2/"))
    assert (nodes.price, nodes.unit_usd) == ("ec2/m6i.xlarge", prices.find("ec2", "m6i.xlarge").usd)
    assert "upper bound" in nodes.what


def test_a_database_in_two_zones_costs_double(estimated):
    one = estimated(resource("aws_db_instance", **DATABASE))
    two = estimated(resource("aws_db_instance", **(DATABASE | {"multi_az": True})))
    assert one.monthly_usd == pytest.approx(0.065 * HOURS + 20 * 0.115)
    assert two.monthly_usd == pytest.approx(2 * one.monthly_usd)
    assert one.maximum_monthly_usd == pytest.approx(0.065 * HOURS + 100 * 0.115)


def test_a_database_of_another_engine_is_not_priced_as_postgresql(estimated):
    found = estimated(resource("aws_db_instance", **(DATABASE | {"engine": "oracle-ee"})))
    assert "rds-oracle-ee/db.t4g.medium" in found.unpriced[0].why
    assert [line.price for line in found.lines] == ["rds-storage/gp3"]


def test_more_iops_than_are_included_are_named(estimated):
    found = estimated(resource("aws_db_instance", **(DATABASE | {"iops": 5000})))
    assert "5000 are more than the 3000" in found.unpriced[0].why


def test_the_masters_secret_is_counted(estimated):
    found = estimated(resource("aws_db_instance", **(DATABASE | {"manage_master_user_password": True})))
    assert by_price(found)["secretsmanager/secret"].monthly_usd == pytest.approx(0.40)


def test_brokers_count_by_number_with_their_disks(estimated):
    cluster = {
        "number_of_broker_nodes": 3,
        "broker_node_group_info": [
            {
                "instance_type": "kafka.t3.small",
                "storage_info": [{"ebs_storage_info": [{"volume_size": 100}]}],
            }
        ],
    }
    found = estimated(resource("aws_msk_cluster", **cluster))
    assert found.monthly_usd == pytest.approx(3 * 0.0456 * HOURS + 300 * 0.10)


def test_cache_nodes_count_by_number_and_engine(estimated):
    group = {"node_type": "cache.t4g.small", "engine": "valkey", "num_cache_clusters": 2}
    assert estimated(resource("aws_elasticache_replication_group", **group)).monthly_usd == pytest.approx(
        2 * 0.0256 * HOURS
    )
    redis = estimated(resource("aws_elasticache_replication_group", **(group | {"engine": "redis"})))
    assert redis.lines == ()
    assert "elasticache-redis/cache.t4g.small" in redis.unpriced[0].why


def test_a_load_balancer_for_the_world_pays_for_an_address_in_each_zone(estimated):
    subnets = {"subnets": ["subnet-1", "subnet-2", "subnet-3"], "load_balancer_type": "application"}
    inside = estimated(resource("aws_lb", internal=True, **subnets))
    outside = estimated(resource("aws_lb", internal=False, **subnets))
    assert inside.monthly_usd == pytest.approx(0.0225 * HOURS)
    assert outside.monthly_usd == pytest.approx((0.0225 + 3 * 0.005) * HOURS)


def test_a_gateway_endpoint_is_free_and_an_interface_endpoint_costs_in_each_zone(estimated):
    found = estimated(
        resource("aws_vpc_endpoint", name="gateway", vpc_endpoint_type="Gateway"),
        resource("aws_vpc_endpoint", vpc_endpoint_type="Interface", subnet_ids=["subnet-1", "subnet-2"]),
    )
    assert [(line.address, line.quantity) for line in found.lines] == [("aws_vpc_endpoint.this", 2)]
    assert [one.address for one in found.by_use] == ["aws_vpc_endpoint.this"]


def test_zones_that_are_not_known_yet_are_counted_by_the_subnets_that_the_plan_makes(estimated):
    module = "module.network[0]"
    refers = {"subnet_ids": {"references": ["aws_subnet.private"]}}
    configuration = {
        "module_calls": {
            "network": {
                "module": {"resources": [{"address": "aws_vpc_endpoint.this", "expressions": refers}]}
            }
        }
    }
    subnets = [resource("aws_subnet", "private", module, zone) for zone in ("a", "b", "c")]
    endpoint = resource("aws_vpc_endpoint", module=module, index="sts", vpc_endpoint_type="Interface")
    others = [
        resource("aws_subnet", "public", module, "a"),
        resource("aws_subnet", "private", "module.other", "a"),
    ]
    found = estimated(endpoint, *subnets, *others, configuration=configuration)
    assert by_price(found)["vpc-endpoint/interface"].quantity == 3
    unknown = estimated(endpoint, *subnets)
    assert unknown.lines == ()
    assert "number of its zones" in unknown.unpriced[0].why


def test_a_web_acl_pays_for_its_rules_and_alarms_for_their_metrics(estimated):
    found = estimated(
        resource("aws_wafv2_web_acl", rule=[{}, {}]),
        resource("aws_cloudwatch_metric_alarm", name="plain", period=60),
        resource("aws_cloudwatch_metric_alarm", name="fine", period=10),
        resource(
            "aws_cloudwatch_metric_alarm", name="two", metric_query=[{"metric": [{}]}] * 2 + [{"metric": []}]
        ),
    )
    assert found.monthly_usd == pytest.approx(5 + 2 + 0.10 + 0.30 + 0.20)


def test_data_sources_are_not_counted(estimated):
    looked_up = resource("aws_db_instance", **DATABASE) | {"mode": "data"}
    assert estimated(looked_up).monthly_usd == 0
