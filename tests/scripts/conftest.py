"""The command, run as a person runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("millrace")


@pytest.fixture
def millrace(tmp_path):
    """Run ``millrace`` with an empty state folder; returns the finished process."""

    def run(*arguments, stdin="", timeout=300, **environ):
        return subprocess.run(
            [COMMAND, *arguments],
            env=os.environ | {"MILLRACE_HOME": str(tmp_path / "home")} | environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run
