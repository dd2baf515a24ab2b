"""The proofs of a night: invariants as set statements over what moved since they last held.

A step of the county close calls ``prove`` with every head locked. Each proof tells how many things
it checked and which failed; a failure is a finding with an owner, a counter goes to the table that
the demonstration and the console show. None scans history: the audit (journal.audit) does that.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from contracts.ids import COUNTY_BOOK, cooperative_of
from journal import heads as journal_heads
from journal import store
from kernel.intercoop import OWING
from services.federation.cases import findings, pool_proofs, proof_queries, reconcile
from services.federation.cases.proof_queries import Failure, Proven
from services.federation.county import County
from services.federation.tables import proof

HEALS = ("I5", "I9")
"""Proofs whose finding the facts resolve: a mirror or an account that agrees again."""


def prove(conn: sa.Connection, county: County, on: date) -> tuple[Proven, ...]:
    """Run every proof of one night; failures become findings, once for each subject.

    Locks every head in the one order, so that what is compared belongs together.
    """
    journal_heads.lock(conn, [head.book for head in journal_heads.read_all(conn)])
    found = tuple(run(conn, on) for run in PROOFS)
    # Before findings are opened: their acts belong to the next span, which will prove them.
    proof_queries.move_on(conn)
    _keep(conn, on, found)
    for one in found:
        for failure in one.failures:
            findings.open_once(
                conn, county, one.name, failure.subject,
                cooperative=failure.cooperative, facts=failure.facts,
            )  # fmt: skip
    _heal(conn, county, on, found)
    return found


def counters(conn: sa.Connection) -> dict[str, tuple[int, int]]:
    """Invariant → how many things were checked and how many failed, over all nights."""
    query = sa.select(
        proof.c.name,
        sa.cast(sa.func.sum(proof.c.checked), sa.BigInteger),
        sa.cast(sa.func.sum(proof.c.failed), sa.BigInteger),
    ).group_by(proof.c.name)
    rows = {str(name): (int(checked), int(failed)) for name, checked, failed in conn.execute(query)}
    return {name: rows[name] for name in sorted(rows, key=lambda name: int(name[1:]))}


def _keep(conn: sa.Connection, on: date, found: tuple[Proven, ...]) -> None:
    rows = [
        {"business_date": on.isoformat(), "name": one.name, "checked": one.checked,
         "failed": len(one.failures)}
        for one in found
    ]  # fmt: skip
    put = insert(proof).values(rows)
    counted = {name: put.excluded[name] for name in ("checked", "failed")}
    keys = [proof.c.business_date, proof.c.name]
    conn.execute(put.on_conflict_do_update(index_elements=keys, set_=counted))


def _heal(conn: sa.Connection, county: County, on: date, found: tuple[Proven, ...]) -> None:
    wrong = {f"{one.name}:{failure.subject}" for one in found for failure in one.failures}
    for case in store.in_states(conn, store.COUNTY_SCOPE, findings.PROCESS, findings.LIVE):
        about = str(case.terms.get("about", ""))
        kind, _, subject = about.partition(":")
        if kind in HEALS and about not in wrong:
            findings.settled(conn, county, kind, subject, {"proven_on": on.isoformat()})


def _balances(conn: sa.Connection, _on: date) -> Proven:
    """I1: every balance row is what was proven before plus what its movements moved since."""
    checked, wrong = proof_queries.balances(conn)
    return Proven(
        name="I1",
        checked=checked,
        failures=tuple(
            Failure(
                subject=f"{book}/{account}/{key}/{funding}",
                cooperative=cooperative_of(book),
                facts={"balance": have, "movements": want},
            )
            for book, account, key, funding, have, want in wrong
        ),
    )


def _chains(conn: sa.Connection, _on: date) -> Proven:
    """I3: every act since the last proof chains to the one before it, and the head to the last."""
    checked, wrong = proof_queries.chains(conn)
    return Proven(
        name="I3",
        checked=checked,
        failures=tuple(
            Failure(subject=f"{book}/{seq}", cooperative=cooperative_of(book))
            for book, seq in wrong
        ),
    )


def _batches(name: str) -> Callable[[sa.Connection, date], Proven]:
    """I4, I18: proven at intake for each batch; told here with how many there were."""

    def told(conn: sa.Connection, on: date) -> Proven:
        return Proven(name=name, checked=proof_queries.batches_of(conn, on))

    return told


def _mirrors(conn: sa.Connection, _on: date) -> Proven:
    """I5: N 10201 and 10901 = K(i) at the cursor; between two villages due-from = due-to.

    What a lender wrote off to 902 and did not waive is still due to it (domain.md 4.1 no. 7).
    """
    rows = proof_queries.mirrors(conn)
    failures = [
        Failure(
            subject=f"{book}/{account}",
            cooperative=cooperative_of(book),
            facts={"account": account, "node": node, "custody": custody, "cursor": cursor},
        )
        for book, account, node, custody, cursor in rows
        if node != custody
    ]
    pairs = proof_queries.pairs(conn)
    failures += [
        Failure(subject=contract, facts={"due_from": due_from, "due_to": due_to})
        for contract, due_from, due_to in pairs
        if due_from != due_to
    ]
    return Proven(name="I5", checked=len(rows) + len(pairs), failures=tuple(failures))


def _paid_once(conn: sa.Connection, on: date) -> Proven:
    """I8: a payment with a line today is paid once and whole, or came back whole.

    A line about a payment that no book holds has been told as a finding, and nothing else was sent
    to the bank for the same thing while it is open.
    """
    rows = proof_queries.payments(conn, on)
    failures = [
        Failure(subject=case, cooperative=owner, facts={"lines": lines, "expected": wanted})
        for case, owner, lines, wanted in rows
        if lines != wanted
    ]
    opened = proof_queries.open_lines(conn)
    failures += [
        Failure(subject=case, cooperative=owner, facts={"line": line, "told": told, "again": again})
        for line, case, owner, told, again in opened
        if again or not told
    ]
    return Proven(name="I8", checked=len(rows) + len(opened), failures=tuple(failures))


def _account(conn: sa.Connection, _on: date) -> Proven:
    """I9: the special account and each sub-account reconcile with the bank's last statement."""
    told = reconcile.reconcile(conn)
    if told is None:
        return Proven(name="I9", checked=0)
    failures = [
        Failure(
            subject=one.sub_account,
            cooperative=one.cooperative,
            facts={"bank": one.bank_fen, "books": one.books_fen, "listed": one.listed_fen},
        )
        for one in told.sub_accounts
        if one.difference_fen
    ]
    if told.difference_fen:
        failures.append(
            Failure(
                subject=told.account,
                facts={"bank": told.bank_fen, "books": told.books_fen, "listed": told.listed_fen},
            )
        )
    return Proven(name="I9", checked=1 + len(told.sub_accounts), failures=tuple(failures))


def _in_transit(conn: sa.Connection, _on: date) -> Proven:
    """I10: Σ 709 over all K = 0, and an open cycle's net positions sum to zero."""
    books, total = proof_queries.in_transit(conn)
    failures = [Failure(subject=COUNTY_BOOK, facts={"in_transit": total})] if total else []
    cycles = store.in_states(
        conn, store.COUNTY_SCOPE, "settlement", ("held", "collecting", "posted")
    )
    failures += [
        Failure(subject=one.id, facts={"nets": sum(one.terms["nets"].values())})
        for one in cycles
        if sum(one.terms["nets"].values())
    ]
    return Proven(name="I10", checked=books + len(cycles), failures=tuple(failures))


def _loans(conn: sa.Connection, _on: date) -> Proven:
    """I11: what is outstanding on a loan that moved lies between nothing and what was approved."""
    rows = proof_queries.loans(conn)
    return Proven(
        name="I11",
        checked=len(rows),
        failures=tuple(
            Failure(
                subject=f"{book}/{loan}",
                cooperative=cooperative_of(book),
                facts={"outstanding": outstanding, "approved": approved},
            )
            for book, loan, outstanding, approved in rows
            if not 0 <= outstanding <= approved
        ),
    )


def _on_lent(conn: sa.Connection, _on: date) -> Proven:
    """I12: no more borrowed or 双到 money is lent than was drawn or paid in; nobody lends itself.

    A village may repay its lender early, out of its own: what it put in (191) stands for what it
    drew no longer (domain.md 4.1 no. 3 binds new loans, not repayments).
    """
    rows = proof_queries.on_lent(conn)
    failures = [
        Failure(
            subject=f"{book}/{funding}",
            cooperative=cooperative_of(book),
            facts={"on_lent": lent, "drawn": drawn, "own": max(-crossed, 0)},
        )
        for book, funding, lent, drawn, crossed in rows
        if lent > drawn + max(-crossed, 0)
    ]
    loans = store.in_states(conn, store.COUNTY_SCOPE, "intercoop", OWING)
    failures += [
        Failure(subject=one.id, facts=dict(one.parties))
        for one in loans
        if one.parties["lender"] == one.parties["borrower"]
    ]
    return Proven(name="I12", checked=len(rows) + len(loans), failures=tuple(failures))


def _powers(conn: sa.Connection, _on: date) -> Proven:
    """I14: over the whole history of each case that moved, one person used one power only."""
    checked, wrong = proof_queries.powers(conn)
    return Proven(
        name="I14",
        checked=checked,
        failures=tuple(
            Failure(subject=f"{scope}/{case}/{person}", cooperative=cooperative_of(scope))
            for scope, case, person in wrong
        ),
    )


def _holds(conn: sa.Connection, _on: date) -> Proven:
    """I19: no held money is keyed by a case that has ended or never was."""
    rows = proof_queries.holds(conn)
    return Proven(
        name="I19",
        checked=len(rows),
        failures=tuple(
            Failure(subject=case, cooperative=cooperative_of(book), facts={"held": held})
            for book, case, held, live in rows
            if not live
        ),
    )


PROOFS: tuple[Callable[[sa.Connection, date], Proven], ...] = (
    _balances,
    _chains,
    _batches("I4"),
    _mirrors,
    pool_proofs.lines,
    _paid_once,
    _account,
    _in_transit,
    _loans,
    _on_lent,
    pool_proofs.covered,
    _powers,
    _batches("I18"),
    _holds,
)


def totals(found: tuple[Proven, ...]) -> Counter[str]:
    """Counts of one night: checks and failures over all proofs."""
    return Counter(
        checked=sum(one.checked for one in found),
        failed=sum(len(one.failures) for one in found),
    )
