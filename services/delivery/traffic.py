"""Who gets a system's requests: one release, or two in shares."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class Traffic(BaseModel):
    """What the gateway is to do with a system's requests; addresses are of release processes.

    ``champion`` answers; beside it ``canary`` answers the ``share`` of requests, or with ``mode`` shadow
    gets a copy of each prediction's request, and what it answers is thrown away. ``sticky`` keeps a client
    that takes cookies where it was.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    champion: str
    canary: str | None = None
    mode: Literal["shares", "shadow"] = "shares"
    share: Share = 0.0
    sticky: bool = False
