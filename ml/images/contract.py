"""What images and their classes must look like."""

from __future__ import annotations

from functools import partial
from typing import Any

from ml.data.contract import Reference, TableContract
from ml.data.images.manifest import manifest_contract
from ml.images.source import EXAMPLES


def contract(classes: tuple[str, ...]) -> dict[str, TableContract]:
    """Return the contract of each table; images come before the labels that name them."""
    references = (Reference("image_id", "images", "image_id"),)
    return {"images": manifest_contract(), EXAMPLES: TableContract(partial(_labels, classes), references)}


def _labels(classes: tuple[str, ...]) -> Any:
    from pandera.pandas import Check, Column, DataFrameSchema

    known = Check.isin(classes, error=f"is one of {', '.join(classes)}")
    return DataFrameSchema(
        {"image_id": Column(str), "path": Column(str), "label": Column(str, known)},
        unique=["image_id"],
        report_duplicates="exclude_first",
    )
