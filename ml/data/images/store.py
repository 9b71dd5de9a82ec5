"""Images in the object store: each once, under the digest of its bytes, whatever versions name it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

from ml.errors import DatasetDamaged, DatasetNotFound
from ml.objects import Objects

if TYPE_CHECKING:
    from ml.environment import Environment

AT_ONCE: Final = 16


def image_id(content: bytes) -> str:
    """Return what an image is called: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


class ImageStore:
    """The images of one system; methods raise what `ml.objects.Objects` raises, too."""

    def __init__(self, environment: Environment, system: str) -> None:
        self._objects = Objects(environment, environment.object_store.buckets.datasets)
        self._prefix = f"{system}/images/"

    def keep(self, contents: Iterable[bytes]) -> list[str]:
        """Store images that are not there yet, many at once, and return their ids in order.

        What is there is listed once, by the first call.
        """
        there = self._there
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(partial(self._keep, there), contents))

    def read(self, names: Iterable[str]) -> Iterator[bytes]:
        """Yield images by id, in order, read many at once.

        Raises:
            DatasetNotFound: one is not there; names it.
            DatasetDamaged: one has other bytes than its id says; names it.
        """
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(self._read, names)

    def ids(self) -> set[str]:
        """Return the ids of all images that are stored."""
        return {key.rpartition("/")[2] for key in self._objects.keys(self._prefix)}

    @cached_property
    def _there(self) -> set[str]:
        return self.ids()

    def _keep(self, there: set[str], content: bytes) -> str:
        name = image_id(content)
        # Of two writers at once either leaves the same bytes.
        if name not in there:
            self._objects.put(self._key(name), content)
            there.add(name)
        return name

    def _read(self, name: str) -> bytes:
        content = self._objects.get(self._key(name))
        where = f"s3://{self._objects.bucket}/{self._key(name)}"
        if content is None:
            raise DatasetNotFound(f"{where} is gone; restore the bucket, or take the image in again")
        if image_id(content) != name:
            raise DatasetDamaged(f"{where} has digest {image_id(content)[:12]}; restore its last version")
        return content

    def _key(self, name: str) -> str:
        # Two letters of the digest, so that no folder of a store on disk holds them all.
        return f"{self._prefix}{name[:2]}/{name}"
