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

from contracts.codec import digest, encode
from contracts.ledger import Act, Actor, Line, Movement
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal import post, store
from journal.registry import Registry
from journal.tables import cases as cases_table
from journal.tables import head
from kernel import cases, processes, signatures
from kernel.calendar import Calendar
from kernel.cases import Case
from kernel.errors import Rejected, ensure
from kernel.policy import Policy
from kernel.rules import RULES, Asked, Outcome
from kernel.signatures import Step


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

    ``policy`` and ``steps`` (signature set name, case → steps) answer for one cooperative.
    """

    registry: Registry
    place: str
    policy: Callable[[sa.Connection, str], Policy]
    calendar: Calendar


class Performed(msgspec.Struct, frozen=True, kw_only=True):
    """The acts written (one a book, the home book first), the case after, whether it is new."""

    acts: tuple[Act, ...]
    case: Case
    fresh: bool


def perform(
    conn: sa.Connection, world: World, command: Command, also: Sequence[str] = ()
) -> Performed:
    """Perform one act or refuse it by name; nothing is half done.

    ``also`` names further books whose heads the caller needs locked in the same order. The same
    id with the same content returns the stored acts (``fresh`` false); with other content it
    raises REQUEST_CHANGED. Other refusals: see kernel.signatures, the row's rule, journal.post.
    """
    process = world.registry.table.get(command.process)
    if process is None:
        raise Rejected(RejectionCode.UNKNOWN_ACT, process=command.process, act=command.act)
    parties = command.parties or _parties(conn, process, command)
    ensure(bool(parties), "case_has_parties", case=command.case)
    scope = store.scope_of(process, parties)
    books = {party: store.book_for(process.home, coop) for party, coop in parties.items()}
    heads = journal_heads.lock(conn, [*books.values(), *also])
    request = request_digest(command)
    old = _stored(conn, list(books.values()), command, request)
    case = store.load(conn, scope, command.case)
    if old:
        ensure(case is not None, "stored_act_has_its_case", case=command.case)
        return Performed(acts=old, case=case or _empty(process, command), fresh=False)
    case = case or _empty(process, command)
    row = process.transition(case.state, command.act)
    lookup = store.DatabaseLookup(conn, scope)
    policy = world.policy(conn, next(iter(parties.values())))
    hands, moves = _signed(world, row, command, case, parties, policy, lookup)
    today = heads[next(iter(books.values()))].today
    plan = _plan(conn, world, row, command, case, books, policy, lookup, today, moves=moves)
    terms = dict(plan.terms)
    if hands:
        terms[cases.HANDS] = [list(msgspec.structs.astuple(hand)) for hand in hands]
    state = (row.to or case.state) if moves else case.state
    if moves and row.deadline:
        terms[cases.DUE] = _deadline(row.deadline, case, terms, policy, world.calendar, today)
    drafts = [
        post.Draft(
            book=book,
            id=command.id,
            value_date=command.value_date or today,
            process=process.name,
            version=process.version,
            case=command.case,
            step=case.step + 1,
            act=row.act,
            state=state,
            actor=command.actor,
            request=request,
            parties=dict(parties),
            facts=command.facts,
            terms=terms,
            recipe=plan.recipe,
            lines=plan.lines,
            movements=movements,
        )
        for book, movements in plan.movements.items()
    ]
    acts = post.append(conn, heads, drafts, world.registry.chart)
    case = cases.fold(None if case.step == 0 else case, acts[0], process)
    store.save(conn, scope, case, process)
    return Performed(acts=acts, case=case, fresh=True)


def request_digest(command: Command) -> str:
    """Hex digest of what was asked: the same id may only ever be used for this."""
    return digest("request", encode(command)).hex()


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    recipe: str
    lines: tuple[Line, ...]
    terms: dict[str, Any]
    movements: Mapping[str, tuple[Movement, ...]]


def _parties(conn: sa.Connection, process: processes.Process, command: Command) -> dict[str, str]:
    """Parties never change after opening, so they may be read before the lock."""
    villages = sa.select(head.c.book).where(head.c.book.like("N-%"))
    query = sa.select(cases_table.c.body).where(
        # By scope, so that the primary key finds it among a county's hundred thousand.
        cases_table.c.scope.in_(
            villages if process.home == processes.NODE else [store.COUNTY_SCOPE]
        ),
        cases_table.c.id == command.case,
        cases_table.c.process == process.name,
    )
    found = [msgspec.json.decode(body, type=Case) for body in conn.scalars(query)]
    if len(found) != 1:
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=command.case)
    return found[0].parties


def _stored(
    conn: sa.Connection, books: Sequence[str], command: Command, request: str
) -> tuple[Act, ...]:
    acts = tuple(act for book in dict.fromkeys(books) if (act := post.find(conn, book, command.id)))
    if any(act.request != request for act in acts):
        raise Rejected(RejectionCode.REQUEST_CHANGED, id=command.id)
    return acts


def _empty(process: processes.Process, command: Command) -> Case:
    return Case(id=command.case, process=process.name, version=process.version, home=process.home)


def _signed(
    world: World,
    row: processes.Transition,
    command: Command,
    case: Case,
    parties: Mapping[str, str],
    policy: Policy,
    lookup: store.DatabaseLookup,
) -> tuple[tuple[cases.Hand, ...], bool]:
    def roster(role: str) -> Sequence[str]:
        return world.registry.roster(role, case, parties, lookup)

    steps: Sequence[Step] = ()
    if row.signature_set:
        steps = policy.steps(row.signature_set, case.terms)
    return signatures.check(
        row,
        command.actor,
        case,
        steps=steps,
        powers=world.registry.powers,
        roster=roster,
        facts=command.facts,
    )


def _plan(
    conn: sa.Connection,
    world: World,
    row: processes.Transition,
    command: Command,
    case: Case,
    books: Mapping[str, str],
    policy: Policy,
    lookup: store.DatabaseLookup,
    today: date,
    *,
    moves: bool,
) -> _Plan:
    """Run the row's rule and fill its recipe; a signature that does not complete posts nothing."""
    nothing: dict[str, tuple[Movement, ...]] = dict.fromkeys(books.values(), ())
    if not moves:
        return _Plan(recipe="", lines=(), terms={}, movements=nothing)
    outcome = Outcome()
    if row.rule:
        declared = RULES[row.rule]
        balance, by_key = _balances(conn, declared.reads, case, books)
        outcome = declared.run(
            Asked(
                case=case,
                act=row.act,
                facts=command.facts,
                policy=policy,
                calendar=world.calendar,
                today=today,
                value_date=command.value_date or today,
                balance=balance,
                rows=by_key,
                lookup=lookup,
            )
        )
    terms = {**command.facts, **outcome.terms} if row.opens else outcome.terms
    name = _recipe_name(row.recipe, case, command)
    if not name:
        return _Plan(recipe="", lines=(), terms=dict(terms), movements=nothing)
    own = msgspec.structs.replace(case, terms={**case.terms, **terms})
    funding = outcome.funding or str(own.terms.get("funding", "own"))
    lines = outcome.lines or (
        Line(
            amounts={k: v for k, v in outcome.amounts.items() if v},
            keys=cases.keys(own, outcome.keys),
            funding=funding,
        ),
    )
    recipe = world.registry.recipes[name]
    movements: dict[str, tuple[Movement, ...]] = dict(nothing)
    for party, book in books.items():
        own_party = outcome.party or party
        half = tuple(m for line in lines for m in recipe.half(world.place, own_party, line))
        movements[book] = movements[book] + half
    return _Plan(recipe=name, lines=lines, terms=dict(terms), movements=movements)


def _recipe_name(cell: str, case: Case, command: Command) -> str:
    if cell.startswith(processes.TERMS):
        return str(case.terms[cell.removeprefix(processes.TERMS)])
    if cell.startswith(processes.FACTS):
        return str(command.facts[cell.removeprefix(processes.FACTS)])
    return cell


def _balances(
    conn: sa.Connection, reads: Mapping[str, str], case: Case, books: Mapping[str, str]
) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """Load a rule's declared reads under the lock.

    ``[party:]account`` (own keys), ``[party:]account.*`` (every key), ``[party:]account#`` (every
    funding; ``rows`` then holds funding → balance).
    """
    if not reads:
        return {}, {}
    first = next(iter(books))
    own = {"", case.id, *(v for v in case.terms.values() if isinstance(v, str))}
    wanted: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for name, text in reads.items():
        party, colon, cell = text.rpartition(":")
        account = cell.removesuffix(".*").removesuffix("#")
        how = cell.removeprefix(account)
        by = "funding" if how == "#" else "key"
        wanted.setdefault((books[party if colon else first], by), []).append((name, account, how))
    balance: dict[str, int] = {}
    by_key: dict[str, dict[str, int]] = {}
    for (book, by), entries in wanted.items():
        found = store.rows(conn, book, sorted({account for _, account, _ in entries}), by=by)
        for name, account, how in entries:
            by_key[name] = found[account]
            balance[name] = sum(
                amount for key, amount in found[account].items() if how or key in own
            )
    return balance, by_key


def _deadline(
    deadline: processes.Deadline,
    case: Case,
    terms: Mapping[str, Any],
    policy: Policy,
    calendar: Calendar,
    today: date,
) -> list[str]:
    name = deadline.days
    if name.startswith(processes.TERMS):
        name = name.removeprefix(processes.TERMS)
        return [str(terms.get(name, case.terms.get(name))), deadline.act]
    return [calendar.add_business_days(today, policy.days(name)).isoformat(), deadline.act]
