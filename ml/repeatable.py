"""Chance that a seed makes repeat, in whatever Keras trains."""

from __future__ import annotations

import os


def seed_keras(seed: int) -> None:
    """Seed Python's, NumPy's and Keras's chance, and let TensorFlow run one operation after another.

    With two at a time, gradients are added up in whatever order they come, and the same seed ends in other
    weights. Call it before anything is computed: TensorFlow reads the limit once. An operation still has all
    cores.
    """
    import keras

    os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    keras.utils.set_random_seed(seed)
