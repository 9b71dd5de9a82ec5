"""The steward killed at any line goes on where it was, and does nothing twice."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[3]
KINDS = ["began", "trained", "trained", "released"]


def lines(folder: Path, system: str):
    """Start the host and yield its process, then each line as it comes."""
    command = [sys.executable, str(Path(__file__).with_name("host.py")), str(folder), system]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, env=None) as host:
        yield host
        yield from host.stdout


def run_until(folder: Path, system: str, point: int | None) -> bool:
    """Run the host up to a line and kill it there; return whether it ended by itself."""
    said = lines(folder, system)
    host = next(said)
    for number, line in enumerate(said):
        if line.startswith("ended"):
            assert line == "ended released\n"
            host.wait(60)
            return True
        if number == point:
            host.kill()
            return False
    return False


def strikes(count: int, seed: int, folder: Path) -> None:
    chance, left, system = random.Random(seed), count, 0
    while left:
        name = "ab"[system % 2]
        own = folder / str(system)
        own.mkdir(parents=True)
        ended = False
        while not ended and left:
            ended = run_until(own, name, chance.randrange(0, 12))
            left -= not ended
        if not ended:
            assert run_until(own, name, None)
        assert_done_once(own, name)
        system += 1


def assert_done_once(folder: Path, system: str) -> None:
    effects = (folder / "effects.txt").read_text().splitlines()
    assert effects == [f"{system} refit", f"{system} wider", f"{system} release 2"]
    events = [json.loads(path.read_text()) for path in sorted((folder / "records").rglob("*.json"))]
    assert [event["kind"] for event in events] == KINDS
    assert [event["number"] for event in events] == [0, 1, 2, 3]
    assert events[-1]["outcome"] == "released"


def test_ten_kills_at_random_lines_lose_nothing_and_do_nothing_twice(tmp_path):
    strikes(10, 7, tmp_path)


@pytest.mark.long
def test_fifty_kills_at_random_lines_lose_nothing_and_do_nothing_twice(tmp_path):
    strikes(50, 11, tmp_path)
