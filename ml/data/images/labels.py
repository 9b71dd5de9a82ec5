"""What people say of a system's images, kept beside its data until the next dataset version takes it up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from ml.errors import WrongInput
from ml.objects import Objects

if TYPE_CHECKING:
    from ml.data.images.annotations import Annotation
    from ml.environment import Environment
    from ml.system import Rows

SHOWN = 3


@dataclass(frozen=True)
class Labelling:
    """What a system does with labels of its images: ``ml/systems/<name>/labelling.py`` has its own.

    ``table`` has one row per labelled image. ``columns`` makes values of the labels that people gave one
    image, as often as they gave them; a new image needs all of ``needed``. ``said`` is the label of a row,
    with how sure people were. ``request`` and ``probabilities`` ask a model for an image.
    """

    table: str
    labels: frozenset[str]
    needed: frozenset[str]
    columns: Callable[[Sequence[str]], dict[str, str]]
    said: Callable[[Rows], tuple[str, float]]
    request: Callable[[bytes], Rows]
    probabilities: Callable[[Any], tuple[float, ...]]


class Import(BaseModel):
    """One file of labels: by image the labels it was given, and where they came from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    sha256: str
    imported_by: str
    imported_at: AwareDatetime
    labels: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Imported:
    """What an import changed: images that had no label from people here, another one, or the same."""

    new: int
    changed: int
    same: int


class Labels:
    """The labels imported for one system, in the datasets bucket; of two for one image the later holds."""

    def __init__(self, environment: Environment, system: str) -> None:
        self._objects = Objects(environment, environment.object_store.buckets.datasets)
        self._prefix = f"{system}/labels/"

    def imports(self) -> list[Import]:
        """Return all imports, oldest first."""
        contents = (self._objects.get(key) for key in self._objects.keys(self._prefix))
        return [Import.model_validate_json(content) for content in contents if content is not None]

    def current(self) -> dict[str, tuple[Import, tuple[str, ...]]]:
        """Return by image the labels that hold, and the import they are of."""
        return {image: (one, given) for one in self.imports() for image, given in one.labels.items()}

    def fingerprint(self) -> str:
        """Return a text that changes with the labels."""
        keys = self._objects.keys(self._prefix)
        return hashlib.sha256("\n".join(keys).encode()).hexdigest()

    def add(self, labels: Mapping[str, tuple[str, ...]], file: str, content: bytes, by: str) -> Imported:
        """Keep what is new among the labels; what is there already is not kept again."""
        known = {image: given for image, (_, given) in self.current().items()}
        fresh = {image: given for image, given in labels.items() if known.get(image) != given}
        changed = len(fresh.keys() & known.keys())
        if fresh:
            self._keep(
                Import(
                    file=file,
                    sha256=hashlib.sha256(content).hexdigest(),
                    imported_by=by,
                    imported_at=datetime.now(UTC),
                    labels=fresh,
                )
            )
        return Imported(len(fresh) - changed, changed, len(labels) - len(fresh))

    def _keep(self, one: Import) -> None:
        """Write an import under the next number; of two at once one takes the number after."""
        content = one.model_dump_json(indent=1).encode()
        number = len(self._objects.keys(self._prefix)) + 1
        while not self._objects.put_new(f"{self._prefix}{number:06d}.json", content):
            number += 1


def by_image(
    annotations: Sequence[Annotation], images: Mapping[str, str | None], labelling: Labelling
) -> dict[str, tuple[str, ...]]:
    """Return labels by image id. ``images`` are ids by every name they go by, None where two share a name.

    Raises:
        WrongInput: a label or an image is not known, or a name means two images.
    """
    _refuse(
        sorted({each.label for each in annotations} - labelling.labels),
        f"label(s) that the system does not know; it knows {', '.join(sorted(labelling.labels))}",
    )
    named = dict.fromkeys(each.image for each in annotations)
    _refuse(
        [name for name in named if name not in images], "image(s) that the system does not have; take them in"
    )
    _refuse([name for name in named if images[name] is None], "name(s) that two images go by; name their ids")
    found: dict[str, list[str]] = {}
    for each in annotations:
        found.setdefault(str(images[each.image]), []).append(each.label)
    return {image: tuple(sorted(given)) for image, given in found.items()}


def _refuse(wrong: list[str], what: str) -> None:
    if wrong:
        shown = ", ".join(map(repr, wrong[:SHOWN])) + (", ..." if len(wrong) > SHOWN else "")
        raise WrongInput(f"{shown}: {len(wrong)} {what}; nothing was imported")
