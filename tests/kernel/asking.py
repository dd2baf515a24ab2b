"""Builders of what a rule is asked: every default valid, cases held in memory by their links."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from journal import data
from journal.registry import registry
from kernel.calendar import Calendar
from kernel.cases import Case
from kernel.policy import Policy
from kernel.rules import RULES, Asked, Lookup, Outcome

COOP = "baiguo"
TODAY = date(2017, 6, 30)
DEFAULT = data.policy("DEFAULT")


class Cases:
    """The Lookup of a rule over cases handed in; ``county`` are those of the county."""

    def __init__(self, *cases: Case, county: Sequence[Case] = ()) -> None:
        self.cases = {case.id: case for case in cases}
        self._county = county

    def case(self, case: str) -> Case | None:
        """One case by id."""
        return self.cases.get(case)

    def some(self, ids: Sequence[str]) -> dict[str, Case]:
        """Those of these cases that exist."""
        return {name: self.cases[name] for name in ids if name in self.cases}

    def linked(self, process: str, name: str, value: str) -> tuple[Case, ...]:
        """Cases found again by a link of their process."""
        assert name in registry().table[process].links
        return tuple(
            case
            for case in self.of(process)
            if value == case.terms.get(name)
            or (isinstance(case.terms.get(name), list | tuple) and value in case.terms[name])
        )

    def all(self, process: str, cooperative: str) -> tuple[Case, ...]:
        """Every case of a process with this party."""
        return tuple(c for c in self.of(process) if cooperative in c.parties.values())

    def of(self, process: str) -> list[Case]:
        """Cases of a process in id order."""
        return [
            self.cases[name] for name in sorted(self.cases) if self.cases[name].process == process
        ]

    def village(self, cooperative: str) -> Lookup:
        """One village's own cases: those with it as a party."""
        return Cases(*(c for c in self.cases.values() if cooperative in c.parties.values()))

    def county(self) -> Lookup:
        """The county's cases."""
        return Cases(*self._county)


def asked(
    rule: str,
    *,
    case: Case | None = None,
    facts: Mapping[str, Any] | None = None,
    policy: Policy = DEFAULT,
    today: date = TODAY,
    value_date: date | None = None,
    balance: Mapping[str, int] | None = None,
    rows: Mapping[str, Mapping[str, int]] | None = None,
    cases: Sequence[Case] = (),
    county: Sequence[Case] = (),
    act: str = "",
) -> Asked:
    """What ``rule`` would be handed; balances it declared and nobody named are zero."""
    reads = RULES[rule].reads
    given = dict(balance or {})
    by_key = {name: dict((rows or {}).get(name, {})) for name in reads}
    for name in reads:
        given.setdefault(name, sum(by_key[name].values()))
    return Asked(
        case=case or Case(id="new", process="", version=1, home="node", parties={"coop": COOP}),
        act=act,
        facts=dict(facts or {}),
        policy=policy,
        calendar=Calendar(),
        today=today,
        value_date=value_date or today,
        balance=given,
        rows=by_key,
        lookup=Cases(*cases, county=county),
    )


def run(rule: str, **parts: Any) -> Outcome:
    """Ask a rule; raises what it raises."""
    return RULES[rule].run(asked(rule, **parts))


def a_case(process: str, name: str, state: str, **terms: Any) -> Case:
    """A case of the village in some state."""
    return Case(id=name, process=process, version=1, home="node", state=state,
                parties={"coop": COOP}, terms=terms)  # fmt: skip


def a_member(number: int, **terms: Any) -> Case:
    """An active member ``m<number>`` at the top level, without flags."""
    values = {"person": f"p{number}", "household": f"h{number}", "level": 5,
              "level_on": "2017-01-01"}  # fmt: skip
    return a_case("member", f"m{number}", "active", **{**values, **terms})


def a_group(*numbers: int, name: str = "g1", **terms: Any) -> Case:
    """A live group of these members."""
    return a_case("group", name, "live", group_member=[f"m{n}" for n in numbers], **terms)


def a_loan(name: str = "L9", state: str = "active", **terms: Any) -> Case:
    """Member 1's loan of 10,000.00 from 2017-01-10, due a year later, nothing repaid."""
    values: dict[str, Any] = {
        "member": "m1", "person": "p1", "group": "g1", "amount": 10_000_00, "funding": "own",
        "purpose": "养殖", "term_months": 12, "rate_ppm": 7_000, "month_days": 30,
        "stop_days": 90, "paid_on": "2017-01-10", "due_on": "2018-01-10",
        "first_due_on": "2018-01-10", "outstanding": 10_000_00, "slices": [], "fee_paid": 0,
    }  # fmt: skip
    return a_case("loan", name, state, **{**values, **terms})
