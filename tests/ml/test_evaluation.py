"""The evaluation answers from serving files as a service would, for today's model and yesterday's."""

import numpy as np
import pyarrow as pa
import pytest

from ml.data.split import TEST, TRAIN, VALIDATION
from ml.evaluation.ranking import ndcg_at, rank_of
from ml.evaluation.units import Units
from ml.system import implementation
from ml.systems.recommender.features import Events, positions

SETTINGS = {"recency_exponents": [0.7], "ease_penalties": [10], "als_factors": []}


@pytest.fixture(scope="module")
def system():
    return implementation("recommender")


@pytest.fixture(scope="module")
def tables(system, small_events):
    return system.features(small_events)


@pytest.fixture(scope="module")
def fitted(system, tables):
    return system.fit(tables, SETTINGS, 0)


@pytest.fixture(scope="module")
def folder(system, tables, fitted, tmp_path_factory):
    made = tmp_path_factory.mktemp("serving")
    system.export(fitted, tables, "recommender@1", made)
    return made


def test_the_figures_are_those_of_the_trained_model_ranked_in_the_plainest_way(
    system, tables, fitted, folder
):
    units = system.evaluate(folder, tables)
    events = Events.of(tables)
    histories = events.histories(TRAIN, VALIDATION)
    rows, items = events.last_items(TEST)
    scores = fitted.model.scores(histories, 0.7)
    ranks = np.array(
        [rank_of(scores[row], histories.of(row), item) for row, item in zip(rows, items, strict=True)]
    )
    np.testing.assert_allclose(units.metrics["ndcg_at_10"], ndcg_at(ranks, 10))
    assert len(units) == 60


def test_the_floor_counts_no_test_event(system, tables, folder):
    units = system.evaluate(folder, tables)
    events = Events.of(tables)
    counts = events.histories(TRAIN, VALIDATION).counts(40).astype(float)
    histories = events.histories(TRAIN, VALIDATION)
    rows, items = events.last_items(TEST)
    ranks = np.array(
        [rank_of(counts, histories.of(row), item) for row, item in zip(rows, items, strict=True)]
    )
    np.testing.assert_allclose(units.baselines["popularity"]["ndcg_at_10"], ndcg_at(ranks, 10))


def test_a_model_of_another_catalogue_is_matched_by_id_and_what_it_lacks_ranks_last(system, tables, folder):
    """Ten more films, the old ones in another order: the same users' figures, but for the new films."""
    before = system.evaluate(folder, tables)
    order = np.random.default_rng(0).permutation(40)
    items = tables["items"].take(order)
    more = pa.table(
        {
            "item_id": [f"new{n}" for n in range(10)],
            "movie_title": ["New"] * 10,
            "release_year": [2000] * 10,
            "class": ["Drama"] * 10,
        }
    )
    after = system.evaluate(folder, {**tables, "items": pa.concat_tables([items, more])})
    np.testing.assert_allclose(after.metrics["ndcg_at_10"], before.metrics["ndcg_at_10"])
    events = tables["events"].to_pandas()
    last = events.index[(events.part == TEST) & (events.user_id == "u0")]
    events.loc[last, "item_id"] = "new3"
    changed = {
        **tables,
        "items": pa.concat_tables([items, more]),
        "events": pa.Table.from_pandas(events, preserve_index=False),
    }
    lost = system.evaluate(folder, changed)
    assert lost.metrics["ndcg_at_10"][lost.ids.tolist().index("u0")] == 0


def test_units_read_back_as_they_were_saved(system, tables, folder, tmp_path):
    units = system.evaluate(folder, tables)
    units.save(tmp_path)
    loaded = Units.load(tmp_path)
    np.testing.assert_array_equal(loaded.ids, units.ids)
    np.testing.assert_array_equal(loaded.metrics["mrr_at_10"], units.metrics["mrr_at_10"])
    np.testing.assert_array_equal(loaded.slices["age"], units.slices["age"])
    np.testing.assert_array_equal(
        loaded.baselines["popularity"]["ndcg_at_10"], units.baselines["popularity"]["ndcg_at_10"]
    )
    assert loaded.curves == units.curves
    assert loaded.facts == units.facts


def test_positions_are_found_and_strangers_are_minus_one():
    among = np.array(["b", "a", "c"])
    assert positions(np.array(["a", "c", "x", "b"]), among).tolist() == [1, 2, -1, 0]
