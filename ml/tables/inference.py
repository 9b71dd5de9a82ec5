"""A table's declaration out of its rows: which columns are numbers, which texts, what they hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.data.contract import ABSENT
from ml.errors import ContractBroken, WrongInput
from ml.tables.split import HELD_OUT, times_of
from ml.tables.table import PART, ROW_ID, Column, Table

if TYPE_CHECKING:
    import pyarrow as pa

# Each of the three parts needs rows of every class: a fifth of ten are two.
LEAST_ROWS: Final = 50
LEAST_OF_CLASS: Final = 10
MOST_CLASSES: Final = 100
MOST_CATEGORIES: Final = 50
# A class is rare if it has less than half of what it had if all were equally frequent.
RARE: Final = 0.5
# With more different numbers a column is no list of categories, some of which look like numbers.
FEW_NUMBERS: Final = 10
SHOWN: Final = 8


@dataclass(frozen=True)
class Roles:
    """Which columns are not for the model: the target, groups, the time, and those to leave out."""

    target: str
    group: str | None = None
    time: str | None = None
    without: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """All columns that are named."""
        return tuple(name for name in (self.target, self.group, self.time, *self.without) if name)


@dataclass(frozen=True)
class Inferred:
    """A table, how many rows it was seen in, and a sentence for each column that is left out.

    ``example`` is a row as a request would give it, one without gaps if there is one.
    """

    table: Table
    rows: int
    example: dict[str, float | str]
    left_out: tuple[str, ...]


def inferred(rows: pa.Table, roles: Roles) -> Inferred:
    """Look at raw rows, every column text.

    Raises:
        WrongInput: no system can be made of them; the message says why and what to do.
    """
    _check_names(rows, roles)
    classes = _classes(rows, roles.target)
    _check_beside(rows, roles)
    columns, left_out = [], []
    for name in rows.column_names:
        if name in roles.named:
            continue
        found = _column(name, _values(rows, name))
        columns += [found] if isinstance(found, Column) else []
        left_out += [found] if isinstance(found, str) else []
    if not columns:
        raise WrongInput(f"no column is left to learn from ({'; '.join(left_out)}); bring others")
    rare = min(classes.values()) < RARE * sum(classes.values()) / len(classes)
    table = Table(
        columns=tuple(columns),
        target=roles.target,
        classes=tuple(sorted(classes)),
        group=roles.group,
        time=roles.time,
        balanced=rare,
    )
    return Inferred(table, rows.num_rows, _example(table, rows), tuple(left_out))


def _example(table: Table, rows: pa.Table) -> dict[str, float | str]:
    columns = {name: _values(rows, name) for name in table.names}
    gaps = [sum(value is None for value in row) for row in zip(*columns.values(), strict=True)]
    place = gaps.index(min(gaps))
    found = {name: values[place] for name, values in columns.items()}
    return {
        name: float(value) if name in table.numbers else value
        for name, value in found.items()
        if value is not None
    }


def _check_names(rows: pa.Table, roles: Roles) -> None:
    there = rows.column_names
    lost = [name for name in roles.named if name not in there]
    if lost:
        raise WrongInput(f"there is no column {', '.join(lost)}; there are: {', '.join(there)}")
    reserved = sorted({ROW_ID, PART} & set(there))
    if reserved:
        raise WrongInput(f"a column is named {' and '.join(reserved)}, which Millrace adds itself; rename it")
    if rows.num_rows < LEAST_ROWS:
        raise WrongInput(
            f"{rows.num_rows} row(s) are too few to learn from and to judge by; bring {LEAST_ROWS} or more"
        )


def _check_beside(rows: pa.Table, roles: Roles) -> None:
    try:
        if roles.time:
            times_of(rows, roles.time)
    except ContractBroken as error:
        raise WrongInput(str(error)) from error
    groups = {value for value in _values(rows, roles.group) if value} if roles.group else set()
    if roles.group and len(groups) < HELD_OUT * 2:
        raise WrongInput(
            f"column {roles.group} has {len(groups)} different value(s), too few groups to hold some out; "
            f"bring rows of {HELD_OUT * 2} or more, or name no group"
        )


def _values(rows: pa.Table, name: str) -> list[str | None]:
    """Return a column's texts, None for what the contract takes for a gap."""
    texts = (text.strip() for text in rows[name].to_pylist())
    return [None if text.lower() in ABSENT else text for text in texts]


def _classes(rows: pa.Table, target: str) -> Counter[str]:
    values = _values(rows, target)
    counts = Counter(value for value in values if value is not None)
    gaps = values.count(None)
    if gaps > 0.05 * len(values):
        raise WrongInput(f"column {target} has no value in {gaps} of {len(values)} rows; bring labelled rows")
    if len(counts) < 2:
        raise WrongInput(
            f"column {target} is {', '.join(counts) or 'nothing'} in every row; bring rows of two classes"
        )
    if len(counts) > MOST_CLASSES or (len(counts) > MOST_CLASSES / 5 and _numbers(counts)[1] == 0):
        raise WrongInput(
            f"column {target} has {len(counts)} different values, which are no classes; name another column, "
            "or put its values into classes first"
        )
    name, count = counts.most_common()[-1]
    if count < LEAST_OF_CLASS:
        raise WrongInput(
            f"class {name} of column {target} has {count} row(s), at least {LEAST_OF_CLASS} are needed to "
            "hold some out; bring more of them, or join it to another class"
        )
    return counts


def _column(name: str, values: list[str | None]) -> Column | str:
    """Return a column, or the sentence that says why it is left out.

    Raises:
        WrongInput: it has to be mended first.
    """
    present = [value for value in values if value is not None]
    if not present:
        raise WrongInput(
            f"column {name} is empty in every row; take it out, or name it with --without {name}"
        )
    kinds = Counter(present)
    if len(kinds) == 1:
        return f"{name}: it is {present[0]} in every row"
    numbers, strange = _numbers(kinds)
    if strange == 0:
        return _number(name, numbers, present, gaps=len(present) < len(values))
    _refuse_mixed(name, kinds, len(numbers), strange)
    if len(kinds) > MOST_CATEGORIES:
        return (
            f"{name}: it has {len(kinds)} different texts, more than the {MOST_CATEGORIES} that are encoded"
        )
    return Column(name=name, kind="text", categories=tuple(sorted(kinds)), gaps=len(present) < len(values))


def _refuse_mixed(name: str, kinds: Counter[str], numbers: int, strange: int) -> None:
    total = sum(kinds.values())
    if numbers <= FEW_NUMBERS or strange > total / 2:
        return
    example = next(text for text in kinds if _number_of(text) is None)
    raise WrongInput(
        f"column {name} holds numbers, and in {strange} of {total} rows text such as {example[:40]!r}; mend "
        f"them (an empty value is a gap), or name it with --without {name}"
    )


def _number(name: str, numbers: dict[float, int], present: list[str], *, gaps: bool) -> Column | str:
    if not all(np.isfinite(list(numbers))):
        raise WrongInput(
            f"column {name} holds an infinite number; write an empty value for a gap, or name it with "
            f"--without {name}"
        )
    low, high = min(numbers), max(numbers)
    whole = all(number.is_integer() for number in numbers)
    if whole and len(numbers) == len(present) == high - low + 1:
        return f"{name}: it numbers the rows"
    return Column(name=name, low=low, high=high, gaps=gaps)


def _numbers(kinds: Counter[str]) -> tuple[dict[float, int], int]:
    """Return how often each number is there, and in how many rows there is none."""
    numbers, strange = Counter[float](), 0
    for text, count in kinds.items():
        number = _number_of(text)
        if number is None:
            strange += count
        else:
            numbers[number] += count
    return dict(numbers), strange


def _number_of(text: str) -> float | None:
    # Python reads 1_000 as a number, and the contract does not.
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None
