"""A county with a pool: its bank, its finance bureau, and one village's way through P6.

Built on ``life``: deliveries, nights and bank lines are real; only wires are short-circuited.
"""

from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from contracts.ids import COUNTY_BOOK, custody_book
from contracts.ledger import Actor
from contracts.money import yuan
from infra.bank_simulator import orders
from journal import store
from journal.engine import reading
from journal.pool_funds import free_funds
from kernel import pool
from kernel.cases import Case
from kernel.pool_agreement import terms_of
from services.federation.cases import (
    agreements,
    claims,
    guarantees,
    packages,
    pool_money,
    registers,
)
from services.federation.cases.registers import BankAccount
from tests.federation.life import ACCOUNT, CPO, SETTLEMENT, STAFF, UNALLOCATED, Life, a_plan
from tests.federation.villager import Villager
from tests.support.pool import COVENANTS_SAID, PAPERS

POOL, BANK, BANK_ACCOUNT, FINANCE_ACCOUNT = (
    "955001-8",
    "rcc",
    "6228480000000000",
    "6228489999999990",
)
STAFF2 = Actor(role="staff@federation", operator="p-staff2", persons=("p-staff2",))
CFB = Actor(role="cfb@federation", operator="p-cfb", persons=("p-cfb",))
MAKER = Actor(role="maker@bank", operator="p-maker", persons=("p-maker",))
CHECKER = Actor(role="checker@bank", operator="p-checker", persons=("p-checker",))


def pool_plan(*villages: str, **county: Any) -> Any:
    """A county whose special account has a sub-account of the pool."""
    account = BankAccount(
        account=ACCOUNT, name="县级专户", unallocated=UNALLOCATED, settlement=SETTLEMENT, pool=POOL
    )
    told = {"member.notice_days": 1, "notice.days": 1, **county}
    return a_plan(*villages, account=account, county=told)


MINUTES = "社员大会 2017-1 实到3人 同意2人"
"""Minutes of a meeting with its heads counted."""


class PoolLife(Life):
    """The county with its pool's partners and account at the bank."""

    def __init__(self, engine: sa.Engine, folder: Path, *villages: str, **county: Any) -> None:
        super().__init__(engine, folder, pool_plan(*villages, **county))
        self.order(
            orders.OpenSubAccounts, account=ACCOUNT,
            sub_accounts=(orders.Holder(number=POOL, name="风险补偿金"),),
        )  # fmt: skip
        self.order(
            orders.IssueCards,
            cards=(
                orders.Holder(number=BANK_ACCOUNT, name="信用联社"),
                orders.Holder(number=FINANCE_ACCOUNT, name="县财政局"),
            ),
        )
        with engine.begin() as conn:
            for name, called, account in (
                (BANK, "信用联社", BANK_ACCOUNT), ("finance", "县财政局", FINANCE_ACCOUNT),
            ):  # fmt: skip
                registers.enter_partner(
                    conn, registers.Partner(id=name, name=called, account=account)
                )

    def agreement(self, village: Villager, **changes: Any) -> Case:
        """Proposed at the county, signed in the village's own book and by bank and county."""
        name = f"agreement-{village.name}-1"
        said = {"variant": "v2", "bank": BANK, **COVENANTS_SAID, **changes}
        with self.engine.begin() as conn:
            agreements.propose(conn, self.county.world, village.name, name, said, STAFF2)
        village.synchronise()
        self.voice(village, name, "agreement", "sign", "meeting")
        self.voice(village, name, "agreement", "sign", "council", by=("chair", "accountant"))
        village.synchronise()
        for actor in (CHECKER, STAFF, CPO, CFB):
            case = self.case(name)
            with self.engine.begin() as conn:
                agreements.sign(
                    conn, self.county.world, case, actor, terms=case.terms["digest"],
                    act_id=f"{name}/sign/{actor.operator}",
                )  # fmt: skip
        return self.case(name)

    def voice(
        self, village: Villager, about: str, process: str, act: str, role: str,
        by: tuple[str, ...] = (), amount: int = 0, minutes: str = MINUTES,
    ) -> None:  # fmt: skip
        """A village speaks in its own book on a case of the county."""
        terms = str(self.case(about).terms.get("digest", ""))
        facts: dict[str, Any] = {"for": about, "process": process, "act": act, "terms": terms}
        if role == "meeting":
            facts["minutes"] = minutes
        if amount:
            facts["amount"] = amount
        number = next(village._ids)
        village.do("voice", f"voice-{village.name}-{number}", "say", role, facts, by=by)

    def staked(self, village: Villager, amount: str) -> None:
        """The member meeting votes a stake; two nights later it is in the pool and in N."""
        fen = int(yuan(amount))
        self.voice(village, f"agreement-{village.name}-1", "agreement", "stake", "meeting",
                   amount=fen)  # fmt: skip
        village.synchronise()
        self.everyone_closes()
        self.everyone_closes()

    def matched(self, village: Villager) -> Case:
        """The finance bureau pays the match."""
        name, agreement = f"match-{village.name}-1", self.case(f"agreement-{village.name}-1")
        with self.engine.begin() as conn:
            pool_money.claim_match(conn, self.county.world, agreement, name, STAFF)
        with self.engine.begin() as conn:
            pool_money.decide(conn, self.county.world, self.case(name), "approve", CFB)
        amount = int(self.case(name).terms["amount"])
        self.order(orders.Repay, card=FINANCE_ACCOUNT, sub_account=POOL, amount_fen=amount,
                   text=name)  # fmt: skip
        self.everyone_closes()
        return self.case(name)

    def cleared(self, village: Villager, number: int, amount: str) -> str:
        """A member's application through the village's procedure."""
        name = f"bank_loan-{village.name}-{number:03d}"
        village.do("bank_loan", name, "apply", "member", {
            "agreement": f"agreement-{village.name}-1", "member": village.member(number),
            "person": village.person[f"m{number}"], "group": f"group-{village.name}-01",
            "amount": int(yuan(amount)), "purpose": "养殖", "term_months": 12,
        }, by=(f"m{number}",))  # fmt: skip
        others = tuple(f"m{other}" for other in (1, 2, 3) if other != number)
        village.do("bank_loan", name, "sign", "guarantor", by=others)
        village.do("bank_loan", name, "vote", "council", by=("chair", "accountant"))
        village.do("bank_loan", name, "notice", "bookkeeper")
        while village.case(name).state != "cleared":
            self.everyone_closes()
        return name

    def package(self, village: Villager, *applications: str) -> Case:
        """Drafted, approved, and sent under digests of nothing: for what comes after."""
        name = self.approved(village, *applications).id
        with self.engine.begin() as conn:
            packages.send(conn, self.county.world, self.case(name), "a" * 64, "b" * 64)
        return self.case(name)

    def drafted(self, village: Villager, *applications: str, number: int = 1) -> Case:
        """Head-room reserved for every application, nobody has signed."""
        name = f"package-{village.name}-{number}"
        agreement = self.case(f"agreement-{village.name}-1")
        with self.engine.begin() as conn:
            packages.draft(conn, self.county.world, agreement, applications, name, STAFF2)
        return self.case(name)

    def approved(self, village: Villager, *applications: str, number: int = 1) -> Case:
        """Drafted, and approved by council, federation and county."""
        name = self.drafted(village, *applications, number=number).id
        village.synchronise()
        self.voice(village, name, "package", "sign", "council", by=("chair", "accountant"))
        village.synchronise()
        for actor in (STAFF, CPO):
            case = self.case(name)
            if case.state == "drafting":
                with self.engine.begin() as conn:
                    packages.sign(
                        conn, self.county.world, case, actor, terms=case.terms["digest"],
                        act_id=f"{name}/sign/{actor.operator}",
                    )  # fmt: skip
        return self.case(name)

    def paid_out(self, package: Case, line: str) -> Case:
        """The bank accepts a line and pays it out today."""
        with self.engine.begin() as conn:
            packages.answer(conn, self.county.world, package, line, "accept", BANK, CHECKER)
            case = packages.line_of(conn, package.id, line)
            said = {"bank": BANK, "amount": int(case.terms["amount"]),
                    "paid_on": self.today.isoformat(), "due_on": date(2018, 6, 1).isoformat(),
                    "contract": "RCC-1"}  # fmt: skip
            return guarantees.paid(conn, self.county.world, case, said, MAKER, "r1").case

    def defaulted(self, line: Case, amount: int) -> Case:
        """Arrears told, the waiting days past, the notice given, the guarantors called, checked."""
        self.everyone_closes()
        since = self.today
        with self.engine.begin() as conn:
            guarantees.arrears(conn, self.county.world, line, {
                "bank": BANK, "since": since.isoformat(), "principal": amount,
            }, MAKER, "r2")  # fmt: skip
        while (self.today - since).days < 90:
            self.everyone_closes()
        said = {"bank": BANK, "amount": amount, "manifest": "a" * 64, "papers": PAPERS}
        with self.engine.begin() as conn:
            claim = claims.notice(conn, self.county.world, line.id, said, CHECKER).case
            claim = claims.guarantors(conn, self.county.world, claim, BANK, 0, CHECKER).case
            claims.check(conn, self.county.world, claim, dict.fromkeys(PAPERS, True), STAFF)
        return self.case(claim.id)

    def accepted(self, claim: Case, principal: int) -> Case:
        """The committee accepts."""
        for actor in (STAFF, CPO):
            with self.engine.begin() as conn:
                claims.accept(conn, self.county.world, self.case(claim.id), principal, actor)
        return self.case(claim.id)

    def prove_lines(self) -> None:
        """I6 for every cooperative, the bank and the county."""
        with reading(self.engine).connect() as conn:
            whole = 0
            for village in self.villages:
                agreement = agreements.live(conn, village)
                if agreement is None:
                    continue
                book = custody_book(village)
                found = store.totals(conn, book, ["903", "9039", "9041", "904"])
                line = pool.line_of(terms_of(agreement), free_funds(conn, book))
                whole += line
                own = 0 if agreement.state == "suspended" else line
                used = found["9041"] + found["904"]
                assert found["903"] + used - found["9039"] == own, village
            for key in (BANK, "county"):
                rows = store.rows(conn, COUNTY_BOOK, ["903", "9039", "9041", "904"])
                at = {account: rows[account].get(key, 0) for account in rows}
                assert at["903"] + at["9041"] + at["904"] - at["9039"] == whole, key
