"""What processes that this package starts have in common: they end with their parent, and share the cores."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1
# One for each library that starts threads of its own: OpenMP, OpenBLAS, MKL, TensorFlow within and between.
THREAD_LIMITS: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def end_with_parent(parent: int) -> None:
    """Ask Linux for SIGKILL when the parent dies; elsewhere the process ends when it is done."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)


def with_threads(count: float | None) -> dict[str, str]:
    """Return this process's environment for a child that may use so many cores; None leaves it as it is."""
    limits = dict.fromkeys(THREAD_LIMITS, str(max(1, int(count)))) if count else {}
    return {**os.environ, **limits}


def threads() -> int:
    """Return how many threads a library may start here: what the parent allowed, or one for each core."""
    allowed = os.environ.get(THREAD_LIMITS[0], "")
    return int(allowed) if allowed.isdigit() else cores()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
