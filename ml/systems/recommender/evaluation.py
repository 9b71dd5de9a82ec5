"""Every held-out user's next film, ranked by the serving files among all films not yet taken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.data.split import TEST, TRAIN, VALIDATION
from ml.evaluation.ranking import hit_at, ndcg_at, rank_of, reciprocal_rank_at
from ml.evaluation.units import Curve, Units
from ml.systems.recommender.features import Events, positions, text
from ml.systems.recommender.serving import Recommender, top

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

CUTOFF = 10
DEEPEST = 50
ABSENT = ""


def evaluate(folder: Path, tables: dict[str, pa.Table]) -> Units:
    """Rank each user's test item from the training and validation events before it.

    The model may come from an older dataset version: its catalogue is matched by id, and a film
    that it does not know ranks last. Baseline: popularity, counted before the test events.
    """
    recommender = Recommender.load(folder)
    events = Events.of(tables)
    histories = events.histories(TRAIN, VALIDATION)
    n_items = len(events.items)
    model_index = positions(events.items, np.array([item.id for item in recommender.catalogue.items]))
    popularity = histories.counts(n_items).astype(np.float32)
    users, items = events.last_items(TEST)
    ranks = np.empty(len(users), np.int64)
    popular_ranks = np.empty(len(users), np.int64)
    shown = np.zeros(n_items, bool)
    for unit, (row, item) in enumerate(zip(users.tolist(), items.tolist(), strict=True)):
        taken = histories.of(row)
        scores = _scores(recommender, taken, model_index, popularity)
        ranks[unit] = rank_of(scores, taken, item)
        popular_ranks[unit] = rank_of(popularity, taken, item)
        scores[taken] = -np.inf
        shown[top(scores, CUTOFF)] = True
    return Units(
        ids=events.users[users],
        metrics=_figures(ranks),
        baselines={"popularity": _figures(popular_ranks)},
        slices=_slices(tables, users, items, histories.lengths()),
        curves=_curves(ranks, popular_ranks),
        facts={"catalogue_coverage_at_10": float(shown.mean())},
    )


def _scores(
    recommender: Recommender,
    taken: NDArray[np.int32],
    model_index: NDArray[np.int64],
    popularity: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return float32 [n_items] in the dataset's order."""
    known = model_index[taken]
    known = known[known >= 0].astype(np.int32)
    if not len(known):
        return popularity.copy()
    scores = recommender.scores(known)[model_index]
    scores[model_index < 0] = -np.inf
    return scores


def _figures(ranks: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    return {
        "ndcg_at_10": ndcg_at(ranks, CUTOFF),
        "hit_rate_at_10": hit_at(ranks, CUTOFF),
        "mrr_at_10": reciprocal_rank_at(ranks, CUTOFF),
    }


def _curves(ranks: NDArray[np.int64], popular: NDArray[np.int64]) -> tuple[Curve, ...]:
    cutoffs = np.arange(1, DEEPEST + 1)

    def line(name: str, title: str, figure: Any) -> Curve:
        return Curve(
            name=name,
            title=title,
            x_title="films shown (k)",
            y_title=title,
            x=tuple(cutoffs.astype(float)),
            y=tuple(float(figure(ranks, int(k)).mean()) for k in cutoffs),
            baselines={"popularity": tuple(float(figure(popular, int(k)).mean()) for k in cutoffs)},
        )

    return line("hit_rate", "HR@k", hit_at), line("ndcg", "NDCG@k", ndcg_at)


def _slices(
    tables: dict[str, pa.Table],
    users: NDArray[np.int64],
    items: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> dict[str, NDArray[np.str_]]:
    """Return the slice of each unit: by activity, age, gender of the user, and genre of the film."""
    genres = np.array([genre.split(" ")[0] for genre in text(tables["items"], "class")])
    return {
        "activity": _activity(lengths[users]),
        "age": _ages(tables["users"]["age"].to_pylist())[users],
        "gender": text(tables["users"], "gender")[users],
        "genre": genres[items],
    }


def _activity(lengths: NDArray[np.int64]) -> NDArray[np.str_]:
    names = np.array(["under 40 events", "40 to 119 events", "120 events or more"])
    return names[np.digitize(lengths, [40, 120])]


def _ages(ages: list[int | None]) -> NDArray[np.str_]:
    names = np.array(["under 25", "25 to 34", "35 to 49", "50 or older"])
    return np.array([ABSENT if age is None else names[np.digitize(age, [25, 35, 50])] for age in ages])
