"""Who owns a village's book: the first key registered, and each hand-over to another (design 4.8).

Called by set-up and by federation staff: a new or restored computer, a township host, a
liquidation team. A hand-over names the last act of the old owner, retires his key and opens an
epoch; the new owner rebuilds from the county's replica.
"""

import sqlalchemy as sa

from contracts.ids import custody_book, node_book
from contracts.ledger import Actor
from contracts.sync import KeyCard
from journal import heads as journal_heads
from journal.heads import OPEN
from journal.perform import Command, Performed, perform
from kernel.errors import ensure
from services.federation.cases import delivered, findings, node_keys, registers
from services.federation.county import County


def register_node(conn: sa.Connection, card: KeyCard) -> None:
    """Enter the first key of a village's node, valid from the county's open day."""
    registers.find_cooperative(conn, card.cooperative)
    heads = journal_heads.lock(conn, [node_book(card.cooperative), custody_book(card.cooperative)])
    head = heads[node_book(card.cooperative)]
    today = heads[custody_book(card.cooperative)].open_date
    ensure(head.key in ("", card.key), "another_key_comes_by_hand_over", key=card.key)
    node_keys.register_key(conn, card, epoch=head.epoch, valid_from=today)
    head.key = card.key
    journal_heads.save(conn, [head])


def hand_over(
    conn: sa.Connection, county: County, card: KeyCard, actor: Actor, reason: str
) -> Performed:
    """Pass a village's book to the owner of another key, and let it go on if it waited.

    Raises Rejected COOPERATIVE_UNKNOWN, ROLE_NOT_ALLOWED.
    """
    name = card.cooperative
    registers.find_cooperative(conn, name)
    book, custody = node_book(name), custody_book(name)
    heads = journal_heads.lock(conn, [book, custody])
    head = heads[book]
    ensure(node_keys.find_key(conn, card.key) is None, "a_new_owner_has_a_new_key", key=card.key)
    epoch = head.epoch + 1
    performed = perform(conn, county.world, Command(
        id=f"hand-over-{epoch}", process="book", case=f"book-{name}", act="hand_over",
        actor=actor,
        facts={
            "seq": head.seq,
            "digest": head.digest.hex(),
            "old_key": head.key,
            "key": card.key,
            "epoch": epoch,
            "reason": reason,
        },
    ))  # fmt: skip
    today = heads[custody].open_date
    node_keys.register_key(conn, card, epoch=epoch, valid_from=today)
    node_keys.revoke_keys(conn, name, today, keep=card.key)
    head.epoch, head.key, head.mode = epoch, card.key, OPEN
    journal_heads.save(conn, [head])
    delivered.set_reason(conn, book, "")
    findings.settled(conn, county, "book_waits", book, {"epoch": epoch, "key": card.key})
    return performed
