"""Whose name an escalation gives, from when on a case is late, and what it leaves alone."""

from datetime import date

import msgspec
import pytest

from journal import data
from kernel.cases import Case
from kernel.policy import PolicyRefused
from kernel.rules_custody import consent_digest
from kernel.rules_escalation import ESCALATION, called, late_days
from tests.kernel.asking import a_case, run

DUE = date(2018, 3, 1)
TWO = data.policy("DEFAULT", {"escalation.offices": ["cfb@federation", "leading_group@federation"]})


def asked_for(**terms: object) -> Case:
    case = a_case("consent", "consent-1", "asked", amount=2_500_000, **terms)
    return msgspec.structs.replace(case, due=DUE, due_act="escalate")


def escalated(case: Case, today: date) -> Case:
    """The case after one escalation; its clock runs again for a week."""
    told = run("next_office", case=case, today=today, act="escalate").terms
    later = date.fromordinal(today.toordinal() + 7)
    return msgspec.structs.replace(case, terms={**case.terms, **told}, due=later)


def test_r027_each_escalation_names_the_next_office_and_keeps_the_first_missed_day() -> None:
    case, offices = asked_for(), []
    for on in (DUE, date(2018, 3, 8), date(2018, 3, 15), date(2018, 3, 22)):
        case = escalated(case, on)
        offices.append(called(case)["office"])
    top = "leading_group@federation"
    assert offices == ["staff@federation", "cpo@federation", top, top]
    assert (called(case)["times"], called(case)["since"]) == (4, DUE.isoformat())
    assert late_days(case, date(2018, 3, 31)) == 30


def test_the_county_says_who_is_named_and_names_at_least_one() -> None:
    first = run("next_office", case=asked_for(), policy=TWO, today=DUE, act="escalate")
    assert first.terms[ESCALATION]["office"] == "cfb@federation"
    for wrong in ([], ["mayor@federation"]):
        with pytest.raises(PolicyRefused):
            data.policy("DEFAULT", {"escalation.offices": wrong})


def test_the_office_after_the_owner_is_named_first() -> None:
    found = run("next_office", case=asked_for(owner="cpo@federation"), today=DUE, act="escalate")
    assert found.terms[ESCALATION]["office"] == "leading_group@federation"


def test_late_is_late_from_the_day_after_the_deadline() -> None:
    case = asked_for()
    assert [late_days(case, on) for on in (date(2018, 2, 28), DUE, date(2018, 3, 2))] == [0, 0, 1]


def test_i14_what_is_consented_to_is_the_same_after_an_escalation() -> None:
    case = asked_for()
    assert consent_digest(escalated(case, DUE).terms) == consent_digest(case.terms)
    assert consent_digest({**case.terms, "amount": 1}) != consent_digest(case.terms)
