"""Images that show the same, though their bytes differ: by perceptual hash."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BITS: Final = 64


def perceptual_hash(grey: NDArray[np.uint8]) -> int:
    """Return the 64 bits of an image's pHash: signs of its low frequencies against their median.

    Source: Zauner, Implementation and benchmarking of perceptual image hash functions, 2010; the
    package imagehash.
    """
    import imagehash
    import numpy as np
    from PIL import Image

    signs = imagehash.phash(Image.fromarray(grey)).hash
    return int.from_bytes(np.packbits(signs).tobytes(), "big")


def near_duplicates(hashes: Sequence[int], most_bits: int = 4) -> list[tuple[int, int, int]]:
    """Return pairs of places whose hashes differ in at most so many bits: first, second, bits.

    Of ``most_bits + 1`` bands of a hash, two that near agree in at least one, so only those are
    compared that share a band (multi-index hashing: Norouzi, Punjani and Fleet, CVPR 2012).

    Raises:
        ValueError: ``most_bits`` is not between 0 and 15.
    """
    if not 0 <= most_bits < BITS // 4:
        raise ValueError(f"most_bits is {most_bits}; give 0 to {BITS // 4 - 1}")
    distances = {
        (first, second): (hashes[first] ^ hashes[second]).bit_count()
        for places in _sharing_a_band(hashes, most_bits + 1)
        for first, second in combinations(places, 2)
    }
    return sorted((*pair, bits) for pair, bits in distances.items() if bits <= most_bits)


def groups(hashes: Sequence[int], most_bits: int = 4) -> list[int]:
    """Return for each place the first place of its group: those that are near, and near to those.

    A split that keeps a group together has no image on both its sides.
    """
    leader = list(range(len(hashes)))

    def find(place: int) -> int:
        while leader[place] != place:
            leader[place] = place = leader[leader[place]]
        return place

    for first, second, _ in near_duplicates(hashes, most_bits):
        low, high = sorted((find(first), find(second)))
        leader[high] = low
    return [find(place) for place in range(len(hashes))]


def _sharing_a_band(hashes: Sequence[int], bands: int) -> Iterator[list[int]]:
    edges = [BITS * band // bands for band in range(bands + 1)]
    for low, high in pairwise(edges):
        mask = (1 << (high - low)) - 1
        sharing: dict[int, list[int]] = defaultdict(list)
        for place, value in enumerate(hashes):
            sharing[value >> low & mask].append(place)
        yield from (places for places in sharing.values() if len(places) > 1)
