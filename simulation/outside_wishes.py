"""What happens outside the villages' offices: money at the bank, work at the county's desk.

Called by the generator. Who pays what for which reason is drawn from the generator's stream; what
the county's staff can do is read from the county's own cases.
"""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

import sqlalchemy as sa

from contracts.ids import custody_book, node_book
from journal import store
from journal.pool_funds import free_funds
from kernel.cases import Case
from kernel.intercoop import terms_digest
from kernel.rules_intercoop_loss import MAY_BE_GIVEN_UP, debt_digest
from services.federation.cases import lending, night, packages, policies
from simulation import wishes_pool
from simulation.events import FEDERATION, POOL, Desk, Money
from simulation.parameters import MODE, told
from simulation.queries import known_cases
from simulation.village_eyes import Eyes
from simulation.world import COUNTY, World

_STRANGER = "6200999900001111"


def money(eyes: Eyes, chance: Random) -> Money | None:
    """Somebody pays: a borrower, a guarantor, a new member, a deposit, or nobody knows who."""
    deposits, claims = eyes.of("pooling"), wishes_pool.owed(eyes)
    kind = chance.choices(
        ("loan", "share", "stranger", "nowhere", "insurer", "federation", "deposit", "claim"),
        (70, 20, 7, 3, 5, 2, 15 if deposits else 0, 150 if claims else 0),
    )[0]
    if kind == "deposit":
        return _deposit(eyes, chance.choice(deposits))
    if kind == "claim":
        return _claimed(eyes, chance, *chance.choice(claims))
    if kind == "loan" and (loans := eyes.of("loan", "active", "instructed", "closed")):
        weights = [10 if loan.state == "active" else 1 for loan in loans]
        return _repayment(eyes, chance, chance.choices(loans, weights)[0])
    if kind == "insurer" and (loans := eyes.of("loan", "active", "instructed", "closed")):
        return _insurance(chance, eyes, chance.choice(loans))
    if kind == "share" and (joining := eyes.of("member", "admitted", "active")):
        weights = [20 if one.state == "admitted" else 1 for one in joining]
        member = chance.choices(joining, weights)[0]
        why = chance.choices(("股金", "双到股金"), (85, 15))[0]
        return _from(eyes, member, chance.choice((100_000, 200_000)), f"{why} {member.id}")
    if kind == "federation":
        return Money(coop=FEDERATION, amount=chance.randint(1, 99_999), card=_STRANGER, text="?")
    if kind == "nowhere":
        return Money(coop="", amount=chance.randint(1, 99_999), card=_STRANGER, text="汇款")
    return Money(coop=eyes.coop, amount=chance.randint(1, 99_999), card=_STRANGER, text="不知道")


def _deposit(eyes: Eyes, form: Case) -> Money | None:
    """A member pays what his form says into the pool's sub-account, once more if he paid."""
    paper = eyes.villager(str(form.terms["person"]))
    amount = int(form.terms["amount"])
    return Money(coop=POOL, amount=amount, card=paper.card, text=form.id) if paper else None


def _claimed(eyes: Eyes, chance: Random, claim: Case, left: int) -> Money | None:
    """Who defaulted on a bank loan pays to the village: what is owed, a part, or too much."""
    member = eyes.cases.get(str(claim.terms["member"]))
    amount = chance.choice((left // 3 + 1, left or 1, left + 777))
    names = (claim.id, f"还款 {claim.terms['guarantee']}", "还银行贷款")
    text = chance.choices(names, (60, 20, 20))[0]
    return _from(eyes, member, amount, text) if member else None


def _repayment(eyes: Eyes, chance: Random, loan: Case) -> Money | None:
    """A loan is repaid in part, whole, or with too much; by its number, or by the card alone."""
    out = int(loan.terms.get("outstanding", 0) or loan.terms["amount"])
    amount = chance.choice((out // 3 + 1, out, out, out + out // 50 + 777, 1))
    text = chance.choices((f"还款 {loan.id}", "还款", "谢谢"), (75, 15, 10))[0]
    payer = str(loan.terms["member"])
    group = eyes.cases.get(str(loan.terms["group"]))
    if group is not None and chance.random() < 0.15:
        payer = chance.choice(group.terms["group_member"])
    member = eyes.cases.get(payer)
    return _from(eyes, member, amount, text) if member else None


def _insurance(chance: Random, eyes: Eyes, loan: Case) -> Money:
    """An insurer pays for a borrower: what is owed, or with something left for the family."""
    out = int(loan.terms.get("outstanding", 0) or loan.terms["amount"])
    amount = chance.choice((out // 2 + 1, out, out + out // 5 + 333))
    text = chance.choice((f"保险赔付 {loan.id}", f"保险理赔 {loan.terms['member']}", "保险赔付"))
    return Money(coop=eyes.coop, amount=amount, card=_STRANGER, text=text)


def _from(eyes: Eyes, member: Case, amount: int, text: str) -> Money | None:
    paper = eyes.villager(str(member.terms["person"]))
    return Money(coop=eyes.coop, amount=amount, card=paper.card, text=text) if paper else None


class CountyEyes:
    """What staff of the county see: what waits for them."""

    def __init__(self, world: World) -> None:
        with world.reading(COUNTY) as conn:
            cases = known_cases(conn, store.COUNTY_SCOPE)
            self._today = night.open_date(conn)
            self._mode = policies.policy_for(conn, "").text(MODE)
            self._wishes = lending.wishes(conn, world.cooperatives)
            self._cleared = {
                coop: [case.id for case in packages.cleared(conn, coop)]
                for coop in world.cooperatives
            }
            self._deposits = [
                one for coop in world.cooperatives for one in _deposits(conn, coop, cases)
            ]
        self._coops = world.cooperatives
        self._cases: dict[str, list[Case]] = {}
        for case in cases.values():
            self._cases.setdefault(case.process, []).append(case)

    def wishes(self, chance: Random, serial: int) -> Iterator[tuple[int, Desk]]:
        """Weight and deed of everything somebody could do at the desk now."""
        for case in self._in("consent", "asked"):
            what = chance.choices(("consent.grant", "consent.refuse"), (85, 15))[0]
            yield 60, Desk(what=what, case=case.id)
        for case in self._in("finding", "opened"):
            yield 8, Desk(what="finding.own", case=case.id)
        for case in self._in("finding", "owned"):
            yield 8, Desk(what="finding.resolve", case=case.id)
        for case in self._in("payment", "queued"):
            yield 2, Desk(what="payment.stop", case=case.id)
        for case in self._in("intercoop", "proposed"):
            facts = {} if chance.random() < 0.9 else {"terms": terms_digest(_one_fen_more(case))}
            yield 40, Desk(what="intercoop.sign", case=case.id, facts=facts)
            yield 40, Desk(what="intercoop.sign_cpo", case=case.id, facts=facts)
        yield from self._late(chance)
        for case in self._in("service_fee", "due"):
            yield 2, Desk(what="service_fee.waive", case=case.id)
        for case in self._in("own_money", "unnamed"):
            what = chance.choice(("own_money.is_fund", "own_money.is_income"))
            yield 20, Desk(what=what, case=case.id)
        if len(self._in("intercoop", "proposed", "approved")) < 2:
            yield 25, self._match(chance, serial)
        for case in self._in("receipt", "unknown"):
            whose = {"coop": chance.choice(self._coops), "evidence": "来电确认"}
            yield 20, Desk(what="receipt.identify", case=case.id, facts=whose)
        for case in self._in("identification", "named"):
            yield 3, Desk(what="identification.withdraw", case=case.id)
        desks = wishes_pool.Desks(self._cases, self._today, self._ready, self._deposits)
        yield from desks.wishes(chance, serial)
        coop = chance.choice(self._coops)
        cap = chance.choice(("6000", "8000", "9000"))
        asked = {"insurance.required": chance.random() < 0.7}
        changed = {"loan.cap": cap, MODE: self._mode, **asked}
        yield 5, Desk(what="policy", case="", coop=coop, facts=told(changed))
        grade = chance.choice(("A", "A", "B", "C"))
        yield 1, Desk(what="grade", case="", coop=coop, facts={"grade": grade})

    def _late(self, chance: Random) -> Iterator[tuple[int, Desk]]:
        """Loans between villages past their day: stopped, given up, or let go on."""
        for case in self._in("intercoop", "active"):
            due = case.terms["due_on"] < self._today.isoformat()
            yield (60 if due else 1), Desk(what="intercoop.suspend", case=case.id)
        for case in self._in("intercoop", *MAY_BE_GIVEN_UP):
            if case.state == "suspended":
                yield 8, Desk(what="intercoop.resume", case=case.id)
                who = chance.choice(("reviewer", "leading_group"))
                yield 60, Desk(what="intercoop.write_off", case=case.id, facts={"who": who})
            who = chance.choice(("staff", "staff", "staff", "leading_group", "cpo"))
            facts: dict[str, object] = {"who": who}
            if chance.random() < 0.1:
                facts["terms"] = debt_digest(_one_fen_more(case))
            yield 40, Desk(what="intercoop.waive", case=case.id, facts=facts)

    def _ready(self, coop: str) -> list[str]:
        return self._cleared[coop]

    def pool_money(self, chance: Random) -> Money:
        """Somebody pays to the pool's sub-account."""
        return chance.choice(list(wishes_pool.money_in(self._cases, chance)))

    def _in(self, process: str, *states: str) -> Sequence[Case]:
        return [case for case in self._cases.get(process, ()) if case.state in states]

    def _match(self, chance: Random, serial: int) -> Desk:
        lender, borrower = chance.sample(self._coops, 2)
        if chance.random() < 0.05:
            borrower = lender
        facts: dict[str, Any] = {
            "lender": lender,
            "borrower": borrower,
            "amount": chance.choice((200_000, 500_000, 1_200_000, 5_000_000)),
            "rate_ppm": chance.choice((3000, 3000, 3000, 0)),
            "term_months": chance.choice((1, 1, 3, 12)),
        }
        for wish in self._wishes:
            # Half of the matches answer what was posted; some name a wish of another village.
            side, name = ("lender", "offer") if wish.state == "offered" else ("borrower", "request")
            if chance.random() < 0.5:
                facts |= {name: wish.id, "amount": min(facts["amount"], wish.terms["amount"])}
                facts |= {side: wish.parties["coop"]} if chance.random() < 0.9 else {}
        return Desk(what="intercoop.match", case=f"intercoop-{serial}", facts=facts)


def _deposits(
    conn: sa.Connection, coop: str, cases: Mapping[str, Case]
) -> Iterator[wishes_pool.Deposit]:
    live = [
        one for one in cases.values()
        if (one.process, one.parties.get("coop")) == ("agreement", coop)
    ]  # fmt: skip
    replica = store.DatabaseLookup(conn, node_book(coop))
    for member, amount in free_funds(conn, custody_book(coop)).deposits.items():
        known = replica.case(member)
        if amount and known is not None:
            yield wishes_pool.Deposit(
                agreement=live[-1].id, member=member, person=str(known.terms["person"]),
                amount=amount,
                loans=tuple(one.id for one in replica.linked("loan", "member", member)),
            )  # fmt: skip


def _one_fen_more(case: Case) -> dict[str, object]:
    """The terms with one fen more: what nobody may sign."""
    return {**case.terms, "amount": int(case.terms["amount"]) + 1}
