"""Natural persons at the node: minted ids, sealed records, names for the screen.

Names, cards and ID numbers stand sealed for the county and for this node alone (targets.md 2).
Called by pages, import and API; puts nothing into a book.
"""

from functools import lru_cache

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contracts.codec import decode
from contracts.persons import Person, PersonRecord, open_record, public_key, seal
from contracts.rejections import RejectionCode
from contracts.sync import CountyCard
from kernel.errors import Rejected
from services.cooperative_node import queries
from services.cooperative_node.world import Node


def keep(conn: sa.Connection, node: Node, data: Person, person: str = "") -> str:
    """Seal and keep what is known of a person; a fresh id is minted unless one is given.

    Recipients are this cooperative, by its id, and the county, by the id of its key.
    """
    one = person or node.ports.person_id()
    known = queries.read_person(conn, one)
    county = decode(queries.read_setting(conn, queries.COUNTY).encode(), CountyCard)
    own = X25519PrivateKey.from_private_bytes(queries.read_keys(conn)[0].sealing)
    recipients = {node.cooperative: public_key(own)}
    if county.sealing:
        recipients[county.key] = bytes.fromhex(county.sealing)
    version = 1 if known is None else known.version + 1
    queries.write_person(conn, seal(one, version, data, recipients, node.ports.random))
    return one


def must_be_kept(conn: sa.Connection, person: str) -> None:
    """Nobody acts or is acted for whom this node does not know; raises Rejected PERSON_UNKNOWN."""
    if queries.read_person(conn, person) is None:
        raise Rejected(RejectionCode.PERSON_UNKNOWN, person=person)


def take(conn: sa.Connection, records: tuple[PersonRecord, ...]) -> None:
    """Keep records that came from the county, which therefore holds them."""
    known = queries.read_persons(conn)
    for record in records:
        if record.person not in known or known[record.person].version <= record.version:
            queries.write_person(conn, record, acknowledged=record.version)


def everyone(conn: sa.Connection, node: Node) -> dict[str, Person]:
    """Person id → what is known of the person, for all records this node can open."""
    keys = tuple(key.sealing for key in queries.read_keys(conn))
    opened = {
        one: _open(msgspec.json.encode(record), node.cooperative, keys)
        for one, record in queries.read_persons(conn).items()
    }
    return {one: data for one, data in opened.items() if data is not None}


@lru_cache(maxsize=16_384)
def _open(record: bytes, recipient: str, keys: tuple[bytes, ...]) -> Person | None:
    """Opening costs a key agreement, so a record is opened once per process."""
    sealed = decode(record, PersonRecord)
    for key in keys:
        private = X25519PrivateKey.from_private_bytes(key)
        if found := open_record(sealed, recipient, private):
            return found
    return None
