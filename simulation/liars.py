"""What a dishonest or copied computer may send, validly signed, and what the county must say.

Called by happenings. Each lie names the one answer it must get; any other answer is a finding.
After a lie that is kept as evidence the book waits until a hand-over, and only that book.
"""

import shutil
from collections.abc import Callable
from datetime import date, timedelta

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.batch import Batch, Totals
from contracts.codec import chain, decode, encode
from contracts.envelopes import pack, seal
from contracts.ids import node_book
from contracts.ledger import Act
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal.read import totals_at
from kernel.errors import ensure
from services.cooperative_node import queries
from services.cooperative_node.world import Node
from services.federation.cases import findings, intake
from simulation.events import Lie
from simulation.world import COUNTY, Found, World

NOTHING = "nothing to lie about"
_ONE_DAY = timedelta(days=1)


class Ground(msgspec.Struct, frozen=True):
    """Where a lie is made: the node, its file, and what the county holds of its book."""

    conn: sa.Connection
    node: Node
    held: int
    closed: date
    epoch: int


def lie(world: World, event: Lie) -> str:
    """Send one lie and hold the county to its answer. Raises Found for any other answer."""
    coop = event.coop
    if coop in world.outside.liars:
        return NOTHING
    code, waits, make = LIES[event.what]
    with world.reading(COUNTY) as conn:
        head = journal_heads.read(conn, node_book(coop))
        before = [one.seq for one in journal_heads.read_all(conn)]
    with world.reading(coop) as conn:
        if not head.seq or not head.closed_date:
            return NOTHING
        ground = Ground(
            conn, world.node(coop), head.seq, date.fromisoformat(head.closed_date), head.epoch
        )
        if _act(ground, ground.held).epoch != ground.epoch:
            return NOTHING
        body = make(ground)
    with world.at_county() as (conn, county):
        answer = intake.deliver(conn, county, coop, body)
    told = answer.refusal.code if answer.refusal else None
    if told is not code:
        raise Found("I4", f"{coop} sent {event.what}: expected {code}, the county said {told}")
    world.suffered([f"lie {event.what}"])
    with world.reading(COUNTY) as conn:
        after = [one.seq for one in journal_heads.read_all(conn)]
        waiting = journal_heads.read(conn, node_book(coop)).mode == journal_heads.WAITING
        finding = findings.live(conn, "book_waits", node_book(coop))
    if waiting is not waits or (waits and finding is None):
        raise Found("I16", f"{coop} sent {event.what}: book waits {waiting}, should {waits}")
    if not waits and code is not RejectionCode.BATCH_MALFORMED and after != before:
        raise Found("I18", f"{coop} sent {event.what}, refused as {told}, and books moved")
    if waits:
        world.outside.liars[coop] = event.what
    return str(code)


def signed(conn: sa.Connection, node: Node, batch: Batch) -> bytes:
    """A batch as it travels, sealed with the key of this node's book."""
    name = journal_heads.read(conn, node.book).key
    key = queries.read_key(conn, name)
    ensure(key is not None, "node_has_its_key", key=name)
    private = Ed25519PrivateKey.from_private_bytes(key.signing if key else b"")
    return pack(seal(batch, name, private))


def new_file(world: World, coop: str) -> None:
    """A file as migrations leave it, in the place of a village's present one."""
    number = world.outside.computers[coop]
    shutil.copyfile(world.folder / "blank.sqlite", world.folder / f"{coop}-{number}.sqlite")
    world.switch_on(coop)


def _forked(ground: Ground) -> bytes:
    """Another content at a sequence the county holds: a copied computer went on by itself."""
    act = _act(ground, ground.held)
    other = msgspec.structs.replace(act, facts={**act.facts, "said": "otherwise"})
    return _sealed(ground, ground.held, [other])


def _back_dated(ground: Ground) -> bytes:
    act = _act(ground, ground.held)
    late = msgspec.structs.replace(
        act, seq=ground.held + 1, id="back-dated", epoch=ground.epoch, movements=(), lines=(),
        business_date=ground.closed,
    )  # fmt: skip
    return _sealed(ground, ground.held + 1, [late])


def _future_dated(ground: Ground) -> bytes:
    act = _act(ground, ground.held)
    early = msgspec.structs.replace(
        act, seq=ground.held + 1, id="future", epoch=ground.epoch, movements=(), lines=(),
        business_date=act.business_date + 400 * _ONE_DAY,
    )  # fmt: skip
    return _sealed(ground, ground.held + 1, [early])


def _one_fen_off(ground: Ground) -> bytes:
    """Totals that are off by one fen on the account with the most in it."""
    last = _act(ground, ground.held)
    first, *rest = sorted(
        totals_at(ground.conn, ground.node.book, ground.held), key=lambda one: -one.amount
    )
    wrong = Totals(first.account, first.funding, first.amount + 1)
    return _sealed(ground, ground.held, [last], closing=(wrong, *rest))


def _with_a_gap(ground: Ground) -> bytes:
    act = _act(ground, ground.held)
    late = msgspec.structs.replace(
        act, seq=ground.held + 2, id="gap", epoch=ground.epoch, movements=(), lines=()
    )
    return _sealed(ground, ground.held + 2, [late])


def _with_a_foreign_key(ground: Ground) -> bytes:
    batch = _batch(ground, ground.held, [_act(ground, ground.held)])
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    return pack(seal(batch, f"{ground.node.cooperative}-stolen", private))


def _of_a_foreign_book(ground: Ground) -> bytes:
    batch = _batch(ground, ground.held, [_act(ground, ground.held)])
    return signed(ground.conn, ground.node, msgspec.structs.replace(batch, book="N-somebody-else"))


LIES: dict[str, tuple[RejectionCode, bool, Callable[[Ground], bytes]]] = {
    "fork": (RejectionCode.BATCH_FORK, True, _forked),
    "back_date": (RejectionCode.DAY_CLOSED, True, _back_dated),
    "one_fen_off": (RejectionCode.BATCH_TOTALS_FALSE, True, _one_fen_off),
    "future": (RejectionCode.BATCH_FUTURE_DATED, False, _future_dated),
    "gap": (RejectionCode.BATCH_GAP, False, _with_a_gap),
    "foreign_key": (RejectionCode.KEY_UNKNOWN, False, _with_a_foreign_key),
    "foreign_book": (RejectionCode.BATCH_MALFORMED, False, _of_a_foreign_book),
}
"""Name of a lie → the county's answer, whether the book then waits, and how it is made."""


def _act(ground: Ground, seq: int) -> Act:
    (found,) = queries.acts_between(ground.conn, ground.node.book, seq, seq)
    return decode(found.body, Act)


def _sealed(
    ground: Ground, first: int, acts: list[Act], closing: tuple[Totals, ...] | None = None
) -> bytes:
    return signed(ground.conn, ground.node, _batch(ground, first, acts, closing))


def _batch(
    ground: Ground, first: int, acts: list[Act], closing: tuple[Totals, ...] | None = None
) -> Batch:
    """A batch of these acts that hangs together in itself."""
    conn, node = ground.conn, ground.node
    bodies = [encode(act) for act in acts]
    start = queries.digest_at(conn, node.book, first - 1) or bytes(32)
    digest = start
    for body in bodies:
        digest = chain(digest, body)
    overlap = first <= ground.held
    now = totals_at(conn, node.book, ground.held)
    cursor = queries.followed_through(conn, node.book, node.custody, ground.held)
    return Batch(
        book=node.book,
        epoch=ground.epoch,
        first=first,
        last=first + len(acts) - 1,
        opening_digest=start.hex(),
        closing_digest=digest.hex(),
        opening=totals_at(conn, node.book, first - 1) if overlap else now,
        closing=now if closing is None else closing,
        closes=None,
        applied=cursor,
        applied_digest=(queries.digest_at(conn, node.custody, cursor) or b"").hex(),
        acts=tuple(msgspec.Raw(body) for body in bodies),
    )
