"""Fixtures of the simulation's tests: the founded county every seed begins with."""

import pytest

from lianhe.commands.simulate import migrated
from simulation.campaign import snapshot_of
from simulation.founding import Snapshot


@pytest.fixture(scope="session")
def snapshot() -> Snapshot:
    """A county of three cooperatives, founded once a worker."""
    return snapshot_of(migrated(), 3)
