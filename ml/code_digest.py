"""The digest of the code that a step runs: its module and all of ours that it imports."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

PACKAGE = "ml"
ROOT = Path(__file__).parent


def code_digest(modules: tuple[str, ...]) -> str:
    """Return the SHA-256 over the sources of ``modules`` and all they import of ``ml``.

    Imports are read from the source, those inside functions included, so nothing is imported to
    find out. Versions of the third-party packages that these modules name, and of Python, are part
    of it, so that a new release of a library makes the step run again. Comments and layout are
    part of it too: a needless run is cheaper than a stale result.
    """
    found = closure(modules)
    digest = hashlib.sha256(f"python {sys.version_info.major}.{sys.version_info.minor}\n".encode())
    for name in sorted(found):
        digest.update(f"{name} {hashlib.sha256(_path(name).read_bytes()).hexdigest()}\n".encode())
    for name in sorted(set(modules) - found):
        digest.update(f"{name} {_source_digest(name)}\n".encode())
    for package in sorted({package for name in found for package in _imports(name)[1]}):
        digest.update(f"{package} {_version(package)}\n".encode())
    return digest.hexdigest()


def _source_digest(name: str) -> str:
    """Return the digest of a module outside ``ml``, such as a job of a user's own package."""
    found = importlib.util.find_spec(name)
    origin = found.origin if found else None
    return hashlib.sha256(Path(origin).read_bytes()).hexdigest() if origin else "absent"


def closure(modules: tuple[str, ...]) -> set[str]:
    """Return ``modules`` and every module of ``ml`` that they import, directly or through others."""
    found: set[str] = set()
    waiting = [name for name in modules if _exists(name)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_imports(name)[0])
    return found


@cache
def _imports(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the modules of ours and the third-party packages that a module names."""
    ours: set[str] = set()
    others: set[str] = set()
    for node in _running(ast.parse(_path(name).read_text())):
        named: list[str] = []
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            named = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for module in named:
            top = module.split(".")[0]
            if top == PACKAGE and _exists(module):
                ours.add(module)
            elif top != PACKAGE and top not in sys.stdlib_module_names:
                others.add(top)
    return frozenset(ours), frozenset(others)


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes but those that only a type checker sees."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not _for_types_only(node):
            waiting.extend(ast.iter_child_nodes(node))


def _for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _path(name: str) -> Path:
    path = ROOT.joinpath(*name.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _exists(name: str) -> bool:
    return name.split(".")[0] == PACKAGE and _path(name).is_file()


@cache
def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"
