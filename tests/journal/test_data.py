"""The reader of the kernel's data files: every profile by name, every rule registered."""

import pytest

from journal import data
from journal.registry import registry
from kernel.errors import InvariantViolation
from kernel.policy import Policy


def test_every_built_in_profile_is_read_by_its_name_in_any_case() -> None:
    for name in data.PROFILES:
        policy = data.policy(name.lower())
        assert isinstance(policy, Policy)
        assert policy.profile == name
    assert data.policy("default").profile == data.DEFAULT


def test_a_profile_that_is_not_built_in_is_named() -> None:
    with pytest.raises(InvariantViolation) as raised:
        data.policy("../chart")
    assert raised.value.name == "profile_is_built_in"


def test_every_rule_of_the_kernel_is_registered() -> None:
    assert data.load_rules() > 0


def test_p4_3_what_a_village_pays_as_service_fee_the_federation_earns() -> None:
    """52104 of the village, 501 of the federation: one recipe holds both, in one amount (P11)."""
    paid = registry().recipes["service_fee.pay"].halves
    (village,), (federation,) = paid["node", "coop"], paid["federation", "federation"]
    assert [account.code for account in village[:2]] == ["52104", "10201"]
    assert [account.code for account in federation[:2]] == ["10202", "501"]
    assert village[2] == federation[2]
