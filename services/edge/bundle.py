"""Making a signed archive of a model version for devices."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from services.delivery.sources import imported_files
from services.edge.launcher import LISTING, SIGNATURE
from services.errors import PackagingFailed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from ml.model_registry import ModelVersion


def signing_key(file: Path) -> Ed25519PrivateKey:
    """Return the key in a PEM file, made there (readable by its owner alone) if there is none.

    Raises:
        PackagingFailed: the file is no Ed25519 private key.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not file.exists():
        made = Ed25519PrivateKey.generate()
        pem = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(pem)
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise PackagingFailed(f"{file} is no private key ({error}); name another with --key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise PackagingFailed(
            f"{file} is a {type(key).__name__}, not an Ed25519 key; name another with --key"
        )
    return key


def public_hex(key: Ed25519PrivateKey) -> str:
    """Return what devices are told to trust, 64 hexadecimal digits."""
    return key.public_key().public_bytes_raw().hex()


def make(version: ModelVersion, given: Mapping[str, bytes], root: Path, key: Ed25519PrivateKey) -> bytes:
    """Return the archive of a model version: the same input gives the same bytes.

    ``given`` are the files by path that the system's code for devices reads; ``root`` holds package ``ml``.

    Raises:
        PackagingFailed: the system has no code for devices.
    """
    entry = f"ml.systems.{version.system}.device"
    code = {str(path): (root / path).read_bytes() for path in imported_files(root, entry)}
    files = {**code, **given}
    listing = {
        "system": version.system,
        "model_version": version.version,
        "dataset_version": version.dataset,
        "entry": entry,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())},
    }
    signed = json.dumps(listing, indent=1, sort_keys=True).encode()
    return _packed({LISTING: signed, SIGNATURE: key.sign(signed), **dict(sorted(files.items()))})


def _packed(files: Mapping[str, bytes]) -> bytes:
    import gzip

    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=0)
