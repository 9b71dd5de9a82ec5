"""Images that were taken in by themselves: stored and described, and in no dataset version until labelled."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from ml.data.images.quality import Quality
from ml.objects import Objects

if TYPE_CHECKING:
    from ml.data.images.manifest import Row, Taken
    from ml.environment import Environment


class Delivered(BaseModel):
    """One image as it came; ``perceptual_hash`` is 64 bits in hex."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_id: str
    name: str
    perceptual_hash: str
    quality: Quality

    @classmethod
    def of(cls, row: Row) -> Delivered:
        """Return what is kept of an image that was taken in."""
        return cls(
            image_id=row.image_id,
            name=row.name,
            perceptual_hash=f"{row.perceptual_hash:016x}",
            quality=row.quality,
        )

    def as_text(self) -> dict[str, str]:
        """Return its row of a manifest, all text."""
        measured = {name: str(value) for name, value in vars(self.quality).items()}
        return {"image_id": self.image_id, "perceptual_hash": self.perceptual_hash, **measured}


class _Delivery(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    came_from: str
    images: tuple[Delivered, ...]


class Inbox:
    """The images taken in for one system, one object per delivery in the datasets bucket."""

    def __init__(self, environment: Environment, system: str) -> None:
        self._objects = Objects(environment, environment.object_store.buckets.datasets)
        self._prefix = f"{system}/inbox/"

    def images(self) -> dict[str, Delivered]:
        """Return all by id; one that came twice is there once."""
        contents = (self._objects.get(key) for key in self._objects.keys(self._prefix))
        deliveries = [_Delivery.model_validate_json(content) for content in contents if content is not None]
        return {image.image_id: image for one in deliveries for image in one.images}

    def add(self, taken: Taken, came_from: str) -> int:
        """Keep what is new of a delivery, and return how many that is."""
        known = self.images()
        fresh = tuple(Delivered.of(row) for row in taken.rows if row.image_id not in known)
        if fresh:
            content = _Delivery(came_from=came_from, images=fresh).model_dump_json(indent=1).encode()
            ids = "\n".join(sorted(image.image_id for image in fresh))
            self._objects.put(f"{self._prefix}{hashlib.sha256(ids.encode()).hexdigest()}.json", content)
        return len(fresh)
