"""Hand-over: rebuild a node's file from the county's replica and go on with a new key and epoch.

For a new or restored computer, a township host, a liquidation team (design.md 4.8). The county
has registered the new key by a ``hand_over`` act in K(i) and retired the old one. The rows are the
same rows with the same bytes under the same chain.
"""

from datetime import date

import msgspec
import sqlalchemy as sa

from contracts.batch import Batch
from contracts.codec import decode, encode
from contracts.facts import facts_of
from contracts.facts.books import DayClosed, PolicyFacts, TakenOver
from contracts.ledger import Act, Actor
from journal import heads as journal_heads
from journal.engine import reading
from journal.heads import Head
from journal.perform import Command, Performed, perform
from journal.post import append_written
from journal.registry import registry
from services.cooperative_node import people, queries
from services.cooperative_node.delivery import Transport, pull
from services.cooperative_node.follow import follow
from services.cooperative_node.set_up import county_of
from services.cooperative_node.take import fold_copy, opened, proved
from services.cooperative_node.world import Node, world_of


def take_over(node: Node, transport: Transport, operator: str, reason: str = "") -> Performed:
    """Rebuild N(i) and K(i) in a fresh file, then write the act that begins the new epoch.

    Goes on where a crash left it. Raises Unreachable, and Rejected when what the county sends
    does not prove itself.
    """
    with node.engine.begin() as conn:
        key = queries.read_keys(conn)[0].key
        journal_heads.create(conn, node.book, date.min, key=key)
        journal_heads.create(conn, node.custody, date.min, key=county_of(conn).key)
    while envelope := transport.replica(_end(node)):
        with node.engine.begin() as conn:
            batch = opened(conn, envelope, node.book)
            _rebuild(conn, node, batch)
    pull(node, transport)
    state = transport.state()
    with node.engine.begin() as conn:
        _recall_policy(conn, node)
        performed = _begin_epoch(conn, node, state.epoch, state.business_date, operator, reason)
    follow(node)
    return performed


def _end(node: Node) -> int:
    with reading(node.engine).connect() as conn:
        return journal_heads.read(conn, node.book).seq


def _rebuild(conn: sa.Connection, node: Node, batch: Batch) -> None:
    """Write one range of the replica: acts, balances, cases, persons, days and cursor."""
    head = journal_heads.lock(conn, [node.book])[node.book]
    written = proved(conn, head, batch)
    append_written(conn, {node.book: head}, written, registry().chart)
    for one in written:
        fold_copy(conn, node.book, one.act, registry().table)
        if (one.act.process, one.act.act) == ("village_book", "close"):
            _day_ended(head, one.act)
    head.cursor = max(head.cursor, batch.applied)
    journal_heads.save(conn, [head])
    people.take(conn, batch.persons)


def _day_ended(head: Head, act: Act) -> None:
    facts = msgspec.convert(act.facts, DayClosed)
    head.closed_date, head.open_date = facts.closes.isoformat(), facts.opens.isoformat()


def _recall_policy(conn: sa.Connection, node: Node) -> None:
    """What the old owner had followed of the county's policy, read from K(i) again."""
    cursor = journal_heads.read(conn, node.book).cursor
    for one in queries.acts_between(conn, node.custody, 1, cursor):
        if b'"act":"policy"' in one.body:
            told = msgspec.convert(decode(one.body, Act).facts, PolicyFacts)
            queries.write_policy(conn, one.seq, encode(told).decode())


def _begin_epoch(
    conn: sa.Connection, node: Node, epoch: int, county_day: date, operator: str, reason: str
) -> Performed:
    head = journal_heads.lock(conn, [node.book])[node.book]
    if head.epoch < epoch:
        head.epoch = epoch
        if head.today == date.min:
            head.open_date = county_day.isoformat()
        journal_heads.save(conn, [head])
    end = queries.before_epoch(conn, node.book, epoch)
    facts = TakenOver(
        seq=end,
        digest=(queries.digest_at(conn, node.book, end) or b"").hex(),
        key=head.key,
        epoch=epoch,
        reason=reason,
    )
    return perform(
        conn,
        world_of(conn),
        Command(
            id=f"take-over-{epoch}",
            process="village_book",
            case=node.life,
            act="take_over",
            actor=Actor(role="bookkeeper@node", operator=operator),
            facts=facts_of(facts),
        ),
    )
