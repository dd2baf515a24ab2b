"""Invariants of the risk pool from scratch: I6 (the lines) and I13 (claims within cover), I9 of it.

Lines are recomputed from the agreements' own terms and the money rows I1 has proven; claims from
the acts' bytes. domain.md P6 with variant 2. Called after every night by simulation.checks.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from simulation.bank import Bank
from simulation.invariants_money import balance_of, terms_of
from simulation.queries import Files, Line, Row, Told
from simulation.tally import Tally

_USED = ("903", "9041", "904")
_MONEY = ("802", "8021", "803", "8031", "805", "8051")
_LIVE = ("open", "suspended")
_CALLED = ("accepted", "in_file", "paid", "written_off", "recovered")


def lines_are_leverage_times_base(tally: Tally, county: Files) -> None:
    """I6 of every cooperative, of the bank and of the county; never free and over-used at once."""
    whole: Counter[str] = Counter()
    for terms, state, coop in _agreements(county):
        book = f"K-{coop}"
        line = _line(county, book, terms)
        whole[str(terms["bank"])] += line
        whole["county"] += line
        wanted = line if state == "open" else 0
        stands = _stands(county, book)
        tally.hold("I6", "a line is leverage × base", fine=stands == wanted, coop=coop,
                   line=wanted, stands=stands)  # fmt: skip
        free, over = balance_of(county, book, "903"), balance_of(county, book, "9039")
        tally.hold("I6", "no free line beside over-use, none below nothing",
                   fine=free >= 0 and not (free and over), coop=coop, free=free)  # fmt: skip
    for key, line in whole.items():
        stands = _stands(county, "K-0", key)
        tally.hold("I6", "bank's and county's lines are the sum", fine=stands == line, key=key,
                   line=line, stands=stands)  # fmt: skip


def pool_is_whole(tally: Tally, county: Files, lines: list[Line], bank: Bank) -> None:
    """I9: what the pool's account holds is stakes, matches and deposits, fen by fen."""
    total = 0
    for book in county.heads:
        if book.startswith("K-"):
            there = balance_of(county, book, "702")
            held = -sum(balance_of(county, book, one) for one in _MONEY)
            total += there
            tally.hold("I9", "702 is stake, match and deposits", fine=there == held, book=book,
                       account=there, parts=held)  # fmt: skip
    told = sum(
        line.amount
        for line in lines
        if line.sub_account == bank.account.pool and line.state in ("booked", "counterpart")
    )
    tally.hold("I9", "702 is the sum of the pool's lines", fine=told == total, books=total,
               bank=told)  # fmt: skip


def claims_are_covered(tally: Tally, county: Files) -> None:
    """I13: a loan is called once, no more than runs; the parts of a claim are what it pays."""
    called: Counter[str] = Counter()
    for name, acts in _claims(county):
        terms = terms_of(acts)
        called[str(terms["guarantee"])] += 1
        line = county.cases["K", str(terms["guarantee"])]["terms"]
        ran = int(line["drawn"]) - sum(int(part) for part, _ in line["repaid"])
        ran -= int(terms["guarantors"])
        if "guarantors" in terms["pinned"]["layers"]:
            steps = [(act["act"], act["state"]) for act in acts]
            before = steps[: steps.index(("accept", "accepted"))]
            tally.hold("I13", "the guarantors are called before the pool pays", claim=name,
                       fine=("guarantors", "noticed") in before, before=before)  # fmt: skip
        frozen = _moved(acts, "accept", 2)
        paid = _moved(acts, "pay", 0) - _moved(acts, "come_back", 2)
        borne = int(terms["bank_part"]) + int(terms["uncovered"]) + frozen.total()
        tally.hold("I13", "a claim lies within its cover", fine=0 < borne <= ran, claim=name,
                   borne=borne, cover=ran)  # fmt: skip
        part = int(terms["called"]) * int(terms["pinned"]["bank_part_ppm"])
        tally.hold("I13", "the bank bears its part, half up",
                   fine=int(terms["bank_part"]) == (part + 500_000) // 1_000_000, claim=name,
                   part=part)  # fmt: skip
        tally.hold("I13", "what is paid was frozen, by layer", fine=not paid or paid == frozen,
                   claim=name, frozen=frozen, paid=paid)  # fmt: skip
        _came_back(tally, name, acts, frozen)
    for book, rows in county.acts.items():
        if book.startswith("K-") and book != "K-0":
            _in_order(tally, county, book, rows)
    twice = [name for name, count in called.items() if count > 1]
    tally.hold("I13", "one payout per default", fine=not twice, twice=twice[:3])


def passed_on_is_owed(tally: Tally, county: Files) -> None:
    """P6.6: a village passes on no more than principal and interest its bank was not paid."""
    going: Counter[str] = Counter()
    for (scope, name), case in sorted(county.cases.items()):
        terms = case["terms"]
        if scope != "K" or case["process"] != "payment" or not terms.get("claim"):
            continue
        claim = county.cases["K", str(terms["claim"])]
        tally.hold("I13", "what is passed on is for a claim of the village", payment=name,
                   fine=claim["process"] == "claim" and claim["parties"] == {
                       **claim["parties"], **case["parties"]})  # fmt: skip
        if case["state"] in ("queued", "in_file", "paid"):
            going[str(terms["claim"])] += int(terms["amount"])
    for name, passed in going.items():
        terms = county.cases["K", name]["terms"]
        most = int(terms["amount"]) + int(terms.get("interest", 0)) - int(terms["own_deposit"])
        tally.hold("I13", "no more is passed on than the bank is owed", fine=passed <= most,
                   claim=name, passed=passed, owed=most)  # fmt: skip


def _came_back(tally: Tally, name: str, acts: list[Told], frozen: Counter[str]) -> None:
    """P6.6 anew: the share of all that was told by loss borne; match whole before any stake."""
    terms = terms_of(acts)
    pool = frozen.total() - int(terms["own_deposit"])
    lost = int(terms["called"]) - int(terms["own_deposit"])
    told = sum(int(act["facts"]["amount"]) for act in acts if act["act"] == "recovered")
    share = (2 * told * pool + lost) // (2 * lost) if lost else 0
    due = int(terms["share_due"])
    tally.hold("I13", "the pool's share is by loss borne, half up", fine=due == share, claim=name,
               due=due, share=share)  # fmt: skip
    back = _moved(acts, "receive", 2)
    tally.hold("I13", "no layer gets back more than it paid, all of it no more than the share",
               fine=back <= _free(frozen) and back.total() == int(terms["share_in"]) <= share,
               claim=name, back=back, frozen=frozen)  # fmt: skip
    tally.hold("I13", "match comes back before stake", claim=name, back=back, frozen=frozen,
               fine=not back["802"] or back["803"] == frozen["8031"])  # fmt: skip


def _claims(county: Files) -> Iterator[tuple[str, list[Told]]]:
    """Accepted claims with their acts, as the cooperative's own book tells them: it moves there."""
    found: dict[str, list[Told]] = {}
    for book, rows in county.acts.items():
        if book.startswith("K-") and book != "K-0":
            for row in rows:
                if row.told["process"] == "claim":
                    found.setdefault(row.told["case"], []).append(row.told)
    for name, acts in found.items():
        if acts[-1]["state"] in _CALLED:
            yield name, acts


def _moved(acts: list[Told], act: str, side: int) -> Counter[str]:
    """What acts of one name moved of the pool's money, by account: debited (0), credited (2)."""
    told = [m for one in acts if one["act"] == act for m in one.get("movements", ())]
    return +Counter({code: sum(m[5] for m in told if m[side] == code) for code in _MONEY})


def _free(frozen: Counter[str]) -> Counter[str]:
    """The same by the account the money was frozen from."""
    return Counter({code[:3]: amount for code, amount in frozen.items()})


def _agreements(county: Files) -> list[tuple[dict[str, Any], str, str]]:
    return [
        (case["terms"], case["state"], case["parties"]["coop"])
        for (scope, _), case in sorted(county.cases.items())
        if scope == "K" and case["process"] == "agreement" and case["state"] in _LIVE
    ]


def _line(county: Files, book: str, terms: dict[str, Any]) -> int:
    """Leverage × base; variant 1: deposits, and no more than its members' caps (P6.1, P6.2)."""
    times = int(terms["leverage"])
    if terms["variant"] == "v1":
        deposits = [
            -amount
            for (own, code, _, _), amount in county.balances.items()
            if (own, code) == (book, "805")
        ]
        most = len(deposits) * int(terms["loan_cap"])
        return min(sum(deposits) * times // 100, most)
    base = -balance_of(county, book, "802")
    base -= balance_of(county, book, "803") if terms["base"] == "stake_and_match" else 0
    return base * times // 100


def _stands(county: Files, book: str, key: str | None = None) -> int:
    used = sum(balance_of(county, book, one, key) for one in _USED)
    return used + balance_of(county, book, "9039", key)


def _in_order(tally: Tally, county: Files, book: str, rows: list[Row]) -> None:
    """Act by act: match is taken when no stake is left, others' deposits when the own is gone.

    No release bares a live guarantee.
    """
    stake, deposits = 0, Counter[str]()
    for row in rows:
        told = row.told
        moved = told.get("movements", ())
        for m in moved:
            deposits[m[3]] += m[5] if m[2] == "805" else 0
            deposits[m[1]] -= m[5] if m[0] == "805" else 0
        stake += sum(m[5] * ((m[2] == "802") - (m[0] == "802")) for m in moved)
        if (told["process"], told["act"]) == ("claim", "accept"):
            match = sum(m[5] for m in moved if m[2] == "8031")
            tally.hold("I13", "stake is taken before match", fine=not match or not stake,
                       book=book, act=row.id, match=match, stake=stake)  # fmt: skip
            taken = Counter({m[1]: m[5] for m in moved if m[0] == "805"})
            own = str(county.cases["K", told["case"]]["terms"]["member"])
            others = sum(taken.values()) - taken[own]
            tally.hold("I13", "a defaulter's deposit is taken before the others'",
                       fine=not others or not deposits[own], book=book, act=row.id,
                       others=others, own=deposits[own])  # fmt: skip
        if (told["process"], told["act"]) == ("transfer", "ask"):
            over = sum(m[5] for m in moved if m[2] == "9039")
            tally.hold("I6", "a release leaves guarantees covered", fine=not over, book=book,
                       act=row.id, over=over)  # fmt: skip
