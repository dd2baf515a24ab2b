"""Setting up a county: its row, its bank account, its books, what each cooperative is told.

Called by ``lianhe federation init``, by the demonstration and by tests with typed data; one
transaction, so a county is there wholly or not at all. It prints nothing and reads no file.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.facts.books import PolicyFacts
from contracts.facts.opening import Opening
from contracts.ids import COUNTY_BOOK, FEDERATION_BOOK
from journal import heads as journal_heads
from kernel.errors import ensure
from services.federation.cases import opening, policies, registers
from services.federation.cases.registers import BankAccount, ExpectedReceipt, Township
from services.federation.county import County, load_county
from services.federation.identity import CountyKeys
from services.federation.ports import Ports
from services.federation.queries import county_row


class CooperativePlan(msgspec.Struct, frozen=True, kw_only=True):
    """One cooperative as it is entered. ``village`` are its own parameters over the county's."""

    id: str
    name: str
    sub_account: str
    township: str = ""
    name_en: str = ""
    opened_on: date | None = None
    grade: str = ""
    grade_source: str = ""
    village: Mapping[str, Any] = {}
    opening: Opening | None = None


class CountyPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A county to be set up. ``county`` are parameters over the profile's.

    ``rest`` and ``work`` are all special days of its calendar; ``open_date`` is the first day.
    """

    name: str
    profile: str
    open_date: date
    account: BankAccount
    cooperatives: tuple[CooperativePlan, ...]
    county: Mapping[str, Any] = {}
    rest: tuple[date, ...] = ()
    work: tuple[date, ...] = ()
    expected: tuple[ExpectedReceipt, ...] = ()
    townships: tuple[Township, ...] = ()
    partners: tuple[registers.Partner, ...] = ()


def set_up(conn: sa.Connection, keys: CountyKeys, ports: Ports, plan: CountyPlan) -> County:
    """Make the county of an empty, migrated database.

    Raises kernel.policy.PolicyRefused with every problem of the parameters, InvariantViolation
    when the database has a county already.
    """
    ensure(county_row(conn) is None, "a_county_is_set_up_once", county=plan.name)
    own = _policy(plan, {})
    policies.parse(own)
    registers.enter_county(conn, plan.name, keys.key, plan.profile, plan.rest, plan.work)
    registers.enter_bank_account(conn, plan.account)
    policies.keep_version(conn, "", 0, plan.open_date, own)
    for book in (COUNTY_BOOK, FEDERATION_BOOK):
        journal_heads.create(conn, book, plan.open_date, key=keys.key)
    county = load_county(conn, keys, ports)
    for township in plan.townships:
        registers.enter_township(conn, township)
    for partner in plan.partners:
        registers.enter_partner(conn, partner)
    for entry in plan.cooperatives:
        add_cooperative(conn, county, plan, entry)
    for receipt in plan.expected:
        registers.expect_receipt(conn, receipt)
    return county


def add_cooperative(
    conn: sa.Connection, county: County, plan: CountyPlan, entry: CooperativePlan
) -> None:
    """Open a cooperative's books and tell it its policy and grade."""
    opening.open_cooperative(
        conn,
        county,
        registers.Cooperative(
            id=entry.id,
            name=entry.name,
            name_en=entry.name_en,
            township=entry.township,
            sub_account=entry.sub_account,
            opened_on=(entry.opened_on or plan.open_date).isoformat(),
            grade="",
            grade_source="",
        ),
    )
    opening.tell_policy(conn, county, entry.id, _policy(plan, entry.village))
    if entry.opening is not None:
        opening.tell_opening(conn, county, entry.id, entry.opening)
    if entry.grade:
        opening.tell_grade(conn, county, entry.id, entry.grade, entry.grade_source)


def _policy(plan: CountyPlan, village: Mapping[str, Any]) -> PolicyFacts:
    return PolicyFacts(
        profile=plan.profile,
        county=dict(plan.county),
        village=dict(village),
        rest=tuple(sorted(plan.rest)),
        work=tuple(sorted(plan.work)),
    )
