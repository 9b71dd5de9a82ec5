"""The same picture in other bytes is found, and other pictures are not taken for it."""

import random

import imagehash
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from ml.data.images.decode import decode
from ml.data.images.duplicates import groups, near_duplicates, perceptual_hash

from .pictures import encoded, scene


def test_it_is_imagehashs_phash():
    wanted = imagehash.phash(Image.fromarray(scene()))
    assert f"{perceptual_hash(scene()):016x}" == str(wanted)


def test_a_compressed_a_scaled_and_a_brighter_copy_are_near_and_other_pictures_far():
    picture = scene(side=192)
    copies = [
        decode(encoded(picture, "JPEG", quality=40)),
        np.asarray(Image.fromarray(picture).resize((128, 128))),
        np.clip(picture.astype(int) + 15, 0, 255).astype(np.uint8),
        ndimage.gaussian_filter(picture, 0.7),
    ]
    others = [scene(seed, 192) for seed in range(1, 40)]
    hashes = [perceptual_hash(each) for each in (picture, *copies, *others)]
    pairs = {(first, second) for first, second, _ in near_duplicates(hashes, 6)}
    assert {(0, place) for place in range(1, 5)} <= pairs
    assert all(second < 5 for _, second in pairs)


@pytest.mark.parametrize("most_bits", [0, 1, 4, 9])
def test_exactly_the_pairs_are_found_that_comparing_each_with_each_finds(most_bits):
    chance = random.Random(most_bits)
    hashes = [chance.getrandbits(64) for _ in range(60)]
    for base in list(hashes[:20]):
        flipped = base
        for bit in chance.sample(range(64), chance.randrange(0, 12)):
            flipped ^= 1 << bit
        hashes.append(flipped)
    slow = [
        (i, j, (hashes[i] ^ hashes[j]).bit_count())
        for i in range(len(hashes))
        for j in range(i + 1, len(hashes))
    ]
    assert near_duplicates(hashes, most_bits) == [each for each in slow if each[2] <= most_bits]


def test_what_is_near_through_another_is_one_group():
    assert groups([0b0, 0b11, 0b1111, 0b111 << 60], most_bits=2) == [0, 0, 0, 3]


def test_a_distance_that_finds_everything_is_refused():
    with pytest.raises(ValueError, match="give 0 to 15"):
        near_duplicates([1, 2], 16)
