"""From a model version to a release record and its bento, and back from a record to the bento."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ml.environment import Environment
from ml.model_registry import ModelVersion
from ml.origin import Origin
from services.delivery.archive import Archive
from services.delivery.package import Bento, Packager, requirements
from services.delivery.release import Release, release_id
from services.delivery.releases import Releases
from services.delivery.sources import source_files
from services.endpoint.settings import Limits, Package

Progress = Callable[[str], None]

_GIT_TIMEOUT_S: Final = 10
_KEPT: Final = 5


class Preparation:
    """Makes records and bentos of one environment.

    ``root`` holds the code to pack, ``download`` fetches a model version's files into a folder,
    ``thresholds`` and ``limits`` give what a system declares.
    """

    def __init__(
        self,
        env: Environment,
        releases: Releases,
        *,
        download: Callable[[ModelVersion, Path], Path],
        thresholds: Callable[[str], dict[str, float]],
        limits: Callable[[str], Limits],
        root: Path,
    ) -> None:
        self._env = env
        self._releases = releases
        self._download = download
        self._thresholds = thresholds
        self._limits = limits
        self._root = root
        self._folder = env.here.runtime.folder
        self._packager = Packager(self._folder, root)
        self._archive = Archive(releases.store, self._packager, self._folder)

    def release(self, model: ModelVersion, actor: str, progress: Progress) -> Release:
        """Return the record of this model version with this code, made now if there is none."""
        package = Package(
            system=model.system,
            model_version=model.version,
            dataset_version=model.dataset,
            thresholds=self._thresholds(model.system),
        )
        code, limits = self._code_digest(model.system), self._limits(model.system)
        identifier = _id(model, code, package, limits)
        if known := self._releases.find(identifier):
            return known
        progress(f"packaging {model.system} model version {model.version}")
        bento = self._build(package, model)
        self._archive.keep(bento)
        return self._releases.record(
            Release(
                id=identifier,
                system=model.system,
                model_version=model.version,
                model_digest=model.digest,
                dataset_version=model.dataset,
                code_digest=code,
                bento_tag=bento.tag,
                bento_digest=bento.digest,
                settings=limits,
                commit=_commit(self._root),
                infrastructure_revision=self._env.revision,
                created_by=actor,
                created_at=datetime.now(UTC),
            )
        )

    def adopted(self, origin: Origin, theirs: Release, model: ModelVersion, actor: str) -> Release:
        """Return the record of another environment's release here, made now if there is none.

        Its bento is on this machine already; its id is that of a release made here of the same things.
        """
        bento = self._packager.at(theirs.system, theirs.bento_digest)
        package = Package.read(bento.source).model_copy(
            update={"model_version": model.version, "dataset_version": model.dataset}
        )
        identifier = _id(model, theirs.code_digest, package, theirs.settings)
        if known := self._releases.find(identifier):
            return known
        self._archive.keep(bento)
        return self._releases.record(
            theirs.model_copy(
                update={
                    "id": identifier,
                    "model_version": model.version,
                    "dataset_version": model.dataset,
                    "infrastructure_revision": self._env.revision,
                    "created_by": actor,
                    "created_at": datetime.now(UTC),
                    "promoted_from": origin,
                }
            )
        )

    def bento(self, release: Release) -> Bento:
        """Return the bento of a record, held to its digest; fetched from the bucket if it is not here.

        Raises:
            ReleaseNotFound: the bucket does not have it either.
            PackagingFailed: what is here, or what the bucket has, is not what was recorded.
        """
        return self._out_of(self._archive, release)

    def bring(self, releases: Releases, theirs: Release) -> Bento:
        """Return the bento of another environment's release, fetched from its bucket, held to its digest.

        Raises:
            ReleaseNotFound, PackagingFailed: as `bento`; nothing is left of one that is not whole.
        """
        return self._out_of(Archive(releases.store, self._packager, self._folder), theirs)

    def _out_of(self, archive: Archive, release: Release) -> Bento:
        """Return a release's bento, whole, fetched from this archive if it is not on this machine."""
        bento = self._packager.at(release.system, release.bento_digest)
        if not bento.folder.is_dir():
            archive.fetch(bento)
        self._packager.check(bento)
        return bento

    def prune(self, system: str, keep: str) -> None:
        """Remove this machine's copies of all but the newest bentos and the one to keep."""
        folders = sorted(
            (path for path in self._packager.folder(system).glob("*") if path.is_dir()),
            key=lambda path: path.stat().st_mtime,
            reverse=True,
        )
        for path in folders[_KEPT:]:
            if path.name != keep[: len(path.name)]:
                shutil.rmtree(path, ignore_errors=True)

    def _build(self, package: Package, model: ModelVersion) -> Bento:
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".model-") as scratch:
            return self._packager.build(package, self._download(model, Path(scratch)))

    def _code_digest(self, system: str) -> str:
        whole = hashlib.sha256("\n".join(requirements()).encode())
        for path in source_files(self._root, system):
            content = (self._root / path).read_bytes()
            whole.update(f"{path.as_posix()}\0{len(content)}\n".encode() + content)
        return whole.hexdigest()


def _id(model: ModelVersion, code: str, package: Package, limits: Limits) -> str:
    return release_id(
        model.system,
        model.version,
        model.digest,
        code,
        package.model_dump_json(),
        limits.model_dump_json(),
    )


def _commit(root: Path) -> str:
    """Return the commit that the code is of, marked when files differ from it."""
    try:
        head = _git(root, "rev-parse", "HEAD")
        return head + ("+changes" if _git(root, "status", "--porcelain", "--", "ml", "services") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, capture_output=True, text=True, check=True, timeout=_GIT_TIMEOUT_S
    )
    return done.stdout.strip()
