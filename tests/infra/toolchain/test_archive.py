"""The vendor's archive, over a real connection."""

from __future__ import annotations

import socket
import subprocess
import zipfile
from io import BytesIO

import pytest

from infra.toolchain.errors import ToolUnavailable
from infra.toolchain.sources.source import Limits

from .conftest import archive, hoist, pinned, script, tar

GOOD = {"hoist-1.2.0/hoist": script("1.2.0"), "hoist-1.2.0/README": "not a program"}
FILE = "hoist-1.2.0.tar.gz"


def refusal(machine, catalogue, **more) -> str:
    """The message with which an install fails; nothing may stay behind."""
    chain = machine.chain(catalogue, **more)
    with pytest.raises(ToolUnavailable) as caught:
        chain.ensure(["hoist"])
    assert machine.left_over() == []
    assert not (chain.bin / "hoist").exists()
    return str(caught.value)


def test_a_good_archive_is_installed_and_runs(vendor, machine):
    digest = vendor.offer(FILE, tar(GOOD))
    chain = machine.chain(hoist(archive(f"{vendor.url}/{FILE}", pinned(digest))))
    tool = chain.ensure(["hoist"])["hoist"]
    assert subprocess.check_output([chain.tool_path("hoist")], text=True) == "hoist 1.2.0\n"
    assert (tool.version, tool.source) == ("1.2.0", "archive")
    assert tool.origin == f"{vendor.url}/{FILE} (pinned SHA-256)"
    assert [path.name for path in machine.left_over()] == ["hoist"]


def test_a_zip_serves_as_well_as_a_tar(vendor, machine):
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        opened.writestr("hoist-1.2.0/hoist", script("1.2.0"))
    digest = vendor.offer("hoist.zip", buffer.getvalue())
    chain = machine.chain(hoist(archive(f"{vendor.url}/hoist.zip", pinned(digest))))
    assert chain.ensure(["hoist"])["hoist"].version == "1.2.0"


def test_without_a_pin_the_vendors_own_list_decides(vendor, machine):
    digest = vendor.offer(FILE, tar(GOOD))
    vendor.offer("sums", f"{'0' * 64}  other.tar.gz\n{digest} *{FILE}\n".encode())
    catalogue = hoist(archive(f"{vendor.url}/{FILE}", f'checksums = "{vendor.url}/sums"'))
    assert machine.chain(catalogue).ensure(["hoist"])["hoist"].origin.endswith("(published SHA-256)")

    vendor.offer("sums", f"{'0' * 64}  {FILE}\n".encode())
    machine.cache = machine.folder / "another-cache"
    assert "expected 0000" in refusal(machine, catalogue, clone="another")


def test_a_list_without_the_archive_is_no_permission(vendor, machine):
    vendor.offer(FILE, tar(GOOD))
    vendor.offer("sums", b"")
    catalogue = hoist(archive(f"{vendor.url}/{FILE}", f'checksums = "{vendor.url}/sums"'))
    assert f"does not list {FILE}" in refusal(machine, catalogue)


def test_a_wrong_checksum_is_refused_and_leaves_nothing(vendor, machine):
    digest = vendor.offer(FILE, tar(GOOD))
    message = refusal(machine, hoist(archive(f"{vendor.url}/{FILE}", pinned("a" * 64))))
    assert f"has SHA-256 {digest}, expected {'a' * 64}; not used" in message


def test_a_truncated_archive_is_refused_and_leaves_nothing(vendor, machine):
    digest = vendor.offer(FILE, tar(GOOD))
    vendor.truncated.add(f"/{FILE}")
    message = refusal(machine, hoist(archive(f"{vendor.url}/{FILE}", pinned(digest))))
    assert "peer closed connection" in message


def test_a_missing_archive_is_named_with_the_servers_answer(vendor, machine):
    message = refusal(machine, hoist(archive(f"{vendor.url}/{FILE}", pinned("a" * 64))))
    assert f"{vendor.url}/{FILE}: the server answered 404" in message


def test_a_server_that_stalls_is_given_up(vendor, machine):
    digest = vendor.offer(FILE, tar(GOOD))
    vendor.stalled.add(f"/{FILE}")
    message = refusal(machine, hoist(archive(f"{vendor.url}/{FILE}", pinned(digest))))
    assert "no answer in time" in message


def test_a_server_that_trickles_is_given_up(vendor, machine):
    vendor.offer(FILE, tar(GOOD))
    vendor.trickling.add(f"/{FILE}")
    limits = Limits(connect_s=1, read_s=5, download_s=0.3)
    message = refusal(machine, hoist(archive(f"{vendor.url}/{FILE}", pinned("a" * 64))), limits=limits)
    assert "took longer than 0.3 s" in message


def test_without_network_the_next_source_serves(machine):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/{FILE}"
        machine.put("hoist", script("1.4.0"))
        told = []
        chain = machine.chain(hoist(archive(url, pinned("a" * 64)), 'kind = "path"'))
        tool = chain.ensure(["hoist"], lambda name, message: told.append((name, message)))["hoist"]
    assert (tool.version, tool.source) == ("1.4.0", "path")
    assert ("hoist", "the vendor's archive cannot serve") in told


def test_a_host_that_does_not_answer_is_asked_once(machine):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/{FILE}"
        source = archive(url, pinned("a" * 64))
        message = refusal(machine, hoist(source, source))
    assert "1. the vendor's archive: " in message
    assert "Connection refused" in message
    assert "did not answer before" in message


def test_an_archive_without_the_program_is_refused(vendor, machine):
    digest = vendor.offer(FILE, tar({"elsewhere/hoist": script("1.2.0")}))
    message = refusal(machine, hoist(archive(f"{vendor.url}/{FILE}", pinned(digest))))
    assert "is not the archive that was expected" in message


def test_an_archive_with_another_version_is_refused(vendor, machine):
    digest = vendor.offer(FILE, tar({"hoist-1.2.0/hoist": script("3.0.0")}))
    message = refusal(machine, hoist(archive(f"{vendor.url}/{FILE}", pinned(digest))))
    assert "is 3.0.0, wanted >=1.2,<2" in message
