"""P4.5 over both books: late, suspended, waived, written off, and paid after all.

The real county on PostgreSQL, two villages with files of their own (SQLite), the real bank.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from litestar.testing import TestClient

from contracts.ledger import Actor
from contracts.rejections import RejectionCode as Code
from kernel.errors import Rejected
from kernel.intercoop import owed_on, terms_digest
from kernel.rules_intercoop_loss import debt_digest
from services.cooperative_node.app import create_app
from services.cooperative_node.host import Host
from services.cooperative_node.page import sign_ins
from services.cooperative_node.ports import real_ports
from services.federation.cases import intercoop
from services.federation.cases.intercoop import Match
from tests.federation.life import CPO, STAFF, Life
from tests.federation.villager import Villager

CASE = "intercoop-1"
PIN = "135790"
FINDING = f"intercoop_overdue:{CASE}"
REVIEWER = Actor(role="reviewer@federation", operator="p-rev", persons=("p-rev",))
LEADERS = Actor(role="leading_group@federation", operator="p-lead", persons=("p-lead",))
LENT, LEFT = 300_000, 200_990
"""Lent, and what is left of it when the 1,000.00 there was on the due day paid the fee first."""


class Late:
    """Baiguo lent houba 3,000.00 for a month; houba lent it on and had 1,000.00 on its day."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.baiguo = life.villages["baiguo"].elected().joined()
        self.houba = life.villages["houba"].elected().joined(share="2000.00", level=5)
        life.everyone_closes()
        self.match(CASE)
        self.sign()
        _until(life, lambda: self.case.state == "active")
        _spend(self.houba, LENT, f"intercoop:{CASE}", 1)
        _spend(self.houba, 500_000, "own", 2)
        _until(life, lambda: life.findings() == [FINDING])
        self.nights(4)

    @property
    def case(self) -> Any:
        """The loan as the county holds it."""
        return self.life.case(CASE)

    def books(self) -> tuple[int, int, int, int, int]:
        """Lender's 11301, 11302 and 902, borrower's 20102 and 21101."""
        mine = self.baiguo.balances("11301", "11302", "902")
        theirs = self.houba.balances("20102", "21101")
        return mine["11301"], mine["11302"], mine["902"], theirs["20102"], theirs["21101"]

    def money_comes(self, amount: str) -> None:
        """A member of houba pays something in that belongs to the village."""
        self.houba.pays(3, amount, self.houba.member(3))

    def month_ends(self) -> None:
        """Nights until the first day of the next month has been closed."""
        month = self.life.today.month
        while self.life.today.month == month:
            self.nights(1)
        self.nights(1)

    def nights(self, count: int) -> None:
        """Nights whose every proof holds."""
        for _ in range(count):
            done = self.life.everyone_closes()
            assert not done["prove"].counts.get("failed", 0), done["prove"].names

    def match(self, name: str) -> None:
        """Another 3,000.00 from baiguo to houba."""
        asked = Match(
            case=name, lender="baiguo", borrower="houba", amount=LENT, rate_ppm=3_000,
            term_months=1,
        )  # fmt: skip
        with self.life.engine.begin() as conn:
            grades = {"baiguo": "A", "houba": "A"}
            intercoop.match(conn, self.life.county.world, asked, STAFF, grades)

    def sign(self) -> None:
        """Both councils and the federation sign the proposal."""
        terms = terms_digest(self.case.terms)
        for village in (self.baiguo, self.houba):
            self.say(village, "sign", terms)
        with self.life.engine.begin() as conn:
            world = self.life.county.world
            intercoop.sign(conn, world, self.case, STAFF, terms=terms, act_id="sign-staff")

    def say(self, village: Villager, act: str, terms: str = "", role: str = "council") -> None:
        """A village speaks and delivers."""
        terms = terms or debt_digest(self.case.terms)
        by = ("chair", "accountant", "council") if role == "council" else ("chair",)
        votes = {village.person[alias]: "yes" for alias in by} if role == "council" else {}
        facts = {"for": CASE, "process": "intercoop", "act": act, "terms": terms, "votes": votes}
        name = f"voice-{village.name}-{act}-{role}-{self.case.step}"
        village.do("voice", name, "say", role, facts, by=by)
        village.synchronise()

    def suspend(self, act: str = "suspend", reason: str = "无力偿还") -> None:
        """The federation suspends the loan, or lets it resume."""
        with self.life.engine.begin() as conn:
            world = self.life.county.world
            intercoop.suspend(conn, world, self.case, act, STAFF, reason)

    def give_up(self, act: str, *actors: Actor, terms: str = "") -> None:
        """Offices of the county sign a waiver or a write-off."""
        for actor in actors:
            with self.life.engine.begin() as conn:
                shown = terms or debt_digest(self.case.terms)
                world = self.life.county.world
                intercoop.give_up(conn, world, self.case, act, actor, terms=shown)

    def write_off(self) -> None:
        """Council, first review and leading group write the loan off."""
        self.say(self.baiguo, "write_off")
        self.give_up("write_off", REVIEWER, LEADERS)

    def waive(self) -> None:
        """Everyone signs the waiver, the federation last."""
        self.say(self.baiguo, "waive")
        self.say(self.houba, "waive")
        self.say(self.baiguo, "waive", role="meeting")
        self.give_up("waive", STAFF)

    def refused(self, doing: Callable[[], object]) -> Code:
        """What it is refused with."""
        with pytest.raises(Rejected) as refusal:
            doing()
        return refusal.value.code


@pytest.fixture
def late(new_life: Callable[..., Life]) -> Late:
    county = {"member.notice_days": 1, "notice.days": 1, "conc.max_household_pct": "100"}
    return Late(new_life("baiguo", "houba", county=county))


def _until(life: Life, there: Callable[[], bool]) -> None:
    for _ in range(60):
        if there():
            return
        life.everyone_closes()
    raise AssertionError(life.today)


def _spend(village: Villager, amount: int, funding: str, member: int) -> None:
    """One member's loan out of one funding, paid out."""
    loan = f"loan-{village.name}-{member:04d}"
    facts = {
        "member": village.member(member), "person": village.person[f"m{member}"],
        "group": f"group-{village.name}-01", "amount": amount, "purpose": "养殖",
        "term_months": 1 if funding != "own" else 12, "funding": funding,
    }  # fmt: skip
    others = [f"m{number}" for number in (1, 2, 3) if number != member]
    village.do("loan", loan, "apply", "member", facts, by=(f"m{member}",))
    village.do("loan", loan, "sign", "guarantor", by=tuple(others))
    village.do("loan", loan, "vote", "council", by=("chair", "accountant"))
    village.after_approval(loan)


def _sign_the_waiver_on_the_page(late: Late) -> None:
    """Baiguo's accountant enters what council and meeting decided; the county hears of it."""
    village, base = late.baiguo, "/n/baiguo"
    village.synchronise()
    accountant = village.person["accountant"]
    with village.node.engine.begin() as conn:
        sign_ins.set_pin(conn, accountant, PIN)
    app = create_app(Host(late.life.folder, real_ports()))
    with TestClient(app, base_url="http://village.local") as client:
        client.post(f"{base}/sign-in", data={"person": accountant, "pin": PIN})
        assert CASE in client.get(base).text
        page = client.get(f"{base}/lending").text
        assert "逾期，已中止再借" in page
        forms = [
            dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
            for form in re.findall(r"<form method.*?</form>", page, re.DOTALL)
        ]
        offered = {(form["act"], form["role"]): form for form in forms if "act" in form}
        assert set(offered) == {
            ("waive", "council@node"), ("waive", "meeting@node"), ("write_off", "council@node")
        }  # fmt: skip
        by = {f"vote.{village.person[one]}": "yes" for one in ("chair", "accountant", "council")}
        where, meeting = f"{base}/lending/{CASE}", offered["waive", "meeting@node"]
        council = {**offered["waive", "council@node"], **by}
        assert client.post(where, data=council, follow_redirects=False).status_code == 303
        assert client.post(where, data=meeting, follow_redirects=False).status_code == 409
        told = {**meeting, "minutes": "社员大会第 3 号"}
        assert client.post(where, data=told, follow_redirects=False).status_code == 303
        other = {**offered["write_off", "council@node"], "act": "repay", "amount": "1"}
        assert client.post(where, data=other, follow_redirects=False).status_code == 409
        assert "同意免除欠款" in client.get(f"{base}/lending").text
        assert CASE not in client.get(base).text
    village.synchronise()


def test_p45_a_late_borrower_is_told_suspended_and_borrows_no_more_until_it_has_repaid(
    late: Late,
) -> None:
    owed = sum(owed_on(late.case.terms, late.life.today))
    assert (late.case.state, late.case.terms["due_on"]) == ("active", "2017-02-17")
    assert late.books() == (LEFT, -570, 0, LEFT, -570)
    assert late.refused(lambda: late.match("intercoop-2")) is Code.BORROWER_OVERDUE
    assert late.refused(lambda: late.suspend(reason=" ")) is Code.FACTS_INVALID
    late.suspend()
    assert (late.case.state, late.case.terms["suspended_for"]) == ("suspended", "无力偿还")
    assert late.refused(lambda: late.match("intercoop-2")) is Code.BORROWER_OVERDUE
    assert late.refused(lambda: late.suspend("resume")) is Code.STILL_OWED
    late.money_comes("1000.00")
    late.nights(4)
    assert late.case.state == "suspended"
    assert late.life.findings() == [FINDING]
    assert sum(owed_on(late.case.terms, late.life.today)) < owed - 99_000
    late.money_comes("2000.00")
    _until(late.life, lambda: late.case.state == "recovered")
    assert late.life.findings() == []
    late.month_ends()
    assert late.books() == (0, 0, 0, 0, 0)
    late.match("intercoop-2")


def test_p45_what_is_held_in_full_may_resume_and_ends_as_repaid(late: Late) -> None:
    late.suspend()
    late.money_comes("3000.00")
    _until(late.life, lambda: not late.life.findings())
    late.suspend("resume", "")
    assert late.case.state == "active"
    _until(late.life, lambda: late.case.state != "active")
    assert late.case.state == "repaid"


def test_p45_a_waiver_takes_the_debt_out_of_both_books(late: Late) -> None:
    late.suspend()
    assert late.refused(lambda: late.give_up("waive", STAFF, terms="0" * 64)) is (
        Code.SIGNED_OTHER_TERMS
    )
    principal, fee = owed_on(late.case.terms, late.life.today)
    assert principal == LEFT
    late.say(late.houba, "waive")
    _sign_the_waiver_on_the_page(late)
    late.give_up("waive", STAFF)
    assert (late.case.state, late.case.terms["waived"], late.case.terms["fee_waived"]) == (
        "waived", principal, fee
    )  # fmt: skip
    late.nights(1)
    assert late.life.findings() == []
    assert late.houba.balances("50203", "20102") == {"50203": principal + fee, "20102": 0}
    assert late.baiguo.balances("523", "118", "11301") == {"523": principal, "118": 0, "11301": 0}
    late.month_ends()
    assert late.books() == (0, 0, 0, 0, 0)
    # Income and cost of the whole loan, less what was waived, agree to the fen (domain.md 4.1).
    earned, paid = late.baiguo.balances("50103")["50103"], late.houba.balances("52102")["52102"]
    assert earned == int(late.case.terms["fee_paid"]) - fee
    assert paid == earned + fee
    assert late.life.custody("houba")[1] == 0
    late.match("intercoop-2")


def test_p45_a_write_off_is_the_lenders_loss_alone_and_later_money_is_income(late: Late) -> None:
    late.month_ends()
    held = late.baiguo.balances("118")["118"]
    assert held == (LEFT * 2 + 50) // 100  # P14: attention from the first day overdue, 2 %
    late.suspend()
    late.write_off()
    assert late.case.state == "written_off"
    late.nights(1)
    assert late.books()[0] == 0
    assert late.books()[2:4] == (LEFT, LEFT)
    assert late.baiguo.balances("523", "118") == {"523": LEFT, "118": 0}
    assert late.life.findings() == [FINDING]
    assert late.refused(lambda: late.match("intercoop-2")) is Code.BORROWER_OVERDUE
    late.money_comes("500.00")
    late.nights(4)
    got = late.baiguo.balances("50202")["50202"]
    assert 0 < got <= 50_000
    assert late.books()[2] == late.books()[3] == late.case.terms["outstanding"] < LEFT
    late.month_ends()
    assert late.books()[1] == 0
    late.money_comes("3000.00")
    _until(late.life, lambda: late.case.state == "recovered")
    late.month_ends()
    assert late.books() == (0, 0, 0, 0, 0)
    assert late.life.findings() == []


def test_p45_what_was_written_off_may_be_waived_and_nothing_is_lost_twice(late: Late) -> None:
    late.suspend()
    late.write_off()
    late.nights(1)
    loss = late.baiguo.balances("523")
    late.waive()
    late.nights(2)
    assert late.case.state == "waived"
    assert late.books()[2:4] == (0, 0)
    assert late.baiguo.balances("523") == loss
    late.month_ends()
    assert late.books() == (0, 0, 0, 0, 0)


def test_p45_nobody_waives_what_the_bank_is_just_moving(late: Late) -> None:
    late.suspend()
    shown = debt_digest(late.case.terms)
    late.give_up("waive", STAFF)
    late.money_comes("100.00")
    _until(late.life, lambda: late.case.terms["aside"] > 0)
    assert late.refused(lambda: late.give_up("waive", CPO)) is Code.ROLE_NOT_ALLOWED
    other = Actor(role="staff@federation", operator="p-staff-2", persons=("p-staff-2",))
    assert late.refused(lambda: late.give_up("waive", other)) is Code.REPAYMENT_UNDER_WAY
    late.nights(4)
    # It is another debt now: the signature given before counts for nothing.
    assert late.refused(lambda: late.give_up("waive", other, terms=shown)) is (
        Code.SIGNED_OTHER_TERMS
    )
    late.waive()
    assert late.case.state == "waived"


def test_p45_a_village_neither_stops_another_village_nor_gives_up_what_nobody_stopped(
    late: Late,
) -> None:
    assert late.refused(lambda: late.give_up("waive", STAFF)) is Code.NOT_SUSPENDED
    late.say(late.baiguo, "suspend")
    assert late.case.state == "active"
    assert [one.partition(":")[0] for one in late.life.findings()] == [
        "intercoop_overdue", "voice_refused"
    ]  # fmt: skip
