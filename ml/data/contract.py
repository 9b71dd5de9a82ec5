"""What a clean table is: a pandera schema, and keys that point into other tables.

A row that breaks a rule is set aside with the column and the rule; a table that lacks a column is
refused as a whole. Column types come from the schema: text is read as the type first, and what
cannot be read is set aside like any other violation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from ml.errors import ContractBroken

if TYPE_CHECKING:
    import pandas as pd

SHOWN_ROWS = 5
ABSENT = frozenset({"", "nan", "null", "none", "na"})


@dataclass(frozen=True)
class Reference:
    """A column whose values must occur in another table's column."""

    column: str
    table: str
    key: str


@dataclass(frozen=True)
class TableContract:
    """``schema`` makes the pandera schema (pandera is imported only when it is asked for).

    ``absent`` are a column's own words for a missing value, in lower case, besides the usual ones.
    """

    schema: Callable[[], Any]
    references: tuple[Reference, ...] = ()
    absent: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Violation(BaseModel):
    """One rule that rows of a table break: how many, the first few row numbers, one value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    column: str
    rule: str
    count: int
    rows: tuple[int, ...]
    example: str

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.rows)) + (", ..." if self.count > len(self.rows) else "")
        return (
            f"{self.table}.{self.column}: {self.rule}: {self.count} row(s) ({shown}), such as {self.example}"
        )


@dataclass
class Checked:
    """The rows that hold, as a frame of the schema's types, and those that do not.

    ``breaches`` has one line per row and rule: row, column, rule, value.
    """

    clean: pd.DataFrame
    breaches: list[Breach] = field(default_factory=list)


@dataclass(frozen=True)
class Breach:
    """One row that breaks one rule."""

    row: int
    column: str
    rule: str
    value: str


def check_table(name: str, contract: TableContract, frame: pd.DataFrame) -> Checked:
    """Sort a table's rows by whether they hold; ``frame`` is text, indexed by row number.

    Raises:
        ContractBroken: a column is missing.
    """
    schema = contract.schema()
    missing = [column for column in schema.columns if column not in frame.columns]
    if missing:
        raise ContractBroken(
            f"table {name} lacks the column(s) {', '.join(missing)}; it has {', '.join(frame.columns)}: "
            "mend the source, or the contract if the source has changed for good"
        )
    typed, breaches = _read_types(schema, frame[list(schema.columns)], contract.absent)
    breaches += _broken_rules(schema, typed)
    bad = {breach.row for breach in breaches}
    return Checked(typed[~typed.index.isin(bad)], breaches)


def check_references(name: str, contract: TableContract, tables: dict[str, Checked]) -> None:
    """Set aside the rows of ``tables[name]`` that point at nothing."""
    checked = tables[name]
    for reference in contract.references:
        known = tables[reference.table].clean[reference.key]
        lost = ~checked.clean[reference.column].isin(known)
        rule = f"occurs in {reference.table}.{reference.key}"
        values = checked.clean.loc[lost, reference.column]
        rows = values.index.tolist()
        checked.breaches += [
            Breach(row, reference.column, rule, str(v)) for row, v in zip(rows, values, strict=True)
        ]
        checked.clean = checked.clean[~lost]


def violations(table: str, breaches: list[Breach]) -> list[Violation]:
    """Sum breaches up by column and rule."""
    groups: dict[tuple[str, str], list[Breach]] = {}
    for breach in breaches:
        groups.setdefault((breach.column, breach.rule), []).append(breach)
    return [
        Violation(
            table=table,
            column=column,
            rule=rule,
            count=len(group),
            rows=tuple(sorted(breach.row for breach in group)[:SHOWN_ROWS]),
            example=repr(group[0].value),
        )
        for (column, rule), group in groups.items()
    ]


def _read_types(
    schema: Any, frame: pd.DataFrame, absent: Mapping[str, frozenset[str]]
) -> tuple[pd.DataFrame, list[Breach]]:
    """Read text as the schema's types; rows that cannot be read are left out."""
    import pandas as pd

    columns: dict[str, Any] = {}
    breaches: list[Breach] = []
    for name, column in schema.columns.items():
        text = frame[name].str.strip()
        text = text.mask(text.str.lower().isin(ABSENT | absent.get(name, frozenset())))
        kind = str(column.dtype).lower()
        if "int" in kind or "float" in kind:
            read = pd.to_numeric(text, errors="coerce")
            unread = read.isna() & text.notna()
            if "int" in kind:
                unread |= read.notna() & (read % 1 != 0)
            rule = "is a whole number" if "int" in kind else "is a number"
            breaches += [Breach(int(r), name, rule, str(v)) for r, v in text[unread].items()]
            columns[name] = read
        else:
            columns[name] = text
        if not column.nullable:
            lost = frame[name][text.isna()]
            breaches += [Breach(int(r), name, "is not missing", str(v)) for r, v in lost.items()]
    bad = {breach.row for breach in breaches}
    typed = pd.DataFrame(columns, index=frame.index)
    typed = typed[~typed.index.isin(bad)]
    return typed.astype({name: str(column.dtype) for name, column in schema.columns.items()}), breaches


def _broken_rules(schema: Any, typed: pd.DataFrame) -> list[Breach]:
    """Return what pandera finds, one line per row and rule."""
    from pandera.errors import SchemaErrors

    try:
        schema.validate(typed, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        unplaced = cases[cases["index"].isna()]
        if len(unplaced):
            first = unplaced.iloc[0]
            raise ContractBroken(
                f"the table breaks {first['check']} in {first['column']} ({first['failure_case']}) "
                "and no single row is to blame; mend the source"
            ) from error
        return [
            Breach(int(case.index_), str(case.column), _rule(str(case.check)), str(case.failure_case))
            for case in cases.rename(columns={"index": "index_"}).itertuples()
        ]
    return []


def _rule(check: str) -> str:
    return "key is unique" if check == "multiple_fields_uniqueness" else check
