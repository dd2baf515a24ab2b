"""Fixtures of the infra tests, and what only root can test."""

import os
from pathlib import Path

import pytest

from infra.temporal_binary import find_binary

collect_ignore = [] if os.geteuid() == 0 else ["test_postgres_as_root.py"]


@pytest.fixture(scope="session")
def temporal_binary(temporal_server: str) -> Path:
    """The Temporal program; the session's server has made sure that there is one."""
    assert temporal_server
    return find_binary(os.environ, print)
