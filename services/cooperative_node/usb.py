"""Exchange by USB stick: the same envelopes as over the network, one a file.

Called by page and CLI where there is no network. Exporting marks nothing as sent: only what comes
back from the county says what it holds.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec
import sqlalchemy as sa

from contracts.envelopes import Oversized, batch_of, pack, unpack
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal.engine import reading
from kernel.errors import Rejected
from services.cooperative_node import queries
from services.cooperative_node.delivery import sealed_from
from services.cooperative_node.follow import follow
from services.cooperative_node.take import take
from services.cooperative_node.world import Node

SUFFIX = ".lianhe"


def export(node: Node, folder: Path) -> list[Path]:
    """Write what the county is not known to hold yet, one file a batch; the files written."""
    with reading(node.engine).connect() as conn:
        held = queries.read_sync(conn, node.cooperative).held_seq
    files = []
    for envelope, _ in sealed_from(node, held + 1):
        batch = batch_of(envelope)
        path = folder / f"{batch.book}-{batch.first:08d}-{batch.last:08d}{SUFFIX}"
        path.write_bytes(pack(envelope))
        files.append(path)
    return files


def take_files(node: Node, bodies: Iterable[bytes]) -> int:
    """Take ranges of K(i) from files in any order, follow them; how many acts were new.

    Raises Rejected for a file that is not a range of this cooperative's K(i); what came before
    it in order stands.
    """
    envelopes = []
    for body in bodies:
        try:
            envelope = unpack(body)
            envelopes.append((batch_of(envelope).first, envelope))
        except Oversized as error:
            raise Rejected(
                RejectionCode.BATCH_TOO_LARGE, size=len(body), limit=error.limit
            ) from error
        except (ValueError, msgspec.MsgspecError) as error:
            raise Rejected(RejectionCode.BATCH_MALFORMED, problem=str(error)) from error
    count = 0
    for _, envelope in sorted(envelopes, key=lambda one: one[0]):
        with node.engine.begin() as conn:
            count += take(conn, node, envelope)
            _heard(conn, node, batch_of(envelope).applied)
    follow(node)
    return count


def _heard(conn: sa.Connection, node: Node, applied: int) -> None:
    """A range of K(i) says how much of N(i) the county held when it was sealed."""
    before = queries.read_sync(conn, node.cooperative)
    copy = journal_heads.read(conn, node.custody).seq
    queries.write_sync(
        conn,
        msgspec.structs.replace(
            before,
            held_seq=max(before.held_seq, applied),
            k_seq=max(before.k_seq, copy),
        ),
    )
