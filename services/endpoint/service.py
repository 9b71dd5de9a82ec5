"""How a system becomes a BentoML service with the endpoint in front.

    @service(feedback=EchoFeedback)
    class Echo:
        def __init__(self) -> None: ...          # loads the model

        @api
        async def echo(self, request: EchoRequest, /) -> EchoAnswer: ...

The class stays an ordinary BentoML service: ``bentoml serve``, ``bentoml build``,
``bentoml.SyncHTTPClient`` and the OpenAPI page work with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import attrs
import bentoml
from _bentoml_sdk import Service

from services.endpoint.app import App, Endpoint
from services.endpoint.contract import AnyFeedback, Feedback, FeedbackReceipt
from services.endpoint.identifiers import new_id
from services.endpoint.operation import Operation
from services.endpoint.settings import Package, ServiceSettings, package_folder

Method = TypeVar("Method", bound=Callable[..., Any])


@attrs.define(eq=False)
class EndpointService(Service[Any]):  # type: ignore[misc] # BentoML is not typed
    """A BentoML service whose ASGI application has the endpoint before BentoML's router."""

    endpoint: Endpoint | None = attrs.field(init=False, default=None)

    def to_asgi(self, is_main: bool = True) -> App:
        """Return the endpoint around BentoML's application."""
        pages = super().to_asgi(is_main=is_main)
        self.endpoint = Endpoint(pages, Package.read(package_folder()), ServiceSettings.load())
        return self.endpoint

    def __call__(self) -> Any:
        """Make the instance, which loads the model, and hand its methods to the endpoint."""
        instance = super().__call__()
        if self.endpoint is not None:
            self.endpoint.serve(
                Operation.of(api.route, api.func.__get__(instance)) for api in self.apis.values()
            )
        return instance


def api(method: Method) -> Method:
    """Serve a method under its own name; it takes one pydantic model and returns another."""
    made: Method = bentoml.api(method)
    return made


def service(feedback: type[Feedback] = AnyFeedback) -> Callable[[type], EndpointService]:
    """Make a class a service; ``feedback`` is the type that ``POST /feedback`` takes."""

    def decorate(inner: type) -> EndpointService:
        setattr(inner, "feedback", _feedback(feedback))  # noqa: B010 - the class has no such attribute yet
        made: EndpointService = bentoml.service(
            service_class=EndpointService,
            traffic={"timeout": 60},
            metrics={"enabled": False},
            logging={"access": {"enabled": False}},
        )(inner)
        return made

    return decorate


def _feedback(model: type[Feedback]) -> Any:
    async def feedback(self: Any, feedback: Feedback, /) -> FeedbackReceipt:
        """Say what became of a prediction; it is joined by ``prediction_id``."""
        return FeedbackReceipt(feedback_id=new_id(), prediction_id=feedback.prediction_id)

    feedback.__annotations__ = {"feedback": model, "return": FeedbackReceipt}
    return bentoml.api(feedback)
