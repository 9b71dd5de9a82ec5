"""``millrace bootstrap``: the bucket and the key that an environment in AWS keeps its state in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import say, step

if TYPE_CHECKING:
    from infra.state_bucket import StateBucket


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("bootstrap")(bootstrap)


def bootstrap(env: Annotated[str, typer.Argument(help="Environment in AWS.")]) -> None:
    """Make the bucket and the key of an environment's state; safe to repeat."""
    with step(f"bootstrap {env}"):
        state_bucket(env).ensure(lambda line: say(f"   {line}"))


def state_bucket(env: str) -> StateBucket:
    """Return the bucket that an environment's settings name.

    Raises:
        WrongInput: the settings are wrong, or the environment is not in AWS.
    """
    from infra.state_bucket import StateBucket
    from scripts.program import aws_settings_of, rehearsed

    chosen = aws_settings_of(env)
    return StateBucket(
        name=chosen.state_bucket,
        key_alias=chosen.state_key_alias,
        account_id=chosen.account_id,
        region=chosen.region,
        tags={"Project": "millrace", "Environment": env, **chosen.tags},
        # A store that stands in for S3 would refuse everything that comes without TLS.
        require_tls=not rehearsed(),
    )
