"""The environment of all services, with a log of its own: what is tested here lands rows twice on purpose."""

from __future__ import annotations

import copy

import pytest

from tests.services.stack import Stack

LOG = "t-watched"


@pytest.fixture(scope="session")
def stack(stack: Stack) -> Stack:
    """The same servers, and another bucket for what is logged."""
    stack.s3().create_bucket(Bucket=LOG)
    own, store = copy.copy(stack), stack.env.object_store
    buckets = store.buckets.model_copy(update={"predictions": LOG})
    own.env = stack.env.model_copy(update={"object_store": store.model_copy(update={"buckets": buckets})})
    return own
