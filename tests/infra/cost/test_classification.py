"""Every type that the modules use is priced, billed by use, free, or not priced for a reason."""

import re
from pathlib import Path

from infra.cost.charges import RULES
from infra.cost.classification import BY_USE, FREE, UNPRICED

TERRAFORM = Path(__file__).parents[3] / "infra" / "terraform"


def used_types():
    files = [*TERRAFORM.glob("modules/*/*.tf"), *TERRAFORM.glob("roots/*/*.tf")]
    return {kind for file in files for kind in re.findall(r'^resource "(\w+)"', file.read_text(), re.M)}


def test_each_type_of_the_modules_has_a_class():
    used = used_types()
    assert len(used) > 50
    assert used - RULES.keys() - BY_USE.keys() - FREE - UNPRICED.keys() == set()


def test_no_type_is_of_two_kinds():
    assert FREE.isdisjoint(RULES.keys() | BY_USE.keys() | UNPRICED.keys())
    assert UNPRICED.keys().isdisjoint(RULES.keys() | BY_USE.keys())


def test_what_is_not_priced_has_a_reason():
    assert set(UNPRICED) == {"aws_budgets_budget_action"}
    assert all(len(reason) > 20 for reason in UNPRICED.values())
