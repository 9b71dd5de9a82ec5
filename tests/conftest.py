"""Environments for every folder of tests."""

import pytest

from tests.distribution import Together, longest_first
from tests.environments import fresh


def pytest_xdist_make_scheduler(config, log):
    """Keep together what shares something expensive."""
    return Together(config, log)


def pytest_collection_modifyitems(config, items):
    """Where several processes share the tests, begin with those that take long."""
    if hasattr(config, "workerinput"):
        longest_first(items)


@pytest.fixture
def fresh_settings():
    """Settings of an environment of the test's own; what the test makes of it is destroyed afterwards."""
    with fresh() as settings:
        yield settings


@pytest.fixture(scope="session")
def local_environment():
    """A whole environment, brought up once per run through `pulumi up`; destroyed at the end.

    Tests may put data into it and must not stop its parts for longer than they need.
    """
    with fresh() as settings:
        settings.provision()
        yield settings


@pytest.fixture(scope="session")
def served_environment(local_environment):
    """The whole environment with every system trained, released and answering, by ``millrace up``."""
    local_environment.millrace("up", "--env", local_environment.name)
    return local_environment


@pytest.fixture(scope="session")
def local_platform():
    """The platform alone (no buckets, no document), started once per run by its playbook."""
    with fresh() as settings:
        settings.start_platform()
        yield settings
