"""The county's side of a risk pool for one village of the node's tests: K(i) acts as they come.

Extends the stand-in county of tests/node/county.py. What offices and the bank decide is told act
by act; what the village says is heard here only where a test hands it over.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from contracts.ledger import Actor
from journal import store
from journal.perform import Command, Performed, perform
from journal.tables import balance
from kernel.cases import Case
from kernel.claims import loss_of
from services.cooperative_node import close_day
from tests.node.county import County
from tests.node.village import Village, member
from tests.support.pool import BANK, COVENANTS_SAID, MANIFEST, PAPERS
from tests.support.village import fen

AGREEMENT = "agreement-baiguo-1"
OFFICES = (("checker@bank", "p-b2"), ("staff@federation", "p-f1"), ("cpo@federation", "p-o1"),
           ("cfb@federation", "p-o2"))  # fmt: skip
PERSONS = {"maker@bank": "p-b1", "checker@bank": "p-b2", "cpo@federation": "p-o1",
           "cfb@federation": "p-o2"}  # fmt: skip
COMMITTEE = (("staff@federation", "p-f1"), ("cpo@federation", "p-o1"))


class PoolCounty:
    """Acts of the pool in K(i) and K(0) of one village."""

    def __init__(self, village: Village) -> None:
        self.village = village
        self.county: County = village.county
        self._count = 0

    def act(
        self,
        name: str,
        case: str,
        role: str,
        facts: Mapping[str, Any] | None = None,
        *,
        person: str = "",
        persons: tuple[str, ...] = (),
    ) -> Performed:
        """One act at the county, in a transaction of its own."""
        process, act = name.split(".")
        parties = {"coop": self.county.cooperative}
        if process != "receipt" or act in ("pooled", "pool_interest"):
            parties |= {"bank": "", "county": ""}
        person = person or PERSONS.get(role, "p-f1")
        self._count += 1
        command = Command(
            id=f"pool-{self._count}", process=process, case=case, act=act,
            actor=Actor(role=role, operator=person, persons=persons or (person,)),
            facts=dict(facts or {}), parties=parties,
        )  # fmt: skip
        with self.county.engine.begin() as conn:
            return perform(conn, self.county.world, command)

    def propose(self, name: str = AGREEMENT, **changes: Any) -> None:
        """The federation puts an agreement before everybody."""
        said = {"variant": "v2", "bank": BANK, "grade": "A", **COVENANTS_SAID, **changes}
        self.act("agreement.propose", name, "staff@federation", said, person="p-f2")

    def agree(self, **changes: Any) -> None:
        """An agreement everybody has signed."""
        self.propose(**changes)
        council = (self.village.person["chair"], self.village.person["accountant"])
        self.act("agreement.sign", AGREEMENT, "meeting@coop", person="p-minutes")
        self.act("agreement.sign", AGREEMENT, "council@coop", persons=council)
        for role, person in OFFICES:
            self.act("agreement.sign", AGREEMENT, role, person=person)

    def hear(self, voice: Case) -> None:
        """Perform at home what the village said, by the persons it named."""
        role = voice.hands[0].role.replace("@node", "@coop")
        name = f"{voice.terms['process']}.{voice.terms['act']}"
        facts = {"votes": voice.terms["votes"], "minutes": voice.terms.get("minutes", "")}
        self.act(name, str(voice.terms["for"]), role, facts)

    def offer(self, **changes: Any) -> None:
        """The federation offers a new version."""
        said = {**COVENANTS_SAID, **changes}
        self.act("agreement.offer", AGREEMENT, "staff@federation", said, person="p-f2")

    def stake(self, amount: str, name: str = "transfer-1") -> None:
        """A stake through the bank: held, filed, moved."""
        told = {"agreement": AGREEMENT, "amount": fen(amount)}
        self.act("transfer.stake", name, "system:intake", told)
        self.act("transfer.file", name, "system:file")
        self.act("transfer.staked", name, "system:bank_line")

    def match(self, name: str = "match-1") -> None:
        """The county's match, claimed, approved, in."""
        self.act("match.claim", name, "staff@federation", {"agreement": AGREEMENT})
        self.act("match.approve", name, "cfb@federation")
        self.act("match.booked", name, "system:bank_line")

    def release(self, kind: str, amount: str, name: str, **told: Any) -> None:
        """Pool money asked back, signed and paid."""
        self.ask_back(kind, amount, name, **told)
        self.paid_back(name)

    def ask_back(self, kind: str, amount: str, name: str, **told: Any) -> None:
        """Pool money asked back."""
        facts = {"agreement": AGREEMENT, "kind": kind, "amount": fen(amount), **told}
        self.act("transfer.ask", name, "staff@federation", facts, person="p-f2")

    def paid_back(self, name: str) -> None:
        """What was asked back is signed and paid."""
        self.act("transfer.sign", name, "checker@bank")
        self.act("transfer.sign", name, "staff@federation")
        self.act("transfer.file", name, "system:file")
        self.act("transfer.released", name, "system:bank_line")

    def pooled(self, number: int, amount: str, pooling: str) -> None:
        """A member's deposit comes in from the card (variant 1)."""
        line = f"pooled-{number}"
        told = {"line": line, "amount": fen(amount), "agreement": AGREEMENT,
                "member": member(number), "pooling": pooling}  # fmt: skip
        self.act("receipt.pooled", f"line-{line}", "system:bank_line", told)

    def guarantee(self, application: str, package: str = "package-1", line: int = 1) -> str:
        """Head-room reserved for a cleared application the county holds."""
        name = f"guarantee-{application}"
        self.act("guarantee.reserve", name, "staff@federation", {
            "agreement": AGREEMENT, "application": application, "package": package, "line": line,
            "grade": "A",
        })  # fmt: skip
        return name

    def package(self, lines: tuple[str, ...], amount: str, name: str = "package-1") -> None:
        """A package of reserved lines is put before the council."""
        self.act("package.draft", name, "staff@federation", {
            "agreement": AGREEMENT, "bank": BANK, "version": 1, "lines": list(lines),
            "amount": fen(amount), "digest": "d" * 64,
        }, person="p-f2")  # fmt: skip

    def pay_out(self, guarantee: str, amount: str) -> None:
        """The line is sent, accepted and paid out by the bank."""
        self.act("guarantee.send", guarantee, "system:package", {"manifest": MANIFEST})
        self.act("guarantee.accept", guarantee, "checker@bank", {"bank": BANK})
        today = self.village.county_day
        self.act("guarantee.paid", guarantee, "maker@bank", {
            "bank": BANK, "amount": fen(amount), "paid_on": today.isoformat(),
            "due_on": today.replace(year=today.year + 1).isoformat(), "contract": "RCC-1",
        })  # fmt: skip

    def in_arrears(self, guarantee: str, amount: str) -> None:
        """The bank reports arrears of today."""
        self.act("guarantee.arrears", guarantee, "maker@bank", {
            "bank": BANK, "since": self.village.county_day.isoformat(),
            "principal": fen(amount),
        })  # fmt: skip

    def notice(self, guarantee: str, amount: str) -> str:
        """The notice of a claim with all its papers."""
        name = f"claim-{guarantee}"
        self.act("claim.notice", name, "checker@bank", {
            "bank": BANK, "guarantee": guarantee, "amount": fen(amount),
            "manifest": MANIFEST, "papers": PAPERS,
        })  # fmt: skip
        return name

    def guarantors(self, claim: str, amount: str) -> None:
        """The joint guarantors paid the bank a part."""
        told = {"bank": BANK, "amount": fen(amount)}
        self.act("claim.guarantors", claim, "checker@bank", told)

    def accept(self, claim: str, principal: str) -> None:
        """Guarantors called, checked, and accepted by the committee: the layers freeze."""
        if not self.case(claim).terms["guarantors_told"]:
            self.guarantors(claim, "0.00")
        self.act("claim.check", claim, "staff@federation", {"papers": dict.fromkeys(PAPERS, True)})
        for role, person in COMMITTEE:
            told = {"principal": fen(principal)}
            self.act("claim.accept", claim, role, told, person=person)

    def pay_claim(self, claim: str) -> None:
        """The bank has its money."""
        self.act("claim.file", claim, "system:file")
        told = {"amount": loss_of(self.case(claim)).pool}
        self.act("claim.pay", claim, "system:bank_line", told)

    def recover(self, claim: str, recovered: str, share: str) -> None:
        """The bank recovers something, and the pool's share of it comes in."""
        told = {"bank": BANK, "amount": fen(recovered)}
        self.act("claim.recovered", claim, "checker@bank", told)
        self.act("claim.receive", claim, "system:bank_line", {"amount": fen(share)})

    def write_off(self, claim: str) -> None:
        """What will not come back is written off."""
        for role, person in (("reviewer@federation", "p-r1"), ("leading_group@federation", "p-l1")):
            self.act("claim.write_off", claim, role, person=person)

    def case(self, name: str) -> Case:
        """A case of the county."""
        with self.county.engine.begin() as conn:
            found = store.load(conn, store.COUNTY_SCOPE, name)
        assert found is not None, name
        return found

    def held(self, account: str) -> int:
        """A balance of K(i) over all keys (fen)."""
        with self.county.engine.begin() as conn:
            query = sa.select(sa.func.sum(balance.c.amount)).where(
                balance.c.book == self.village.node.custody, balance.c.account == account
            )
            return int(conn.scalar(query) or 0)

    def mirrored(self) -> int:
        """What K(i) holds that N 10901 must be (I5)."""
        return sum(self.held(account) for account in ("802", "8021", "805", "8051"))


def granted(village: Village) -> PoolCounty:
    """500,000 of the county's money on its way to a founded village, and the pool's acts."""
    village.county.bank_line("grant", "G1", village.county_day, source="county",
                             amount=fen("500000.00"))  # fmt: skip
    return PoolCounty(village)


def apply(village: Village, number: int = 1, amount: str = "20000.00") -> str:
    """A member's application brought to cleared, and delivered."""
    name = f"bank_loan-baiguo-{number:04d}"
    facts = {
        "agreement": AGREEMENT, "member": member(number), "person": village.person[f"m{number}"],
        "group": "group-baiguo-01", "amount": fen(amount), "purpose": "养殖", "term_months": 12,
    }  # fmt: skip
    village.do("bank_loan", name, "apply", "member", facts, by=(f"m{number}",))
    others = tuple(f"m{one}" for one in (1, 2, 3) if one != number)
    village.do("bank_loan", name, "sign", "guarantor", by=others)
    village.do("bank_loan", name, "vote", "council", by=("chair", "accountant"))
    village.do("bank_loan", name, "notice", "bookkeeper")
    village.until_state(name, "cleared")
    village.synchronise()
    return name


def guaranteed(pool: PoolCounty) -> str:
    """An agreement, a stake of 100,000, and head-room reserved for member 1's 20,000."""
    pool.agree()
    pool.stake("100000.00")
    pool.village.synchronise()
    return pool.guarantee(apply(pool.village))


def claimed(pool: PoolCounty, amount: str = "20000.00") -> str:
    """A guaranteed loan of member 1, in arrears for the waiting days, and its notice."""
    guarantee = pool.guarantee(apply(pool.village, 1, amount))
    pool.pay_out(guarantee, amount)
    pool.village.next_day()
    pool.village.next_day()
    pool.in_arrears(guarantee, amount)
    pool.village.catch_up(pool.village.county_day + timedelta(days=89))
    return pool.notice(guarantee, amount)


def told(pool: PoolCounty, *steps: Callable[[], object]) -> None:
    """Each step at the county, followed at once, with trial balance and mirrors proved after it."""
    village = pool.village
    for step in steps:
        step()
        village.synchronise()
        with village.node.engine.begin() as conn:
            close_day.prove(conn, village.node)
        assert village.balances("10901")["10901"] == pool.mirrored()
