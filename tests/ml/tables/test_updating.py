"""A champion goes on learning from what is new alone, and from nothing that is held out, now or then."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import SGDClassifier

from ml.errors import NoUpdate, WrongInput
from ml.onnx_session import open_session
from ml.tables.export import export
from ml.tables.features import features
from ml.tables.fitting import fit
from ml.tables.news import News, unlearnt
from ml.tables.serving import infer
from ml.tables.updating import update
from ml.tables.weights import Kept
from tests.ml.tables.rows import TABLE, clean, raw
from tests.ml.tables.rows import Kept as Progress

LINEAR = {"candidates": [{"family": "linear", "epochs": 12}]}
OLD, NEW = 500, 500


def version(count, table=TABLE, **more):
    """The first rows of the same delivery, so that a later version holds an earlier one."""
    rows = clean(raw(OLD + NEW)).slice(0, count)
    for name, values in more.items():
        rows = rows.append_column(name, pa.array(values[:count]))
    return features(table, {"rows": rows})


@pytest.fixture(scope="module")
def before():
    return version(OLD)


@pytest.fixture(scope="module")
def now():
    return version(OLD + NEW)


@pytest.fixture(scope="module")
def champion(before, tmp_path_factory):
    folder = tmp_path_factory.mktemp("champion")
    export(TABLE, folder, fit(TABLE, before, LINEAR, 0), before, "spending@1")
    return folder


def column(tables, name):
    return np.array(tables["rows"][name].to_pylist())


def test_rows_keep_their_part_when_more_come_and_none_goes_from_training_to_test(before, now):
    then = dict(zip(column(before, "row_id"), column(before, "part"), strict=True))
    moves = [
        (then[row], part)
        for row, part in zip(column(now, "row_id"), column(now, "part"), strict=True)
        if row in then
    ]
    assert len(moves) == OLD
    assert sum(old == new for old, new in moves) > 0.9 * OLD
    assert ("train", "test") not in moves


def test_what_is_new_is_held_out_neither_now_nor_then(before, now):
    news = News.of(TABLE, now, before)
    ids, part = column(now, "row_id"), column(now, "part")
    old, old_part = column(before, "row_id"), column(before, "part")
    assert set(part[news.fresh | news.known]) == {"train"}
    assert not set(ids[news.fresh]) & set(old)
    assert set(ids[news.known]) <= set(old[old_part == "train"])
    assert not set(ids[news.testing]) & set(old[old_part != "test"])
    assert not set(ids[news.validating]) & set(old)
    judged = unlearnt(TABLE, now, before)
    test = column(judged, "row_id")[column(judged, "part") == "test"]
    assert set(test) == set(ids[news.testing])
    assert len(test) > 0.9 * (part == "test").sum()


def test_a_new_row_of_a_group_that_was_held_out_is_not_learnt():
    """Customers of whom each has one row before and one after: those held out then are no news now."""
    customers = [f"c{at % OLD}" for at in range(OLD + NEW)]
    table = TABLE.model_copy(update={"group": "customer"})
    then, later = (version(count, table, customer=customers) for count in (OLD, OLD + NEW))
    # The same customers give the same parts, so some are moved by hand, as an edge would.
    rows = later["rows"]
    parts = np.where(column(later, "part") == "test", "train", column(later, "part"))
    moved = rows.set_column(rows.column_names.index("part"), "part", pa.array(parts.tolist()))
    news = News.of(table, {"rows": moved}, then)
    held = set(column(then, "customer")[column(then, "part") == "test"])
    assert held
    assert news.fresh.any()
    assert not held & set(column(later, "customer")[news.fresh])


def test_a_linear_champion_goes_on_as_partial_fit_does(before, now, champion):
    updated = update(TABLE, champion, now, before, {"epochs": 1, "replay": 0}, 0)
    kept, shown = Kept.load(champion).states[0], updated.prepared.training
    assert len(shown.truth) == News.of(TABLE, now, before).fresh.sum()
    theirs = SGDClassifier(
        loss="log_loss", penalty="elasticnet", alpha=1e-4, l1_ratio=0, learning_rate="invscaling",
        eta0=0.1, power_t=0.25, shuffle=False,
    )  # fmt: skip
    theirs.partial_fit(shown.features[:1], shown.truth[:1], np.arange(3))
    theirs.coef_, theirs.intercept_, theirs.t_ = (
        kept["coef_"].copy(),
        kept["intercept_"].copy(),
        float(kept["t_"]),
    )
    order = np.random.default_rng([0, 0]).permutation(len(shown.truth))
    theirs.partial_fit(shown.features[order], shown.truth[order])
    np.testing.assert_allclose(
        updated.model.probabilities(shown.features), theirs.predict_proba(shown.features), atol=1e-12
    )


def test_an_update_is_written_as_onnx_and_can_be_updated_again(before, now, champion, tmp_path):
    updated = update(TABLE, champion, now, before, {}, 0)
    export(TABLE, tmp_path, updated, now, "spending@2")
    shown = updated.prepared.judged.features
    found = infer(open_session(tmp_path / "model.onnx"), shown)
    np.testing.assert_allclose(found, updated.model.probabilities(shown), atol=1e-5)
    assert (tmp_path / "preprocessing.json").read_bytes() == (champion / "preprocessing.json").read_bytes()
    assert (
        updated.model.probabilities(shown) != fit(TABLE, before, LINEAR, 0).model.probabilities(shown)
    ).any()
    assert Kept.load(tmp_path).states[0]["t_"] > Kept.load(champion).states[0]["t_"]


def test_known_rows_are_shown_again_as_often_as_asked(before, now, champion):
    fresh = int(News.of(TABLE, now, before).fresh.sum())
    rows = [
        update(TABLE, champion, now, before, {"epochs": 1, "replay": each}, 0).settings["rows"]
        for each in (0, 0.5)
    ]
    assert rows == [fresh, fresh + round(fresh / 2)]


def test_an_update_that_is_stopped_goes_on_and_ends_as_one_that_was_not(before, now, champion, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        update(
            TABLE,
            champion,
            now,
            before,
            {"epochs": 6},
            0,
            Progress(tmp_path, stop="member-0.epochs.npz", after=3),
        )
    progress = Progress(tmp_path)
    resumed = update(TABLE, champion, now, before, {"epochs": 6}, 0, progress)
    undisturbed = update(TABLE, champion, now, before, {"epochs": 6}, 0)
    assert progress.reported[0][0] == 3
    shown = undisturbed.prepared.judged.features
    np.testing.assert_array_equal(resumed.model.probabilities(shown), undisturbed.model.probabilities(shown))


def test_what_cannot_be_updated_says_why(before, now, champion, tmp_path):
    rows = before["rows"]
    learnt = rows.set_column(rows.column_names.index("part"), "part", pa.array(["train"] * OLD))
    with pytest.raises(NoUpdate, match=r"0 held-out row.* new to the champion, too few"):
        unlearnt(TABLE, before, {"rows": learnt})
    with pytest.raises(NoUpdate, match="is new since"):
        update(TABLE, champion, before, before, {}, 0)
    other = TABLE.model_copy(update={"classes": ("high", "low", "mid", "none")})
    with pytest.raises(NoUpdate, match="the champion tells high, low, mid apart"):
        update(other, champion, now, before, {}, 0)
    forest = {"candidates": [{"family": "forest", "trees": 3}]}
    export(TABLE, tmp_path, fit(TABLE, before, forest, 0), before, "spending@1")
    with pytest.raises(NoUpdate, match=r"\(forest\) has members that cannot go on"):
        update(TABLE, tmp_path, now, before, {}, 0)
    with pytest.raises(WrongInput, match=r"update\.settings\.replay"):
        update(TABLE, champion, now, before, {"replay": -1}, 0)
