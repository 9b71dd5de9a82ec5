"""``millrace unlock``: the locks that killed runs left on an environment's Terraform states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.consent import Yes, confirm
from scripts.console import say
from scripts.errors import NotRunning, Refused

if TYPE_CHECKING:
    from infra.wrappers.state_lock import LockFile


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("unlock")(unlock)


def unlock(env: Annotated[str, typer.Argument(help="Environment in AWS.")], yes: Yes = False) -> None:
    """Name the locks on an environment's states, and remove those whose holders are gone.

    Raises:
        NotRunning: the bucket is not there, or does not answer.
        Refused: a Terraform of this host works on one of the states; no lock was removed.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from infra import aws
    from scripts.program import aws_settings_of

    settings = aws_settings_of(env)
    bucket = aws.bucket(settings.state_bucket, settings.region)
    try:
        found = _locks(bucket)
        if not found:
            say(f"no state of {env} is locked; nothing was changed")
            return
        _refuse_if_at_work(found)
        if not yes:
            told = "\n".join(str(lock) for lock in found)
            confirm(env, f"{told}\nRemove them only if those runs have ended.", "removed")
        for lock in found:
            bucket.Object(lock.key).delete()
            say(f"removed: {lock}")
    except (BotoCoreError, ClientError) as error:
        why = aws.told(error, f"see that the bucket is there (`millrace bootstrap {env}` makes it)")
        raise NotRunning(f"the locks in s3://{bucket.name} cannot be read: {why}") from error


def _locks(bucket: Any) -> list[LockFile]:
    from infra.wrappers.state_lock import LOCK_SUFFIX, LockFile

    objects = (each for each in bucket.objects.filter(Prefix="terraform/") if each.key.endswith(LOCK_SUFFIX))
    return [LockFile.read(bucket.name, each.key, each.get()["Body"].read()) for each in objects]


def _refuse_if_at_work(locks: list[LockFile]) -> None:
    from infra.wrappers.state_lock import at_work_on

    for lock in locks:
        if pid := at_work_on(lock):
            raise Refused(f"{lock}: process {pid} of this host works on that state; wait for it, or stop it")
