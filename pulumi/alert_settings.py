"""Who is told of alerts: settings by name, secrets by the file that holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_validator, model_validator

from common_settings import Part

Address = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]
Mail = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")]


class WithSecret(Part):
    """A part that may name files with secrets."""

    @field_validator("url_file", "password_file", check_fields=False)
    @classmethod
    def _is_absolute(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_absolute():
            raise ValueError("must begin with /: nobody knows where Alertmanager is started")
        return path


class Webhook(WithSecret):
    """A program that takes Alertmanager's JSON: its address, or the file with one that is secret."""

    url: Address | None = None
    url_file: Path | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Webhook:
        if (self.url is None) == (self.url_file is None):
            raise ValueError("give url, or url_file if the address is a secret")
        return self


class Email(WithSecret):
    """A mailbox, and the server (host:port) that takes mail for it."""

    to: Mail
    sender: Mail
    server: Annotated[str, StringConstraints(pattern=r"^[^:\s]+:\d+$")]
    username: str | None = None
    password_file: Path | None = None
    require_tls: bool = True


class Slack(WithSecret):
    """A channel, and the file with the address that takes messages for it."""

    channel: str = Field(min_length=1)
    url_file: Path


class Alerts(Part):
    """Everybody who is told. ``runbooks`` is what links to ``docs/runbooks/...`` begin with."""

    webhook: Webhook | None = None
    email: Email | None = None
    slack: Slack | None = None
    runbooks: Annotated[str, StringConstraints(pattern=r"^(https?://\S+/)?$")] = ""

    def for_alertmanager(self) -> dict[str, Any]:
        """Return the same by the keys of Alertmanager's configuration."""
        return {
            "webhook": _set(self.webhook, {}),
            "email": _set(self.email, EMAIL_KEYS),
            "slack": _set(self.slack, {"url_file": "api_url_file"}),
            "runbooks": self.runbooks,
        }


EMAIL_KEYS = {
    "sender": "from",
    "server": "smarthost",
    "username": "auth_username",
    "password_file": "auth_password_file",
}


def _set(part: Part | None, names: dict[str, str]) -> dict[str, Any]:
    values = part.model_dump(mode="json", exclude_none=True) if part else {}
    return {names.get(name, name): value for name, value in values.items()}
