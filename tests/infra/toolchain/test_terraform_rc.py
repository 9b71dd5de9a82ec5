"""Terraform's configuration for this machine."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from infra.toolchain.install import Toolchain
from infra.toolchain.terraform_rc import find_mirror, render


@pytest.fixture
def mirror(tmp_path):
    place = tmp_path / "opt" / "plugins" / "registry.terraform.io" / "hashicorp" / "aws" / "5.100.0"
    place.mkdir(parents=True)
    return tmp_path / "opt" / "plugins"


def test_a_mirror_found_on_the_machine_is_used_for_what_it_has(tmp_path, mirror):
    text = render({"HOME": str(tmp_path)}, [str(tmp_path / "opt")])
    assert f'path    = "{mirror}"' in text
    assert text.count('["registry.terraform.io/hashicorp/aws"]') == 2


def test_a_named_mirror_comes_before_one_that_is_found(tmp_path, mirror):
    named = tmp_path / "named"
    (named / "registry.terraform.io" / "hashicorp" / "null").mkdir(parents=True)
    environ = {"HOME": str(tmp_path), "MILLRACE_TERRAFORM_MIRROR": str(named)}
    assert find_mirror(environ, [str(tmp_path / "opt")]) == named


def test_without_a_mirror_terraform_downloads(tmp_path):
    assert "provider_installation" not in render({"HOME": str(tmp_path)}, [str(tmp_path)])


def test_a_persons_own_configuration_stays_in_charge(tmp_path):
    own = tmp_path / ".terraformrc"
    environ = {"HOME": str(tmp_path), "MILLRACE_HOME": str(tmp_path / "home"), "PATH": "/bin"}
    ours = str(tmp_path / "home" / "tools" / "terraform.rc")
    assert Toolchain.here(environ).activate()["TF_CLI_CONFIG_FILE"] == ours
    missing = environ | {"TF_CLI_CONFIG_FILE": str(tmp_path / "missing")}
    assert Toolchain.here(missing).activate()["TF_CLI_CONFIG_FILE"] == ours
    own.write_text("")
    assert Toolchain.here(environ).activate()["TF_CLI_CONFIG_FILE"] == str(own)


def test_one_clones_configuration_is_not_anothers(tmp_path):
    first = {"HOME": str(tmp_path), "MILLRACE_HOME": str(tmp_path / "first"), "PATH": "/bin"}
    Toolchain.here(first).refresh_terraform_configuration()
    second = Toolchain.here(first).activate() | {"MILLRACE_HOME": str(tmp_path / "second")}
    active = Toolchain.here(second).activate()
    assert active["TF_CLI_CONFIG_FILE"] == str(tmp_path / "second" / "tools" / "terraform.rc")


def test_terraform_takes_what_is_written(tmp_path, mirror):
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("needs terraform")
    path = tmp_path / "terraform.rc"
    path.write_text(render({"HOME": str(tmp_path)}, [str(tmp_path / "opt")]))
    environ = {
        "PATH": "/bin",
        "HOME": str(tmp_path),
        "TF_CLI_CONFIG_FILE": str(path),
        "CHECKPOINT_DISABLE": "1",
    }
    done = subprocess.run([terraform, "version"], env=environ, capture_output=True, text=True)
    assert done.returncode == 0
    assert "CLI configuration" not in done.stdout + done.stderr
