"""The engine: the only way anything happens, at the node and at the county alike.

``perform`` locks, checks the row, the signatures and the rule, and writes the acts of every
party's book in the caller's transaction. Pages, routes, bank files, closes, workflows and the
simulator all come through here. It knows no process by name.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.codec import decode, digest, encode
from contracts.ledger import Act, Actor
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal import plan as planning
from journal import post, store
from journal.plan import Scene
from journal.registry import Registry
from journal.tables import cases as cases_table
from journal.tables import head
from kernel import cases, processes, signatures
from kernel.calendar import Calendar
from kernel.cases import Case
from kernel.errors import Rejected, ensure
from kernel.policy import Policy
from kernel.rules import Asked

DEADLINE = "system:deadline"


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One request to perform an act. ``id`` is minted by the caller and makes it exactly-once.

    ``parties`` is given by opening acts (party → cooperative, "" for the county itself).
    """

    id: str
    process: str
    case: str
    act: str
    actor: Actor
    facts: dict[str, Any] = {}
    parties: dict[str, str] = {}
    value_date: date | None = None


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Where acts are performed: the tables, and what is asked of the surroundings.

    ``policy`` answers for one cooperative.
    """

    registry: Registry
    policy: Callable[[sa.Connection, str], Policy]
    calendar: Calendar


class Performed(msgspec.Struct, frozen=True, kw_only=True):
    """The acts written (one a book, the home book first), the case after, whether it is new."""

    acts: tuple[Act, ...]
    case: Case
    fresh: bool


def perform(conn: sa.Connection, world: World, command: Command) -> Performed:
    """Perform one act or refuse it by name; nothing is half done.

    The same id with the same content returns the stored acts (``fresh`` false); with other
    content it raises REQUEST_CHANGED. Other refusals: see kernel.signatures, the row's rule,
    journal.post.
    """
    process = world.registry.table.get(command.process)
    if process is None:
        raise Rejected(RejectionCode.UNKNOWN_ACT, process=command.process, act=command.act)
    parties = process.ordered(command.parties or _parties(conn, process, command))
    ensure(bool(parties), "case_has_parties", case=command.case)
    scope = store.scope_of(process, parties)
    books = {party: store.book_for(process.home, coop) for party, coop in parties.items()}
    heads = journal_heads.lock(conn, list(books.values()))
    request = request_digest(command)
    old = _stored(conn, list(books.values()), command, request)
    case = store.load(conn, scope, command.case)
    if old:
        ensure(case is not None, "stored_act_has_its_case", case=command.case)
        return Performed(acts=old, case=case or _empty(process, command), fresh=False)
    today = heads[next(iter(books.values()))].today
    scene = _scene(conn, world, command, process, parties, books, case, today)
    hands, moves = _signed(world, scene, command)
    plan = planning.plan(scene) if moves else planning.signed(scene)
    drafts = _drafts(scene, command, plan, hands, request, moves=moves)
    acts = post.append(conn, heads, drafts, world.registry.chart)
    before = None if scene.case.step == 0 else scene.case
    case = cases.fold(before, acts[0], process)
    store.save(conn, scope, case, process, before=before)
    return Performed(acts=acts, case=case, fresh=True)


def ask(conn: sa.Connection, world: World, command: Command) -> Asked:
    """What the rule of an act would be handed now, read without a lock.

    For pages that show every reason at once (``kernel.rules_loans.eligibility``). Raises Rejected
    UNKNOWN_ACT, UNKNOWN_CASE, ACT_NOT_ALLOWED_NOW, BOOK_NOT_OPEN; decides nothing.
    """
    process = world.registry.table.get(command.process)
    if process is None:
        raise Rejected(RejectionCode.UNKNOWN_ACT, process=command.process, act=command.act)
    parties = process.ordered(command.parties or _parties(conn, process, command))
    books = {party: store.book_for(process.home, coop) for party, coop in parties.items()}
    today = journal_heads.read(conn, next(iter(books.values()))).today
    case = store.load(conn, store.scope_of(process, parties), command.case)
    return planning.asked(_scene(conn, world, command, process, parties, books, case, today))


def request_digest(command: Command) -> str:
    """Hex digest of what was asked: the same id may only ever be used for this."""
    return digest("request", encode(command)).hex()


def _parties(conn: sa.Connection, process: processes.Process, command: Command) -> dict[str, str]:
    """Parties never change after opening, so they may be read before the lock."""
    query = _OF_A_VILLAGE if process.home == processes.NODE else _OF_THE_COUNTY
    asked = {"case": command.case, "process": process.name}
    found = [decode(body.encode(), Case) for body in conn.scalars(query, asked)]
    if len(found) != 1:
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=command.case)
    return found[0].parties


_CASE = sa.select(cases_table.c.body).where(
    cases_table.c.id == sa.bindparam("case"), cases_table.c.process == sa.bindparam("process")
)
# By scope, so that the primary key finds it among a county's hundred thousand.
_OF_A_VILLAGE = _CASE.where(
    cases_table.c.scope.in_(sa.select(head.c.book).where(head.c.book.like("N-%")))
)
_OF_THE_COUNTY = _CASE.where(cases_table.c.scope == store.COUNTY_SCOPE)


def _stored(
    conn: sa.Connection, books: Sequence[str], command: Command, request: str
) -> tuple[Act, ...]:
    acts = tuple(act for book in dict.fromkeys(books) if (act := post.find(conn, book, command.id)))
    if any(act.request != request for act in acts):
        raise Rejected(RejectionCode.REQUEST_CHANGED, id=command.id)
    return acts


def _empty(process: processes.Process, command: Command) -> Case:
    return Case(id=command.case, process=process.name, version=process.version, home=process.home)


def _scene(
    conn: sa.Connection,
    world: World,
    command: Command,
    process: processes.Process,
    parties: Mapping[str, str],
    books: Mapping[str, str],
    case: Case | None,
    today: date,
) -> Scene:
    """The row of the act and all it is decided on; refuses an id another case uses."""
    opens = any(row.opens and row.act == command.act for row in process.rows)
    if case is not None and (case.process != process.name or (opens and case.parties != parties)):
        raise Rejected(RejectionCode.CASE_EXISTS, case=command.case)
    ensure(case is None or case.parties == parties, "parties_never_change", case=command.case)
    case = case or msgspec.structs.replace(_empty(process, command), parties=dict(parties))
    return Scene(
        conn=conn,
        registry=world.registry,
        calendar=world.calendar,
        policy=world.policy(conn, next(iter(parties.values()))),
        lookup=store.DatabaseLookup(conn, store.scope_of(process, dict(parties))),
        row=process.transition(case.state, command.act),
        case=case,
        parties=parties,
        books=books,
        facts=command.facts,
        today=today,
        value_date=command.value_date or today,
    )


def _signed(world: World, scene: Scene, command: Command) -> tuple[tuple[cases.Hand, ...], bool]:
    if command.actor.role == DEADLINE:
        _due(scene)
    name = scene.row.signature_set
    declared = scene.declared()
    return signatures.check(
        scene.row,
        command.actor,
        scene.case,
        signatures.Signing(
            steps=scene.policy.steps(name, scene.case.terms) if name else (),
            powers=world.registry.powers,
            roster=scene.roster,
            facts=command.facts,
            apart=bool(name) and scene.policy.signature_set(name).apart,
            agreed=declared.agreed if declared else (),
        ),
    )


def _due(scene: Scene) -> None:
    """A deadline act waits for its date, whoever calls it: a notice may not be cut short."""
    case = scene.case
    if case.due is None or case.due_act != scene.row.act or case.due > scene.today:
        raise Rejected(RejectionCode.TOO_EARLY, from_date=case.due or "-", act=scene.row.act)


def _drafts(
    scene: Scene,
    command: Command,
    plan: planning.Plan,
    hands: tuple[cases.Hand, ...],
    request: str,
    *,
    moves: bool,
) -> list[post.Draft]:
    """One draft a book. A full set in a state that stays is marked, so the next starts empty."""
    row, case = scene.row, scene.case
    terms = dict(plan.terms)
    if hands:
        terms[cases.HANDS] = [list(msgspec.structs.astuple(hand)) for hand in hands]
    state = (row.to or case.state) if moves else case.state
    if moves and row.signature_set and state == case.state:
        terms[cases.FULL] = True
    if moves and row.deadline:
        terms[cases.DUE] = _deadline(scene, row.deadline, terms)
    return [
        post.Draft(
            book=book,
            id=command.id,
            value_date=scene.value_date,
            process=case.process,
            version=case.version,
            case=command.case,
            step=case.step + 1,
            act=row.act,
            state=state,
            actor=command.actor,
            request=request,
            parties=dict(scene.parties),
            facts=command.facts,
            terms=terms,
            recipe=plan.recipe,
            lines=plan.lines,
            movements=movements,
        )
        for book, movements in plan.movements.items()
    ]


def _deadline(scene: Scene, deadline: processes.Deadline, terms: Mapping[str, Any]) -> list[str]:
    """[date, act] of a deadline: business days of a parameter, or a date in the terms."""
    name = deadline.days
    if name.startswith(processes.TERMS):
        name = name.removeprefix(processes.TERMS)
        return [str(terms.get(name, scene.case.terms.get(name))), deadline.act]
    days = scene.policy.days(name)
    return [scene.calendar.add_business_days(scene.today, days).isoformat(), deadline.act]
