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


def test_the_federations_own_book_has_its_chart_and_no_recipe_posts_in_it() -> None:
    known = registry()
    assert known.chart["F"]["10201"].side
    halves = [half for recipe in known.recipes.values() for half in recipe.halves.items()]
    assert {place for (place, _), _ in halves} == {"county", "node"}
    assert "52104" not in {
        account.code for _, rows in halves for row in rows for account in row[:2]
    }
