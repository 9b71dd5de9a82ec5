"""What events, items and users must look like."""

from __future__ import annotations

from typing import Any

from ml.data.contract import Reference, TableContract

ID = r"^[A-Za-z0-9_.:-]{1,64}$"
FIRST_FILM = 1870
LATEST_YEAR = 2100
# How MovieLens-100K spells the year of the two films whose year it does not know.
NO_YEAR = frozenset({"unkonwn", "v"})


def contract() -> dict[str, TableContract]:
    """Return the contract of each table; items and users come before the events that name them."""
    return {
        "items": TableContract(_items, absent={"release_year": NO_YEAR}),
        "users": TableContract(_users),
        "events": TableContract(
            _events,
            (Reference("user_id", "users", "user_id"), Reference("item_id", "items", "item_id")),
        ),
    }


def _events() -> Any:
    from pandera.pandas import Check, Column, DataFrameSchema

    return DataFrameSchema(
        {
            "user_id": Column(str, Check.str_matches(ID, error="is an id")),
            "item_id": Column(str, Check.str_matches(ID, error="is an id")),
            "rating": Column("float64", Check.in_range(1, 5, error="lies between 1 and 5")),
            "timestamp": Column("int64", Check.ge(0, error="is at least 0")),
        },
        unique=["user_id", "item_id"],
        report_duplicates="exclude_first",
    )


def _items() -> Any:
    from pandera.pandas import Check, Column, DataFrameSchema

    years = Check.in_range(FIRST_FILM, LATEST_YEAR, error=f"lies between {FIRST_FILM} and {LATEST_YEAR}")
    return DataFrameSchema(
        {
            "item_id": Column(str, Check.str_matches(ID, error="is an id")),
            "movie_title": Column(str),
            "release_year": Column("Int64", years, nullable=True),
            "class": Column(str, nullable=True),
        },
        unique=["item_id"],
        report_duplicates="exclude_first",
    )


def _users() -> Any:
    from pandera.pandas import Check, Column, DataFrameSchema

    return DataFrameSchema(
        {
            "user_id": Column(str, Check.str_matches(ID, error="is an id")),
            "age": Column("Int64", Check.in_range(1, 120, error="lies between 1 and 120"), nullable=True),
            "gender": Column(str, nullable=True),
            "occupation": Column(str, nullable=True),
        },
        unique=["user_id"],
        report_duplicates="exclude_first",
    )
