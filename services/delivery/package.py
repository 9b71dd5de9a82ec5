"""An immutable bento out of one model version: code, model files and what is said of them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from services.delivery.sources import source_files
from services.endpoint.settings import MODEL, PACKAGE, Package
from services.errors import PackagingFailed

_BUILD_TIMEOUT_S: Final = 120
_REQUIREMENTS: Final = (
    "bentoml", "httptools", "numpy", "onnxruntime", "orjson", "pillow", "prometheus-client", "pydantic",
    "uvloop",
)  # fmt: skip


@dataclass(frozen=True)
class Bento:
    """A built bento: ``folder`` is BentoML's, ``digest`` that of everything it was built from."""

    system: str
    version: str
    digest: str
    folder: Path

    @property
    def tag(self) -> str:
        """Return BentoML's name of it."""
        return f"{self.system}:{self.version}"

    @property
    def source(self) -> Path:
        """Return the folder a worker runs in."""
        return self.folder / "src"


class Packager:
    """Builds bentos into a folder laid out as BentoML's own store (``BENTOML_HOME``).

    ``root`` is the folder that holds the packages ``ml`` and ``services``.
    """

    def __init__(self, store: Path, root: Path | None = None) -> None:
        self._store = store
        self._root = root or Path(__file__).resolve().parents[2]

    def build(self, package: Package, model: Path) -> Bento:
        """Return the bento of these model files; one that is there already is not built again.

        Raises:
            PackagingFailed: with BentoML's own words.
        """
        self._store.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._store, prefix=".build-") as scratch:
            context = Path(scratch) / "context"
            self._collect(package, model, context)
            digest = digest_of(context)
            bento = self.at(package.system, digest)
            if not bento.folder.exists():
                _bentoml_build(context, Path(scratch) / "home", bento)
        return bento

    def adopt(self, folder: Path, bento: Bento) -> None:
        """Take a folder, fetched from elsewhere, as this bento.

        Raises:
            PackagingFailed: its content has another digest.
        """
        found = digest_of(folder / "src")
        if found != bento.digest:
            raise PackagingFailed(
                f"{bento.tag} has digest {found}, recorded is {bento.digest}; release again"
            )
        _move_into_place(folder, bento)

    def check(self, bento: Bento) -> None:
        """Hold a bento on this machine to its digest.

        Raises:
            PackagingFailed: its content has another.
        """
        found = digest_of(bento.source)
        if found != bento.digest:
            raise PackagingFailed(
                f"{bento.folder} has digest {found[:12]}, recorded is {bento.digest[:12]}; remove that "
                "folder, and do the same again"
            )

    def folder(self, system: str) -> Path:
        """Return the folder that holds a system's bentos."""
        return self._store / "bentos" / system

    def at(self, system: str, digest: str) -> Bento:
        """Return where the bento with this digest lies, built or not."""
        return Bento(system, digest[:16], digest, self.folder(system) / digest[:16])

    def _collect(self, package: Package, model: Path, context: Path) -> None:
        for path in source_files(self._root, package.system):
            (context / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self._root / path, context / path)
        shutil.copytree(model, context / MODEL)
        (context / PACKAGE).write_text(package.model_dump_json(indent=2))
        (context / "bentofile.yaml").write_text(json.dumps(_bentofile(package), indent=2))


def digest_of(folder: Path) -> str:
    """Return a SHA-256 over every file's path and content."""
    whole = hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        with path.open("rb") as content:
            own = hashlib.file_digest(content, "sha256").hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()}\0{own}\n".encode())
    return whole.hexdigest()


def requirements() -> list[str]:
    """Return the packages of a serving image, at the versions that are installed here."""
    return [f"{name}=={version(name)}" for name in _REQUIREMENTS]


def _bentofile(package: Package) -> dict[str, object]:
    return {
        "service": f"services.systems.{package.system}.service",
        "name": package.system,
        "include": ["**"],
        "description": f"{package.system}, model version {package.model_version}",
        "labels": {"model_version": str(package.model_version), "dataset_version": package.dataset_version},
        "python": {
            "packages": requirements(),
            "lock_packages": False,
        },
    }


def _bentoml_build(context: Path, home: Path, bento: Bento) -> None:
    # Without --bentofile, BentoML refuses a context below a hidden folder.
    command = [
        *(sys.executable, "-m", "bentoml", "build", "--bentofile", "bentofile.yaml"),
        *("--version", bento.version, "--output", "tag", "."),
    ]
    try:
        done = subprocess.run(
            command,
            cwd=context,
            env=_build_environment(context, home),
            capture_output=True,
            text=True,
            timeout=_BUILD_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PackagingFailed(
            f"`bentoml build` of {bento.tag} took over {_BUILD_TIMEOUT_S} s; release again"
        ) from None
    built = home / "bentos" / bento.system / bento.version
    if done.returncode != 0 or not built.is_dir():
        last = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise PackagingFailed(
            f"`bentoml build` of {bento.tag} failed; mend what it says and release again:\n{last}"
        )
    _move_into_place(built, bento)


def _move_into_place(folder: Path, bento: Bento) -> None:
    """Give a complete bento its name in one step; another process may have been faster."""
    bento.folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.rename(bento.folder)
    except OSError:
        if not bento.folder.is_dir():
            raise


def _build_environment(context: Path, home: Path) -> dict[str, str]:
    """Return an environment in which the collected code comes before the installed one."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("BENTOML_")}
    return inherited | {
        "BENTOML_HOME": str(home),
        "BENTOML_DO_NOT_TRACK": "True",
        "PYTHONPATH": str(context),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
