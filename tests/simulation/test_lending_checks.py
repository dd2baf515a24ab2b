"""The checks of the federation's part in lending find what is falsified by hand (P4.2, P4.3)."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from simulation import invariants_lending
from simulation.checks import Checks
from simulation.founding import Snapshot
from simulation.queries import Files
from simulation.tally import Tally
from simulation.world import COUNTY, Found


@pytest.fixture
def county(snapshot: Snapshot, tmp_path: Path) -> Iterator[Files]:
    world = snapshot.restore(tmp_path, "checks")
    yield Checks()._files(world, COUNTY)
    world.stop()


def test_p4_3_a_service_fee_that_only_one_side_booked_is_found(county: Files) -> None:
    invariants_lending.service_fees_are_earned(Tally(), county)
    place = ("N-houba", "52104", "", "own")
    false = {**county.balances, place: county.balances.get(place, 0) + 1}
    with pytest.raises(Found, match="booked and earned"):
        invariants_lending.service_fees_are_earned(
            Tally(), msgspec.structs.replace(county, balances=false)
        )


def test_p4_2_a_contract_funded_without_its_pair_is_found(county: Files) -> None:
    invariants_lending.the_federation_stands_between(Tally(), county)
    books = {}
    for book, acts in county.acts.items():
        books[book] = [
            row for row in acts
            if (row.told["case"], row.told["act"]) != ("intercoop-between-out", "fund")
        ]  # fmt: skip
    assert books != dict(county.acts)
    with pytest.raises(Found, match="one day"):
        invariants_lending.the_federation_stands_between(
            Tally(), msgspec.structs.replace(county, acts=books)
        )


def test_p4_2_what_the_federation_lent_and_borrowed_has_its_sign(county: Files) -> None:
    place = next(one for one in county.balances if one[:2] == ("F", "20102"))
    false = {**county.balances, place: 1}
    with pytest.raises(Found, match="no more than it was lent"):
        invariants_lending.the_federation_stands_between(
            Tally(), msgspec.structs.replace(county, balances=false)
        )
