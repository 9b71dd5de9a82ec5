"""What images and the labels of cells must look like."""

from __future__ import annotations

from typing import Any

from ml.data.contract import Reference, TableContract
from ml.data.images.manifest import manifest_contract

TYPES = ("mono", "poly")


def contract() -> dict[str, TableContract]:
    """Return the contract of each table; images come before the labels that name them."""
    return {
        "images": manifest_contract(),
        "cells": TableContract(_cells, (Reference("image_id", "images", "image_id"),)),
    }


def _cells() -> Any:
    from pandera.pandas import Check, Column, DataFrameSchema

    return DataFrameSchema(
        {
            "image_id": Column(str),
            "path": Column(str),
            "defect_probability": Column("float64", Check.in_range(0, 1, error="lies between 0 and 1")),
            "cell_type": Column(str, Check.isin(TYPES, error=f"is one of {', '.join(TYPES)}")),
        },
        unique=["image_id"],
        report_duplicates="exclude_first",
    )
