"""The prediction log's first stop."""

from __future__ import annotations

import fcntl
import os
import resource
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from services.endpoint.spool import Spool

LINE = b'{"id":"%d"}\n'


def _spool(folder: Path, segment_bytes: int = 1000, limit_bytes: int = 10_000) -> Spool:
    return Spool(folder, segment_bytes=segment_bytes, limit_bytes=limit_bytes)


def _segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl"))


def test_a_record_is_on_file_when_append_returns(tmp_path: Path) -> None:
    spool = _spool(tmp_path / "s")
    assert spool.append(LINE % 1)
    assert spool.append(LINE % 2)
    assert [path.read_bytes() for path in _segments(tmp_path / "s")] == [LINE % 1 + LINE % 2]


def test_a_full_segment_is_followed_by_another_and_no_record_is_split(tmp_path: Path) -> None:
    spool = _spool(tmp_path, segment_bytes=100)
    lines = [LINE % number for number in range(50)]
    assert all(spool.append(line) for line in lines)
    found = [path.read_bytes() for path in _segments(tmp_path)]
    assert len(found) > 3
    assert max(map(len, found)) <= 100
    assert b"".join(found) == b"".join(lines)


def test_a_segment_is_locked_while_it_may_grow_and_free_afterwards(tmp_path: Path) -> None:
    def locked(path: Path) -> bool:
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    spool = _spool(tmp_path, segment_bytes=20)
    spool.append(LINE % 1)
    spool.append(LINE % 2)
    first, second = _segments(tmp_path)
    assert (locked(first), locked(second)) == (False, True)
    spool.close()
    assert not locked(second)


def test_a_process_begins_a_segment_of_its_own(tmp_path: Path) -> None:
    for number in range(3):
        spool = _spool(tmp_path)
        spool.append(LINE % number)
        spool.close()
    assert len(_segments(tmp_path)) == 3


def test_what_waits_to_be_shipped_is_bounded_and_older_records_stay(tmp_path: Path) -> None:
    spool = _spool(tmp_path, segment_bytes=100, limit_bytes=300)
    taken = [spool.append(LINE % number) for number in range(100)]
    assert taken.count(True) < 50
    held = b"".join(path.read_bytes() for path in _segments(tmp_path))
    assert held == b"".join(LINE % number for number in range(taken.count(True)))


def test_a_segment_that_goes_while_the_folder_is_looked_through_harms_nothing(tmp_path: Path) -> None:
    """A link to nothing is listed and cannot be looked at, like a file that was just removed."""
    (tmp_path / "1.jsonl").symlink_to(tmp_path / "gone")
    assert _spool(tmp_path).append(LINE % 1)


def test_without_a_folder_nothing_is_written_and_nothing_fails() -> None:
    assert _spool(None).append(LINE % 1)  # type: ignore[arg-type]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_made_refuses_records(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert not _spool(tmp_path / "s").append(LINE % 1)


def test_a_folder_that_is_a_file_refuses_records(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("")
    assert not _spool(tmp_path / "s").append(LINE % 1)


def test_a_disk_that_takes_half_a_record_keeps_whole_records_only(tmp_path: Path) -> None:
    """The size limit of the process stands for a full disk: the kernel writes a part and no more."""
    program = textwrap.dedent(f"""
        import resource
        from pathlib import Path
        from services.endpoint.spool import Spool
        spool = Spool(Path({str(tmp_path)!r}), segment_bytes=10**6, limit_bytes=10**7)
        record = b"x" * 99 + b"\\n"
        resource.setrlimit(resource.RLIMIT_FSIZE, (250, {resource.RLIM_INFINITY}))
        print([spool.append(record) for _ in range(5)])
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[True, True, True, True, True]"
    found = [path.read_bytes() for path in _segments(tmp_path)]
    assert [len(each) for each in found] == [200, 200, 100]
