"""Recommend films to a user, from one model version's files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from ml.systems.recommender.serving import Recommendation, Recommender
from services.endpoint.contract import Feedback, Prediction, Request
from services.endpoint.identifiers import new_id
from services.endpoint.service import api, service
from services.endpoint.settings import MODEL, Package, ServiceSettings, package_folder

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
_LIKED = 3.5


class RecommendationRequest(Request):
    """Whom to recommend for, and how many films."""

    user_id: Number | Name = Field(description='The user, as in the data: 196 or "196".', examples=[196])
    k: Annotated[int, Field(ge=1, le=100, description="How many films, at most.")] = 10


class RecommendedItem(TypedDict):
    """One film; ``score`` has no unit and compares within one answer only."""

    item_id: str
    title: str
    score: float


class Recommendations(Prediction):
    """Films the user has not taken yet, best first.

    ``source`` is ``history`` for an answer from the user's own history, ``popular`` for a user
    without one; ``reason`` says it in words.
    """

    user_id: str
    items: list[RecommendedItem]
    source: Literal["history", "popular"]
    reason: str

    def outcome(self) -> str:
        """Return what the answer was made from."""
        return self.source


class RecommendationFeedback(Feedback):
    """What the user did with a recommended film."""

    item_id: Name
    event: Literal["shown", "opened", "rated", "dismissed"]
    rating: Annotated[float, Field(ge=0.5, le=5)] | None = None

    def right(self) -> bool | None:
        """Say whether the user liked it: opened it or rated it 3.5 or more; having seen it says nothing."""
        if self.event == "rated":
            return self.rating >= _LIKED if self.rating is not None else None
        return None if self.event == "shown" else self.event == "opened"


@service(feedback=RecommendationFeedback)
class FilmRecommender:
    """Films for a user, best first."""

    def __init__(self) -> None:
        self._model = Recommender.load(package_folder() / MODEL)
        self._release = ServiceSettings.load().release
        self._version = Package.read(package_folder()).model_version

    @api
    async def recommend(self, request: RecommendationRequest, /) -> Recommendations:
        """Recommend films; a user who is not known gets the most popular ones."""
        found = self._model.recommend(str(request.user_id), request.k)
        popular = found.kind == "popular"
        return Recommendations.model_construct(
            prediction_id=new_id(self._release),
            release=self._release,
            model_version=self._version,
            user_id=found.user_id,
            items=[{"item_id": i.item_id, "title": i.title, "score": i.score} for i in found.items],
            source="popular" if popular else "history",
            reason=_reason(found),
        ).with_features(found.features)


def _reason(found: Recommendation) -> str:
    if found.kind == "popular":
        return f"user {found.user_id} has no history here, so these are the most popular films"
    return f"from the {found.features['history_length']:.0f} films user {found.user_id} has taken"
