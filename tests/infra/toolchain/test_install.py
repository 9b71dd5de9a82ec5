"""What an install leaves behind, whatever happens to it."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.toolchain.errors import FolderUnusable, ToolMissing, ToolUnavailable, UnknownTool

from .conftest import archive, hoist, pinned, script, tar

FILE = "hoist-1.2.0.tar.gz"
GOOD = tar({"hoist-1.2.0/hoist": script("1.2.0")})


@pytest.fixture
def from_vendor(vendor):
    digest = vendor.offer(FILE, GOOD)
    return hoist(archive(f"{vendor.url}/{FILE}", pinned(digest)))


def started(chain) -> subprocess.Popen:
    """Another process that installs for the same clone."""
    program = f"""
        from pathlib import Path
        from infra.toolchain.install import Toolchain
        Toolchain(
            Path({str(chain.home)!r}), Path({str(chain.folder)!r}), Path({str(chain.cache)!r}),
            Path({str(chain.catalogue_path)!r}),
        ).ensure(["hoist"])
    """
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_install_is_not_half_done_and_the_next_one_completes(
    vendor, machine, from_vendor, number
):
    vendor.stalled.add(f"/{FILE}")
    chain = machine.chain(from_vendor)
    with started(chain) as child:
        assert vendor.stalling.wait(60)
        child.send_signal(number)
        child.wait(60)
    assert not (chain.bin / "hoist").exists()
    assert not list(machine.cache.glob("hoist/1.2.0/*"))

    vendor.stalled.clear()
    chain.ensure(["hoist"])
    assert [path.name for path in machine.left_over()] == ["hoist"]
    assert not list(machine.cache.glob("hoist/.partial-*"))


def test_two_clones_at_once_download_once(vendor, machine, from_vendor):
    vendor.stalled.add(f"/{FILE}")
    chains = [machine.chain(from_vendor, clone=name) for name in ("first", "second")]
    with ThreadPoolExecutor() as pool:
        running = [pool.submit(chain.ensure, ["hoist"]) for chain in chains]
        assert vendor.stalling.wait(60)
        vendor.go_on.set()
        versions = [run.result(60)["hoist"].version for run in running]
    assert versions == ["1.2.0", "1.2.0"]
    assert vendor.asked[f"/{FILE}"] == 1
    assert all((chain.bin / "hoist").exists() for chain in chains)


def test_a_second_install_does_nothing(vendor, machine, from_vendor):
    chain = machine.chain(from_vendor)
    first = chain.ensure()
    before = (chain.folder / "manifest.json").stat().st_mtime_ns
    assert chain.ensure(progress=lambda *_: pytest.fail("nothing was to be done")) == first
    assert (chain.folder / "manifest.json").stat().st_mtime_ns == before
    assert vendor.asked[f"/{FILE}"] == 1


def test_a_program_that_vanished_or_changed_comes_back(vendor, machine, from_vendor):
    chain = machine.chain(from_vendor)
    chain.ensure()
    program = (chain.bin / "hoist").resolve()
    program.unlink()
    chain.ensure()
    program.write_text("damaged")
    chain.ensure()
    assert program.read_text() == script("1.2.0")
    assert vendor.asked[f"/{FILE}"] == 3
    (chain.bin / "hoist").unlink()
    chain.ensure()
    assert (chain.bin / "hoist").exists()
    assert vendor.asked[f"/{FILE}"] == 3


def test_a_changed_list_is_followed(machine):
    machine.put("hoist", script("1.2.0"))
    machine.chain(hoist('kind = "path"')).ensure()
    other = hoist('kind = "path"').replace(">=1.2,<2", ">=1.3,<2").replace("1.2.0", "1.3.0")
    with pytest.raises(ToolUnavailable, match=r"is 1\.2\.0, wanted >=1\.3,<2"):
        machine.chain(other).ensure()
    machine.put("hoist", script("1.3.5"))
    assert machine.chain(other).ensure()["hoist"].version == "1.3.5"


def test_all_sources_failing_gives_one_message_that_names_each(vendor, machine):
    machine.put("hoist", script("0.9.0"))
    catalogue = hoist(
        'kind = "path"',
        'kind = "wheel"\ndistribution = "no-such-distribution-anywhere"',
        archive(f"{vendor.url}/{FILE}", pinned("a" * 64)),
    )
    with pytest.raises(ToolUnavailable) as caught:
        machine.chain(catalogue).ensure(["hoist"])
    assert str(caught.value).splitlines() == [
        "hoist (lifts) cannot be installed; sources tried in order:",
        f"  1. PATH: {machine.local / 'hoist'} is 0.9.0, wanted >=1.2,<2",
        "  2. the wheel no-such-distribution-anywhere: not installed in this environment; run `make setup`",
        f"  3. the vendor's archive: {vendor.url}/{FILE}: the server answered 404 Not Found",
        "  Put hoist (>=1.2,<2) on PATH, or mend one of these; then run `make tools` again.",
    ]


def test_what_was_installed_before_a_failure_stays(machine):
    machine.put("hoist", script("1.2.0"))
    catalogue = hoist('kind = "path"') + hoist('kind = "path"').replace("hoist", "winch")
    chain = machine.chain(catalogue)
    with pytest.raises(ToolUnavailable, match="winch"):
        chain.ensure()
    assert [(tool.name, tool.source) for tool in chain.listing()] == [
        ("hoist", "path"),
        ("winch", "not installed"),
    ]
    assert chain.tool_path("hoist").exists()
    with pytest.raises(ToolMissing, match="make tools"):
        chain.tool_path("winch")


def test_a_tool_is_found_by_the_name_of_its_program(machine):
    catalogue = hoist('kind = "path"').replace('["hoist"]', '["hoist", "hoistctl"]')
    machine.put("hoist", script("1.2.0"))
    machine.put("hoistctl", script("1.2.0"))
    chain = machine.chain(catalogue)
    assert list(chain.ensure(["hoistctl"])) == ["hoist"]
    assert list(chain.ensure(["hoistctl", "hoist"])) == ["hoist"]
    with pytest.raises(UnknownTool, match="it has hoist"):
        chain.ensure(["derrick"])


def test_a_cache_or_tools_folder_that_cannot_be_written_is_named(machine, from_vendor):
    machine.cache.write_text("a file where the folder should be")
    with pytest.raises(ToolUnavailable, match=f"{machine.cache}/hoist: Not a directory"):
        machine.chain(from_vendor).ensure()
    chain = machine.chain(from_vendor, clone="cache")
    with pytest.raises(FolderUnusable, match=f"{machine.cache}.* cannot be used .*MILLRACE_TOOLS"):
        chain.ensure()
