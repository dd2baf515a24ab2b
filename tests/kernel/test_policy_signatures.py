"""Signature sets and roles: every name is proven when loaded, variants follow the amount."""

import pytest

from journal import data
from journal.registry import registry
from kernel import policy_schema
from kernel.errors import InvariantViolation
from kernel.policy import Sources, Step, load_roles, parse
from kernel.policy_signatures import load_sets, role_of

SCHEMA = policy_schema.load(data.kernel_file("policies/default.toml"))
ROLES = data.roles()
COUNCIL = Step(role="council@node", quorum="majority", power="approve")
PLAIN = '{ steps = [{ role = "council@node", quorum = 1 }] }'
CPO = Step(role="cpo@federation", quorum=1, power="approve")


def roles_asked(
    profile: str, name: str, amount: int = 0, county: dict[str, object] | None = None
) -> list[str]:
    policy = data.policy(profile, county)
    return [step.role for step in policy.steps(name, {"amount": amount})]


def test_a_loan_up_to_the_cap_needs_the_council_and_above_it_the_county() -> None:
    """R-027, with the cap itself included in what the council may approve."""
    policy = data.policy("NINGXIA")
    assert policy.steps("loan.council", {"amount": 20_000_00}) == (COUNCIL,)
    assert policy.steps("loan.council", {"amount": 20_000_01}) == (COUNCIL, CPO)


def test_where_the_county_refuses_above_the_cap_nobody_is_asked_for_consent() -> None:
    assert roles_asked("LINYI", "loan.council", 40_000_00) == ["council@node"]


def test_the_township_reviews_where_the_county_says_so() -> None:
    """R-047: in L by proposal, elsewhere when the county switches it on."""
    expected = ["council@node", "township_review@node"]
    assert roles_asked("LANZHOU", "loan.council", 1) == expected
    assert roles_asked("NINGXIA", "loan.council", 1) == ["council@node"]
    asked = roles_asked("NINGXIA", "loan.council", 1, {"loan.township_review": True})
    assert asked == expected


def test_an_intercoop_loan_is_signed_by_both_councils_and_the_federation() -> None:
    """R-075, and the county above the cap (R-027)."""
    plain = ["council@lender", "council@borrower", "staff@federation"]
    assert roles_asked("WENXIAN", "intercoop.sign", 20_000_00) == plain
    assert roles_asked("WENXIAN", "intercoop.sign", 20_000_01) == [*plain, "cpo@federation"]
    powers = [s.power for s in data.policy("WENXIAN").steps("intercoop.sign", {})]
    assert powers == ["approve"] * 3


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("loan.write_off", ["council@node", "township@node"]),
        ("intercoop.write_off", ["council@lender"]),
        ("claim.write_off", []),
    ],
)
def test_a_write_off_is_decided_by_others_than_its_first_review(
    name: str, first: list[str]
) -> None:
    """R-056: … → first review → leading group, or CPO and CFB together, whatever is given up."""
    reviewed = [*first, "reviewer@federation"]
    assert roles_asked("DEFAULT", name) == [*reviewed, "leading_group@federation"]
    other = roles_asked("DEFAULT", name, 0, {"writeoff.final": "cpo_and_cfb"})
    assert other == [*reviewed, "cpo@federation", "cfb@federation"]
    assert data.policy("DEFAULT").signature_set(name).apart


def test_the_whole_joint_liability_group_signs_each_loan() -> None:
    (step,) = data.policy("DEFAULT").steps("loan.group", {"amount": 1})
    assert step == Step(role="guarantor@node", quorum="all", power="")


def test_an_expulsion_is_the_meetings_and_an_admission_the_councils() -> None:
    assert roles_asked("DEFAULT", "member.expel") == ["meeting@node"]
    assert roles_asked("DEFAULT", "member.admit") == ["council@node"]


@pytest.mark.parametrize("profile", data.PROFILES)
def test_every_set_role_and_deadline_the_processes_name_exists(profile: str) -> None:
    policy = data.policy(profile)
    rows = [row for process in registry().table.values() for row in process.rows]
    assert {row.signature_set for row in rows} - {""} <= policy.sets.keys()
    named = {row.deadline.days for row in rows if row.deadline}
    days = sorted(name for name in named if not name.startswith("terms."))
    assert days
    for name in days:
        assert policy.days(name) > 0
        assert policy.kind(name) == "business_days"


def test_sets_of_cases_still_to_come_stand_ready() -> None:
    later = {"payment.consent", "loan.extend_long"}
    assert later <= data.policy("DEFAULT").sets.keys()


def test_the_four_powers_are_where_the_documents_put_them() -> None:
    """R-016 to R-019: members use, the council approves, supervisors supervise, the bank pays."""
    powers = {name: role.power for name, role in ROLES.items()}
    assert powers["member@node"] == "use"
    assert powers["council@node"] == "approve"
    assert powers["supervisor@node"] == "supervise"
    assert powers["maker@bank"] == powers["checker@bank"] == "pay"
    assert powers["cashier@node"] == "pay"
    assert "cashier" not in ROLES["council@node"].posts


def test_a_party_stands_for_its_node() -> None:
    found = role_of("council@lender", ROLES)
    assert found is not None
    assert found.name == "council@node"
    assert role_of("mayor@lender", ROLES) is None


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('{ role = "mayor@node", quorum = 1 }', "step_role_is_known"),
        ('{ role = "council@node", quorum = "most" }', "step_quorum_counts"),
        ('{ role = "council@node", quorum = 0 }', "step_quorum_counts"),
        ('{ role = "council@node", quorum = 1, power = "pay" }', "step_power_is_its_roles"),
        (
            '{ role = "council@node", quorum = 1, when = { "loan.x" = true } }',
            "step_condition_is_a_parameter",
        ),
        (
            '{ role = "council@node", quorum = 1, when = { "loan.cap" = 1 } }',
            "step_condition_is_a_switch",
        ),
        (
            '{ role = "council@node", quorum = 1, when = { "loan.over_cap" = "maybe" } }',
            "step_condition_is_possible",
        ),
        (
            '{ role = "council@node", quorum = 1 }, { role = "council@node", quorum = 2 }',
            "role_stands_in_one_step",
        ),
        ("", "variant_has_steps"),
    ],
)
def test_a_wrong_step_is_found_when_loading(body: str, name: str) -> None:
    text = f'["a.set"]\nsource = "PD: x"\nvariants = [{{ steps = [{body}] }}]\n'
    with pytest.raises(InvariantViolation) as raised:
        load_sets(text.encode(), {}, ROLES, SCHEMA)
    assert raised.value.name == name


@pytest.mark.parametrize(
    ("variants", "name"),
    [
        ("[]", "signature_set_has_a_variant"),
        (
            '[{ above = "loan.cap", steps = [{ role = "council@node", quorum = 1 }] }]',
            "first_variant_alone_has_no_amount",
        ),
        (
            f"[{PLAIN}, {PLAIN}]",
            "first_variant_alone_has_no_amount",
        ),
        (
            f'[{PLAIN}, {{ above = "notice.days", {PLAIN[2:]}]',
            "variant_amount_is_a_parameter",
        ),
    ],
)
def test_a_wrong_variant_is_found_when_loading(variants: str, name: str) -> None:
    text = f'["a.set"]\nsource = "PD: x"\nvariants = {variants}\n'
    with pytest.raises(InvariantViolation) as raised:
        load_sets(text.encode(), {}, ROLES, SCHEMA)
    assert raised.value.name == name


def test_a_profile_replaces_a_whole_set() -> None:
    base = data.sources("LINYI")
    extra = """
[signatures."member.expel"]
source = "Y §二"
variants = [{ steps = [{ role = "council@node", quorum = "all" }] }]
"""
    policy = parse(
        Sources(
            default=base.default,
            roles=base.roles,
            signatures=base.signatures,
            profile=base.profile + extra.encode(),
        )
    )
    assert policy.steps("member.expel", {}) == (
        Step(role="council@node", quorum="all", power="approve"),
    )
    assert policy.steps("loan.group", {}) == data.policy("LINYI").steps("loan.group", {})


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ('"x@moon" = ["none", [], "s", "z", "e"]', "role_place_is_known"),
        ('"x@node" = ["rule", [], "s", "z", "e"]', "role_power_is_known"),
    ],
)
def test_a_wrong_role_is_found_when_loading(row: str, name: str) -> None:
    with pytest.raises(InvariantViolation) as raised:
        load_roles(row.encode())
    assert raised.value.name == name
