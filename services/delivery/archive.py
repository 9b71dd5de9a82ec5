"""The bentos of an environment's releases, kept in its releases bucket: ``<system>/bentos/<version>.tar``."""

from __future__ import annotations

import io
import tarfile
import tempfile
from pathlib import Path

from services.delivery.package import Bento, Packager, digest_of
from services.delivery.record_store import Changed, RecordStore
from services.errors import PackagingFailed, ReleaseNotFound


class Archive:
    """Takes bentos from a machine's folder (``packager``'s) into a bucket and back, held to their digests."""

    def __init__(self, store: RecordStore, packager: Packager, folder: Path) -> None:
        self._store = store
        self._packager = packager
        self._folder = folder

    def keep(self, bento: Bento) -> None:
        """Store a bento; one that is there and is not what its name says is replaced."""
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as archive:
            archive.add(bento.folder, arcname=bento.version)
        try:
            self._store.create(_key(bento), content.getvalue())
        except Changed:
            stored = self._store.get(_key(bento))
            if stored and self._digest(stored.body, bento) != bento.digest:
                self._store.replace(_key(bento), content.getvalue(), stored.etag)

    def fetch(self, bento: Bento) -> None:
        """Put a bento into the machine's folder; one that is not whole leaves nothing there.

        Raises:
            ReleaseNotFound: the bucket does not have it.
            PackagingFailed: what it has is not what was recorded.
        """
        stored = self._store.get(_key(bento))
        if stored is None:
            raise ReleaseNotFound(
                f"the bento {bento.tag} is no longer in the releases bucket; release another model version"
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".fetch-") as scratch:
            try:
                _unpack(stored.body, Path(scratch))
            except tarfile.TarError as error:
                raise PackagingFailed(
                    f"the bento {bento.tag} in the releases bucket is damaged ({error}); restore its last "
                    "version, which the bucket keeps, or release another model version"
                ) from error
            self._packager.adopt(Path(scratch) / bento.version, bento)

    def _digest(self, content: bytes, bento: Bento) -> str:
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".fetch-") as scratch:
            try:
                _unpack(content, Path(scratch))
            except tarfile.TarError:
                return "damaged"
            return digest_of(Path(scratch) / bento.version / "src")


def _unpack(content: bytes, folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(folder, filter="data")


def _key(bento: Bento) -> str:
    return f"{bento.system}/bentos/{bento.version}.tar"
