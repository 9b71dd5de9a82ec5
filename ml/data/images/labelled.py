"""Raw tables with the labels that people gave since: what the next dataset version is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ml.data.images.contents import IMAGES
from ml.data.images.inbox import Inbox
from ml.data.images.labels import Labels
from ml.errors import WrongInput

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.data.images.labels import Labelling
    from ml.environment import Environment

# Who gave each label, when and in which file: a raw table, kept with the delivery.
PROVENANCE: Final = "labels"


def with_labels(
    environment: Environment, system: str, tables: dict[str, pa.Table], labelling: Labelling
) -> dict[str, pa.Table]:
    """Return raw tables in which imported labels hold: rows are changed, and images of the inbox added.

    Raises:
        WrongInput: a new image lacks a label that a row needs; names both.
    """
    import pyarrow as pa

    current, inbox = Labels(environment, system).current(), Inbox(environment, system).images()
    if not current:
        return tables
    rows = tables[labelling.table].to_pylist()
    known = {row["image_id"] for row in rows}
    images = {row["image_id"]: row for row in tables[IMAGES].to_pylist()}
    said = {image: labelling.columns(given) for image, (_, given) in current.items()}
    for row in rows:
        row |= said.get(row["image_id"], {})
    for image in sorted((said.keys() & inbox.keys()) - known):
        _refuse_gaps(inbox[image].name, labelling.needed - said[image].keys())
        rows.append({"image_id": image, "path": inbox[image].name, **said[image]})
        images.setdefault(image, inbox[image].as_text())
    provenance = [
        {
            "image_id": image,
            "labels": " ".join(given),
            "file": one.file,
            "sha256": one.sha256,
            "imported_by": one.imported_by,
            "imported_at": one.imported_at.isoformat(),
        }
        for image, (one, given) in sorted(current.items())
    ]
    return {
        **tables,
        labelling.table: pa.Table.from_pylist(rows, tables[labelling.table].schema),
        IMAGES: pa.Table.from_pylist([images[name] for name in sorted(images)], tables[IMAGES].schema),
        PROVENANCE: pa.Table.from_pylist(provenance),
    }


def _refuse_gaps(name: str, gaps: frozenset[str]) -> None:
    if gaps:
        raise WrongInput(
            f"the labels of the new image {name} say nothing of {', '.join(sorted(gaps))}; import them "
            "again with labels that do"
        )
