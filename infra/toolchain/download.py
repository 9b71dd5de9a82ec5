"""Download a file and hold it to its SHA-256."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from infra.toolchain.errors import ChecksumWrong, SourceFailed
from infra.toolchain.sources.source import Workshop

if TYPE_CHECKING:
    import httpx


def fetch(url: str, target: Path, sha256: str, workshop: Workshop) -> None:
    """Download ``url`` to ``target``, which exists afterwards only if its SHA-256 is the given one.

    Raises:
        ChecksumWrong: the bytes are others.
        SourceFailed: no answer, an error status, a broken transfer, or too slow.
    """
    digest = hashlib.sha256()
    try:
        with target.open("wb") as file:
            for chunk in _chunks(url, workshop):
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != sha256:
            raise ChecksumWrong(f"{url} has SHA-256 {digest.hexdigest()}, expected {sha256}; not used")
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def read_text(url: str, workshop: Workshop) -> str:
    """Download a small text.

    Raises:
        SourceFailed: as for ``fetch``.
    """
    return b"".join(_chunks(url, workshop)).decode(errors="replace")


def published_sha256(listing: str, file_name: str) -> str | None:
    """Find a file's line in a list in the form of ``sha256sum``."""
    for line in listing.splitlines():
        digest, _, name = line.strip().partition(" ")
        if name.strip().lstrip("*").removeprefix("./") == file_name and len(digest) == 64:
            return digest.lower()
    return None


def _chunks(url: str, workshop: Workshop) -> Iterator[bytes]:
    import httpx

    host = urlsplit(url).netloc
    if host in workshop.silent_hosts:
        raise SourceFailed(f"{host} did not answer before ({workshop.silent_hosts[host]})")
    limits = workshop.limits
    timeout = httpx.Timeout(limits.read_s, connect=limits.connect_s)
    deadline = time.monotonic() + limits.download_s
    try:
        with httpx.stream("GET", url, timeout=timeout, follow_redirects=True) as response:
            response.raise_for_status()
            for chunk in response.iter_bytes():
                yield chunk
                if time.monotonic() > deadline:
                    raise SourceFailed(f"{url} took longer than {limits.download_s:g} s")
    except httpx.HTTPError as error:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            workshop.silent_hosts[host] = _reason(error)
        raise SourceFailed(f"{url}: {_reason(error)}") from error


def _reason(error: httpx.HTTPError) -> str:
    import httpx

    if isinstance(error, httpx.HTTPStatusError):
        return f"the server answered {error.response.status_code} {error.response.reason_phrase}"
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return str(error) or type(error).__name__
