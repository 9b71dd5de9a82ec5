"""Reading what services write."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from services.endpoint.spool import Spool
from services.recorder.spools import Offsets, Segment, segments


def line(number: int) -> bytes:
    return orjson.dumps({"id": str(number), "kind": "prediction", "system": "echo"}) + b"\n"


def spool(folder: Path, segment_bytes: int = 10**6) -> Spool:
    return Spool(folder, segment_bytes=segment_bytes, limit_bytes=10**8)


def ids(segment: Segment, offset: int = 0, limit: int = 10**6) -> list[str]:
    return [record.id for record in segment.read(offset, limit).records]


def test_a_segment_is_read_in_chunks_of_whole_lines(tmp_path: Path) -> None:
    writing = spool(tmp_path / "r")
    for number in range(100):
        writing.append(line(number))
    (segment,) = segments(tmp_path)
    offset, seen = 0, []
    while (chunk := segment.read(offset, 500)).end > offset:
        seen += [record.id for record in chunk.records]
        offset = chunk.end
    assert seen == [str(number) for number in range(100)]


def test_a_line_longer_than_a_chunk_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    path = tmp_path / "r" / "1.jsonl"
    path.write_bytes(orjson.dumps({"id": "a", "kind": "prediction", "system": "e", "x": "y" * 5000}) + b"\n")
    assert ids(Segment(path), 0, 100) == ["a"]


def test_a_line_that_is_still_being_written_is_left_for_later(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    path = tmp_path / "r" / "1.jsonl"
    path.write_bytes(line(1) + line(2)[:-5])
    chunk = Segment(path).read(0, 10**6)
    assert ([record.id for record in chunk.records], chunk.end, chunk.torn) == (["1"], len(line(1)), 0)


@pytest.mark.parametrize("garbage", [b"{torn\n", b"\n", b"\x00\xff\n", b"[]\n", b'{"id": 1}\n', b"null\n"])
def test_a_line_that_is_no_record_is_counted_and_the_next_is_read(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / "r").mkdir()
    path = tmp_path / "r" / "1.jsonl"
    path.write_bytes(line(1) + garbage + line(2))
    chunk = Segment(path).read(0, 10**6)
    assert ([record.id for record in chunk.records], chunk.torn) == (["1", "2"], 1)


def test_a_segment_is_sealed_once_its_process_lets_go(tmp_path: Path) -> None:
    writing = spool(tmp_path / "r", segment_bytes=60)
    writing.append(line(1))
    writing.append(line(2))
    first, second = segments(tmp_path)
    assert (first.sealed(), second.sealed()) == (True, False)
    writing.close()
    assert second.sealed()


def test_offsets_outlive_the_process(tmp_path: Path) -> None:
    segment = Segment(tmp_path / "r" / "1.jsonl")
    Offsets(tmp_path / "offsets.json").move(segment, 17)
    assert Offsets(tmp_path / "offsets.json").of(segment) == 17
    Offsets(tmp_path / "offsets.json").forget(segment)
    assert Offsets(tmp_path / "offsets.json").of(segment) == 0


def test_damaged_offsets_are_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "offsets.json").write_text('{"r/1.jso')
    assert Offsets(tmp_path / "offsets.json").of(Segment(tmp_path / "r" / "1.jsonl")) == 0
