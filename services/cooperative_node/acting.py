"""The one way a page, an import or the API performs an act at this node, and the dry run of it.

Every write of the node's edge comes through ``act``; ``refusal`` tells beforehand, in a savepoint
that is rolled back, what would stand against it. Holds no rule of its own.
"""

import sqlalchemy as sa

from contracts.rejections import Rejection
from journal.perform import Command, Performed, perform
from kernel.errors import Rejected
from services.cooperative_node import people
from services.cooperative_node.world import Node, world_of


def act(node: Node, command: Command) -> Performed:
    """Perform one act in a transaction of its own. Raises Rejected; nothing is then written.

    A person whom its facts name is one this node keeps: nobody else could ever be called or paid.
    """
    with node.engine.begin() as conn:
        if person := command.facts.get("person"):
            people.must_be_kept(conn, person)
        return perform(conn, world_of(conn), command)


def refusal(conn: sa.Connection, command: Command) -> Rejection | None:
    """What would refuse this act now, or None. Needs a writing transaction; leaves no trace."""
    savepoint = conn.begin_nested()
    try:
        perform(conn, world_of(conn), command)
    except Rejected as refused:
        return refused.as_struct()
    finally:
        savepoint.rollback()
    return None
