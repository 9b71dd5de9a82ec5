"""What the recommender learns from its log: ratings become events, once each, the newest counting."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from ml.data.clean import Clean
from ml.data.ingest import Ingest
from ml.data.prediction_log import PredictionLog, Said
from ml.system import implementation
from services.recorder.bus import Message
from services.recorder.tables import LandingTable

TABLES = {
    "events": pa.table({"user_id": ["1"], "item_id": ["2"], "rating": ["4"], "timestamp": ["100"]}),
    "items": pa.table(
        {"item_id": ["2", "3"], "movie_title": ["A", "B"], "release_year": ["", ""], "class": ["", ""]}
    ),
    "users": pa.table({"user_id": ["1"], "age": ["30"], "gender": ["F"], "occupation": ["other"]}),
}


def said(user, item, second, event="rated", rating=5.0):
    moment = datetime.fromtimestamp(second, UTC)
    feedback = {"item_id": item, "event": event, "rating": rating}
    return Said("p", moment, moment, "{}", json.dumps({"user_id": user}), json.dumps(feedback))


def events(*told):
    tables = implementation("recommender").from_log(TABLES, told)
    rows = tables["events"].to_pylist()
    return {(row["user_id"], row["item_id"]): (row["rating"], row["timestamp"]) for row in rows}, tables


def test_a_rating_is_an_event_and_what_was_only_shown_is_none():
    found, _ = events(said("1", "3", 200, rating=4.5), said("1", "2", 201, event="shown", rating=None))
    assert found == {("1", "2"): ("4", "100"), ("1", "3"): ("4", "200")}


def test_of_several_ratings_of_a_film_the_newest_takes_the_place_of_the_others():
    found, _ = events(said("1", "2", 200, rating=1.0), said("1", "2", 300, rating=0.5))
    assert found == {("1", "2"): ("1", "300")}


def test_a_new_user_is_added_once_with_nothing_known_of_them():
    _, tables = events(said("900", "2", 200), said("900", "3", 210))
    assert tables["users"].to_pylist()[1:] == [{"user_id": "900", "age": "", "gender": "", "occupation": ""}]


def test_without_feedback_nothing_changes():
    assert implementation("recommender").from_log(TABLES, []) is TABLES
    assert implementation("inspector").from_log(TABLES, [said("1", "3", 200)]) is TABLES


@pytest.fixture
def folder(tmp_path):
    """One user's four ratings, as files."""
    rows = "".join(f"1\t{item}\t4\t{100 + item}\n" for item in range(1, 5))
    texts = {
        "a.inter": f"user_id:token\titem_id:token\trating:float\ttimestamp:float\n{rows}",
        "a.item": "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        + "".join(f"{item}\tFilm {item}\t1990\tDrama\n" for item in range(1, 7)),
        "a.user": "user_id:token\tage:token\tgender:token\toccupation:token\n1\t30\tF\tother\n",
    }
    made = tmp_path / "delivery"
    made.mkdir()
    for name, text in texts.items():
        (made / name).write_text(text)
    return made


def log(environment, *ratings):
    """Land predictions and what was said of them as the recorder does; each is a user, an item and a day."""
    messages = []
    for number, (user, item, day) in enumerate(ratings):
        both = {
            "prediction_id": f"p{number}", "system": "recommender", "release": "r", "model_version": 1,
            "request_id": "q", "time_us": int(datetime(2026, 3, day, tzinfo=UTC).timestamp() * 1e6),
            "features": {}, "response": {"user_id": user},
        }  # fmt: skip
        feedback = {"prediction_id": f"p{number}", "item_id": item, "event": "rated", "rating": 5}
        messages += [
            {"kind": "prediction", "id": f"p{number}", "request": {}, **both},
            {"kind": "feedback", "id": f"f{number}", "request": feedback, **both},
        ]
    lines = [Message(place, json.dumps(each).encode()) for place, each in enumerate(messages, 1)]
    for kind in ("prediction", "feedback"):
        LandingTable(environment.object_store, kind).land(lines, "s", 0)


def test_the_first_step_learns_from_the_window_of_the_log_that_it_is_given(environment, folder):
    log(environment, ("1", "5", 1), ("900", "6", 10), ("1", "6", 20))
    source = {"kind": "folder", "path": str(folder)}
    window = {"since": datetime(2026, 3, 5, tzinfo=UTC), "until": datetime(2026, 3, 15, tzinfo=UTC)}
    raw = Ingest(system="recommender", source=source, log=window).run(environment)
    assert raw.rows["events"] == 5
    assert raw.from_log == 2  # an event, and the user who is new
    assert PredictionLog(environment).labelled("recommender", datetime(2026, 3, 5, tzinfo=UTC)) == 2
    clean = Clean(system="recommender", raw=raw).run(environment)
    assert not any(clean.quarantined.values())
    assert Ingest(system="recommender", source=source).run(environment).from_log == 0
