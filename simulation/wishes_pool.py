"""Wishes about the risk pool: guaranteed bank loans of a village, and what it says on its pool.

The first half are acts and voices in a village (an ``AREA``), the second what county and bank
could do at their desks (``Desks``). P6, both variants.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import msgspec

from kernel.cases import Case
from simulation.desk_pool import offered
from simulation.events import POOL, Desk, Money
from simulation.village_eyes import Eyes
from simulation.wishing import Area, Facts, Wish, because

FINANCE_CARD = "6228489999999990"
BANK_CARD = "6228480000000000"


def _mine(eyes: Eyes, process: str, *states: str) -> list[Case]:
    return [
        case
        for _, case in sorted(eyes.county.items())
        if case.process == process and case.state in states and eyes.coop in case.parties.values()
    ]


def _bank_loan(eyes: Eyes, chance: Random, serial: int) -> Iterator[Wish]:
    """A member asks for a bank loan under the pool's guarantee."""
    agreements = _mine(eyes, "agreement", "open", "suspended")
    pairs = [(g, one) for g in eyes.of("group", "live") for one in g.terms["group_member"]]
    if not agreements or not pairs:
        return
    group, name = chance.choice(pairs)
    member = eyes.cases.get(name)
    if member is None:
        return
    facts = {
        "agreement": agreements[0].id, "member": name, "person": str(member.terms["person"]),
        "group": group.id, "amount": chance.choice((50_000, 80_000, 200_000, 400_000)),
        "purpose": "养殖", "term_months": chance.choice((3, 6, 12)),
    }  # fmt: skip
    yield Wish(
        weight=50, process="bank_loan", case=f"bank_loan-{eyes.coop}-{serial:04d}", act="apply",
        role="member@node", operator=eyes.clerk, persons=(facts["person"],), facts=facts,
    )  # fmt: skip


def _pooling(eyes: Eyes, chance: Random, serial: int) -> Iterator[Wish]:
    """Variant 1: a member pools a part of a loan, paid out or not."""
    agreements = [one for one in _mine(eyes, "agreement", "open") if one.terms["variant"] == "v1"]
    loans = eyes.of("loan", "active", "instructed")
    if not agreements or not loans:
        return
    loan = chance.choice(loans)
    facts = {
        "agreement": agreements[0].id, "member": loan.terms["member"],
        "person": str(loan.terms["person"]), "loan": loan.id,
        "amount": chance.choice((20_000, 60_000, int(loan.terms["amount"]) + 1)),
        "mutual": chance.random() < 0.95,
    }  # fmt: skip
    yield Wish(
        weight=25, process="pooling", case=f"pooling-{eyes.coop}-{serial:04d}", act="apply",
        role="member@node", operator=eyes.clerk, persons=(facts["person"],), facts=facts,
    )  # fmt: skip


def _speak(eyes: Eyes, chance: Random, serial: int) -> Iterator[Wish]:
    """The council signs a package; the meeting stakes more or asks some of it back."""
    council = eyes.roster("council@node", next(iter(eyes.cases.values())))
    said = {(v.terms.get("for"), v.terms.get("act")) for v in eyes.of("voice")}
    for case in _mine(eyes, "package", "drafting"):
        if council and (case.id, "sign") not in said and "digest" in case.terms:
            facts = {"act": "sign", "terms": case.terms["digest"],
                     "votes": dict.fromkeys(council, "yes")}  # fmt: skip
            yield _voice(eyes, serial, case, "council@node", tuple(council), 60, facts)
    for case in _mine(eyes, "agreement", "open"):
        if council and case.terms.get("offer"):
            facts = {"act": "amend", "terms": offered(case),
                     "votes": dict.fromkeys(council, "yes")}  # fmt: skip
            yield _voice(eyes, serial, case, "council@node", tuple(council), 40, facts)
    for case in _mine(eyes, "agreement", "open", "suspended"):
        act = chance.choice(("stake", "release"))
        amount = chance.choice((10_000, 30_000, 100_000, 300_000))
        if act == "release" and chance.random() < 0.5:
            # Nearly all it staked, whatever is guaranteed on it.
            amount = max(eyes.staked - 10_000, 1)
        facts = {"act": act, "amount": amount, "minutes": "社员大会 2017 实到9人 同意8人"}
        yield _voice(eyes, serial, case, "meeting@node", (), 8, facts)


def _voice(
    eyes: Eyes, serial: int, about: Case, role: str, persons: Sequence[str], weight: int,
    facts: Mapping[str, Any],
) -> Wish:  # fmt: skip
    return Wish(
        weight=weight, process="voice", case=f"voice-{eyes.coop}-{serial:04d}", act="say",
        role=role, operator=eyes.clerk, persons=tuple(persons),
        facts={"for": about.id, "process": about.process, **facts},
    )  # fmt: skip


def owed(eyes: Eyes) -> list[tuple[Case, int]]:
    """Claims of the village the pool has met, each with what its bank is owed of it (fen)."""
    found = []
    for claim in _mine(eyes, "claim", "paid", "written_off", "recovered"):
        terms = claim.terms
        left = int(terms["amount"]) - int(terms["own_deposit"]) - int(terms["recovered"])
        found.append((claim, max(left, 0)))
    return found


def _pass_on(eyes: Eyes, chance: Random, serial: int) -> Iterator[Wish]:
    """The cashier passes on to the bank what came in on a claimed loan, or tries with another."""
    met = owed(eyes)
    if not eyes.suspense or not met:
        return
    claim, left = chance.choice(met)
    if chance.random() < 0.1:
        known = [case for _, case in sorted(eyes.county.items())]
        claim = chance.choice([one for one in known if one.process in ("claim", "guarantee")])
    item = chance.choice(sorted(eyes.suspense))
    held = eyes.suspense[item]
    amount = chance.choice((min(held, left), min(held, left), held, held // 2 + 1, held + 1))
    listed = eyes.roster("cashier@node", claim)
    yield Wish(
        weight=300, process="suspense", case=f"suspense-{eyes.coop}-{serial:04d}", act="pass_on",
        role="cashier@node", operator=listed[0] if listed else eyes.clerk,
        facts={"item": item, "amount": amount, "claim": claim.id},
    )  # fmt: skip


def _no(_eyes: Eyes, _chance: Random, case: Case) -> Facts:
    return {"reason": "simulated"} if any(hand.vote == "no" for hand in case.signed) else None


AREA = Area(
    weights={
        ("bank_loan", "sign"): 40, ("bank_loan", "vote"): 40, ("bank_loan", "notice"): 50,
        ("bank_loan", "refuse"): 6, ("bank_loan", "object"): 3, ("bank_loan", "dismiss"): 20,
        ("bank_loan", "sustain"): 6, ("bank_loan", "withdraw"): 1, ("pooling", "withdraw"): 2,
    },
    facts={
        ("bank_loan", "refuse"): _no, ("bank_loan", "object"): because,
        ("bank_loan", "dismiss"): because, ("bank_loan", "sustain"): because,
    },
    opened=(_bank_loan, _pooling, _speak, _pass_on),
)  # fmt: skip


class Deposit(msgspec.Struct, frozen=True, kw_only=True):
    """A member's money in the pool (variant 1, fen), and his loans of the village."""

    agreement: str
    member: str
    person: str
    amount: int
    loans: tuple[str, ...]


class Desks:
    """What the pool's partners see: the county's cases by process, deposits, its open date."""

    def __init__(
        self,
        cases: Mapping[str, Sequence[Case]],
        today: Any,
        cleared: Any,
        deposits: Sequence[Deposit],
    ) -> None:
        self._cases = cases
        self._today = today
        self._cleared = cleared
        self._deposits = deposits

    def wishes(self, chance: Random, serial: int) -> Iterator[tuple[int, Desk]]:
        """Weight and deed of everything that could be done about the pool now."""
        yield from self._money(chance, serial)
        yield from self._packages(chance, serial)
        yield from self._loans(chance, serial)
        yield from self._claims(chance)

    def _in(self, process: str, *states: str) -> list[Case]:
        return [case for case in self._cases.get(process, ()) if case.state in states]

    def _money(self, chance: Random, serial: int) -> Iterator[tuple[int, Desk]]:
        facts: dict[str, Any]
        for case in self._in("agreement", "open"):
            facts = {"agreement": case.id}
            yield 2, Desk(what="match.claim", case=f"match-{case.parties['coop']}-{serial}",
                          facts=facts)  # fmt: skip
            new = {"leverage": chance.choice((400, 500, 600, 1_000, 1_001)),
                   "base": chance.choice(("stake", "stake_and_match"))}  # fmt: skip
            yield 3, Desk(what="agreement.offer", case=case.id, facts=new)
            if case.terms.get("offer"):
                who = chance.choice(("checker", "cpo"))
                yield 40, Desk(what="pool.sign", case=case.id, facts={"who": who})
        for one in self._deposits:
            amount = chance.choice((one.amount, one.amount // 3 + 1, 10_000))
            facts = {"agreement": one.agreement, "kind": "deposit", "amount": amount,
                     "member": one.member, "person": one.person}  # fmt: skip
            name = f"transfer-{one.member}-{serial}"
            yield 3, Desk(what="transfer.ask", case=name, facts=facts)
            for loan in one.loans:
                paid = {**facts, "kind": "set_off", "loan": loan}
                yield 4, Desk(what="transfer.ask", case=name, facts=paid)
        for case in self._in("agreement", "suspended"):
            yield 10, Desk(what="pool.sign", case=case.id,
                           facts={"who": chance.choice(("checker", "staff", "cpo"))})  # fmt: skip
        for case in self._in("match", "claimed"):
            act = chance.choices(("approve", "refuse"), (85, 15))[0]
            facts = {"who": "cfb", "act": act, "reason": act == "refuse"}
            yield 15, Desk(what="pool.decide", case=case.id, facts=facts)
        for case in self._in("transfer", "asked"):
            who = chance.choice(("checker", "staff"))
            act = chance.choices(("sign", "drop"), (90, 10))[0]
            facts = {"who": who, "act": act, "reason": act == "drop"}
            yield 20, Desk(what="pool.decide", case=case.id, facts=facts)
        for case in self._in("transfer", "queued"):
            act = "cancel" if case.terms.get("kind") == "in" else "drop"
            facts = {"who": "staff", "act": act, "reason": True}
            yield 1, Desk(what="pool.decide", case=case.id, facts=facts)

    def _packages(self, chance: Random, serial: int) -> Iterator[tuple[int, Desk]]:
        for agreement in self._in("agreement", "open", "suspended"):
            coop = agreement.parties["coop"]
            ready = self._cleared(coop)
            if ready:
                some = sorted(chance.sample(ready, chance.randint(1, len(ready))))
                facts = {"agreement": agreement.id, "applications": some}
                yield 30, Desk(what="package.draft", case=f"package-{coop}-{serial}", facts=facts)
        for case in self._in("package", "drafting"):
            who = chance.choice(("staff", "cpo"))
            yield 25, Desk(what="pool.sign", case=case.id, facts={"who": who})
        for case in self._in("package", "approved"):
            yield 30, Desk(what="package.send", case=case.id)
        for case in self._in("guarantee", "sent"):
            act = chance.choices(("accept", "refuse", "condition"), (85, 10, 5))[0]
            yield 25, Desk(what="package.answer", case=case.id, facts={"act": act})
        for case in self._in("guarantee", "conditioned"):
            yield 20, Desk(what="guarantee.meet", case=case.id)

    def _loans(self, chance: Random, serial: int) -> Iterator[tuple[int, Desk]]:
        today = self._today
        for case in self._in("guarantee", "accepted"):
            amount = int(case.terms["amount"])
            paid = chance.choice((amount, amount, amount, amount // 2, amount + 1))
            facts = {"act": "paid", "report": f"r{serial}", "amount": paid, "contract": "RCC",
                     "paid_on": today.isoformat(),
                     "due_on": (today + timedelta(days=60)).isoformat()}  # fmt: skip
            yield 25, Desk(what="guarantee.told", case=case.id, facts=facts)
        for case in self._in("guarantee", "running"):
            drawn = int(case.terms["drawn"])
            repaid = sum(int(part) for part, _ in case.terms["repaid"])
            out = drawn - repaid
            field, old = chance.choice((("drawn", drawn), ("repaid", repaid)))
            new = max(old + chance.choice((-10_000, -1, 1, 10_000)), 0)
            facts = {"field": field, "old": old, "new": new}
            yield 8, Desk(what="correction.ask", case=case.id, facts=facts)
            if out <= 0:
                continue
            facts = {"act": "repaid", "report": f"r{serial}", "paid_on": today.isoformat(),
                     "amount": chance.choice((out, out // 2 + 1, out + 1))}  # fmt: skip
            yield 4, Desk(what="guarantee.told", case=case.id, facts=facts)
            facts = {"act": "arrears", "report": f"r{serial}", "principal": out,
                     "since": today.isoformat()}  # fmt: skip
            if not case.terms.get("arrears"):
                yield 8, Desk(what="guarantee.told", case=case.id, facts=facts)
            else:
                yield 20, Desk(what="claim.notice", case=case.id, facts={"amount": out})

        for case in self._in("correction", "asked_county"):
            yield 30, Desk(what="correction.accept", case=case.id)

    def _claims(self, chance: Random) -> Iterator[tuple[int, Desk]]:
        for case in self._in("claim", "noticed"):
            yield 80, Desk(what="claim.check", case=case.id)
            facts = {"who": chance.choice(("staff", "cpo")), "principal": int(case.terms["amount"])}
            yield 150, Desk(what="claim.accept", case=case.id, facts=facts)
            paid = chance.choice((0, 0, 1_000, 40_000, int(case.terms["amount"]) + 1))
            likely = 10 if case.terms["guarantors_told"] else 80
            yield likely, Desk(what="claim.guarantors", case=case.id, facts={"amount": paid})
            act, who = chance.choice(
                (("reject", "staff"), ("reject", "cpo"), ("withdraw", "checker"))
            )
            yield 8, Desk(what="claim.end", case=case.id, facts={"act": act, "who": who})
        for case in self._in("claim", "paid", "written_off"):
            lost = int(case.terms["called"]) - int(case.terms["own_deposit"])
            facts = {"amount": chance.choice((1_000, lost // 2 + 1, lost))}
            yield 120, Desk(what="claim.recovered", case=case.id, facts=facts)
            who = chance.choice(("reviewer", "leading_group"))
            if case.state == "paid":
                facts = {"act": "write_off", "who": who}
                yield 12, Desk(what="claim.end", case=case.id, facts=facts)


def money_in(cases: Mapping[str, Sequence[Case]], chance: Random) -> Iterator[Money]:
    """What is paid to the pool's sub-account: matches, the bank's share of a recovery, interest."""
    for case in cases.get("match", ()):
        if case.state == "approved":
            yield Money(coop=POOL, amount=int(case.terms["amount"]), card=FINANCE_CARD,
                        text=case.id)  # fmt: skip
    for case in cases.get("claim", ()):
        due = int(case.terms.get("share_due", 0)) - int(case.terms.get("share_in", 0))
        if case.state in ("paid", "written_off") and due > 0:
            yield Money(coop=POOL, amount=due, card=BANK_CARD, text=case.id)
    live = [one for one in cases.get("agreement", ()) if one.state in ("open", "suspended")]
    if live:
        about = chance.choice(live)
        yield Money(coop=POOL, amount=chance.randint(1, 999), card=BANK_CARD,
                    text=f"利息 {about.id}")  # fmt: skip
    yield Money(coop=POOL, amount=77, card=BANK_CARD, text="?")
