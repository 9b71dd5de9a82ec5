"""What the whole local environment weighs when nobody asks anything of it."""

from __future__ import annotations

from collections.abc import Iterator

import psutil

from scripts.places import load
from tests.bench.figure import Figure


def figures() -> Iterator[Figure]:
    """Proportional set size of every process under supervisord, the daemon included."""
    by_name = _by_name(_supervised(load("local").runtime.configuration.with_name("supervisord.pid")))
    largest = sorted(by_name.items(), key=lambda item: -item[1])
    how = ", ".join(f"{name} {size / 2**20:.0f}" for name, size in largest)
    yield Figure.at_most(
        "idle environment, proportional set size", sum(by_name.values()) / 2**30, "GiB", 1.2, how
    )


def _supervised(pid_file) -> list[psutil.Process]:
    parent = psutil.Process(int(pid_file.read_text()))
    return [parent, *parent.children(recursive=True)]


def _by_name(processes: list[psutil.Process]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for process in processes:
        name = process.name()
        sizes[name] = sizes.get(name, 0) + process.memory_full_info().pss
    return sizes
