"""A table with one row per image: what a dataset version of images is."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ml.child_process import threads
from ml.data.contract import TableContract
from ml.data.images.decode import ImageRefused, decode
from ml.data.images.duplicates import perceptual_hash
from ml.data.images.quality import Quality, measure, problems
from ml.data.images.store import ImageStore, image_id
from ml.declaration import ImageLimits

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger(__name__)

BATCH: Final = 256
# Of a batch, how many a thread looks at before it takes the next.
AT_ONCE: Final = 16


@dataclass(frozen=True)
class Row:
    """One image that is kept: ``image_id`` is its place in the store, ``name`` the first it came by."""

    image_id: str
    name: str
    quality: Quality
    perceptual_hash: int


@dataclass(frozen=True)
class SetAside:
    """One image that is not, and why."""

    name: str
    reason: str


class Looked(NamedTuple):
    """An image that was looked at."""

    image_id: str
    content: bytes
    found: Row | SetAside


@dataclass
class Taken:
    """What came of taking images in; ``repeated`` counts those whose bytes were there already."""

    rows: list[Row] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    repeated: int = 0
    _seen: set[str] = field(default_factory=set, repr=False)

    def add(self, images: Iterable[Looked]) -> dict[str, bytes]:
        """Note what was found of images, and return the bytes of those that are kept, by id."""
        kept: dict[str, bytes] = {}
        for image in images:
            if image.image_id in self._seen:
                self.repeated += 1
            elif isinstance(image.found, SetAside):
                self.set_aside.append(image.found)
            else:
                self.rows.append(image.found)
                kept[image.image_id] = image.content
            self._seen.add(image.image_id)
        return kept

    def table(self) -> pa.Table:
        """Return the manifest, ordered by id: the same images in any order give the same table."""
        import pyarrow as pa

        rows = sorted(self.rows, key=lambda row: row.image_id)
        columns: dict[str, list[Any]] = {
            "image_id": [row.image_id for row in rows],
            "perceptual_hash": [f"{row.perceptual_hash:016x}" for row in rows],
        }
        for name in Quality.__dataclass_fields__:
            columns[name] = [getattr(row.quality, name) for row in rows]
        return pa.table(columns)


def manifest_contract() -> TableContract:
    """Return what a manifest must look like once it is text."""
    return TableContract(_manifest_schema)


def _manifest_schema() -> Any:
    from pandera.pandas import Check, Column, DataFrameSchema

    digest = Check.str_matches(r"^[0-9a-f]{64}$", error="is a SHA-256 in hex")
    phash = Check.str_matches(r"^[0-9a-f]{16}$", error="is 64 bits in hex")
    measures = {
        name: Column("int64" if kind == "int" else "float64", Check.ge(0, error="is at least 0"))
        for name, kind in Quality.__annotations__.items()
    }
    return DataFrameSchema(
        {"image_id": Column(str, digest), "perceptual_hash": Column(str, phash), **measures},
        unique=["image_id"],
        report_duplicates="exclude_first",
    )


def take_in(
    images: Iterable[tuple[str, bytes]],
    store: ImageStore,
    limits: ImageLimits | None = None,
) -> Taken:
    """Check images, store those that can be used, each once, and return the rest with the reason.

    ``images`` are names and bytes. They are taken batch by batch, one stored while the next is looked at, so
    memory holds two. Interrupted, it is repeated: what is stored is found and not stored again.
    """
    taken = Taken()
    look = partial(_look, limits=limits or ImageLimits())
    # More threads than cores only wait for each other's interpreter.
    with ThreadPoolExecutor(threads()) as pool, ThreadPoolExecutor(1) as writer:
        stored = writer.submit(store.keep, {})
        for batch in _batches(images, BATCH):
            looked = list(chain.from_iterable(pool.map(look, _batches(batch, AT_ONCE))))
            stored.result()
            stored = writer.submit(store.keep, taken.add(looked))
        stored.result()
    for each in taken.set_aside:
        log.warning("set aside %s: %s", each.name, each.reason)
    return taken


def _batches(images: Iterable[tuple[str, bytes]], size: int) -> Iterator[list[tuple[str, bytes]]]:
    left = iter(images)
    while batch := list(islice(left, size)):
        yield batch


def _look(images: list[tuple[str, bytes]], limits: ImageLimits) -> list[Looked]:
    """Look at some images; one at a time, threads would be handed over to more than they would look."""
    return [_looked(name, content, limits) for name, content in images]


def _looked(name: str, content: bytes, limits: ImageLimits) -> Looked:
    identity = image_id(content)
    return Looked(identity, content, _found(identity, name, content, limits))


def _found(identity: str, name: str, content: bytes, limits: ImageLimits) -> Row | SetAside:
    try:
        grey = decode(content)
    except ImageRefused as error:
        return SetAside(name, str(error))
    quality = measure(grey)
    if found := problems(quality, limits):
        return SetAside(name, "; ".join(found))
    return Row(identity, name, quality, perceptual_hash(grey))
