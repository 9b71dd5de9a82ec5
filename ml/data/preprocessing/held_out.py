"""The guard: rows that are held out never reach what is fitted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.data.split import TRAIN
from ml.errors import ContractBroken, DataLeak

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN = 5


@dataclass(frozen=True)
class HeldOut:
    """The ids of all rows of a dataset version that are not for training, by the column ``key``."""

    key: str
    ids: frozenset[str]

    @classmethod
    def of(cls, table: pa.Table, key: str, part: str = "part") -> HeldOut:
        """Return the held-out ids of a whole table, in which column ``part`` says what each row is for.

        Raises:
            DataLeak: an id is in training and held out at once.
            ContractBroken: a column is missing.
        """
        for name in (key, part):
            if name not in table.column_names:
                raise ContractBroken(
                    f"the table lacks the column {name}; it has {', '.join(table.column_names)}: give "
                    "each row an id and its part (train, validation, test)"
                )
        rows = list(zip(map(str, table[key].to_pylist()), table[part].to_pylist(), strict=True))
        found = cls(key, frozenset(one for one, where in rows if where != TRAIN))
        found.refuse(one for one, where in rows if where == TRAIN)
        return found

    def training_rows(self, table: pa.Table) -> pa.Table:
        """Return the rows of a table that are not held out."""
        return table.filter([str(one) not in self.ids for one in table[self.key].to_pylist()])

    def refuse(self, ids: Iterable[object]) -> None:
        """Let no held-out row pass.

        Raises:
            DataLeak: one of ``ids`` is held out.
        """
        leaked = sorted({str(one) for one in ids} & self.ids)
        if leaked:
            raise DataLeak(
                f"{len(leaked)} held-out row(s) were given to fit ({self.key} {', '.join(leaked[:SHOWN])}"
                f"{', ...' if len(leaked) > SHOWN else ''}): fit on training rows alone, for example "
                "held_out.training_rows(table)"
            )
