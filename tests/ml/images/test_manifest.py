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
def image_store(environment):
    return ImageStore(environment, "inspector")


@pytest.fixture
def bucket(environment):
    return Objects(environment, environment.object_store.buckets.datasets)


def delivery(count=12):
    return [(f"cell-{seed}.png", encoded(scene(seed))) for seed in range(count)]


def by_id(count):
    return {image_id(content): content for _, content in delivery(count)}


def test_each_image_is_stored_once_and_the_rest_is_set_aside_with_the_reason(image_store):
    images = [*delivery(), ("again.png", encoded(scene(3))), ("torn.png", encoded(scene(1))[:500])]
    images += [("dark.png", encoded(scene(1) * 0)), ("note.txt", b"not an image")]
    taken = take_in(images, image_store)
    assert [row.name for row in taken.rows] == [f"cell-{seed}.png" for seed in range(12)]
    assert taken.repeated == 1
    assert image_store.ids() == {row.image_id for row in taken.rows}
    reasons = {each.name: each.reason for each in taken.set_aside}
    assert set(reasons) == {"torn.png", "dark.png", "note.txt"}
    assert "cannot be read to its end" in reasons["torn.png"]
    assert "100% of it is black" in reasons["dark.png"]
    assert "no image of a known format" in reasons["note.txt"]


def test_the_same_images_in_any_order_and_however_often_are_the_same_manifest(image_store):
    first = take_in(delivery(), image_store).table()
    again = take_in([*reversed(delivery()), *delivery(3)], image_store).table()
    assert table_digest(first) == table_digest(again)
    assert len(image_store.ids()) == 12


def test_stored_images_are_read_in_the_order_asked_for(image_store):
    images = by_id(5)
    image_store.keep(images)
    assert list(image_store.read(reversed(images))) == list(reversed(images.values()))


def test_an_image_that_is_gone_or_damaged_is_refused_by_name(image_store, environment, bucket):
    image_store.keep(images := by_id(2))
    first, second = images
    missing = image_id(b"never stored")
    with pytest.raises(DatasetNotFound, match=missing):
        list(image_store.read([second, missing]))
    pack, listing = bucket.keys("inspector/images/")
    bucket.put(pack, b"other bytes")
    with pytest.raises(DatasetDamaged, match=first):
        list(image_store.read([first]))
    bucket.delete(pack)
    with pytest.raises(DatasetNotFound, match=first):
        list(image_store.read([first]))
    bucket.put(listing, b"torn")
    with pytest.raises(DatasetDamaged, match=listing):
        ImageStore(environment, "inspector").ids()


def test_images_of_many_packs_are_found_by_whoever_comes_later(environment, bucket):
    images = by_id(12)
    least = min(map(len, images.values()))
    ImageStore(environment, "inspector", pack_bytes=least).keep(images)
    listed = bucket.keys("inspector/images/")
    assert len(listed) == 2 * len(images)
    later = ImageStore(environment, "inspector")
    assert list(later.read(images)) == list(images.values())
    later.keep(images)
    assert bucket.keys("inspector/images/") == listed


def test_what_is_stored_already_is_not_stored_again(image_store, environment, bucket):
    first, every = by_id(4), by_id(6)
    image_store.keep(first)
    ImageStore(environment, "inspector").keep(every)
    packs = [key for key in bucket.keys("inspector/images/") if not key.endswith(".json")]
    sizes = [sum(map(len, some)) for some in (first.values(), list(every.values())[4:])]
    assert sorted(len(bucket.get(key)) for key in packs) == sorted(sizes)
