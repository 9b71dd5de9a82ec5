"""What a device keeps: `python launcher.py ARCHIVE --trust KEY [IMAGE ...]`, of the standard library alone.

An archive is opened only if its listing is signed by the trusted key and every file in it has the digest
that is listed. Then its self-test runs, and only if that passes are images inspected. Exit codes: 0, 2 for
wrong arguments, 3 for an archive that is not to be trusted, 4 for a failed self-test.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

LISTING, SIGNATURE = "bundle.json", "bundle.sig"
UNTRUSTED = 3

# Ed25519 as RFC 8032 has it, section 5.1 and appendix A: verification only.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


class Untrusted(Exception):
    """The archive is not what the key's owner signed."""


def open_archive(archive: Path, key: bytes, folder: Path) -> dict[str, object]:
    """Unpack an archive into a folder and return its listing.

    Raises:
        Untrusted: with what is wrong; nothing is unpacked.
    """
    try:
        with tarfile.open(archive, "r:gz") as packed:
            contents = {member.name: _content(packed, member) for member in packed.getmembers()}
    except (OSError, tarfile.TarError, EOFError) as error:
        raise Untrusted(f"{archive} cannot be read ({error}); fetch it again") from error
    signature, listing = contents.pop(SIGNATURE, b""), contents.pop(LISTING, b"")
    if not verified(key, listing, signature):
        raise Untrusted(f"{archive} is not signed by the trusted key; fetch it again, or ask who made it")
    said = json.loads(listing)
    found = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    wrong = sorted(name for name in {*found, *said["files"]} if found.get(name) != said["files"].get(name))
    if wrong:
        raise Untrusted(f"{archive} holds another {', '.join(wrong)} than was signed; fetch it again")
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return dict(said)


def _content(packed: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    path = PurePosixPath(member.name)
    file = packed.extractfile(member) if member.isfile() else None
    if file is None or path.is_absolute() or ".." in path.parts:
        raise Untrusted(f"it holds {member.name}, which no archive may; fetch it again")
    return file.read()


def verified(key: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether an Ed25519 signature (64 bytes) of a message is that of a public key (32 bytes)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    public, commitment = _decompressed(key), _decompressed(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if public is None or commitment is None or s >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    base_y = 4 * pow(5, P - 2, P) % P
    base = _decompressed(base_y.to_bytes(32, "little"))
    return base is not None and _equal(
        _multiplied(s, base), _added(commitment, _multiplied(challenge, public))
    )


def _added(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _multiplied(times: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while times:
        if times & 1:
            total = _added(total, point)
        point = _added(point, point)
        times >>= 1
    return total


def _equal(one: Point, other: Point) -> bool:
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 == (one[1] * other[2] - other[1] * one[2]) % P


def _decompressed(given: bytes) -> Point | None:
    y = int.from_bytes(given, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def main() -> int:
    """Open, test, inspect."""
    parser = argparse.ArgumentParser(description="Open a signed archive and inspect images with it.")
    parser.add_argument("archive", type=Path)
    parser.add_argument(
        "--trust", required=True, type=bytes.fromhex, help="public key, 64 hexadecimal digits"
    )
    parser.add_argument("images", nargs="*", type=Path)
    given = parser.parse_intermixed_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        try:
            listing = open_archive(given.archive, given.trust, folder)
        except Untrusted as error:
            sys.stderr.write(f"{error}\n")
            return UNTRUSTED
        environ = os.environ | {"PYTHONPATH": str(folder)}
        command = [sys.executable, "-m", str(listing["entry"]), str(folder)]
        done = subprocess.run([*command, *map(str, given.images)], env=environ, check=False)
        return done.returncode


if __name__ == "__main__":
    sys.exit(main())
