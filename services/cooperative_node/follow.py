"""Follow K(i): each act of the county once, in order, one transaction an act.

Called after every pull and when a day opens. The id of the act that follows is ``K-x/seq``, so
UNIQUE(book, id) makes it exactly-once; the cursor moves in the same transaction. A custody fact is
never refused: at worst its other side is suspense, with the refusal beside it (design.md 3, 4.4).
"""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.codec import decode, encode
from contracts.facts.books import PolicyFacts
from contracts.ids import follow_id, kind_of
from contracts.ledger import Act, Actor, Line
from contracts.money import yuan
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal import post, store
from journal.heads import WAITING
from journal.perform import Command, World, perform
from journal.registry import Registry, registry
from kernel.errors import Rejected, ensure
from kernel.processes import NODE, SYSTEM
from services.cooperative_node import queries
from services.cooperative_node.take import HANDED_OVER, stop
from services.cooperative_node.world import Node, world_of

FOLLOWER = Actor(role="system:follow", operator="system")
UNCLAIMED, ERROR = "receipt.unclaimed", "receipt.error"
_CUSTODY, _POOL, _CASH = "801", "802", "10201"
_CONSENT = {("consent", "grant"): "yes", ("consent", "refuse"): "no"}
_MATCH = ("intercoop", "match")
_WISHES = {"lender": "offer", "borrower": "request"}
_STANDING = ("offered", "requested")
"""A match, the wish of each side it may answer, and the states in which a wish stands."""
_TOLD_TO_A_CASE = (("payment", "bounce"), ("payment", "refuse"), ("payment", "stop"), *_CONSENT)


def follow(node: Node) -> int:
    """Follow everything that is due; how many acts of K(i) were followed."""
    count = 0
    while follow_one(node):
        count += 1
    return count


def follow_one(node: Node) -> bool:
    """Follow the next act of K(i) if its date has come; one transaction."""
    with node.engine.begin() as conn:
        return follow_next(conn, node)


def follow_next(conn: sa.Connection, node: Node) -> bool:
    """Follow the act after the cursor if the open day has reached it. False: nothing to do."""
    head = journal_heads.lock(conn, [node.book])[node.book]
    found = queries.acts_between(conn, node.custody, head.cursor + 1, head.cursor + 1)
    if not found or head.mode == WAITING:
        return False
    act = decode(found[0].body, Act)
    if act.business_date > head.today:
        return False
    if not _retired(conn, node, act):
        if post.find(conn, node.book, follow_id(act.book, act.seq)) is None:
            _answer(conn, node, act)
        head = journal_heads.lock(conn, [node.book])[node.book]
        head.cursor = act.seq
        journal_heads.save(conn, [head])
        return True
    return False


def _retired(conn: sa.Connection, node: Node, act: Act) -> bool:
    """A hand-over to another key ends this computer's ownership of the book."""
    if (act.process, act.act) != ("book", "hand_over"):
        return False
    head = journal_heads.lock(conn, [node.book])[node.book]
    if act.facts.get("key") == head.key or int(act.facts.get("epoch", 0)) <= head.epoch:
        return False
    stop(conn, node, head, HANDED_OVER)
    return True


def _answer(conn: sa.Connection, node: Node, act: Act) -> None:
    if (act.process, act.act) == ("book", "policy"):
        told = msgspec.convert(act.facts, PolicyFacts)
        queries.write_policy(conn, act.seq, encode(told).decode())
        return
    world = world_of(conn)
    command = _command(conn, node, world, act)
    if command is None:
        return
    refusal = _book(conn, node, world, act, command)
    if refusal is not None:
        last = _book(conn, node, world, act, _suspense(node, world, act, refusal))
        ensure(last is None, "custody_is_never_refused", act=command.id, refusal=str(last))


def _book(
    conn: sa.Connection, node: Node, world: World, act: Act, command: Command
) -> Rejected | None:
    """Perform a command, or say what refused it; cash a funding lacks is crossed to it first.

    Custody knows one sum a village: that its fundings share it otherwise is no reason to refuse.
    Each funding is crossed to once and then gives no more, so this comes to an end; what is
    refused after all takes its crossings with it.
    """
    kept: list[str] = []
    taken = _taken(world, command)
    whole = conn.begin_nested()
    while True:
        savepoint = conn.begin_nested()
        try:
            perform(conn, world, command)
        except Rejected as refusal:
            savepoint.rollback()
            funding, short = _short(node, refusal)
            if not short or funding in kept:
                whole.rollback()
                return refusal
            facts = {"funding": funding, "amount": short, "kept": list(kept), "taken": taken}
            cross = _of(act, "village_book", node.life, "cross", facts)
            name = f"{cross.id}/cross/{funding}"
            perform(conn, world, msgspec.structs.replace(cross, id=name))
            kept.append(funding)
        else:
            savepoint.commit()
            whole.commit()
            return None


def _taken(world: World, command: Command) -> dict[str, int]:
    """Funding → cash (fen) a followed act itself takes of it, which it cannot lend another."""
    taken: Counter[str] = Counter()
    recipe = world.registry.recipes.get(str(command.facts.get("recipe", "")))
    if recipe is not None and "lines" in command.facts:
        for line in msgspec.convert(command.facts["lines"], tuple[Line, ...]):
            for one in recipe.half(NODE, str(command.facts["party"]), line):
                taken[one.funding] += one.amount * ((one.credit == _CASH) - (one.debit == _CASH))
    return dict(+taken)


def _short(node: Node, refusal: Rejected) -> tuple[str, int]:
    """The funding whose cash is too low, and by how much (fen); zero where it is not about that."""
    facts = refusal.facts
    where = (refusal.code, facts.get("book"), facts.get("account"))
    if where != (RejectionCode.BALANCE_TOO_LOW, node.book, _CASH):
        return "", 0
    asked, have, floor = (
        yuan(str(facts[name]).replace(",", "")) for name in ("asked", "balance", "floor")
    )
    return str(facts["funding"]), asked - have + floor


def _command(conn: sa.Connection, node: Node, world: World, act: Act) -> Command | None:
    """What the node does about one act of K(i); None: nothing, only the cursor moves."""
    own = _followers().get(act.recipe)
    if own is not None:
        process, name = own
        amount = sum(line.amounts.get("amount", 0) for line in act.lines)
        keys = act.lines[0].keys if act.lines else {}
        case = keys.get(process) or keys.get("for", "")
        return _of(act, process, case, name, {**act.facts, "amount": amount})
    if (act.process, act.act) in _TOLD_TO_A_CASE:
        return _about_a_case(conn, node, world, act)
    if (act.process, act.act) == _MATCH:
        return _matched(conn, node, act)
    party = _party(node, act)
    recipe = world.registry.recipes.get(act.recipe)
    if recipe is None or (NODE, party) not in recipe.halves:
        return None
    return _of(act, "village_book", node.life, "follow", _filled(act, act.recipe, party, act.lines))


def _matched(conn: sa.Connection, node: Node, act: Act) -> Command | None:
    """A match that answers a wish of this village ends it; one that was withdrawn stays so."""
    name = str(act.facts.get(_WISHES.get(_party(node, act), ""), ""))
    wish = store.load(conn, node.book, name) if name else None
    if wish is None or wish.process != "lending_wish" or wish.state not in _STANDING:
        return None
    return _of(act, wish.process, wish.id, "matched", {"contract": act.case})


def _about_a_case(conn: sa.Connection, node: Node, world: World, act: Act) -> Command | None:
    """A payment that came to nothing, or the county's consent: told to the case it is for."""
    county = store.load(conn, store.COUNTY_SCOPE, act.case)
    about = store.load(conn, node.book, str(county.terms.get("for", "")) if county else "")
    if about is None:
        return None
    vote = _CONSENT.get((act.process, act.act))
    name = "vote" if vote else "returned"
    if name not in {row.act for row in world.registry.table[about.process].rows}:
        return None
    if vote is None:
        return _of(act, about.process, about.id, name, act.facts)
    named = act.actor.persons or (act.actor.operator,)
    voted = _of(act, about.process, about.id, "vote", {"votes": dict.fromkeys(named, vote)})
    return msgspec.structs.replace(voted, actor=msgspec.structs.replace(act.actor, persons=named))


def _suspense(node: Node, world: World, act: Act, refusal: Rejected) -> Command:
    """The money side of a refused follow, with the refusal in its facts; the county will see it.

    Pool money has no suspense: custody says whose it is, so the recipe itself is posted and only
    the village's own case stays as it was.
    """
    if act.recipe in _followers() and _moves(world, act, _POOL):
        lines = act.lines
        if "excess" in world.registry.recipes[act.recipe].amount_names(NODE):
            # What should have paid a loan that is gone is its member's, in suspense.
            item = {"item": follow_id(act.book, act.seq)}
            lines = tuple(
                msgspec.structs.replace(
                    line, keys={**line.keys, **item},
                    amounts={**line.amounts, "excess": line.amounts["amount"]},
                )
                for line in lines
            )  # fmt: skip
        own = _filled(act, act.recipe, _party(node, act), lines)
        told = msgspec.to_builtins(refusal.as_struct())
        return _of(act, "village_book", node.life, "follow", {**own, "refused": told})
    moved = sum(
        movement.amount * sign
        for movement in act.movements
        for code, sign in ((movement.credit, 1), (movement.debit, -1))
        if world.registry.chart[kind_of(act.book)][code].mirror == _CUSTODY
    )
    name = follow_id(act.book, act.seq)
    line = Line(amounts={"amount": abs(moved)}, keys={"item": name})
    recipe = "" if not moved else UNCLAIMED if moved > 0 else ERROR
    facts = _filled(act, recipe, "coop", (line,) if moved else ())
    told = msgspec.to_builtins(refusal.as_struct())
    return _of(act, "village_book", node.life, "follow", {**facts, "refused": told})


def _moves(world: World, act: Act, mirror: str) -> bool:
    """Whether the act moves an account of this mirror."""
    chart = world.registry.chart[kind_of(act.book)]
    return any(
        chart[code].mirror == mirror
        for movement in act.movements
        for code in (movement.debit, movement.credit)
    )


def _filled(act: Act, recipe: str, party: str, lines: tuple[Line, ...]) -> dict[str, Any]:
    return {
        "recipe": recipe,
        "party": party,
        "lines": msgspec.to_builtins(lines),
        "of": f"{act.process}.{act.act}",
        "about": act.case,
    }


def _of(act: Act, process: str, case: str, name: str, facts: Mapping[str, Any]) -> Command:
    followed = follow_id(act.book, act.seq)
    return Command(
        id=followed,
        process=process,
        case=case,
        act=name,
        actor=FOLLOWER,
        facts={**facts, "by": followed},
        value_date=act.value_date,
    )


def _party(node: Node, act: Act) -> str:
    """As which party this cooperative stands in the act; a case's own co-op is ``coop``."""
    names = (party for party, coop in act.parties.items() if coop == node.cooperative)
    return next(names, "coop")


@cache
def _followers() -> dict[str, tuple[str, str]]:
    """Recipe → the node process and act that follow it."""
    return _by_recipe(registry())


def _by_recipe(known: Registry) -> dict[str, tuple[str, str]]:
    return {
        row.recipe: (process.name, row.act)
        for process in known.table.values()
        if process.home == NODE
        for row in process.rows
        if f"{SYSTEM}follow" in row.who and row.recipe in known.recipes
    }
