"""The bytes of a dataset version's images, beside what is known of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ml.data.images.store import ImageStore

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.environment import Environment

IMAGES: Final = "images"
CONTENT: Final = "content"


def with_contents(environment: Environment, system: str, tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Return the tables, ``images`` with a column ``content``; without such a table they are as they were.

    Raises:
        DatasetNotFound, DatasetDamaged: an image is gone or has other bytes; names it.
    """
    import pyarrow as pa

    if IMAGES not in tables:
        return tables
    images = tables[IMAGES]
    contents = list(ImageStore(environment, system).read(images["image_id"].to_pylist()))
    return {**tables, IMAGES: images.append_column(CONTENT, pa.array(contents, pa.large_binary()))}
