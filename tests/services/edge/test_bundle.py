"""A signed archive, from model files to an answer on a device that has nothing else."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ml.model_registry import ModelVersion
from ml.systems.inspector import archive as contents
from ml.systems.inspector.device import FAILED
from ml.systems.inspector.drawn import png, sound
from services.edge import launcher
from services.edge.bundle import make, public_hex, signing_key
from services.edge.launcher import Untrusted, open_archive, verified
from services.errors import PackagingFailed
from tests.ml.inspector.cells import untrained

REPOSITORY = Path(__file__).parents[3]
VERSION = ModelVersion(
    system="inspector", version=3, dataset="inspector@1", dataset_digest="d", commit="c", family="f",
    settings={}, decision="promote", reasons=(), metrics={}, digest="m", onnx_sha256="o", files={},
    report="r", run_id="i", created_at=datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    untrained(folder)
    return folder


@pytest.fixture(scope="module")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def archive(model: Path, key: Ed25519PrivateKey, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("made") / "inspector-v3.bundle"
    file.write_bytes(make(VERSION, contents.files(model), REPOSITORY, key))
    return file


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that finds onnxruntime, numpy and Pillow and no other package of ours or of training."""
    folder = tmp_path_factory.mktemp("device")
    import onnxruntime

    site = Path(onnxruntime.__file__).parents[1]
    packages = folder / "site"
    packages.mkdir()
    for name in ("onnxruntime", "numpy", "numpy.libs", "PIL", "pillow.libs", "flatbuffers", "google"):
        if (site / name).exists():
            (packages / name).symlink_to(site / name)
    start = folder / "python"
    start.write_text(f'#!/bin/sh\nPYTHONPATH="$PYTHONPATH:{packages}" exec {sys.executable} -S "$@"\n')
    start.chmod(0o755)
    return start


def run(archive: Path, trust: str, *images: Path, python: str = sys.executable):
    command = [python, str(Path(launcher.__file__)), str(archive), "--trust", trust, *map(str, images)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd="/")


@pytest.mark.parametrize("length", [0, 1, 32, 1000])
def test_signatures_are_judged_as_the_library_that_made_them_judges(key, length):
    message = os.urandom(length)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert verified(public, message, signature)
    assert not verified(public, message + b"!", signature)
    assert not verified(Ed25519PrivateKey.generate().public_key().public_bytes_raw(), message, signature)
    assert not verified(public, message, signature[:-1] + bytes([signature[-1] ^ 1]))


def test_the_first_worked_example_of_rfc_8032():
    """Section 7.1, TEST 1."""
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    assert verified(public, b"", signature)


@pytest.mark.slow
def test_a_device_with_three_packages_tests_itself_and_inspects(archive, key, device, tmp_path):
    image = tmp_path / "cell.png"
    image.write_bytes(png(sound(np.random.default_rng(5))))
    (tmp_path / "no.png").write_bytes(b"no image")
    done = run(archive, public_hex(key), image, python=str(device))
    assert done.returncode == 0, done.stderr
    assert "the self-test passed" in done.stderr
    answer = json.loads(done.stdout)
    assert set(answer) == {"image", "defective", "probability", "severity", "x", "y"}
    done = run(archive, public_hex(key), image, tmp_path / "no.png", python=str(device))
    assert done.returncode == 1
    assert "no image of a known format" in json.loads(done.stdout.splitlines()[1])["error"]


@pytest.mark.slow
def test_a_model_that_answers_otherwise_fails_its_self_test(model, key, tmp_path):
    files = contents.files(model)
    answers = json.loads(files["golden/answers.json"])
    files["golden/answers.json"] = json.dumps({name: 1 - value for name, value in answers.items()}).encode()
    spoilt = tmp_path / "spoilt.bundle"
    spoilt.write_bytes(make(VERSION, files, REPOSITORY, key))
    done = run(spoilt, public_hex(key))
    assert done.returncode == FAILED
    assert "the self-test failed: 0.png has probability" in done.stderr


def test_the_same_model_and_key_make_the_same_archive(archive, model, key):
    assert make(VERSION, contents.files(model), REPOSITORY, key) == archive.read_bytes()


def test_of_the_two_networks_only_the_one_that_serves_goes_to_a_device(archive):
    with tarfile.open(archive) as packed:
        sent = {name for name in packed.getnames() if name.startswith("model/")}
    assert sent == {"model/manifest.json", "model/model_int8.onnx"}


def repacked(archive: Path, change) -> bytes:
    with tarfile.open(archive) as packed:
        files = {member.name: packed.extractfile(member).read() for member in packed.getmembers()}
    change(files)
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as packed:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return made.getvalue()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda files: files.update({"model/model_int8.onnx": b"other"}),
            "holds another model/model_int8.onnx",
        ),
        (lambda files: files.update({"ml/extra.py": b"import os"}), "holds another ml/extra.py"),
        (lambda files: files.pop("golden/0.png"), "holds another golden/0.png"),
        (lambda files: files.update({"bundle.sig": b"0" * 64}), "not signed by the trusted key"),
        (lambda files: files.pop("bundle.sig"), "not signed by the trusted key"),
        (lambda files: files.update({"bundle.json": files["bundle.json"] + b" "}), "not signed"),
        (lambda files: files.update({"../outside": b"x"}), "which no archive may"),
    ],
)
def test_what_was_not_signed_is_not_opened(archive, key, tmp_path, change, sentence):
    spoilt = tmp_path / "spoilt.bundle"
    spoilt.write_bytes(repacked(archive, change))
    opened = tmp_path / "opened"
    opened.mkdir()
    with pytest.raises(Untrusted, match=sentence):
        open_archive(spoilt, key.public_key().public_bytes_raw(), opened)
    assert not list(opened.iterdir())


def test_a_torn_archive_and_another_key_are_refused_with_exit_code_3(archive, key, tmp_path):
    torn = tmp_path / "torn.bundle"
    torn.write_bytes(archive.read_bytes()[:5000])
    assert run(torn, public_hex(key)).returncode == launcher.UNTRUSTED
    other = public_hex(Ed25519PrivateKey.generate())
    done = run(archive, other)
    assert done.returncode == launcher.UNTRUSTED
    assert "not signed by the trusted key" in done.stderr


def test_a_key_is_made_once_for_its_owner_alone_and_another_kind_is_refused(tmp_path):
    file = tmp_path / "keys" / "key.pem"
    assert public_hex(signing_key(file)) == public_hex(signing_key(file))
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("no key")
    with pytest.raises(PackagingFailed, match="is no private key"):
        signing_key(file)
