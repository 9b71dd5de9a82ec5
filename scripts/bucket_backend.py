"""The bucket where Pulumi keeps the stack of an environment in AWS."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from scripts.backend import PROJECT, STACKS, Backend
from scripts.errors import NotRunning, StateDamaged
from scripts.places import home

PREFIX: Final = "pulumi"


@dataclass(frozen=True)
class BucketBackend(Backend):
    """A bucket in S3, shared by everyone; secrets under a KMS key. `millrace bootstrap` makes both."""

    stack: str
    bucket: str
    region: str
    key_alias: str

    def environ(self) -> dict[str, str]:
        """Return where Pulumi finds the bucket; the passphrase of local stacks is no business of it."""
        path_style = "&use_path_style=true" if "AWS_ENDPOINT_URL" in os.environ else ""
        address = f"s3://{self.bucket}/{PREFIX}?region={self.region}&awssdk=v2{path_style}"
        return {"PULUMI_BACKEND_URL": address, "PULUMI_CONFIG_PASSPHRASE_FILE": ""}

    def initial(self) -> tuple[str, ...]:
        """Return the flags that choose the key."""
        return ("--secrets-provider", f"awskms://{self.key_alias}?region={self.region}&awssdk=v2")

    def exists(self) -> bool:
        """Say whether the stack's object is there."""
        return self._object(f"stacks/{PROJECT}/{self.stack}.json") is not None

    def locks(self) -> Iterator[dict[str, Any]]:
        """Read the locks' objects."""
        prefix = f"{PREFIX}/.pulumi/locks/organization/{PROJECT}/{self.stack}/"
        listed = self._ask("list_objects_v2", Prefix=prefix)
        for each in listed.get("Contents", []):
            body = self._ask("get_object", Key=each["Key"])["Body"].read()
            yield json.loads(body)

    def flags(self) -> tuple[str, ...]:
        """Return where the stack's own file is: a rehearsal's is not the environment's."""
        return ("--config-file", str(self._file))

    @contextmanager
    def initialising(self) -> Iterator[None]:
        """Hold the one place where Pulumi writes a new stack's file, then move that to ours."""
        theirs = STACKS / self._file.name
        aside = theirs.with_suffix(".aside")
        STACKS.mkdir(parents=True, exist_ok=True)
        self._file.unlink(missing_ok=True)
        with (STACKS / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if theirs.exists():
                theirs.replace(aside)
            try:
                yield
                if theirs != self._file:
                    self._file.parent.mkdir(parents=True, exist_ok=True)
                    theirs.replace(self._file)
            finally:
                if aside.exists():
                    aside.replace(theirs)

    def forget(self) -> None:
        """Remove the stack's own file."""
        self._file.unlink(missing_ok=True)

    def prepare(self) -> None:
        """Write the stack's own file, as the state holds it, where this clone has none yet."""
        if self._file.exists():
            return
        found = self._object(f"stacks/{PROJECT}/{self.stack}.json") or {}
        latest = found.get("checkpoint", {}).get("latest") or {}
        secrets = latest.get("secrets_providers", {}).get("state")
        if secrets:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(
                yaml.safe_dump({"secretsprovider": secrets["url"], "encryptedkey": secrets["encryptedkey"]})
            )

    @property
    def _file(self) -> Path:
        return home() / "pulumi" / "stacks" / f"Pulumi.{self.stack}.yaml"

    @cached_property
    def _client(self) -> Any:
        from infra import aws

        return aws.client("s3", self.region)

    def _object(self, name: str) -> dict[str, Any] | None:
        from botocore.exceptions import ClientError

        try:
            body = self._ask("get_object", Key=f"{PREFIX}/.pulumi/{name}")["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise
        try:
            value: dict[str, Any] = json.loads(body)
        except ValueError as error:
            raise StateDamaged(
                f"the state of {self.stack} in s3://{self.bucket} cannot be read ({error}); "
                f"`millrace restore-state {self.stack}` puts its last readable version there"
            ) from error
        return value

    def _ask(self, operation: str, **arguments: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client, operation)(Bucket=self.bucket, **arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in {"NoSuchKey", "404"} and operation == "get_object":
                raise
            raise self._unreachable(error, code) from error
        except BotoCoreError as error:
            raise self._unreachable(error, "") from error

    def _unreachable(self, error: Exception, code: str) -> NotRunning:
        from infra import aws

        remedy = (
            f"run `millrace bootstrap {self.stack}` once"
            if code == "NoSuchBucket"
            else "see that this shell has credentials of the environment's account"
        )
        why = aws.told(error, remedy)
        return NotRunning(f"the state of {self.stack} in s3://{self.bucket} cannot be read: {why}")
