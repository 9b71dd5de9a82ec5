"""Weights that another framework wrote, read without it and without running anything in them."""

import io
import os
import pickle

import numpy as np
import pytest

from ml.errors import SourceCorrupted
from ml.images.efficientnet import BLOCKS
from ml.images.pretrained import MAGIC, read, weights


def test_the_pinned_wheel_holds_every_block_of_the_network():
    found = weights()
    assert found["_conv_stem.weight"].shape == (32, 3, 3, 3)
    for number, block in enumerate(BLOCKS):
        assert found[f"_blocks.{number}._project_conv.weight"].shape[0] == block.out
    assert found["_conv_head.weight"].shape == (1280, 320, 1, 1)
    assert all(np.isfinite(values).all() for values in found.values())


def test_a_file_of_another_format_is_refused():
    with pytest.raises(SourceCorrupted, match="PyTorch's old format"):
        read(io.BytesIO(pickle.dumps("something else")))


def test_a_torn_file_is_refused():
    with pytest.raises(SourceCorrupted, match="cannot be read"):
        read(io.BytesIO(pickle.dumps(MAGIC)))


class Attack:
    def __reduce__(self):
        return os.mkdir, ("made-by-a-pickle",)


def test_a_file_that_would_run_code_runs_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parts = [MAGIC, 1001, {}, {"layer": Attack()}]
    with pytest.raises(SourceCorrupted, match=r"posix\.mkdir is no tensor"):
        read(io.BytesIO(b"".join(pickle.dumps(part) for part in parts)))
    assert not list(tmp_path.iterdir())
