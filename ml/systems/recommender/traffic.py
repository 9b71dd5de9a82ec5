"""Real requests of held-out users, what they took next, and a world that has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ml.data.split import TEST
from ml.systems.recommender.features import Events

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

SHOWN = 10


def requests(tables: dict[str, pa.Table], count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield ``count`` bodies of ``POST /recommend`` from held-out users, each as likely as any."""
    events = Events.of(tables)
    rows, _ = events.last_items(TEST)
    random = np.random.default_rng(seed)
    for row in random.choice(rows, size=count):
        yield {"user_id": str(events.users[row]), "k": SHOWN}


def shift(requests: Iterable[dict[str, Any]], strength: float, seed: int) -> Iterator[dict[str, Any]]:
    """Let newcomers, whom no model knows, send a share ``strength`` (0 to 1) of the requests."""
    random = np.random.default_rng(seed)
    for request in requests:
        if random.random() < strength:
            yield {**request, "user_id": f"newcomer-{random.integers(1_000_000)}"}
        else:
            yield request


def labels(tables: dict[str, pa.Table], requests: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield what the user of each request took last, how they rated it, and all that they took.

    Keys are ``user_id``, ``item_id``, ``rating`` and ``taken``; the middle two are None for a user who has
    no held-out event, such as a newcomer.
    """
    events = Events.of(tables)
    rows, items = events.last_items(TEST)
    held_out = tables["events"].filter((events.part == TEST).tolist())
    took = {
        str(events.users[row]): (str(events.items[item]), float(rating))
        for row, item, rating in zip(rows, items, held_out["rating"].to_pylist(), strict=True)
    }
    taken: dict[str, set[str]] = {}
    for row, item in zip(events.user, events.item, strict=True):
        taken.setdefault(str(events.users[row]), set()).add(str(events.items[item]))
    for request in requests:
        user = request["user_id"]
        item, rating = took.get(user, (None, None))
        yield {"user_id": user, "item_id": item, "rating": rating, "taken": taken.get(user, set())}
