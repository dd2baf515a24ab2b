"""Setting up a node's file: keys, settings and the two empty books.

Called by `lianhe node init`, the demonstration, the simulation and take_over on a file that has
just been migrated. Prints and registers nothing: the key card it returns is carried to the county.
"""

from datetime import date
from hashlib import sha256

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contracts.codec import decode, digest, encode, public_bytes
from contracts.facts import facts_of
from contracts.facts.membership import BookOpen
from contracts.ledger import Actor
from contracts.persons import public_key
from contracts.sync import CountyCard, KeyCard
from journal import heads as journal_heads
from journal.perform import Command, Performed, perform
from kernel.errors import ensure
from services.cooperative_node import queries
from services.cooperative_node.world import Node, world_of


def create(
    conn: sa.Connection,
    node: Node,
    *,
    name: str,
    county: CountyCard,
    open_date: date | None,
    profile: str = "",
) -> KeyCard:
    """Make keys and settings and, with ``open_date``, the empty books N(i) and K(i).

    Without ``open_date`` the file waits to be rebuilt by take_over. A file is set up once.
    """
    ensure(not queries.read_keys(conn), "a_file_is_set_up_once", cooperative=node.cooperative)
    card = new_key(conn, node, epoch=1)
    queries.write_setting(conn, queries.NAME, name)
    queries.write_setting(conn, queries.PROFILE, profile)
    queries.write_setting(conn, queries.COUNTY, encode(county).decode())
    if open_date is not None:
        journal_heads.create(conn, node.book, open_date, key=card.key)
        journal_heads.create(conn, node.custody, open_date, key=county.key)
    return card


def open_books(conn: sa.Connection, node: Node, operator: str, minutes: str = "") -> Performed:
    """Write the first act of N(i): the books are opened here (P0)."""
    return perform(
        conn,
        world_of(conn),
        Command(
            id=f"open-{node.cooperative}",
            process="village_book",
            case=node.life,
            act="open",
            actor=Actor(role="bookkeeper@node", operator=operator),
            facts=facts_of(BookOpen(minutes=minutes)),
            parties={"coop": node.cooperative},
        ),
    )


def new_key(conn: sa.Connection, node: Node, *, epoch: int) -> KeyCard:
    """Make a key pair from the node's randomness and keep it; returns its public half."""
    signing, sealing = node.ports.random(32), node.ports.random(32)
    public = public_bytes(Ed25519PrivateKey.from_private_bytes(signing))
    name = f"{node.cooperative}-{digest('key', public).hex()[:16]}"
    queries.add_key(conn, queries.Key(key=name, epoch=epoch, signing=signing, sealing=sealing))
    return card_of(conn, node, name)


def card_of(conn: sa.Connection, node: Node, name: str) -> KeyCard:
    """The public half of one of this node's keys."""
    key = queries.read_key(conn, name)
    ensure(key is not None, "node_has_its_key", key=name)
    signing = Ed25519PrivateKey.from_private_bytes(key.signing if key else b"")
    sealing = X25519PrivateKey.from_private_bytes(key.sealing if key else b"")
    return KeyCard(
        cooperative=node.cooperative,
        key=name,
        signing=public_bytes(signing).hex(),
        sealing=public_key(sealing).hex(),
    )


def county_of(conn: sa.Connection) -> CountyCard:
    """The county's public keys as written at set-up."""
    return decode(queries.read_setting(conn, queries.COUNTY).encode(), CountyCard)


def new_token(conn: sa.Connection, node: Node) -> str:
    """Mint the API's bearer token; only its hash is kept, so it is shown this once."""
    token = node.ports.token()
    queries.write_setting(conn, queries.TOKEN, hashed(token))
    return token


def hashed(token: str) -> str:
    """What is kept of a token: reading the file gives nobody a way in."""
    return sha256(token.encode()).hexdigest()
