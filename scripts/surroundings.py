"""Environment variables for everything that this process does and starts, for as long as it takes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def surroundings(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables, and have all as they were in the end."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
