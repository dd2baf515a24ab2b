"""Proofs of the pool each night: the line is leverage × base, and claims stay within cover.

Run by ``proofs`` with every head locked, over every agreement that is not ended: they are as many
as cooperatives, so nothing here grows with time. Sources targets.md I6, I13.
"""

from collections import defaultdict
from datetime import date

import sqlalchemy as sa

from contracts.ids import COUNTY_BOOK, custody_book
from journal import store
from journal.pool_funds import free_funds
from kernel import pool
from kernel.cases import Case
from kernel.claims import loss_of
from kernel.pool_agreement import AGREED, terms_of
from kernel.pool_lines import COUNTY
from services.federation.cases.proof_queries import Failure, Proven

PAID = ("accepted", "in_file", "paid", "written_off", "recovered")
_LINES = ("903", "9039", "9041", "904")


def lines(conn: sa.Connection, _on: date) -> Proven:
    """I6: 903 + 9041 + 904 − 9039 = leverage × base, for each cooperative, bank and the county."""
    agreements = store.in_states(conn, store.COUNTY_SCOPE, "agreement", AGREED)
    whole: dict[str, int] = defaultdict(int)
    failures = []
    for agreement in agreements:
        cooperative = agreement.parties["coop"]
        book = custody_book(cooperative)
        found = store.totals(conn, book, _LINES)
        line = pool.line_of(terms_of(agreement), free_funds(conn, book))
        whole[str(agreement.terms["bank"])] += line
        whole[COUNTY] += line
        stands = found["903"] + found["9041"] + found["904"] - found["9039"]
        # A suspended line is nothing: what still runs is over-use that runs off.
        wanted = 0 if agreement.state == "suspended" else line
        if stands != wanted or (found["903"] and found["9039"]):
            failures.append(
                Failure(
                    subject=agreement.id,
                    cooperative=cooperative,
                    facts={"line": wanted, "stands": stands},
                )
            )
    rows = store.rows(conn, COUNTY_BOOK, _LINES)
    for key in sorted({*whole, *(name for found in rows.values() for name in found)}):
        at = {account: found.get(key, 0) for account, found in rows.items()}
        stands = at["903"] + at["9041"] + at["904"] - at["9039"]
        if stands != whole[key]:
            failures.append(
                Failure(subject=f"line:{key}", facts={"line": whole[key], "stands": stands})
            )
    return Proven(name="I6", checked=len(agreements) + len(whole), failures=tuple(failures))


def covered(conn: sa.Connection, _on: date) -> Proven:
    """I13: a loan is called once and within its cover, every fen is borne, no more comes back."""
    claims = store.in_states(conn, store.COUNTY_SCOPE, "claim", PAID)
    guarantees = store.DatabaseLookup(conn, store.COUNTY_SCOPE).some(
        [str(claim.terms["guarantee"]) for claim in claims]
    )
    called: dict[str, int] = defaultdict(int)
    for claim in claims:
        called[str(claim.terms["guarantee"])] += 1
    failures = []
    for claim in claims:
        guarantee = str(claim.terms["guarantee"])
        if called[guarantee] > 1 or not _borne(claim, guarantees[guarantee]):
            failures.append(
                Failure(
                    subject=claim.id,
                    cooperative=claim.parties["coop"],
                    facts={"guarantee": guarantee, "called": called[guarantee]},
                )
            )
    return Proven(name="I13", checked=len(claims), failures=tuple(failures))


def _borne(claim: Case, guarantee: Case) -> bool:
    loss, terms = loss_of(claim), claim.terms
    repaid = sum(int(amount) for amount, _ in guarantee.terms["repaid"])
    cover = int(guarantee.terms["drawn"]) - repaid - int(terms["guarantors"])
    back = sum(int(part) for part in terms["got_back"].values())
    return (
        loss.bank_part + loss.pool + loss.uncovered == loss.called <= cover
        and back
        == int(terms["share_in"])
        <= int(terms["share_due"])
        <= loss.pool - loss.own_deposit
    )
