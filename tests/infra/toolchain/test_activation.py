"""The variables with which tools run, for a process and for a person's shell."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.toolchain.activation import passphrase_file
from infra.toolchain.install import REPOSITORY, Toolchain


def test_the_pinned_tools_come_first_and_once(tmp_path):
    chain = Toolchain.here({"MILLRACE_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    once = chain.activate()
    twice = Toolchain.here(once).activate()
    expected = [str(tmp_path / "tools" / "bin"), str(Path(sys.prefix) / "bin"), "/usr/bin", "/bin"]
    assert once["PATH"].split(os.pathsep) == expected
    assert twice == once


def test_state_and_passphrase_follow_the_state_folder_not_the_shell(tmp_path):
    shell = {
        "MILLRACE_HOME": str(tmp_path),
        "PATH": "/bin",
        "PULUMI_BACKEND_URL": "file:///elsewhere",
        "PULUMI_CONFIG_PASSPHRASE": "of another project",
    }
    active = Toolchain.here(shell).activate()
    assert active["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/pulumi"
    assert active["PULUMI_CONFIG_PASSPHRASE_FILE"] == f"{tmp_path}/pulumi/passphrase"
    assert "PULUMI_CONFIG_PASSPHRASE" not in active


def test_the_tools_folder_may_lie_elsewhere(tmp_path):
    chain = Toolchain.here({"MILLRACE_TOOLS": str(tmp_path / "t"), "XDG_CACHE_HOME": str(tmp_path / "c")})
    assert chain.bin == tmp_path / "t" / "bin"
    assert chain.cache == tmp_path / "c" / "millrace" / "tools"


def test_the_passphrase_is_made_once_and_for_its_owner_alone(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda _: passphrase_file(tmp_path).read_text(), range(8)))
    assert len(set(read)) == 1
    assert len(read[0].strip()) >= 32
    assert passphrase_file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "pulumi").iterdir()] == ["passphrase"]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_sourcing_the_script_sets_the_same_in_a_shell(tmp_path, shell):
    home = tmp_path / "a home with 'quotes'"
    command = f'cd / && . "{REPOSITORY}/scripts/activate" && env -0'
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "MILLRACE_HOME": str(home)}
    try:
        found = subprocess.check_output([shell, "-c", command], env=environ, text=True)
    except OSError:
        pytest.skip(f"needs {shell}")
    seen = dict(pair.split("=", 1) for pair in found.split("\0") if pair)
    expected = Toolchain.here(environ).activate()
    for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE_FILE", "TF_CLI_CONFIG_FILE"):
        assert seen[name] == expected[name]
    assert seen["PATH"].split(os.pathsep)[0] == str(home / "tools" / "bin")
    assert seen["VIRTUAL_ENV"] == str(REPOSITORY / ".venv")


def test_a_clone_without_an_environment_says_what_to_run(tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "activate").write_text((REPOSITORY / "scripts" / "activate").read_text())
    done = subprocess.run(
        ["bash", "-c", f". {tmp_path}/scripts/activate; echo went on with $?"], capture_output=True, text=True
    )
    assert "run `make setup tools` there first" in done.stderr
    assert done.stdout == "went on with 1\n"
