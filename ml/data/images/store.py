"""Images in the object store: each once, under the digest of its bytes, whatever versions name it.

Many small objects are slow to write and to read, so images lie in packs: an object with the bytes of one
image after those of another, and beside it a listing of where each begins and ends.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from ml.errors import DatasetDamaged, DatasetNotFound
from ml.objects import Objects

if TYPE_CHECKING:
    from ml.environment import Environment

AT_ONCE: Final = 8
PACK_BYTES: Final = 16 * 2**20
LISTING: Final = ".json"


class Place(NamedTuple):
    """Where an image lies: the key of a pack, and the bytes from ``first`` up to ``last``."""

    pack: str
    first: int
    last: int


def image_id(content: bytes) -> str:
    """Return what an image is called: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


class ImageStore:
    """The images of one system, as they were when it was first asked, and what it was given since.

    Methods raise what `ml.objects.Objects` raises, too, and DatasetDamaged if a listing cannot be read.
    """

    def __init__(self, environment: Environment, system: str, pack_bytes: int = PACK_BYTES) -> None:
        self._objects = Objects(environment, environment.object_store.buckets.datasets)
        self._prefix = f"{system}/images/"
        self._pack_bytes = pack_bytes

    def keep(self, images: Mapping[str, bytes]) -> None:
        """Store images, given by id, that are not there yet."""
        fresh: dict[str, bytes] = {}
        for name, content in images.items():
            if name not in self._places:
                fresh[name] = content
            if sum(map(len, fresh.values())) >= self._pack_bytes:
                self._pack(fresh)
                fresh = {}
        if fresh:
            self._pack(fresh)

    def read(self, names: Iterable[str]) -> Iterator[bytes]:
        """Yield images by id, in order.

        Raises:
            DatasetNotFound: one is not there; names it.
            DatasetDamaged: one has other bytes than its id says; names it.
        """
        places = [(name, self._place(name)) for name in names]
        packs = sorted({place.pack for _, place in places})
        with ThreadPoolExecutor(AT_ONCE) as pool:
            packed = dict(zip(packs, pool.map(self._objects.get, packs), strict=True))
        for name, place in places:
            yield self._image(name, place, packed[place.pack])

    def ids(self) -> set[str]:
        """Return the ids of all images that are stored."""
        return set(self._places)

    @cached_property
    def _places(self) -> dict[str, Place]:
        keys = [key for key in self._objects.keys(self._prefix) if key.endswith(LISTING)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return {name: place for found in pool.map(self._listed, keys) for name, place in found.items()}

    def _listed(self, key: str) -> dict[str, Place]:
        content = self._objects.get(key) or b"{}"
        try:
            pack = key.removesuffix(LISTING)
            return {name: Place(pack, *place) for name, place in json.loads(content).items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise DatasetDamaged(
                f"s3://{self._objects.bucket}/{key} cannot be read ({error}); restore its last version"
            ) from error

    def _pack(self, images: Mapping[str, bytes]) -> None:
        """Write a pack, then its listing: what is listed is there. Of two writers either leaves the same.

        A pack goes by the digest of its images' ids.
        """
        places: dict[str, Place] = {}
        content = b"".join(images.values())
        key, first = f"{self._prefix}{image_id(''.join(images).encode())}", 0
        for name, image in images.items():
            places[name] = Place(key, first, first := first + len(image))
        self._objects.put(key, content)
        listing = {name: (place.first, place.last) for name, place in places.items()}
        self._objects.put(f"{key}{LISTING}", json.dumps(listing).encode())
        self._places.update(places)

    def _place(self, name: str) -> Place:
        if name not in self._places:
            raise DatasetNotFound(
                f"no image {name} is listed under s3://{self._objects.bucket}/{self._prefix}; restore the "
                "bucket, or take the image in again"
            )
        return self._places[name]

    def _image(self, name: str, place: Place, packed: bytes | None) -> bytes:
        where = f"s3://{self._objects.bucket}/{place.pack}"
        if packed is None:
            raise DatasetNotFound(f"{where} with image {name} is gone; restore the bucket")
        content = packed[place.first : place.last]
        if image_id(content) != name:
            raise DatasetDamaged(f"image {name} in {where} has other bytes; restore the pack's last version")
        return content
