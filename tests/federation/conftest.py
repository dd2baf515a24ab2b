"""Fixtures of the federation's tests: a county of two villages, set up and lived in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.federation.life import Life, Villager, a_plan


@pytest.fixture
def new_life(county_engine: sa.Engine, tmp_path: Path) -> Callable[..., Life]:
    """A maker of this test's county; further facts change its plan."""

    def make(*villages: str, **changes: Any) -> Life:
        return Life(county_engine, tmp_path, a_plan(*villages, **changes))

    return make


@pytest.fixture
def life(new_life: Callable[..., Life]) -> Life:
    """Two villages, books open, nothing delivered yet."""
    return new_life("baiguo", "houba")


@pytest.fixture
def baiguo(life: Life) -> Villager:
    """A village with its posts held, nothing delivered."""
    return life.villages["baiguo"].elected()
