"""Invariants of lending: I11 (a loan's own bounds) and I12 (whose money is lent on).

Recomputed from the acts alone, act by act, so that nothing is excused by standing right again at
night. Called after every night by simulation.checks.
"""

from collections import Counter, defaultdict
from typing import Any

from simulation.invariants_cases import steps
from simulation.invariants_money import balance_of, terms_of
from simulation.queries import Files, Told
from simulation.tally import Tally

_OUT = ("proposed", "approved", "active", "suspended")
_OWING = (*_OUT, "written_off")
_LENT = {"115": 1, "116": 1}
_DRAWN = {"20101": -1, "20102": -1, "20103": -1, "231": -1}


def loans_are_bounded(tally: Tally, where: Files, book: str) -> None:
    """I11: paid out is what was approved, once; parts of a payment sum to it; nothing below 0."""
    out: Counter[str] = Counter()
    for row in where.acts.get(book, ()):
        told = row.told
        for line in told.get("lines", ()):
            if told["recipe"] in ("loan.repay", "member.pay_in"):
                cash = sum(m[5] for m in told["movements"] if m[0] == "10201")
                back = sum(m[5] for m in told["movements"] if m[2] == "10201")
                tally.hold(
                    "I11", "parts of a payment sum to it",
                    fine=cash - back == told["facts"]["amount"], act=row.id, parts=line["amounts"],
                )  # fmt: skip
        if told.get("recipe") in ("loan.payout", "loan.payout_back"):
            sign = 1 if told["recipe"] == "loan.payout" else -1
            out[told["case"]] += sign * told["facts"]["amount"]
    for scope, name, acts in steps(where):
        if scope != book or acts[0]["process"] != "loan":
            continue
        approved = int(acts[0]["facts"]["amount"])
        principal = sum(balance_of(where, book, one, name) for one in ("115", "116"))
        tally.hold(
            "I11", "paid out is approved, and no more comes back",
            fine=out[name] in (0, approved) and 0 <= principal <= out[name],
            loan=name, approved=approved, out=out[name], principal=principal,
        )  # fmt: skip


class _Purse:
    """One funding of a village: what is lent on, drawn, put in by others, and asked for (fen)."""

    def __init__(self) -> None:
        self.lent = self.drawn = self.put_in = 0
        self.asked: dict[str, int] = {}

    def move(self, account: str, amount: int) -> None:
        """A movement of ``amount`` (debit positive) on an account."""
        self.lent += _LENT.get(account, 0) * amount
        self.drawn += _DRAWN.get(account, 0) * amount
        self.put_in -= amount if account == "191" else 0


def borrowed_money_is_lent_once(tally: Tally, where: Files, book: str) -> None:
    """I12, act by act: on-lent ≤ drawn, and what was repaid early of own money stands for drawn.

    A new loan is decided when its payout is asked for: then what is lent, asked for and wanted
    lies within what is borrowed (domain.md 4.1 no. 3). No early repayment makes room for it.
    """
    purses: dict[str, _Purse] = defaultdict(_Purse)
    for row in where.acts.get(book, ()):
        told = row.told
        touched = _moved(purses, told)
        pay = told.get("terms", {}).get("pay", {}) if told["process"] == "loan" else {}
        if pay and pay["funding"].startswith("intercoop:"):
            purse = purses[pay["funding"]]
            wanted = purse.lent + sum(purse.asked.values()) + pay["amount"]
            tally.hold(
                "I12", "a new loan lies within the borrowing", fine=wanted <= purse.drawn,
                book=book, act=row.id, lent=wanted, drawn=purse.drawn,
            )  # fmt: skip
            purse.asked[told["case"]] = pay["amount"]
        elif told["process"] == "loan" and told["state"] != "instructed":
            for purse in purses.values():
                purse.asked.pop(told["case"], None)
        for funding in touched:
            purse = purses[funding]
            tally.hold(
                "I12", "on-lent is drawn", fine=purse.lent <= purse.drawn + max(purse.put_in, 0),
                book=book, funding=funding, act=row.id, lent=purse.lent, drawn=purse.drawn,
            )  # fmt: skip


def _moved(purses: dict[str, _Purse], told: Told) -> set[str]:
    """Take an act's movements in; the borrowed fundings it touched."""
    touched = set()
    for debit, _, credit, _, funding, amount in told.get("movements", ()):
        if funding.startswith("intercoop:"):
            purses[funding].move(debit, amount)
            purses[funding].move(credit, -amount)
            touched.add(funding)
    return touched


def lending_is_bounded(tally: Tally, county: Files) -> None:
    """I12: nobody lends to himself, nor in a ring; what one lends is within his limit."""
    lent: Counter[str] = Counter()
    own: dict[str, tuple[str, int]] = {}
    ways: set[tuple[str, str]] = set()
    for scope, name, acts in steps(county):
        if scope != "K" or acts[0]["process"] != "intercoop":
            continue
        parties: dict[str, Any] = acts[0]["parties"]
        lender = parties["lender"]
        tally.hold("I12", "nobody lends to itself", fine=lender != parties["borrower"], case=name)
        if acts[-1]["state"] in _OWING:
            ways.add((lender, parties["borrower"]))
        if acts[-1]["state"] in _OUT:
            lent[lender] += terms_of(acts)["outstanding"]
            if lender in (told := acts[0]["facts"]["own_fund"]):
                matched = (acts[0]["business_date"], told[lender])
                own[lender] = max(own.get(lender, matched), matched)
    for lender, (_, fund) in own.items():
        # Allowed by the fund as it stood at the last match, whatever it was at an older one's.
        fine = 10 * lent[lender] <= 3 * fund
        tally.hold("I12", "lent is within the own fund", fine=fine, coop=lender)
    # Who is left when all who lend to nobody of the rest are taken away lends in a ring.
    rest = {coop for way in ways for coop in way}
    while idle := {coop for coop in rest if not any((coop, to) in ways for to in rest)}:
        rest -= idle
    tally.hold("I12", "nobody lends in a ring", fine=not rest, ring=sorted(rest))


def what_is_owed_is_due(tally: Tally, county: Files) -> None:
    """I5: at rest, what a lender has out or wrote off is what its borrower owes, loan by loan."""
    for scope, name, acts in steps(county):
        if scope != "K" or acts[0]["process"] != "intercoop":
            continue
        parties: dict[str, Any] = acts[0]["parties"]
        lender, borrower = _book(parties["lender"]), _book(parties["borrower"])
        due = sum(balance_of(county, lender, one, name) for one in ("11301", "902"))
        owed = -balance_of(county, borrower, "20102", name)
        tally.hold("I5", "due-from is due-to", fine=due == owed, case=name, due=due, owed=owed)


def service_fees_are_earned(tally: Tally, county: Files) -> None:
    """P4.3, at rest: what the villages booked as service fee is what was paid, and F earned it."""
    paid = sum(
        terms_of(acts)["amount"] for scope, _, acts in steps(county)
        if scope == "K" and acts[0]["process"] == "service_fee" and acts[-1]["state"] == "paid"
    )  # fmt: skip
    booked = sum(
        amount for (book, account, *_), amount in county.balances.items()
        if book.startswith("N-") and account == "52104"
    )  # fmt: skip
    earned = -sum(
        amount * (1 if one[0] == "501" else -1 if one[2] == "501" else 0)
        for row in county.acts.get("F", ()) if row.told["process"] == "service_fee"
        for one, amount in ((m, m[5]) for m in row.told.get("movements", ()))
    )  # fmt: skip
    tally.hold("P4.3", "service fees paid are booked and earned", fine=paid == booked == earned,
               paid=paid, booked=booked, earned=earned)  # fmt: skip


def the_federation_stands_between(tally: Tally, county: Files) -> None:
    """P4.2: a contract with the federation is out exactly while its pair was funded with it."""
    states = {
        name: (acts[-1]["state"], terms_of(acts)) for scope, name, acts in steps(county)
        if scope == "K" and acts[0]["process"] == "intercoop"
    }  # fmt: skip
    for name, (_, terms) in states.items():
        if "pair" in terms:
            other = states[terms["pair"]][1]
            tally.hold(
                "P4.2", "both contracts are funded on one day, or neither",
                fine=terms.get("funded_on") == other.get("funded_on"), case=name,
            )  # fmt: skip
    lent, borrowed = (balance_of(county, "F", one) for one in ("11301", "20102"))
    tally.hold("P4.2", "the federation owes no more than it was lent", fine=lent >= 0 >= borrowed,
               lent=lent, borrowed=-borrowed)  # fmt: skip
    kept, unnamed = (balance_of(county, "F", one) for one in ("10204", "21109"))
    tally.hold("P4.2", "what has no name yet is kept apart", fine=kept == -unnamed >= 0,
               kept=kept, unnamed=-unnamed)  # fmt: skip


def every_side_speaks_for_itself(tally: Tally, county: Files) -> None:
    """P4: only its borrower says that a loan is repaid, only F's lender that it is late."""
    says = {"set_aside": "borrower", "suspend": "lender"}
    for book, rows in county.acts.items():
        for row in rows if book[0] in "KF" else ():
            told = row.told
            # What a village said is known at the county by the place in its book.
            if told["process"] != "intercoop" or not row.id.startswith("N-"):
                continue
            side = told["parties"][says[told["act"]]] if told["act"] in says else ""
            speaker = row.id.partition("/")[0].removeprefix("N-")
            fine = side in ("", speaker) and (
                told["act"] != "suspend" or told["parties"]["borrower"] == "F"
            )
            tally.hold("P4.5", "a side speaks for itself", fine=fine, act=row.id, case=told["case"])


def wishes_are_answered_once(tally: Tally, county: Files) -> None:
    """P4.1: a wish is answered by one contract that came to something, within its amount."""
    amounts = {
        name: acts[0]["facts"]["amount"] for _, name, acts in steps(county)
        if acts[0]["process"] == "lending_wish"
    }  # fmt: skip
    answered: Counter[str] = Counter()
    for scope, _, acts in steps(county):
        if scope != "K" or acts[0]["process"] != "intercoop":
            continue
        terms = terms_of(acts)
        for wish in filter(None, (terms.get("offer"), terms.get("request"))):
            answered[wish] += acts[-1]["state"] not in ("declined", "lapsed")
            tally.hold(
                "P4.1", "a match takes no more than the wish says",
                fine=terms["amount"] <= amounts[wish], wish=wish, amount=terms["amount"],
            )  # fmt: skip
    twice = [wish for wish, count in answered.items() if count > 1]
    tally.hold("P4.1", "a wish is answered once", fine=not twice, twice=twice)


def _book(party: str) -> str:
    return party if party == "F" else f"N-{party}"
