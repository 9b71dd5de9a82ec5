"""A table as a system declares it: the columns that a model sees, and the one that it learns to tell."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, model_validator

from ml.declared import Declared

# The name of the table, and of the columns that are added to it.
ROWS: Final = "rows"
ROW_ID: Final = "row_id"
PART: Final = "part"


class Column(Declared):
    """One column. ``low`` and ``high`` are the least and greatest number seen, ``categories`` the texts.

    ``gaps`` says whether a value may be missing.
    """

    name: str = Field(min_length=1)
    kind: Literal["number", "text"] = "number"
    low: float = 0.0
    high: float = 0.0
    categories: tuple[str, ...] = ()
    gaps: bool = False

    @property
    def bounds(self) -> tuple[float, float]:
        """What a number may be at least and at most: as far outside what was seen as that is wide.

        What was never negative must not become so.
        """
        width = (self.high - self.low) or abs(self.high) or 1.0
        least = self.low - width
        return (max(least, 0.0) if self.low >= 0 else least), self.high + width


class Table(Declared):
    """``columns`` are what a model sees, ``target`` is one of ``classes``.

    Rows with the same value of ``group`` (a customer, a machine) are never divided between training and
    held-out rows. With ``time`` the newest rows are held out. Neither is seen by a model. ``balanced`` lets
    every class weigh the same, however rare; probabilities are then those of equally frequent classes.
    """

    columns: tuple[Column, ...] = Field(min_length=1)
    target: str
    classes: tuple[str, ...] = Field(min_length=2)
    group: str | None = None
    time: str | None = None
    balanced: bool = False

    @model_validator(mode="after")
    def _names_differ(self) -> Table:
        names = self.names + self.beside
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is named twice; give each column one part")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that a model sees."""
        return tuple(column.name for column in self.columns)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Those that hold numbers."""
        return tuple(column.name for column in self.columns if column.kind == "number")

    @property
    def texts(self) -> tuple[str, ...]:
        """Those that hold text."""
        return tuple(column.name for column in self.columns if column.kind == "text")

    @property
    def beside(self) -> tuple[str, ...]:
        """The columns that a model does not see."""
        return tuple(name for name in (self.target, self.group, self.time) if name is not None)
