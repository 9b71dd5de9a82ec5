"""The immutable record of a release, and the pointer that says which one serves."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ml.origin import Origin
from services.endpoint.settings import Limits, Names


class Release(BaseModel):
    """Everything needed to run the same service again; written once and never changed.

    ``id`` is also the name of the release's process, log file and prediction log. What was promoted says
    from where; its bento is that release's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    id: str
    system: str
    model_version: int
    model_digest: str
    dataset_version: str
    code_digest: str
    bento_tag: str
    bento_digest: str
    image_digest: str | None = None
    settings: Limits = Limits()
    commit: str
    infrastructure_revision: str
    created_by: str
    created_at: datetime
    promoted_from: Origin | None = None

    @property
    def names(self) -> Names | None:
        """What its bento has to be told of the names that are used here."""
        if self.promoted_from is None:
            return None
        return Names(model_version=self.model_version, dataset_version=self.dataset_version)

    def made_as(self, other: Release) -> bool:
        """Say whether both are of the same model, code and settings, whatever each environment calls them."""
        own = (self.system, self.model_digest, self.code_digest, self.settings)
        return own == (other.system, other.model_digest, other.code_digest, other.settings)


def release_id(system: str, model_version: int, *parts: str) -> str:
    """Return the id of a release: the same model, code and settings give the same release."""
    key = hashlib.sha256("\0".join((system, str(model_version), *parts)).encode()).hexdigest()
    return f"{system}-v{model_version}-{key[:8]}"


class Pointer(BaseModel):
    """Which release of a system serves.

    ``previous`` is where a rollback leads; ``set_aside`` the model version that a rollback left.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    release: str | None
    previous: str | None = None
    set_aside: int | None = None
    by: str
    since: datetime

    @classmethod
    def moved(
        cls, old: Pointer | None, release: str | None, by: str, since: datetime, set_aside: int | None = None
    ) -> Pointer:
        """Return the pointer that follows the old one."""
        previous = (old.release or old.previous) if old else None
        return cls(release=release, previous=previous, set_aside=set_aside, by=by, since=since)


class ReleaseStatus(BaseModel):
    """What runs of a system now.

    ``rollout`` says where an open one stands, ``problem`` what is not as it should be; both are sentences.
    """

    system: str
    current: Release | None = None
    since: datetime | None = None
    by: str | None = None
    process: Literal["running", "starting", "stopped", "missing"] = "missing"
    ready: bool = False
    port: int | None = Field(default=None, description="On the loopback interface.")
    rollout: str | None = None
    problem: str | None = None
