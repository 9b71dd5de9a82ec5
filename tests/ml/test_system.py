"""A system's declaration is typed, and its code does what the protocol asks."""

import pytest
import yaml
from pydantic import ValidationError

from ml.declaration import SystemDeclaration
from ml.errors import WrongInput
from ml.system import SYSTEMS, implementation, load, names
from ml.system_parts import SystemParts

DOCUMENT = yaml.safe_load((SYSTEMS / "recommender" / "system.yaml").read_text())


def test_the_recommender_declares_itself():
    declared = load("recommender")
    assert "recommender" in names()
    assert declared.gate.primary == "ndcg_at_10"
    assert declared.budgets.latency_p99_ms == 5.0


def test_an_unknown_system_is_refused_with_those_there_are():
    with pytest.raises(WrongInput, match=r"there is no system 'nobody'; there are: .*recommender") as caught:
        load("nobody")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["../recommender", "", "recommender/"])
def test_a_name_is_not_a_path(name):
    with pytest.raises(WrongInput, match="there is no system"):
        load(name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gate": {**DOCUMENT["gate"], "primary": "charm"}}, "gate.primary is 'charm'"),
        ({"rollout": {"weights": [0.5, 0.2]}}, "weights must rise and end at 1.0"),
        ({"metricz": []}, "metricz"),
        (
            {"classifier": {"costs": {"false_positive": 1, "false_negative": 2}}},
            "name it, for example positive",
        ),
        ({"classifier": {"bins": 1}}, "classifier.bins"),
        ({"metrics": []}, "metrics"),
        ({"budgets": {"latency_p99_ms": 0, "size_mib": 1}}, "latency_p99_ms"),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_key(change, message):
    with pytest.raises(ValidationError, match=message):
        SystemDeclaration.model_validate({**DOCUMENT, **change})


@pytest.mark.parametrize("name", names())
def test_every_system_has_all_parts(name):
    system = implementation(name)
    assert system.name == name
    for part in ("source", "contract", "features", "monitored", "fit", "export", "evaluate", "predictor"):
        assert callable(getattr(system, part))
    for part in ("requests", "shift", "labels", "feedback", "outcome"):
        assert callable(getattr(system, part))


def test_requests_are_of_held_out_users_and_labels_are_what_they_took(small_events):
    system = implementation("recommender")
    tables = system.features(small_events)
    asked = list(system.requests(tables, 50, seed=1))
    assert asked == list(system.requests(tables, 50, seed=1))
    assert {request["user_id"] for request in asked} <= {f"u{n}" for n in range(60)}
    held_out = {row["user_id"]: row for row in tables["events"].to_pylist() if row["part"] == "test"}
    for request, label in zip(asked, system.labels(tables, asked), strict=True):
        took = held_out[request["user_id"]]
        assert {name: label[name] for name in ("user_id", "item_id", "rating")} == {
            name: took[name] for name in ("user_id", "item_id", "rating")
        }
        assert took["item_id"] in label["taken"]


def test_a_shift_of_strength_makes_that_share_of_the_requests_strange(small_events):
    system = implementation("recommender")
    tables = system.features(small_events)
    asked = list(system.requests(tables, 2000, seed=1))
    shifted = list(system.shift(asked, 0.3, seed=2))
    strange = [request for request in shifted if request["user_id"].startswith("newcomer-")]
    assert 0.25 < len(strange) / len(shifted) < 0.35
    assert list(system.shift(asked, 0.0, seed=2)) == asked


@pytest.mark.parametrize(
    ("name", "response", "feedback", "score"),
    [
        ("recommender", {}, {"event": "opened"}, 1.0),
        ("recommender", {}, {"event": "rated", "rating": 2.0}, 0.0),
        ("recommender", {}, {"event": "shown"}, None),
        (
            "inspector",
            {"inspections": [{"defective": True}, {"defective": False}, {"defective": True}]},
            {"defective": [True, True, None]},
            0.5,
        ),
        ("inspector", {"inspections": [{"defective": True}]}, {"defective": [None]}, None),
    ],
)
def test_what_is_said_of_an_answer_is_a_score(name, response, feedback, score):
    assert implementation(name).outcome(response, feedback) == score


@pytest.mark.parametrize(
    ("name", "answer", "label", "said"),
    [
        ("recommender", [], {"item_id": None, "taken": set()}, None),
        ("recommender", ["1", "2"], {"item_id": "9", "rating": 4.0, "taken": {"9"}}, "9 rated"),
        ("recommender", ["1", "2"], {"item_id": "9", "rating": 4.0, "taken": {"2", "9"}}, "2 dismissed"),
        ("inspector", [], {"defective": [True, None]}, "as labelled"),
    ],
)
def test_users_say_of_an_answer_what_they_know(name, answer, label, said):
    found = implementation(name).feedback({"items": [{"item_id": item} for item in answer]}, label)
    if said == "as labelled":
        assert found == label
    else:
        assert (found and f"{found['item_id']} {found['event']}") == said


def test_who_does_not_know_the_label_says_nothing():
    assert SystemParts().feedback({"label": "a"}, {"label": "b"}) == {"label": "b"}
    assert SystemParts().feedback({"label": "a"}, {"label": None}) is None


def test_a_system_whose_feedback_is_a_label_needs_no_code_to_score_it():
    system = SystemParts()
    assert system.outcome({"label": "a"}, {"label": "a"}) == 1.0
    assert system.outcome({"label": "a"}, {"label": "b"}) == 0.0
    assert system.outcome({"label": "a"}, {"label": None}) is None
    assert system.outcome({}, {"label": "a"}) is None
