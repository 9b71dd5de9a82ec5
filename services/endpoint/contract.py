"""The types that systems build their requests, answers and feedback on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints

# A number or a text that the model saw; None for a gap.
Seen = float | str | None
PredictionId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class Request(BaseModel):
    """Base of every request: exact types only, and unknown fields are refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def logged(self) -> BaseModel:
        """Return what the log holds of this request: all of it, unless a system says otherwise."""
        return self


class Recorded(BaseModel):
    """An answer that is written to the release's log before it is sent.

    ``features`` is what the model saw: it is logged for drift, and not sent.
    """

    model_config = ConfigDict(protected_namespaces=())
    kind: ClassVar[Literal["prediction", "feedback"]]

    prediction_id: str = Field(description="Names this prediction; quote it in POST /feedback.")

    _features: Mapping[str, Seen] = PrivateAttr(default_factory=dict)

    def with_features(self, features: Mapping[str, Seen]) -> Self:
        """Return this answer, with what is to be logged of its making."""
        self._features = features
        return self

    @property
    def features(self) -> Mapping[str, Seen]:
        """Return what the model saw, by name."""
        return self._features

    def record_id(self) -> str:
        """Return the id that no other record has."""
        return self.prediction_id

    def logged(self, response: bytes) -> bytes:
        """Return what the log holds of this answer: what is sent, unless a system says otherwise."""
        return response


class Prediction(Recorded):
    """Base of every prediction."""

    kind = "prediction"

    release: str
    model_version: int

    def outcome(self) -> str:
        """Return what kind of answer this is, for comparing releases: one of a few words, or none."""
        return ""


class Feedback(Request):
    """Base of what callers may say of a prediction; it is joined by ``prediction_id``."""

    prediction_id: PredictionId

    def right(self) -> bool | None:
        """Say whether the prediction was right, where the feedback alone can tell."""
        return None


class AnyFeedback(Feedback):
    """Feedback of a system that declares no type of its own."""

    label: Any = Field(description="What the right answer was, in the system's own terms.")


class FeedbackReceipt(Recorded):
    """The feedback is written down."""

    kind = "feedback"

    feedback_id: str

    def record_id(self) -> str:
        """Return the id that no other record has."""
        return self.feedback_id
