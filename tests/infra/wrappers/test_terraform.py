"""What Terraform is started with."""

import threading

import pytest

from infra.wrappers.process import Limits
from infra.wrappers.terraform import Terraform

WRITES_DOWN = '#!/bin/sh\necho "$GOGC" > "$TF_DATA_DIR"\n'


@pytest.mark.parametrize(("chosen", "given"), [(None, "400"), ("50", "50")])
def test_it_collects_late_unless_told_otherwise(tmp_path, monkeypatch, chosen, given):
    monkeypatch.delenv("GOGC", raising=False)
    if chosen:
        monkeypatch.setenv("GOGC", chosen)
    binary = tmp_path / "writes-down"
    binary.write_text(WRITES_DOWN)
    binary.chmod(0o755)
    seen = tmp_path / "seen"
    Terraform(str(binary), tmp_path, seen, {}, Limits(threading.Event())).init()
    assert seen.read_text().strip() == given
