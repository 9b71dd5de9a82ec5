"""``python -m services.steward.child PARENT SECONDS MODULE ...``: a module within limits.

It gets so many seconds of processor time, ends when its parent does, yields to what serves, and is what
the kernel takes first when memory runs out.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from pathlib import Path
from typing import Final

from ml.child_process import end_with_parent

NICENESS: Final = 5
TAKEN_FIRST: Final = "500"


def main() -> None:
    """Set the limits and become the module."""
    parent, seconds, module, *arguments = sys.argv[1:]
    end_with_parent(int(parent))
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(TAKEN_FIRST)
    allowed = max(1, int(seconds))
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, allowed + 10))
    os.nice(NICENESS)
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 - it becomes the module


if __name__ == "__main__":
    main()
