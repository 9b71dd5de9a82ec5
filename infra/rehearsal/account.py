"""An AWS account on this machine: a moto server, empty at its start and gone at its end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.wrappers.errors import InfraError, ToolMissing

START_S: Final = 60.0
KEY: Final = "rehearsal"


class AccountFailed(InfraError):
    """The server ended, or does not answer."""


@dataclass(frozen=True)
class Account:
    """The account's address and the region that is spoken to."""

    url: str
    region: str = "us-east-1"

    @property
    def environment(self) -> dict[str, str]:
        """Return what makes Terraform, Pulumi and boto3 speak to it, and to nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self, service: str) -> Any:
        """Return a client of one of its services."""
        import boto3
        from botocore.config import Config

        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id=KEY,
            aws_secret_access_key=KEY,
            config=Config(retries={"max_attempts": 1}),
        )


@contextmanager
def account(folder: Path, region: str = "us-east-1", number: str = "123456789012") -> Iterator[Account]:
    """Start one of this number, its log in ``folder``; stop it at the end.

    Raises:
        ToolMissing: moto is not installed.
        AccountFailed: it ended, or does not answer.
    """
    program = Path(sys.executable).with_name("moto_server")
    if not program.exists():
        raise ToolMissing("moto_server")
    port = _free_port()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "moto.log").open("w") as log:
        server = subprocess.Popen(
            [program, "-H", "127.0.0.1", "-p", str(port)],
            env=os.environ | {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "MOTO_ACCOUNT_ID": number},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(f"http://127.0.0.1:{port}", server, folder / "moto.log")
        yield Account(f"http://127.0.0.1:{port}", region)
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise AccountFailed(f"the server that plays the account ended at its start; see {log}")
        try:
            urllib.request.urlopen(f"{url}/moto-api/", timeout=5).close()  # noqa: S310 - loopback
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise AccountFailed(f"the server that plays the account does not answer in {START_S:.0f} s; see {log}")
