"""Invariants of money against the bank's own bookings: I8, I9, I10, I18, I19.

The simulated bank knows what really happened to each fen; books are held against that, by sums of
this module's own over act bodies. Called after every night by simulation.checks.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from simulation.bank import Bank
from simulation.bank_orders import Booking, Truth
from simulation.invariants_cases import steps
from simulation.queries import Files, Line, Told
from simulation.tally import Tally
from simulation.world import Villager

_OUT_OF_THE_COUNTYS = ("leg-", "ident-")
"""Transfers whose other half lies in a sub-account of the county's: K-0 has the reverse."""


def payments_happen_once(
    tally: Tally,
    county: Files,
    bank: Bank,
    villagers: Mapping[str, Villager],
    accounts: Mapping[str, str],
) -> None:
    """I8: done ⇔ paid once, the right amount, to the right card; nothing else left the account."""
    by_reference: dict[str, list[Booking]] = {}
    for booking in bank.bookings:
        reference = booking.line.reference or booking.line.returned_reference
        if reference:
            by_reference.setdefault(reference, []).append(booking)
    for scope, name, acts in steps(county):
        if scope != "K" or acts[0]["process"] != "payment":
            continue
        terms = terms_of(acts)
        found = by_reference.get(name, [])
        truths = Counter(one.truth for one in found)
        state = acts[-1]["state"]
        tally.hold("I8", "paid at most once", fine=truths[Truth.PAID] <= 1, case=name, paid=truths)
        right = [one for one in found if one.truth is Truth.PAID]
        for one in right:
            card = villagers[terms["person"]].card if terms["person"] in villagers else ""
            if terms.get("claim"):
                # P6.6: the one payment to nobody's card goes to the account of the claim's bank.
                card = accounts.get(_bank_of(county, str(terms["claim"])), "")
            tally.hold(
                "I8", "the right amount to the right card",
                fine=(one.line.amount_fen, one.line.counterparty_account)
                == (terms["amount"], card),
                case=name, amount=terms["amount"], paid=one.line.amount_fen,
            )  # fmt: skip
        back = truths[Truth.RETURNED]
        expected = {
            "paid": bool(right),
            "returned": bool(right) == bool(back) and (bool(right) or name in bank.rejected),
            "queued": not found,
            "stopped": not found,
            "refused": not found,
            "in_file": True,
        }
        tally.hold(
            "I8", "the state is what the bank did", fine=expected[state],
            case=name, state=state, bank=dict(truths),
        )  # fmt: skip


def _bank_of(county: Files, claim: str) -> str:
    """The bank that lent what a claim is about, as its guarantee says."""
    told = county.cases.get(("K", claim), {}).get("terms", {})
    line = county.cases.get(("K", str(told.get("guarantee", ""))), {}).get("terms", {})
    return str(line.get("bank", ""))


def account_agrees(
    tally: Tally, county: Files, lines: list[Line], bank: Bank, coops: Mapping[str, str]
) -> None:
    """I9: each line is the bank's own, once; 701 of each book is the sum of its booked lines.

    What is open is listed, what was reversed nets to zero, so 701 and the listed items make the
    bank's balance of everything it has told.
    """
    booked = {one.line.line_id: one.line for one in bank.bookings}
    for line in lines:
        truth = booked.get(line.line)
        tally.hold(
            "I9", "a line is one of the bank's",
            fine=truth is not None
            and (truth.signed_fen, truth.sub_account) == (line.amount, line.sub_account),
            line=line.line, amount=line.amount,
        )  # fmt: skip
    taken_back = sum(line.amount for line in lines if line.state == "reversed")
    tally.hold("I9", "what was reversed nets to zero", fine=not taken_back, sum=taken_back)
    legs = 0
    own = bank.account.federation
    for coop, number in {**coops, "F": own}.items():
        mine = [line for line in lines if line.sub_account == number]
        sums = sum(line.amount for line in mine if line.state == "booked")
        legs += sum(
            line.amount
            for line in mine
            if line.state == "booked" and line.matched.startswith(_OUT_OF_THE_COUNTYS)
        )
        have = balance_of(county, f"K-{coop}", "701")
        if number == own:
            have = sum(balance_of(county, "F", one) for one in ("10201", "10203", "10204"))
        tally.hold(
            "I9", "701 is the sum of its bank lines", fine=have == sums,
            coop=coop, books=have, bank=sums,
        )  # fmt: skip
    strays = sum(
        line.amount
        for line in lines
        if line.state == "booked" and line.sub_account == bank.account.unallocated
    )
    have = balance_of(county, "K-0", "701")
    tally.hold(
        "I9", "701 of K-0 is what it holds for nobody", fine=have == strays - legs,
        books=have, strays=strays, legs=legs,
    )  # fmt: skip


def custody_is_whole(tally: Tally, county: Files, coops: Mapping[str, str]) -> None:
    """I9, I10: what a cooperative has is at the bank or in transit, and Σ in transit is zero."""
    for coop in coops:
        book = f"K-{coop}"
        held = -sum(balance_of(county, book, one) for one in ("80101", "80102"))
        there = balance_of(county, book, "701") + balance_of(county, book, "709")
        tally.hold("I9", "sub-accounts are the account", fine=held == there, book=book,
                   sub_accounts=held, account=there)  # fmt: skip
    transit = sum(balance_of(county, f"K-{coop}", "709") for coop in coops)
    total = transit + balance_of(county, "K-0", "709") + balance_of(county, "F", "10202")
    tally.hold("I10", "settlement in transit sums to zero", fine=not total, sum=total)


def cycles_net_to_zero(tally: Tally, county: Files) -> None:
    """I10: Σ net = 0, nets are the sums of the items, each obligation is settled once."""
    settled: Counter[tuple[str, str]] = Counter()
    moved: Counter[str] = Counter()
    for scope, name, acts in steps(county):
        if scope != "K":
            continue
        if acts[0]["process"] == "intercoop":
            moved.update(f"{name}/{act['act']}" for act in acts if act["act"] == "fund")
        if acts[0]["process"] != "settlement":
            continue
        terms = terms_of(acts)
        nets: Counter[str] = Counter()
        for item in terms["items"]:
            nets[item["payer"]] -= item["amount"]
            nets[item["payee"]] += item["amount"]
            if item["act"] == "fund":
                settled[item["case"], item["act"]] += 1
        stated = {coop: net for coop, net in terms["nets"].items() if net}
        wanted = {coop: net for coop, net in nets.items() if net}
        tally.hold("I10", "nets are the sums of the items", fine=stated == wanted, cycle=name)
        tally.hold("I10", "nets sum to zero", fine=sum(stated.values()) == 0, cycle=name)
    twice = [key for key, count in settled.items() if count > 1]
    tally.hold("I10", "an obligation is in one cycle", fine=not twice, twice=twice)
    again = [key for key, count in moved.items() if count > 1]
    tally.hold("I10", "a loan is funded once", fine=not again, again=again)


def deliveries_were_signed(
    tally: Tally,
    county: Files,
    batches: list[tuple[str, int, int, str, str]],
    keys: Mapping[str, tuple[str, str, str]],
) -> None:
    """I18: every act taken in came in a batch of a key that was registered and not revoked."""
    through: Counter[str] = Counter()
    for book, first, last, key, day in batches:
        owner, since, revoked = keys.get(key, ("", "", ""))
        good = book == f"N-{owner}" and since <= day and (not revoked or day <= revoked)
        tally.hold("I18", "a batch has a registered key", fine=good, book=book, key=key, day=day)
        tally.hold("I18", "batches leave no gap", fine=first <= through[book] + 1, book=book)
        through[book] = max(through[book], last)
    for book, rows in county.acts.items():
        if book.startswith("N-"):
            tally.hold(
                "I18", "nothing came but by batch", fine=through[book] == len(rows), book=book
            )


def holds_have_cases(tally: Tally, county: Files) -> None:
    """I19: no money is held for a case that has ended or never was."""
    for (book, account, key, _), amount in county.balances.items():
        if account in ("80102", "80108", "10203", "10204") and not book.startswith("N-"):
            case = county.cases.get(("K", key), {})
            live = case.get("state") in (
                "queued", "in_file", "proposed", "approved", "active", "suspended", "written_off",
                "named", "held", "planned", "unnamed",
            )  # fmt: skip
            tally.hold(
                "I19", "a hold has its case", fine=live, book=book, case=key, held=abs(amount)
            )


def terms_of(acts: list[Told]) -> dict[str, Any]:
    """The terms of a case after these acts."""
    terms: dict[str, Any] = {}
    for act in acts:
        terms.update(act.get("terms", {}))
    return terms


def balance_of(here: Files, book: str, account: str, key: str | None = None) -> int:
    """Balance over all keys and fundings (fen, debit positive), from stored rows I1 has proven."""
    return sum(
        amount
        for (own, code, its, _), amount in here.balances.items()
        if own == book and code == account and key in (None, its)
    )
