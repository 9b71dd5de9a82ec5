"""Rows made here: three classes, numbers with gaps, text; and a folder that keeps checkpoints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from ml.tables.features import features
from ml.tables.source import identified
from ml.tables.table import ROW_ID, ROWS, Column, Table

CLASSES = ("high", "low", "mid")
TABLE = Table(
    columns=(
        Column(name="age", low=18.0, high=79.0),
        Column(name="income ($)", low=0.0, high=6000.0, gaps=True),
        Column(name="city", kind="text", categories=("Bonn", "Oslo", "Rome")),
    ),
    target="spends",
    classes=CLASSES,
)


def raw(count: int = 400, seed: int = 0) -> pa.Table:
    """Rows as a CSV file gives them: every column text."""
    random = np.random.default_rng(seed)
    age = random.integers(18, 80, count)
    income = np.round(random.normal(3000, 800, count), 2)
    city = random.choice(["Bonn", "Oslo", "Rome"], count)
    score = 0.05 * (age - 50) + (income - 3000) / 800 + (city == "Oslo") + random.normal(0, 0.5, count)
    spends = np.where(score > 0.8, "high", np.where(score < -0.8, "low", "mid"))
    return pa.table(
        {
            "age": [str(value) for value in age],
            "income ($)": ["" if at % 17 == 0 else str(value) for at, value in enumerate(income)],
            "city": city.tolist(),
            "spends": spends.tolist(),
        }
    )


def clean(rows: pa.Table) -> pa.Table:
    """The same as the contract leaves them: numbers and gaps, with ids."""
    numbers = {
        name: pa.array([float(value) if value else None for value in rows[name].to_pylist()], pa.float64())
        for name in ("age", "income ($)")
    }
    rest = {name: rows[name] for name in rows.column_names if name not in numbers}
    return pa.table(numbers | rest | {ROW_ID: identified(rows)[ROW_ID]})


def tables(count: int = 400, seed: int = 0, table: Table = TABLE) -> dict[str, pa.Table]:
    """Clean rows, each with its part."""
    return features(table, {ROWS: clean(raw(count, seed))})


class Kept:
    """Progress that keeps checkpoints in a folder, as the object store does, and notes what it is told.

    With ``stop`` it raises when something of that name has been kept ``after`` times.
    """

    def __init__(self, folder: Path, stop: str = "", after: int = 1) -> None:
        self.folder = folder
        self.reported: list[tuple[int, float]] = []
        self.names: list[str] = []
        self._stop, self._after = stop, after

    def report(self, step: int, score: float) -> None:
        self.reported.append((step, score))

    def keep(self, name: str, content: bytes) -> None:
        (self.folder / name).write_bytes(content)
        self.names.append(name)
        if self._stop and self.names.count(self._stop) == self._after:
            raise KeyboardInterrupt(name)

    def kept(self, name: str) -> bytes | None:
        path = self.folder / name
        return path.read_bytes() if path.is_file() else None
