"""The limit of a write endpoint: one handler that performs the act it is sent, and nothing else.

No token, no second strict decoding of the body, no answers for what goes wrong, no other route.
"""

from typing import Any

import msgspec
from litestar import Litestar, post
from litestar.params import FromPath, JSONBody

from contracts.ledger import Actor
from journal.perform import Command
from services.cooperative_node import acting, api
from services.cooperative_node.host import Host


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the node's own route is sent for the same act."""

    id: str
    case: str
    actor: Actor
    facts: dict[str, Any]


def bare_app(host: Host) -> Litestar:
    """An application with this one handler."""

    @post("/n/{coop:str}/api/acts/member/apply", sync_to_thread=True, status_code=200)
    def apply(coop: FromPath[str], data: JSONBody[Asked]) -> api.ActDone:
        command = Command(
            id=data.id, process="member", case=data.case, act="apply", actor=data.actor,
            facts=data.facts, parties={"coop": coop},
        )  # fmt: skip
        return api.done(acting.act(host.node(coop), command))

    return Litestar([apply], openapi_config=None, logging_config=None)
