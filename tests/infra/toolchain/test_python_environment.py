"""A Python program in an environment of its own: what its lock file names, and nothing else."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile

import pytest

from infra.toolchain.errors import ToolUnavailable
from infra.toolchain.install import LOCKS

from .conftest import hoist

PYTHON = 'kind = "python"\nlock = "hoist.lock"'
PROGRAM = """\
import sys
def main():
    print("hoist 1.2.0", sys.prefix)
"""
RECORDED = {
    "hoist.py": PROGRAM,
    "hoist-1.2.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: hoist\nVersion: 1.2.0\n",
    "hoist-1.2.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "hoist-1.2.0.dist-info/entry_points.txt": "[console_scripts]\nhoist = hoist:main\n",
}


@pytest.fixture
def lock(machine):
    """A lock file that names one wheel in a folder, with its digest; and how to write another."""
    wheel = machine.folder / "wheels" / "hoist-1.2.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in RECORDED.items():
            archive.writestr(name, text)
        archive.writestr("hoist-1.2.0.dist-info/RECORD", "".join(f"{name},,\n" for name in RECORDED))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    path = machine.folder / "locks" / "hoist.lock"
    path.parent.mkdir()

    def write(sha256: str = digest, name: str = "hoist") -> None:
        path.write_text(f"{name} @ {wheel.as_uri()} --hash=sha256:{sha256}\n")

    write()
    return write


@pytest.fixture
def chain(machine, lock):
    environ = machine.environ() | {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(machine.folder / "uv")}
    return lambda **more: machine.chain(hoist(PYTHON), environ=environ, **more)


def test_a_python_program_runs_in_an_environment_that_is_not_ours(chain):
    tool = chain().ensure()["hoist"]
    said = subprocess.check_output([tool.programs["hoist"]], text=True, env={"PATH": os.defpath}).split()
    assert (tool.version, tool.source) == ("1.2.0", "python")
    assert said[:2] == ["hoist", "1.2.0"]
    assert said[2] != sys.prefix


def test_its_environment_is_whole_under_the_name_that_it_was_moved_to(chain, machine):
    prefix = subprocess.check_output([chain().ensure()["hoist"].programs["hoist"]], text=True).split()[2]
    assert prefix.startswith(str(machine.cache))
    assert ".partial-" not in prefix


def test_a_second_install_and_a_second_clone_do_nothing(chain, machine):
    told: list[str] = []
    chain().ensure()
    before = {path: path.stat().st_mtime_ns for path in machine.left_over()}
    chain().ensure(progress=lambda name, message: told.append(message))
    assert told == []
    chain(clone="other").ensure(progress=lambda name, message: told.append(message))
    assert not any("installing" in message for message in told)
    assert {path: path.stat().st_mtime_ns for path in machine.left_over()} == before


def test_a_package_with_another_digest_is_refused_and_leaves_nothing(chain, lock, machine):
    lock(sha256="0" * 64)
    with pytest.raises(ToolUnavailable, match=r"the Python packages of hoist\.lock: uv ended with code"):
        chain().ensure()
    assert machine.left_over() == []


def test_a_lock_file_that_is_broken_or_missing_is_named(chain, machine):
    path = machine.folder / "locks" / "hoist.lock"
    path.write_text("hoist ===== 1.2\n")
    with pytest.raises(
        ToolUnavailable, match=r"(?s)hoist\.lock: uv ended with code 2: .*no such comparison operator"
    ):
        chain().ensure()
    path.unlink()
    with pytest.raises(ToolUnavailable, match=r"hoist\.lock cannot be read \(No such file or directory\)"):
        chain().ensure()
    assert machine.left_over() == []


def test_a_changed_lock_file_is_followed(chain, lock):
    first = chain().ensure()["hoist"].programs["hoist"].resolve()
    lock(name="Hoist")
    assert chain().ensure()["hoist"].programs["hoist"].resolve() != first


def test_the_shipped_lock_files_name_digests_and_no_index():
    for path in LOCKS.glob("*.lock"):
        text = path.read_text()
        assert "--hash=sha256:" in text
        assert not any(word in text for word in ("index-url", "https://", "http://")), path
