"""What an officer does from a page: one transaction, one call of a case, nothing decided here.

Called by the pages. Row, role, signatures, four powers and limits are checked by ``perform``
inside the case's function; here only the role is looked up in which the officer could stand, and
that what he saw is what there is. Everything raises Rejected, or NotFoundException for a case
outside his scope.
"""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from litestar.exceptions import NotFoundException
from sqlalchemy.exc import OperationalError

from contracts.codec import digest, encode
from contracts.ids import FEDERATION_BOOK, cooperative_of
from contracts.ledger import Actor
from contracts.rejections import RejectionCode
from journal import store
from kernel import signatures
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.processes import NODE
from kernel.rules import RULES
from kernel.rules_custody import consent_digest
from kernel.rules_escalation import ESCALATION
from kernel.rules_intercoop_loss import signed_digest
from kernel.signatures import Tally
from services.federation.cases import (
    agreements,
    consents,
    findings,
    intercoop,
    lending,
    packages,
    payments,
    receipts,
    registers,
)
from services.federation.cases.intercoop import Match
from services.federation.console.desk import Visitor
from services.federation.console.queries import villages, waiting
from services.federation.transactions import in_transaction

NO_ROLE = "-"
"""What somebody without any role of the county acts as: refused by every row."""


def terms_digest(case: Case) -> str:
    """Hex digest of the terms a page shows and an approval quotes; one fen changed, another."""
    if case.process == intercoop.PROCESS:
        return signed_digest(case)
    if case.process == consents.PROCESS:
        return consent_digest(case.terms)
    if case.process in (agreements.PROCESS, packages.PROCESS):
        # Who signs a version signs the one on offer, where there is one.
        offer = case.terms.get("offer") or {} if case.state == "open" else {}
        return str(offer.get("digest", case.terms["digest"]))
    said = {name: value for name, value in case.terms.items() if name != ESCALATION}
    return digest(f"terms.{case.process}", encode(said)).hex()


def sign(visitor: Visitor, case_id: str, terms: str) -> Case:
    """Sign a loan between cooperatives under exactly the terms shown."""
    return in_transaction(visitor.desk.engine, lambda conn: sign_on(conn, visitor, case_id, terms))


def sign_on(conn: sa.Connection, visitor: Visitor, case_id: str, terms: str) -> Case:
    """``sign`` in a transaction of the caller, who may only be trying."""
    case = seen_case(conn, visitor, intercoop.PROCESS, case_id)
    actor = actor_as(visitor, _steps_open(conn, visitor, case, "sign"))
    act_id = f"{case.id}/sign/{actor.role}/{visitor.officer.person}"
    world = visitor.desk.county.world
    return intercoop.sign(conn, world, case, actor, terms=terms, act_id=act_id).case


def answer(visitor: Visitor, case_id: str, act: str, terms: str, reason: str) -> Case:
    """Grant or refuse a consent (R-027) under exactly the terms shown."""
    return in_transaction(
        visitor.desk.engine, lambda conn: answer_on(conn, visitor, case_id, act, terms, reason)
    )


def answer_on(
    conn: sa.Connection, visitor: Visitor, case_id: str, act: str, terms: str, reason: str
) -> Case:
    """``answer`` in a transaction of the caller, who may only be trying."""
    case = seen_case(conn, visitor, consents.PROCESS, case_id)
    actor = actor_as(visitor, _row_roles(visitor, case, act))
    county = visitor.desk.county
    return consents.answer(conn, county, case.id, act, actor, terms=terms, reason=reason).case


def match(visitor: Visitor, asked: Match) -> tuple[Case, ...]:
    """Propose a loan between two cooperatives; the lender's money is held at once."""
    return in_transaction(visitor.desk.engine, lambda conn: match_on(conn, visitor, asked))


def match_on(conn: sa.Connection, visitor: Visitor, asked: Match) -> tuple[Case, ...]:
    """``match`` in a transaction of the caller, who may only be trying."""
    if not visitor.county_wide:
        raise NotFoundException
    for name in (asked.lender, asked.borrower):
        registers.find_cooperative(conn, name)
    world = visitor.desk.county.world
    row = world.registry.table[intercoop.PROCESS].transition("-", "match")
    grades = {one.id: one.grade for one in registers.cooperatives(conn)}
    return lending.match(conn, world, asked, actor_as(visitor, row.who), grades)


def own_finding(visitor: Visitor, case_id: str) -> Case:
    """Take a finding on; the clock of resolving starts."""

    def doing(conn: sa.Connection) -> Case:
        case = seen_case(conn, visitor, findings.PROCESS, case_id)
        actor = actor_as(visitor, _row_roles(visitor, case, "own"))
        return findings.own(conn, visitor.desk.county, case.id, actor).case

    return in_transaction(visitor.desk.engine, doing)


def resolve_finding(visitor: Visitor, case_id: str, reason: str) -> Case:
    """Say what was done about a finding; words are not optional."""
    _words(reason)

    def doing(conn: sa.Connection) -> Case:
        case = seen_case(conn, visitor, findings.PROCESS, case_id)
        actor = actor_as(visitor, _row_roles(visitor, case, "resolve"))
        return findings.resolve(conn, visitor.desk.county, case.id, actor, reason=reason).case

    return in_transaction(visitor.desk.engine, doing)


def stop_payment(visitor: Visitor, case_id: str, reason: str) -> Case:
    """Stop a payment that is not in a file yet; its hold is given back."""
    _words(reason)

    def doing(conn: sa.Connection) -> Case:
        case = seen_case(conn, visitor, payments.PROCESS, case_id)
        actor = actor_as(visitor, _row_roles(visitor, case, "stop"))
        return payments.stop(conn, visitor.desk.county, case.id, actor, reason).case

    return in_transaction(visitor.desk.engine, doing)


def identify(visitor: Visitor, receipt: str, cooperative: str, evidence: str) -> Case:
    """Name the cooperative an unknown receipt belongs to, and the paper that shows it."""

    def doing(conn: sa.Connection) -> Case:
        case = seen_case(conn, visitor, receipts.RECEIPT, receipt)
        county = visitor.desk.county
        row = county.world.registry.table[receipts.PROCESS].transition("-", "name")
        actor = actor_as(visitor, row.who)
        return receipts.identify(conn, county, case.id, cooperative, evidence, actor).case

    return in_transaction(visitor.desk.engine, doing)


def book_gone(visitor: Visitor, line: str, reason: str) -> Case:
    """Book an open line as money that is gone: the bank will not take it back."""
    _words(reason)

    def doing(conn: sa.Connection) -> Case:
        county = visitor.desk.county
        row = county.world.registry.table[receipts.RECEIPT].transition("-", "error")
        return receipts.book_gone(conn, county, line, reason, actor_as(visitor, row.who)).case

    return in_transaction(visitor.desk.engine, doing)


def withdraw_identification(visitor: Visitor, case_id: str, reason: str) -> Case:
    """Take the identification of a receipt back; its money is nobody's again."""
    _words(reason)

    def doing(conn: sa.Connection) -> Case:
        case = seen_case(conn, visitor, receipts.PROCESS, case_id)
        actor = actor_as(visitor, _row_roles(visitor, case, "withdraw"))
        return receipts.withdraw(conn, visitor.desk.county, case.id, actor, reason).case

    return in_transaction(visitor.desk.engine, doing)


def trial(visitor: Visitor, doing: Callable[[sa.Connection], object]) -> Rejected | None:
    """What an act would be refused with now: done in a transaction that is never committed.

    While the night holds the books it says nothing: the act itself will wait its turn.
    """
    with visitor.desk.engine.connect() as conn:
        waiting.be_brief(conn)
        try:
            doing(conn)
        except Rejected as refusal:
            return refusal
        except OperationalError:
            return None
        finally:
            conn.rollback()
    return None


def tallies(
    conn: sa.Connection, visitor: Visitor, case: Case, act: str
) -> list[tuple[Tally, tuple[str, ...]]]:
    """Where each step of a case's signature set stands, and who signed it (person ids)."""
    world = visitor.desk.county.world
    row = next((one for one in world.registry.table[case.process].rows if one.act == act), None)
    if row is None or not row.signature_set:
        return []
    policy = world.policy(conn, next(iter(case.parties.values())))
    # Who signed what stands no longer (another debt, another version) has not signed this.
    agreed = RULES[row.rule].agreed if row.rule else ()
    shown = {"terms": terms_digest(case)}
    signs = signatures.signs_of(shown, agreed) if agreed == tuple(shown) else ""
    signed = signatures.given(case, act, signs)
    lookup = store.DatabaseLookup(conn, store.COUNTY_SCOPE)
    return [
        (
            signatures.tally(
                step, signed, world.registry.roster(step.role, case, case.parties, lookup)
            ),
            tuple(hand.person for hand in signed if hand.role == step.role),
        )
        for step in policy.steps(row.signature_set, case.terms)
    ]


def seen_case(conn: sa.Connection, visitor: Visitor, process: str, case_id: str) -> Case:
    """A case of the county the visitor may see. Raises NotFoundException, whyever not."""
    case = store.load(conn, store.COUNTY_SCOPE, case_id)
    if case is None or (process and case.process != process) or not sees(conn, visitor, case):
        raise NotFoundException
    return case


def sees(conn: sa.Connection, visitor: Visitor, case: Case) -> bool:
    """Whether every village a case is about is the visitor's to see.

    A case of the county itself takes an office of the county.
    """
    if visitor.county_wide:
        return True
    about = {name for name in case.parties.values() if name not in ("", FEDERATION_BOOK)}
    if case.home == NODE or (about and "" not in case.parties.values()):
        return bool(about) and about <= villages.labels(conn, visitor.scope).keys()
    return False


def sees_book(conn: sa.Connection, visitor: Visitor, book: str) -> bool:
    """Whether a book is the visitor's to open."""
    name = cooperative_of(book)
    if not name:
        return visitor.county_wide
    return name in villages.labels(conn, visitor.scope)


def actor_for(conn: sa.Connection, visitor: Visitor, case: Case, act: str) -> Actor:
    """The officer in the role in which he could do this act of a case."""
    row = visitor.desk.county.world.registry.table[case.process].transition(case.state, act)
    roles = _steps_open(conn, visitor, case, act) if row.signature_set else row.who
    return actor_as(visitor, roles)


def may(conn: sa.Connection, visitor: Visitor, case: Case, act: str) -> bool:
    """Whether an act of a case, in its state now, is for one of the visitor's roles."""
    row = visitor.desk.county.world.registry.table[case.process].places.get((case.state, act))
    if row is None:
        return False
    steps = [
        tally.role for tally, signed in tallies(conn, visitor, case, act)
        if not tally.full and visitor.officer.person not in signed
    ]  # fmt: skip
    return any(role in visitor.roles for role in (*row.who, *steps))


def actor_as(visitor: Visitor, wanted: Sequence[str]) -> Actor:
    """The officer in the first of these roles that he holds; else refused by name later."""
    held = visitor.roles
    role = next((one for one in wanted if one in held), held[0] if held else NO_ROLE)
    person = visitor.officer.person
    return Actor(role=role, operator=person, persons=(person,))


def _row_roles(visitor: Visitor, case: Case, act: str) -> tuple[str, ...]:
    process = visitor.desk.county.world.registry.table[case.process]
    return process.transition(case.state, act).who


def _steps_open(conn: sa.Connection, visitor: Visitor, case: Case, act: str) -> list[str]:
    """Roles whose step is not full yet, then the others of the set."""
    found = tallies(conn, visitor, case, act)
    return [tally.role for tally, _ in sorted(found, key=lambda one: one[0].full)]


def _words(reason: str) -> None:
    if not reason.strip():
        raise Rejected(
            RejectionCode.FACTS_INVALID,
            where="reason 处理说明",
            problem="不能为空 must not be empty",
        )
