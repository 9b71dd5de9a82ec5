"""What feedback teaches: a film that a user rated is an event like any other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from ml.data.prediction_log import Said


def from_log(tables: dict[str, pa.Table], said: Iterable[Said]) -> dict[str, pa.Table]:
    """Add an event for each rating in the log, and its user if that one is new.

    A user's later rating of a film takes the place of an earlier one, in the log and in the table.
    """
    import pyarrow as pa

    rated = {(each["user_id"], each["item_id"]): each for each in _ratings(said)}
    if not rated:
        return tables
    events, users = tables["events"], tables["users"]
    pairs = zip(events["user_id"].to_pylist(), events["item_id"].to_pylist(), strict=True)
    kept = events.filter(pa.array([pair not in rated for pair in pairs]))
    known = set(users["user_id"].to_pylist())
    fresh = sorted({user for user, _ in rated} - known)
    return tables | {
        "events": pa.concat_tables([kept, _rows(list(rated.values()), events.schema)]),
        "users": pa.concat_tables([users, _rows([{"user_id": user} for user in fresh], users.schema)]),
    }


def _ratings(said: Iterable[Said]) -> Iterator[dict[str, str]]:
    for each in said:
        feedback: dict[str, Any] = json.loads(each.feedback)
        if feedback.get("event") == "rated" and feedback.get("rating") is not None:
            yield {
                "user_id": str(json.loads(each.response)["user_id"]),
                "item_id": str(feedback["item_id"]),
                # The source's ratings are whole stars.
                "rating": str(max(1, round(feedback["rating"]))),
                "timestamp": str(int(each.said_at.timestamp())),
            }


def _rows(rows: list[dict[str, str]], schema: pa.Schema) -> pa.Table:
    """Return rows of text with a schema's columns; what a row does not say is empty."""
    import pyarrow as pa

    return pa.table({name: [row.get(name, "") for row in rows] for name in schema.names}, schema=schema)
