"""A small environment for releases, and a small system to release."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.delivery.delivery import Delivery
from services.delivery.package import Bento, Packager
from services.endpoint.settings import Limits, Package
from tests.services.registry import FolderRegistry
from tests.services.stack import Stack
from tests.services.worker import Worker

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("environment"))
    try:
        stack.start()
        yield stack
    finally:
        stack.close()


@pytest.fixture(scope="session")
def echo_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's code with the echo system added."""
    root = tmp_path_factory.mktemp("root")
    for package in ("ml", "services"):
        shutil.copytree(REPOSITORY / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    system = root / "services" / "systems" / "echo"
    shutil.copytree(Path(__file__).parent / "echo", system, ignore=shutil.ignore_patterns("__pycache__"))
    (system / "__init__.py").touch()
    return root


@pytest.fixture(scope="session")
def echo_bento(echo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Bento:
    """The echo system, packed."""
    folder = tmp_path_factory.mktemp("echo")
    (folder / "model").mkdir()
    (folder / "model" / "suffix.txt").write_text("!")
    package = Package(system="echo", model_version=1, dataset_version="d1", thresholds={"latency_ms": 50.0})
    return Packager(folder / "store", echo_root).build(package, folder / "model")


@pytest.fixture(scope="session")
def echo(echo_bento: Bento, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """One echo process that many tests ask and none breaks."""
    with Worker(echo_bento, tmp_path_factory.mktemp("worker")) as worker:
        yield worker


@pytest.fixture
def registry(tmp_path: Path) -> FolderRegistry:
    return FolderRegistry(tmp_path / "registry")


@pytest.fixture
def delivery(stack: Stack, echo_root: Path, registry: FolderRegistry) -> Iterator[Delivery]:
    """Delivery of the echo system; what it released is taken down afterwards."""
    delivery = Delivery(
        stack.env,
        registry=registry,
        root=echo_root,
        thresholds=lambda system: {"latency_ms": 50.0},
        limits=lambda system: Limits(),
    )
    yield delivery
    delivery.retire("echo")
