"""What goes into a bento, and that it is the same every time."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from services.delivery.package import Bento, Packager, digest_of
from services.delivery.sources import source_files
from services.endpoint.settings import Package
from services.errors import PackagingFailed

PACKAGE = Package(system="echo", model_version=1, dataset_version="d1")


@pytest.fixture
def root(echo_root: Path, tmp_path: Path) -> Path:
    return shutil.copytree(echo_root, tmp_path / "root")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "suffix.txt").write_text("!")
    return tmp_path / "model"


def add_to_service(root: Path, line: str) -> None:
    path = root / "services" / "systems" / "echo" / "service.py"
    path.write_text(f"{path.read_text()}\n{line}\n")


def test_files_are_found_by_following_imports_inside_functions_too(root: Path) -> None:
    add_to_service(root, "def later():\n    from ml.systems.echo_data import table\n    return table")
    (root / "ml" / "systems" / "echo_data.py").write_text("from ml import errors\ntable = errors")
    files = {path.as_posix() for path in source_files(root, "echo")}
    assert {"ml/systems/echo_data.py", "ml/errors.py", "ml/__init__.py", "services/endpoint/app.py"} <= files
    assert "ml/gate.py" not in files
    assert not [path for path in files if "delivery" in path or "recorder" in path]


@pytest.mark.parametrize(
    "module", ["services.delivery.release", "services.systems.recommender.service", "infra", "scripts.cli"]
)
def test_an_import_that_no_bento_may_hold_is_refused_by_name(root: Path, module: str) -> None:
    (root / "infra").mkdir(exist_ok=True)
    (root / "infra" / "__init__.py").touch()
    (root / "scripts").mkdir(exist_ok=True)
    (root / "scripts" / "__init__.py").touch()
    (root / "scripts" / "cli.py").touch()
    add_to_service(root, f"import {module}")
    with pytest.raises(PackagingFailed, match=module.split(".")[0]):
        source_files(root, "echo")


def test_a_system_without_a_service_is_refused_with_the_path_to_write(root: Path) -> None:
    with pytest.raises(PackagingFailed, match=r"services/systems/nobody/service\.py"):
        source_files(root, "nobody")


def test_what_bentoml_refuses_is_told_in_its_words(root: Path, model: Path, tmp_path: Path) -> None:
    add_to_service(root, "raise LookupError('no such thing as an echo')")
    with pytest.raises(PackagingFailed, match="no such thing as an echo"):
        Packager(tmp_path / "store", root).build(PACKAGE, model)
    assert not list((tmp_path / "store").rglob("service.py"))


def test_the_same_inputs_give_the_same_bento_and_other_inputs_another(
    echo_root: Path, echo_bento: Bento, model: Path, tmp_path: Path
) -> None:
    packager = Packager(tmp_path / "store", echo_root)
    first = packager.build(PACKAGE, model)
    built_at = first.folder.stat().st_mtime_ns
    assert packager.build(PACKAGE, model) == first
    assert first.folder.stat().st_mtime_ns == built_at
    assert digest_of(first.source) == first.digest
    (model / "suffix.txt").write_text("?")
    assert packager.build(PACKAGE, model).digest != first.digest


def test_a_hidden_folder_above_the_store_is_no_obstacle(echo_root: Path, model: Path, tmp_path: Path) -> None:
    store = tmp_path / ".millrace" / "a folder" / "100%"
    assert Packager(store, echo_root).build(PACKAGE, model).source.is_dir()


def test_a_fetched_bento_with_another_content_is_refused(echo_bento: Bento, tmp_path: Path) -> None:
    packager = Packager(tmp_path / "store")
    fetched = shutil.copytree(echo_bento.folder, tmp_path / "fetched")
    (fetched / "src" / "model" / "suffix.txt").write_text("tampered")
    with pytest.raises(PackagingFailed, match="has digest"):
        packager.adopt(fetched, packager.at("echo", echo_bento.digest))
    assert not packager.at("echo", echo_bento.digest).folder.exists()
