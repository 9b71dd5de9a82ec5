"""A sabotaged release does wrong what its fault says, and nothing else of it differs."""

import asyncio
import time

import pytest

from scripts.drill.faults import errors, slow, worse
from scripts.drill.variants import rebuilt, sabotaged
from services.delivery.sources import source_files
from services.endpoint.contract import Feedback, Prediction, Request
from services.endpoint.identifiers import new_id
from services.endpoint.operation import Operation
from services.endpoint.settings import PACKAGE, Package


class Asked(Request):
    text: str


class Said(Prediction):
    text: str


async def say(asked: Asked) -> Said:
    made = Said(prediction_id=new_id("a-v1-0"), release="a-v1-0", model_version=1, text=asked.text)
    return made.with_features({"length": float(len(asked.text))})


async def hear(feedback: Feedback) -> Feedback:
    return feedback


@pytest.fixture
def sabotage(monkeypatch):
    """Install a fault for one test."""

    def install(fault):
        monkeypatch.setattr(Operation, "answer", Operation.answer)
        fault.install()

    return install


def asked(*texts):
    operation = Operation("/say", Asked, say, inline=True)
    return [asyncio.run(operation.answer(Asked(text=text), 5.0)) for text in texts]


def test_every_third_prediction_fails_and_feedback_does_not(sabotage):
    sabotage(errors)
    asked("a", "b")
    with pytest.raises(RuntimeError, match="sabotaged by the drill"):
        asked("c")
    told = Operation("/feedback", Feedback, hear, inline=True)
    feedback = Feedback(prediction_id=new_id())
    assert [asyncio.run(told.answer(feedback, 5.0)) for _ in range(4)] == [feedback] * 4


def test_a_slow_release_answers_the_same_later_than_its_objective(sabotage, monkeypatch, tmp_path):
    package = Package(system="a", model_version=1, dataset_version="d", thresholds={"latency_ms": 40.0})
    (tmp_path / PACKAGE).write_text(package.model_dump_json())
    monkeypatch.setattr(slow, "package_folder", lambda: tmp_path)
    sabotage(slow)
    began = time.monotonic()
    assert asked("a")[0].text == "a"
    assert time.monotonic() - began > 0.1


def test_a_worse_release_repeats_its_first_answer_under_new_ids_with_the_features_of_the_request(sabotage):
    sabotage(worse)
    first, second = asked("a", "bcd")
    assert (first.text, second.text) == ("a", "a")
    assert first.prediction_id != second.prediction_id
    assert (first.features, second.features) == ({"length": 1.0}, {"length": 3.0})


def test_a_variant_is_packed_with_its_fault_and_a_rebuilt_one_without(tmp_path):
    fault = "services/endpoint/fault.py"
    packed = [
        path.as_posix() for path in source_files(sabotaged(tmp_path, "recommender", "slow"), "recommender")
    ]
    assert fault in packed
    again = [path.as_posix() for path in source_files(rebuilt(tmp_path, "recommender"), "recommender")]
    assert sorted([*again, fault]) == packed
