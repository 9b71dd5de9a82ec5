"""The serving code of a system in another form, from which delivery makes a release of its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from scripts.places import REPOSITORY

FAULTS: Final = Path(__file__).with_name("faults")
_SERVICE: Final = Path("services/endpoint/service.py")
_FAULT: Final = Path("services/endpoint/fault.py")
_INSTALLED: Final = "\nfrom services.endpoint import fault  # noqa: E402\n\nfault.install()\n"


def rebuilt(folder: Path, system: str) -> Path:
    """Return a root whose code does the same as ours and is another release."""
    root = _copied(folder / "rebuilt", system)
    _append(root / _SERVICE, "\n# Built anew by the drill; nothing else differs.\n")
    return root


def sabotaged(folder: Path, system: str, fault: str) -> Path:
    """Return a root whose endpoint has one of the faults."""
    root = _copied(folder / fault, system)
    shutil.copyfile(FAULTS / f"{fault}.py", root / _FAULT)
    _append(root / _SERVICE, _INSTALLED)
    return root


def _copied(root: Path, system: str) -> Path:
    from services.delivery.sources import source_files

    shutil.rmtree(root, ignore_errors=True)
    for path in source_files(REPOSITORY, system):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPOSITORY / path, root / path)
    return root


def _append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)
