"""Behavioural tests say which requests misbehave, and a model card what is known of a version."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from ml.declaration import Behaviour, CardNotes
from ml.errors import WrongInput
from ml.evaluation.behaviour import Subject, behaviour_results
from ml.evaluation.statistics import Estimate
from ml.model_card import UNSAID, model_card
from ml.model_registry import ModelVersion, UpdateSummary
from ml.system import load
from tests.ml.test_gate import judge, units

REQUESTS = [{"text": text} for text in ("give it back", "REFUND me", "hello")]
CHANGES = {
    "upper_case": lambda request: {"text": request["text"].upper()},
    "add_please": lambda request: {"text": request["text"] + " please"},
}


def label(request):
    """A model that only knows one word, and only in capitals."""
    return "refund" if "REFUND" in request["text"] else "other"


def length(request):
    return float(len(request["text"]))


def declared(**said):
    return Behaviour.model_validate({"name": "b", "title": "B", "of": "all", **said})


def results(answer, requests=REQUESTS, **said):
    subject = Subject(answer, {"all": lambda answer: answer}, CHANGES)
    return behaviour_results([declared(**said)], subject, requests)


def result(answer, **said):
    (found,) = results(answer, **said)
    return found


def test_cases_that_every_model_must_know_pass_or_are_named():
    cases = [
        {"request": {"text": "REFUND"}, "answer": "refund"},
        {"request": {"text": "refund"}, "answer": "refund"},
    ]
    found = result(label, kind="minimum_functionality", cases=cases)
    assert not found.passed
    assert found.share.value == 0.5
    assert found.failures == ("{'text': 'refund'} is answered 'other', not 'refund'",)
    assert result(label, kind="minimum_functionality", cases=cases, least=0.5).passed


def test_an_answer_that_a_harmless_change_moves_is_no_invariance():
    assert result(label, kind="invariance", change="add_please").passed
    found = result(length, kind="invariance", change="add_please")
    assert (found.passed, found.share.value) == (False, 0.0)
    assert "'hello please'} 12.0" in found.failures[2]
    assert result(length, kind="invariance", change="add_please", tolerance=7).passed


def test_a_change_moves_a_number_the_way_it_must():
    assert result(length, kind="direction", change="add_please", expect="rises").passed
    assert not result(length, kind="direction", change="add_please", expect="falls").passed
    assert not result(length, kind="direction", change="upper_case", expect="rises", tolerance=0).failures


def test_a_change_that_the_system_does_not_know_is_refused_with_those_it_does():
    with pytest.raises(WrongInput, match=r"'shout' .*changes are: add_please, upper_case"):
        result(label, kind="invariance", change="shout")
    with pytest.raises(WrongInput, match="of 0 request"):
        results(label, [], kind="invariance", change="add_please")


def test_a_view_that_the_system_does_not_know_is_refused_with_those_it_does():
    with pytest.raises(WrongInput, match=r"looks at 'mood' .*views are: all"):
        result(label, kind="invariance", change="add_please", of="mood")


def test_a_sentence_about_a_request_does_not_show_a_whole_image():
    cases = [{"request": {"image": "x" * 100_000}, "answer": "refund"}]
    found = result(lambda request: "other", kind="minimum_functionality", cases=cases)
    assert len(found.failures[0]) < 200


def test_a_label_cannot_rise():
    with pytest.raises(WrongInput, match="expects a number that rises"):
        result(lambda request: request["text"], kind="direction", change="add_please", expect="rises")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"kind": "minimum_functionality"}, "needs cases"),
        ({"kind": "invariance"}, "need the name of a change"),
        ({"kind": "direction", "change": "x"}, "needs expect: rises or falls"),
        ({"kind": "invariance", "change": "x", "expect": "rises"}, "the other kinds take none"),
        ({"kind": "invariance", "change": "x", "least": 0}, "least"),
    ],
)
def test_a_behaviour_that_lacks_what_its_kind_needs_is_refused(said, message):
    with pytest.raises(ValidationError, match=message):
        declared(**said)


VERSION = ModelVersion(
    system="recommender",
    version=3,
    dataset="recommender@7",
    dataset_digest="d" * 64,
    commit="c" * 40,
    family="ease",
    settings={"penalty": 500.0},
    decision="promote",
    reasons=("NDCG@10 is above | the floor",),
    metrics={"ndcg_at_10": 0.1234},
    digest="f" * 64,
    onnx_sha256="e" * 64,
    files={},
    report="gate/report.html",
    run_id="abc",
    created_at=datetime(2026, 1, 2, tzinfo=UTC),
)


def test_a_card_holds_the_facts_of_the_registration_and_names_what_is_not_said():
    declaration = load("recommender")
    card = model_card(declaration, VERSION, judge(units()))
    for fact in ("version 3", "recommender@7", "c" * 40, "penalty 500.0", "0.1234", "2026-01-02", "promote"):
        assert fact in card
    assert "| NDCG@10 (at least 0.085) | 0.1234 |" in card
    assert "Events before" in card
    said = declaration.model_copy(update={"card": CardNotes(out_of_scope="Not for children.")})
    assert "Not for children." in model_card(said, VERSION, judge(units()))
    assert card.count(UNSAID) == model_card(said, VERSION, judge(units())).count(UNSAID) + 1
    assert "declares no behaviour" in card


def test_a_card_shows_what_was_tested_and_a_classifiers_figures():
    found = result(label, kind="invariance", change="add_please")
    area = Estimate(value=0.9312, low=0.9, high=0.95, units=100)
    verdict = judge(units()).model_copy(update={"behaviours": (found,), "figures": {"roc_auc": area}})
    card = model_card(load("recommender"), VERSION, verdict)
    assert "B: holds for 100.0% of 3 (43.9% to 100.0%), and must for 100%" in card
    assert "| Area under the ROC curve | 0.9312 (0.9000 to 0.9500) |" in card


def test_a_card_says_whether_it_is_an_update_and_what_that_forgot():
    assert "Made by" not in model_card(load("recommender"), VERSION, judge(units()))
    said = "the update of version 2 was taken: it is"
    summary = UpdateSummary(taken=True, of=2, forgotten=0.0123, sentence=said)
    updated = VERSION.model_copy(update={"update": summary})
    card = model_card(load("recommender"), updated, judge(units()))
    assert "| Made by | an update of the champion |" in card
    assert "| Forgotten by the update | 0.0123 of the primary metric" in card
    assert f"| Why | {said} |" in card
    none = UpdateSummary(taken=False, of=None, forgotten=None, sentence="the fit stands alone")
    card = model_card(load("recommender"), VERSION.model_copy(update={"update": none}), judge(units()))
    assert "| Made by | a fit from scratch |" in card
    assert "Forgotten" not in card
