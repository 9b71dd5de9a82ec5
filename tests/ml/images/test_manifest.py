"""Images are taken in: checked, stored once, listed the same whatever way they came."""

import pytest

from ml.data.datasets import table_digest
from ml.data.images.manifest import take_in
from ml.data.images.store import ImageStore, image_id
from ml.errors import DatasetDamaged, DatasetNotFound
from ml.objects import Objects

from .pictures import encoded, scene

pytestmark = pytest.mark.slow


@pytest.fixture
def store(environment):
    return ImageStore(environment, "inspector")


@pytest.fixture
def bucket(environment):
    return Objects(environment, environment.object_store.buckets.datasets)


def delivery(count=12):
    return [(f"cell-{seed}.png", encoded(scene(seed))) for seed in range(count)]


def test_each_image_is_stored_once_and_the_rest_is_set_aside_with_the_reason(store):
    images = [*delivery(), ("again.png", encoded(scene(3))), ("torn.png", encoded(scene(1))[:500])]
    images += [("dark.png", encoded(scene(1) * 0)), ("note.txt", b"not an image")]
    taken = take_in(images, store)
    assert [row.name for row in taken.rows] == [f"cell-{seed}.png" for seed in range(12)]
    assert taken.repeated == 1
    assert store.ids() == {row.image_id for row in taken.rows}
    reasons = {each.name: each.reason for each in taken.set_aside}
    assert set(reasons) == {"torn.png", "dark.png", "note.txt"}
    assert "cannot be read to its end" in reasons["torn.png"]
    assert "100% of it is black" in reasons["dark.png"]
    assert "no image of a known format" in reasons["note.txt"]


def test_the_same_images_in_any_order_and_however_often_are_the_same_manifest(store):
    first = take_in(delivery(), store).table()
    again = take_in([*reversed(delivery()), *delivery(3)], store).table()
    assert table_digest(first) == table_digest(again)
    assert len(store.ids()) == 12


def test_stored_images_are_read_in_the_order_asked_for(store):
    contents = [content for _, content in delivery(5)]
    names = store.keep(contents)
    assert list(store.read(reversed(names))) == list(reversed(contents))


def test_an_image_that_is_gone_or_damaged_is_refused_by_name(store, bucket):
    first, second = store.keep([content for _, content in delivery(2)])
    bucket.put(f"inspector/images/{first[:2]}/{first}", b"other bytes")
    with pytest.raises(DatasetDamaged, match=first):
        list(store.read([first]))
    missing = image_id(b"never stored")
    with pytest.raises(DatasetNotFound, match=missing):
        list(store.read([second, missing]))
