"""The load accounts for every request that it sends, answered or not."""

import threading
from contextlib import contextmanager
from itertools import count, repeat

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from scripts.drill.load import Load
from scripts.drill.proof import Unproven
from scripts.drill.questions import Question
from services.endpoint.identifiers import new_id
from tests.waiting import eventually

QUESTION = Question(b'{"text":"a"}', {"right": True})


class Service:
    """Answers under two names of releases; every fifth request of the second fails."""

    def __init__(self):
        self.asked, self.heard = count(1), []

    async def say(self, request):
        number = next(self.asked)
        release = "a-v2" if number % 2 else "a-v1"
        bad = number % 5 == 0 and release == "a-v2"
        body = {"error": "told to fail"} if bad else {"prediction_id": new_id(), "number": number}
        return JSONResponse(body, 500 if bad else 200, {"X-Millrace-Release": release})

    async def feedback(self, request):
        self.heard.append(await request.json())
        return JSONResponse({})


@contextmanager
def served(service):
    routes = [
        Route("/a/say", service.say, methods=["POST"]),
        Route("/a/feedback", service.feedback, methods=["POST"]),
    ]
    config = uvicorn.Config(Starlette(routes=routes), port=0, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started, "the service listens")
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/a"
    finally:
        server.should_exit = True
        thread.join()


def load(url, tell=lambda answer, label: None, **more):
    return Load(url, "say", repeat(QUESTION), tell, rate=1e4, **more)


def test_so_many_requests_are_sent_and_each_is_acknowledged_or_failed():
    with served(Service()) as url, load(url, count=200) as asking:
        asking.wait()
    assert asking.asked == 200
    assert len(asking.failures) == 20
    assert len(set(asking.ids)) == 180
    assert {name: len(times) for name, times in asking.times.items()} == {"a-v1": 100, "a-v2": 100}
    assert {failure.release for failure in asking.failures} == {"a-v2"}
    asking.require_none_failed("look", but="a-v2")
    with pytest.raises(Unproven, match=r"20 of 200 requests failed \(500 .*told to fail.*\); look"):
        asking.require_none_failed("look")


def test_users_say_what_they_think_of_the_very_answer_they_got():
    service = Service()

    def tell(answer, label):
        return {"right": label["right"], "number": answer["number"]} if answer["number"] % 2 else None

    with served(service) as url, load(url, tell, count=40) as asking:
        asking.wait()
    assert asking.told == len(service.heard) == 16
    assert {said["prediction_id"] for said in service.heard} <= set(asking.ids)


def test_a_service_that_is_gone_loses_requests_and_the_load_says_so():
    with served(Service()) as url:
        pass
    with load(url, count=3, callers=1) as asking:
        asking.wait()
    assert (asking.asked, len(asking.failures), asking.ids) == (3, 3, [])


def test_what_breaks_the_callers_is_raised_where_they_are_waited_for():
    def tell(answer, label):
        raise ValueError("nobody knows what to say")

    with served(Service()) as url, pytest.raises(BaseExceptionGroup) as broken, load(url, tell) as asking:
        asking.wait()
    assert "nobody knows what to say" in str(broken.value.exceptions[0])
