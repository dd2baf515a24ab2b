"""Fixtures of the package tests: one true package, built once for all of them."""

import pytest

from services.federation.packages.build import build_files
from tests.packages import samples


@pytest.fixture(scope="session")
def files() -> dict[str, bytes]:
    """The files of the sample package."""
    return build_files(samples.a_package(), samples.keys().signing, samples.AT)


@pytest.fixture(scope="session")
def fingerprint() -> str:
    """What the bank read on paper."""
    return samples.keys().signing.fingerprint
