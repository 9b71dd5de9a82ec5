"""The steward over HTTP, with real durable workflows: who is heard, what runs, who is asked."""

import socket
import threading
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from dbos import DBOS

from ml.operation import Retrain, Rung
from services.steward.hands import Released, Trained, Unreachable
from services.steward.history import History
from services.steward.run import Care
from services.steward.server import LARGEST_BODY, Server
from tests.services.steward.host import FolderRecords, engine
from tests.waiting import eventually

TOKEN = "a-token"
BEARER = {"authorization": f"Bearer {TOKEN}"}
EAGER = Retrain(cooldown_s=0.001, runs_per_day=1000, escalation=(Rung(name="refit"),))


class Gates:
    """Hands that wait at a gate for each system and do as they are told."""

    def __init__(self) -> None:
        self.open = {"a": threading.Event(), "b": threading.Event()}
        self.begun: list[str] = []
        self.released: list[tuple[str, str]] = []
        self.outcome, self.unreachable, self.labelled = "promote", 0, 0

    def labels(self, system, since):
        return self.labelled

    def train(self, run, system, settings, minutes):
        self.begun.append(run)
        if self.unreachable:
            self.unreachable -= 1
            raise Unreachable("the store is down")
        self.open[system].wait(60)
        version = 1 if self.outcome == "promote" else None
        return Trained(outcome=self.outcome, reasons=("told",), model_version=version, compute_minutes=1)

    def release(self, run, system, version, actor):
        self.released.append((system, actor))
        return Released(outcome="released", reason="it serves", release=f"{system}-v{version}-0")

    def cancel(self, run):
        for gate in self.open.values():
            gate.set()


@contextmanager
def steward(folder, hands, policy=EAGER, care=None):
    """Serve in this process; yields an HTTP client and the history."""
    own = engine(folder, policy, care, hands)
    own.start()
    try:
        with served(Server(own, ("a", "b"), TOKEN).app()) as client:
            yield client, History(FolderRecords(folder / "records"))
    finally:
        hands.cancel("")
        own.stop()
        DBOS.destroy(destroy_registry=True)


@contextmanager
def served(app):
    """Listen on a port that is free, in a thread; yields a client that brings the token."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        with httpx.Client(base_url=address, headers=BEARER, timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def hands():
    return Gates()


def retrain(client, system):
    answer = client.post(f"/systems/{system}/retrain", json={"reason": "to see", "actor": "a person"})
    assert answer.status_code == 202
    return answer.json()["run"]


def alert(fingerprint="f1", system="a", **labels):
    labels = {"alertname": "DriftFound", "system": system, "action": "retrain"} | labels
    one = {
        "status": "firing",
        "labels": labels,
        "startsAt": "2026-03-04T12:00:00Z",
        "fingerprint": fingerprint,
    }
    return {"version": "4", "alerts": [one]}


def ended(history, system, run):
    kinds = ("released", "declined", "expired", "asks a person", "held", "failed", "taken back")

    def last():
        events = [event for event in history.of(system) if event.run == run]
        return events[-1] if events and events[-1].kind in kinds else None

    return eventually(last, f"the end of {run}")


def test_a_request_without_the_token_changes_nothing_and_health_needs_none(tmp_path, hands):
    with steward(tmp_path, hands) as (client, _):
        for headers in ({"authorization": ""}, {"authorization": "Bearer a-tokem"}):
            assert client.post("/alerts", json=alert(), headers=headers).status_code == 401
            assert client.get("/runs", headers=headers).status_code == 401
        assert client.get("/livez", headers={"authorization": ""}).status_code == 200
        assert client.get("/runs").json() == {"runs": []}


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/alerts", b"{", 400, "not JSON"),
        ("/alerts", b"{}", 422, "alerts"),
        ("/alerts", b"[" + b" " * LARGEST_BODY + b"]", 413, "larger"),
        ("/systems/c/retrain", b"{}", 404, "there are: a, b"),
        ("/systems/a/retrain", b'{"actor": "x"}', 422, "reason"),
        ("/approvals/a-v1", b'{"approved": true, "actor": "x"}', 404, "nothing named 'a-v1' waits"),
        ("/runs/none/cancel", b'{"actor": "x"}', 404, "no run 'none'"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_in_a_sentence(tmp_path, hands, path, body, status, said):
    with steward(tmp_path, hands) as (client, _):
        answer = client.post(path, content=body)
        assert answer.status_code == status
        assert said in answer.json()["error"]


def test_an_alert_that_is_repeated_is_one_run_and_one_for_people_is_none(tmp_path, hands):
    with steward(tmp_path, hands) as (client, history):
        hands.open["a"].set()
        runs = {client.post("/alerts", json=alert()).json()["runs"][0] for _ in range(3)}
        assert len(runs) == 1
        for other in (alert("f2", action="page"), alert("f3", system="z")):
            assert client.post("/alerts", json=other).json() == {"runs": []}
        assert ended(history, "a", runs.pop()).kind == "released"
        assert len(hands.begun) == 1


def test_a_system_has_one_run_at_a_time_and_two_systems_run_side_by_side(tmp_path, hands):
    with steward(tmp_path, hands) as (client, history):
        first, other = retrain(client, "a"), retrain(client, "b")
        eventually(lambda: {first, other} <= set(hands.begun), "both systems at work")
        second = retrain(client, "a")
        eventually(lambda: len(client.get("/runs").json()["runs"]) == 3, "the second is queued")
        assert second not in hands.begun
        hands.open["a"].set()
        hands.open["b"].set()
        assert ended(history, "a", second).kind == "released"
        assert hands.begun.index(first) < hands.begun.index(second)


def test_what_no_try_brings_through_the_gate_asks_a_person_and_releases_nothing(tmp_path, hands):
    policy = EAGER.model_copy(update={"escalation": (Rung(name="refit"), Rung(name="wider"))})
    hands.outcome = "reject"
    hands.open["a"].set()
    with steward(tmp_path, hands, policy) as (client, history):
        run = retrain(client, "a")
        last = ended(history, "a", run)
        assert (last.kind, last.outcome) == ("asks a person", "rejected")
        assert [event.kind for event in history.of("a")] == ["began", "trained", "trained", "asks a person"]
        assert hands.released == []


def test_the_days_compute_ends_the_climb(tmp_path, hands):
    rungs = tuple(Rung(name=name) for name in ("refit", "wider", "search"))
    hands.outcome = "reject"
    hands.open["a"].set()
    policy = EAGER.model_copy(update={"escalation": rungs, "compute_minutes_per_day": 2})
    with steward(tmp_path, hands, policy) as (client, history):
        last = ended(history, "a", retrain(client, "a"))
        assert "within the day's compute" in last.text
        assert len(hands.begun) == 2


def test_a_challenger_waits_for_a_person_where_the_environment_demands_it(tmp_path, hands):
    hands.open["a"].set()
    with steward(tmp_path, hands, care=Care(approval=True)) as (client, history):
        run = retrain(client, "a")
        asked = eventually(
            lambda: [event for event in history.of("a") if event.kind == "asks approval"], "the question"
        )
        assert "millrace approve a-v1" in asked[0].text
        assert hands.released == []
        answer = {"approved": True, "actor": "a reviewer"}
        assert eventually(lambda: client.post("/approvals/a-v1", json=answer).json().get("run"), "it") == run
        assert ended(history, "a", run).kind == "released"
        assert hands.released == [("a", "a reviewer")]


def test_a_challenger_that_is_declined_or_that_nobody_approves_is_not_released(tmp_path, hands):
    hands.open["a"].set()
    hands.open["b"].set()
    with steward(tmp_path, hands, care=Care(approval=True, approval_expires_s=2)) as (client, history):
        late = retrain(client, "b")
        run = retrain(client, "a")
        no = {"approved": False, "actor": "a reviewer", "reason": "not today"}
        eventually(lambda: client.post("/approvals/a-v1", json=no).status_code == 200, "the question")
        assert "declined a-v1: not today" in ended(history, "a", run).text
        assert ended(history, "b", late).kind == "expired"
        assert hands.released == []


def test_a_cancelled_run_ends_now_and_the_next_one_begins(tmp_path, hands):
    with steward(tmp_path, hands) as (client, history):
        run = retrain(client, "a")
        eventually(lambda: run in hands.begun, "the training")
        answer = client.post(f"/runs/{run}/cancel", json={"actor": "a person"})
        assert answer.json()["system"] == "a"
        eventually(lambda: client.get("/runs").json() == {"runs": []}, "its end")
        assert [event.kind for event in history.of("a")][-1] == "cancelled"
        assert hands.released == []
        assert ended(history, "a", retrain(client, "a")).kind == "released"


def test_an_environment_that_does_not_answer_is_asked_again(tmp_path, hands):
    hands.open["a"].set()
    hands.unreachable = 1
    with steward(tmp_path, hands) as (client, history):
        run = retrain(client, "a")
        assert ended(history, "a", run).kind == "released"
        assert hands.begun == [run, run]


def test_a_schedule_sets_runs_off_by_itself(tmp_path, hands):
    hands.open["a"].set()
    hands.open["b"].set()
    policy = EAGER.model_copy(update={"schedule": "* * * * * *"})
    with steward(tmp_path, hands, policy) as (_, history):
        eventually(lambda: any(event.kind == "released" for event in history.of("b")), "a tick")
        assert "schedule's tick" in history.of("b")[0].text


def test_what_was_decided_and_left_alone_is_in_the_history_with_its_evidence(tmp_path, hands):
    hands.open["a"].set()
    policy = EAGER.model_copy(update={"least_labels": 5})
    with steward(tmp_path, hands, policy) as (client, history):
        run = client.post("/alerts", json=alert()).json()["runs"][0]
        held = ended(history, "a", run)
        assert held.text == "DriftFound: 0 new labels, and 5 are needed"
        assert held.evidence["labels"] == 0
        assert held.evidence["trigger"]["actor"] == "alertmanager"


def test_an_alert_that_was_held_back_and_is_repeated_is_decided_anew_until_it_is_acted_on(tmp_path, hands):
    hands.open["a"].set()
    policy = EAGER.model_copy(update={"least_labels": 5})
    with steward(tmp_path, hands, policy) as (client, history):

        def repeated():
            return client.post("/alerts", json=alert()).json()["runs"][0]

        first = repeated()
        assert ended(history, "a", first).kind == "held"
        hands.labelled = 5
        second = eventually(lambda: (run := repeated()) != first and run, "the repeated alert is another run")
        assert ended(history, "a", second).kind == "released"
        assert repeated() == second
        assert hands.begun == [second]
