"""The changes that behaviours of the inspector make to a request do what their names say."""

import base64

import numpy as np
import pytest

from ml.data.images.decode import decode
from ml.system import implementation, load
from tests.ml.inspector.cells import png, sound

CELL = sound(np.random.default_rng(1))
REQUEST = {"images": [base64.b64encode(png(CELL)).decode()], "maps": False}
SYSTEM = implementation("inspector")


def changed(name):
    found = SYSTEM.changes()[name](REQUEST)
    assert found["maps"] is False
    return decode(base64.b64decode(found["images"][0]))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("mirrored", CELL[:, ::-1]), ("upside_down", CELL[::-1]), ("turned_by_camera", CELL)],
)
def test_a_cell_is_shown_from_the_other_side(name, wanted):
    np.testing.assert_array_equal(changed(name), wanted)


def test_a_defect_is_put_in_the_same_one_each_time():
    found = changed("with_defect")
    assert (found < CELL).sum() > 100
    np.testing.assert_array_equal(found, changed("with_defect"))


@pytest.mark.parametrize("system", ["inspector", "recommender"])
def test_every_declared_behaviour_names_a_view_and_a_change_that_are_there(system):
    code = implementation(system)
    declared = load(system).behaviours
    assert declared
    assert {one.of for one in declared} <= code.views().keys()
    assert {one.change for one in declared if one.change} <= code.changes().keys()
