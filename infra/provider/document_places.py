"""The two places where the environment's document lies: a file and, if asked, an object."""

from __future__ import annotations

import json
import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from infra import aws
from infra.wrappers.errors import InfraError

MODE: Final = 0o644


class Place(ABC):
    """Somewhere the document lies."""

    @abstractmethod
    def read(self) -> Any:
        """Return what lies there; nothing if there is nothing, or nothing readable."""

    @abstractmethod
    def write(self, text: str) -> None:
        """Put the document there, whole or not at all."""

    @abstractmethod
    def remove(self) -> None:
        """Take it away."""


@dataclass(frozen=True)
class FilePlace(Place):
    """A file."""

    path: Path

    def read(self) -> Any:
        """Return the file's content."""
        try:
            return json.loads(self.path.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def write(self, text: str) -> None:
        """Replace the file at once."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self.path.parent, delete=False) as file:
                new = Path(file.name)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.chmod(MODE)
            new.replace(self.path)
        except OSError as error:
            raise InfraError(
                f"the environment's document cannot be written to {self.path}: {error.strerror}; "
                "make room, or make the folder writable, and run again"
            ) from error

    def remove(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class ObjectPlace(Place):
    """An object in an S3 store; ``environment`` names endpoint, region and credentials as AWS does."""

    address: str
    environment: Mapping[str, str]

    def read(self) -> Any:
        """Return the object's content."""
        from botocore.exceptions import ClientError

        try:
            body = self._client().get_object(**self._name())["Body"].read()
            return json.loads(body)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}:
                return None
            raise self._failure("read", error) from error
        except ValueError:
            return None
        except Exception as error:
            raise self._failure("read", error) from error

    def write(self, text: str) -> None:
        """Put the object."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client().put_object(**self._name(), Body=text.encode(), ContentType="application/json")
        except (BotoCoreError, ClientError) as error:
            raise self._failure("written", error) from error

    def remove(self) -> None:
        """Delete the object."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client().delete_object(**self._name())
        except (BotoCoreError, ClientError) as error:
            raise self._failure("removed", error) from error

    def _name(self) -> dict[str, str]:
        parts = urlsplit(self.address)
        return {"Bucket": parts.netloc, "Key": parts.path.lstrip("/")}

    def _client(self) -> Any:
        given = self.environment
        return aws.client(
            "s3",
            given.get("AWS_REGION"),
            endpoint_url=given.get("AWS_ENDPOINT_URL_S3") or given.get("AWS_ENDPOINT_URL"),
            aws_access_key_id=given.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=given.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=given.get("AWS_SESSION_TOKEN"),
        )

    def _failure(self, verb: str, error: Exception) -> InfraError:
        remedy = "see that the store runs and the credentials fit"
        return InfraError(f"{self.address} cannot be {verb}: {aws.told(error, remedy)}")
