"""``millrace logs``: what every program of an environment wrote, in order of time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import say
from scripts.errors import WrongInput
from scripts.places import EnvironmentName, load

if TYPE_CHECKING:
    from scripts.log_lines import LogLine

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("logs")(logs)


def logs(
    program: Annotated[str, typer.Argument(help="A system or component; all when left out.")] = "",
    request: Annotated[str, typer.Option(help="A request, prediction or release id.")] = "",
    since: Annotated[str, typer.Option(help="How far back: 30s, 10m, 2h, 1d.")] = "1h",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines are written.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    env: EnvironmentName = "local",
) -> None:
    """Show what the programs of an environment wrote."""
    from scripts.log_lines import merged

    earliest = datetime.now(UTC) - _duration(since)
    folder = load(env).here.logs

    def wanted(line: LogLine) -> bool:
        return line.time >= earliest and (not request or line.concerns(request))

    files = _files(folder, program)
    offsets = {path: path.stat().st_size for path in files}
    for line in merged(files, wanted):
        _show(line, as_json)
    if follow:
        for line in _followed(folder, program, offsets, wanted):
            _show(line, as_json)


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not found:
        raise WrongInput(f"--since {text!r} is not a duration; write a number and s, m, h or d, such as 10m")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _files(folder: Path, program: str) -> list[Path]:
    everything = sorted(folder.glob("*.log*"))
    chosen = [path for path in everything if not program or _belongs(path, program)]
    if program and not chosen:
        from scripts.log_lines import program_of

        known = ", ".join(sorted({program_of(path) for path in everything})) or "none yet"
        raise WrongInput(f"no program {program!r} has written a log in {folder}; there are: {known}")
    return chosen


def _belongs(path: Path, program: str) -> bool:
    """A system's releases are programs named after it: recommender-3f2a..."""
    return path.name.startswith((f"{program}.log", f"{program}-"))


def _followed(
    folder: Path, program: str, offsets: dict[Path, int], wanted: Callable[[LogLine], bool]
) -> Iterator[LogLine]:
    while True:
        for path in sorted(folder.glob("*.log")):
            if program and not _belongs(path, program):
                continue
            yield from filter(wanted, _appended(path, offsets))
        time.sleep(0.25)


def _appended(path: Path, offsets: dict[Path, int]) -> Iterator[LogLine]:
    """Read what came since last time; a file that shrank was rotated and is read anew."""
    from scripts.log_lines import parse, program_of

    start = offsets.get(path, 0)
    if path.stat().st_size < start:
        start = 0
    with path.open("rb") as file:
        file.seek(start)
        whole, newline, _ = file.read().rpartition(b"\n")
    offsets[path] = start + len(whole) + len(newline)
    for text in whole.decode(errors="replace").splitlines():
        yield parse(text, program_of(path), datetime.now(UTC))


def _show(line: LogLine, as_json: bool) -> None:
    if as_json:
        say(line.as_json())
        return
    ids = " ".join(f"{key}={line.fields[key]}" for key in ("request_id", "release") if line.fields.get(key))
    clock = line.time.astimezone().strftime("%H:%M:%S.%f")[:-3]
    say(f"{clock} {line.program:<16} {line.level:<7} {line.message} {ids}".rstrip())
