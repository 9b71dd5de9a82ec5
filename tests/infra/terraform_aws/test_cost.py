"""A root module's plan is priced as Terraform shows it, while the ids of what it makes are unknown."""

from __future__ import annotations

import json

import pytest

from infra.cost import inventory, price_table
from infra.cost.estimate import Estimate, estimate

from .conftest import ROOTS
from .wiring import inputs, placeholders


@pytest.fixture(scope="module")
def estimated(workbench, moto, tmp_path_factory):
    """Plan a root module on an empty account, nothing switched off, and estimate it."""

    def run(root: str) -> Estimate:
        unknown = {name: placeholders(name) for name in ROOTS}
        shown = workbench.root(root, moto).plan(inputs(root, unknown) | {"capabilities": {}})
        file = tmp_path_factory.mktemp("plans") / f"{root}.json"
        file.write_text(json.dumps(shown))
        plan = inventory.read(file)
        return estimate(plan.planned, price_table.load(plan.region, price_table.FOLDER))

    return run


@pytest.mark.long
def test_the_endpoints_of_a_network_that_is_not_there_yet_cost_in_each_of_its_zones(estimated):
    found = estimated("foundation")
    endpoints = [line for line in found.lines if line.price == "vpc-endpoint/interface"]
    assert len(endpoints) > 5
    assert {line.quantity for line in endpoints} == {3}
    assert found.unpriced == ()


@pytest.mark.long
def test_groups_that_are_not_there_yet_cost_with_their_templates_disks(estimated):
    found = estimated("cluster")
    general = {
        line.price: (line.quantity, line.maximum_monthly_usd / line.unit_usd)
        for line in found.lines
        if line.address.endswith('aws_eks_node_group.this["general"]')
    }
    assert general["ec2/m6i.large"] == (1, pytest.approx(3 * 730))
    assert general["ebs/gp3"] == (100, pytest.approx(300))
    assert found.unpriced == ()
