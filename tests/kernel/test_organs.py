"""A cooperative's own names for itself, its council and its supervisors (domain.md 1.13)."""

import pytest

from journal import data
from kernel.organs import NEUTRAL, Organs, organs_of


@pytest.mark.parametrize(
    ("profile", "coop", "council", "supervisors"),
    [
        ("DEFAULT", "互助社", "理事会", "监事会"),
        ("WENXIAN", "协会", "管委会", "监督小组"),
        ("LINYI", "协会", "理事会", "监事会"),
    ],
)
def test_a_profile_s_names_stand_where_the_neutral_ones_are_written(
    profile: str, coop: str, council: str, supervisors: str
) -> None:
    own = organs_of(data.policy(profile))
    assert own == Organs(coop=coop, council=council, supervisors=supervisors)
    written = "互助社的管委会/理事会表决,监督小组/监事会监督"
    assert own.said(written) == f"{coop}的{council}表决,{supervisors}监督"
    assert own.said("县联合社") == "县联合社"


def test_of_two_cooperatives_only_what_both_say_is_said() -> None:
    both = organs_of(data.policy("WENXIAN"), data.policy("LINYI"))
    assert both == Organs(coop="协会", council=NEUTRAL.council, supervisors=NEUTRAL.supervisors)
    assert organs_of() == NEUTRAL
