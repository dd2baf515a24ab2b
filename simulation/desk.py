"""What people at the county do: consent, findings, stops, inter-cooperative loans, parameters.

Called by happenings for ``Desk`` events; each name of ``DESK`` is one door of the federation's
cases, in one transaction of the county. Decides nothing.
"""

from collections.abc import Callable

import sqlalchemy as sa

from contracts.facts.books import PolicyFacts
from contracts.ledger import Actor
from journal import store
from kernel.errors import Rejected
from kernel.intercoop import terms_digest
from kernel.rules_custody import consent_digest
from kernel.rules_intercoop_loss import debt_digest
from services.federation.cases import (
    agreements,
    consents,
    findings,
    intercoop,
    lending,
    opening,
    own_money,
    payments,
    receipts,
    registers,
    service_fees,
)
from services.federation.county import County
from simulation import desk_pool
from simulation.events import Desk
from simulation.world import COUNTY, World

STAFF = Actor(role="staff@federation", operator="p-staff-1", persons=("p-staff-1",))
POVERTY_OFFICE = Actor(role="cpo@federation", operator="p-cpo-1", persons=("p-cpo-1",))
DONE = "done"


def work(world: World, event: Desk) -> str:
    """Do one thing at the county's desk; ``done`` or the refusal's code."""
    world.machines[COUNTY].arm(event.crash)
    try:
        with world.at_county() as (conn, county):
            DESK[event.what](conn, county, event)
    except Rejected as refused:
        return world.refused(refused.as_struct())
    return DONE


def _consent(conn: sa.Connection, county: County, event: Desk) -> None:
    act = "grant" if event.what == "consent.grant" else "refuse"
    asked = store.load(conn, store.COUNTY_SCOPE, event.case)
    terms = consent_digest(asked.terms) if asked else ""
    consents.answer(conn, county, event.case, act, POVERTY_OFFICE, terms=terms)


def _own(conn: sa.Connection, county: County, event: Desk) -> None:
    findings.own(conn, county, event.case, STAFF)


def _resolve(conn: sa.Connection, county: County, event: Desk) -> None:
    findings.resolve(conn, county, event.case, STAFF, reason="simulated")


def _stop(conn: sa.Connection, county: County, event: Desk) -> None:
    payments.stop(conn, county, event.case, STAFF, "simulated")


def _match(conn: sa.Connection, county: County, event: Desk) -> None:
    facts = event.facts
    asked = intercoop.Match(
        case=event.case,
        lender=facts["lender"],
        borrower=facts["borrower"],
        amount=facts["amount"],
        rate_ppm=facts["rate_ppm"],
        term_months=facts["term_months"],
        offer=facts.get("offer", ""),
        request=facts.get("request", ""),
    )
    grades = {one.id: one.grade for one in registers.cooperatives(conn)}
    lending.match(conn, county.world, asked, STAFF, grades)


def _sign(conn: sa.Connection, county: County, event: Desk) -> None:
    case = store.load(conn, store.COUNTY_SCOPE, event.case)
    if case is None:
        return
    actor = POVERTY_OFFICE if event.what == "intercoop.sign_cpo" else STAFF
    intercoop.sign(
        conn, county.world, case, actor,
        terms=event.facts.get("terms") or terms_digest(case.terms),
        act_id=f"{event.case}/{event.what}",
    )  # fmt: skip


def _suspend(conn: sa.Connection, county: County, event: Desk) -> None:
    case = store.load(conn, store.COUNTY_SCOPE, event.case)
    act = event.what.removeprefix("intercoop.")
    if case is not None:
        reason = "simulated" if act == "suspend" else ""
        intercoop.suspend(conn, county.world, case, act, STAFF, reason)


def _give_up(conn: sa.Connection, county: County, event: Desk) -> None:
    case = store.load(conn, store.COUNTY_SCOPE, event.case)
    if case is not None:
        intercoop.give_up(
            conn, county.world, case, event.what.removeprefix("intercoop."),
            desk_pool.WHO[str(event.facts["who"])],
            terms=event.facts.get("terms") or debt_digest(case.terms),
        )  # fmt: skip


def _identify(conn: sa.Connection, county: County, event: Desk) -> None:
    facts = event.facts
    receipts.identify(conn, county, event.case, facts["coop"], facts["evidence"], STAFF)


def _withdraw(conn: sa.Connection, county: County, event: Desk) -> None:
    receipts.withdraw(conn, county, event.case, STAFF, "simulated")


def _let_go(conn: sa.Connection, county: County, event: Desk) -> None:
    service_fees.waive(conn, county.world, event.case, STAFF, "simulated")


def _name_own(conn: sa.Connection, county: County, event: Desk) -> None:
    act = event.what.removeprefix("own_money.")
    own_money.name(conn, county, event.case, act, STAFF, "simulated")


def _mode(conn: sa.Connection, county: County, event: Desk) -> None:
    """The county goes over to another mode of lending, and tells every village."""
    opening.change_parameters(conn, county, event.facts["county"])


def _policy(conn: sa.Connection, county: County, event: Desk) -> None:
    told = PolicyFacts(profile=str(event.facts["profile"]), county=event.facts["county"])
    opening.tell_policy(conn, county, event.coop, told)


def _grade(conn: sa.Connection, county: County, event: Desk) -> None:
    agreements.tell_grade(conn, county, event.coop, str(event.facts["grade"]), "simulated")


DESK: dict[str, Callable[[sa.Connection, County, Desk], None]] = {
    "consent.grant": _consent,
    "consent.refuse": _consent,
    "finding.own": _own,
    "finding.resolve": _resolve,
    "payment.stop": _stop,
    "intercoop.match": _match,
    "intercoop.sign": _sign,
    "intercoop.sign_cpo": _sign,
    "intercoop.suspend": _suspend,
    "intercoop.resume": _suspend,
    "intercoop.waive": _give_up,
    "intercoop.write_off": _give_up,
    "receipt.identify": _identify,
    "identification.withdraw": _withdraw,
    "service_fee.waive": _let_go,
    "own_money.is_fund": _name_own,
    "own_money.is_income": _name_own,
    "mode": _mode,
    **desk_pool.DEEDS,
    "policy": _policy,
    "grade": _grade,
}
"""Name of a thing done at the desk → how."""
