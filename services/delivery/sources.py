"""Which source files a service needs: found by following its imports, from the service on.

A bento holds these and no others, so a training library cannot slip in behind a careless import.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from services.errors import PackagingFailed

_OURS: Final = ("ml", "services", "infra", "scripts")


def source_files(root: Path, system: str) -> list[Path]:
    """Return the files of a system's service, relative to ``root`` and sorted.

    Raises:
        PackagingFailed: an import leads outside ``ml``, ``services.endpoint`` and the system's own folder.
    """
    service = f"services.systems.{system}.service"
    if _file(root, service) is None:
        raise PackagingFailed(
            f"there is no services/systems/{system}/service.py under {root}; "
            "write one, or correct the system's name"
        )
    return _followed(root, [service, "services.endpoint.worker"], system)


def imported_files(root: Path, module: str) -> list[Path]:
    """Return the files of a module of ``ml`` and of all that it imports, relative to ``root`` and sorted.

    Raises:
        PackagingFailed: there is no such module.
    """
    if _file(root, module) is None:
        raise PackagingFailed(
            f"there is no module {module} under {root}: this system has no code for devices"
        )
    return _followed(root, [module], "")


def _followed(root: Path, waiting: list[str], system: str) -> list[Path]:
    found: dict[str, Path] = {}
    while waiting:
        for each in _with_parents(waiting.pop()):
            if each in found or (path := _file(root, each)) is None:
                continue
            _check(each, system)
            found[each] = path
            waiting.extend(_imports(root / path))
    return sorted(found.values())


def _check(module: str, system: str) -> None:
    own = f"services.systems.{system}"
    allowed = ("ml", "services.endpoint", own)
    parents = ("services", "services.systems")
    if module in parents or any(module == each or module.startswith(f"{each}.") for each in allowed):
        return
    raise PackagingFailed(
        f"the service of {system!r} imports {module}, which no bento may hold; "
        f"only ml, services.endpoint and {own} belong in it"
    )


def _with_parents(module: str) -> Iterator[str]:
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])


def _file(root: Path, module: str) -> Path | None:
    path = Path(*module.split("."))
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if (root / candidate).is_file():
            return candidate
    return None


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in _OURS)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in _OURS:
            # `from ml.data import schema` may name a module or a name within one; both are tried.
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
