"""The automation door as JSON: one typed route per act, and the steps of a day.

Routes decode, call, encode. Every request carries the node's bearer token; each act's body is made
from its facts, so an unknown field is refused and OpenAPI shows every act by name.
"""

from collections.abc import Callable
from datetime import date
from hmac import compare_digest
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Router, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.params import FromPath, JSONBody, RawBody

from contracts.codec import decode
from contracts.facts import Facts
from contracts.ledger import Actor
from contracts.persons import Person
from contracts.sync import KeyCard
from journal import heads as journal_heads
from journal.engine import reading
from journal.perform import Command
from kernel.cases import Case
from services.cooperative_node import acting, api, queries
from services.cooperative_node.close_day import DayReport
from services.cooperative_node.delivery import Delivered, deliver, pull
from services.cooperative_node.follow import follow
from services.cooperative_node.host import Host
from services.cooperative_node.pool_state import PoolState
from services.cooperative_node.problems import as_json
from services.cooperative_node.set_up import card_of, hashed

PATH = "/n/{coop:str}/api"
HostIn = NamedDependency[Host]
Plain = Annotated[str, msgspec.Meta(pattern=r"^[!-~]+$(?!\n)", max_length=100)]
"""Ids of acts and cases: letters, digits and marks of ASCII, no blanks."""
_T = TypeVar("_T")


class Through(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Close every open day through ``through``; left out, the open day alone."""

    through: date | None = None


class KnownPerson(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a person; ``person`` is the id of one known before."""

    name: str
    card: str = ""
    id_number: str = ""
    phone: str = ""
    person: str = ""


class PersonId(msgspec.Struct, frozen=True, kw_only=True):
    """The id acts name the person by."""

    person: str


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many acts."""

    acts: int


async def token_guard(
    connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
) -> None:
    """Let through whoever holds this node's token; another node's token is a stranger's."""
    # Not in a thread: a hop costs more than this read of one row, which no writer holds up (WAL).
    host: Host = connection.app.state.host
    node = host.node(str(connection.path_params["coop"]))
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    with reading(node.engine).connect() as conn:
        wanted = queries.read_setting(conn, queries.TOKEN)
    if scheme.lower() != "bearer" or not wanted or not compare_digest(hashed(token), wanted):
        raise NotAuthorizedException


@get("/state", sync_to_thread=True, summary="节点状态 Where the node stands")
def node_state(coop: FromPath[str], host: HostIn) -> api.NodeState:
    """Open day, unsent acts, cursor, last contact."""
    return api.state(host.node(coop))


@get("/key-card", sync_to_thread=True, summary="公钥卡 Public keys, to be registered")
def key_card(coop: FromPath[str], host: HostIn) -> KeyCard:
    """The card the county registers."""
    node = host.node(coop)
    with reading(node.engine).connect() as conn:
        return card_of(conn, node, journal_heads.read(conn, node.book).key)


@get("/cases", sync_to_thread=True, summary="全部事项 Every case")
def all_cases(coop: FromPath[str], host: HostIn) -> list[Case]:
    """The village's cases, then the county's that this node has a copy of."""
    return api.cases(host.node(coop))


@get("/pool", sync_to_thread=True, summary="风险补偿金 The risk pool")
def pool_now(coop: FromPath[str], host: HostIn) -> PoolState:
    """Stake, match, line, used and reserved, from the node's copy of K(i)."""
    return api.pool(host.node(coop))


@post("/persons", sync_to_thread=True, summary="登记人员 Keep a person")
def keep_person(
    coop: FromPath[str], data: JSONBody[KnownPerson], body: RawBody, host: HostIn
) -> PersonId:
    """Seal and keep a person's name, card and ID number."""
    data = strict(body, KnownPerson)
    known = Person(name=data.name, card=data.card, id_number=data.id_number, phone=data.phone)
    return PersonId(person=api.keep_person(host.node(coop), known, data.person))


@post("/close-day", sync_to_thread=True, status_code=200, summary="日结 Close the day")
def close_days(
    coop: FromPath[str],
    data: JSONBody[Through],  # noqa: ARG001 - told to OpenAPI
    body: RawBody,
    host: HostIn,
) -> list[DayReport]:
    """Close the open day, or every open day through a date."""
    return api.close_through(host.node(coop), strict(body, Through).through)


@post("/deliver", sync_to_thread=True, status_code=200, summary="发送 Deliver")
def deliver_now(coop: FromPath[str], host: HostIn) -> Delivered:
    """Send what the county does not hold yet."""
    return deliver(host.node(coop), host.transport(coop))


@post("/pull", sync_to_thread=True, status_code=200, summary="接收 Pull K(i)")
def pull_now(coop: FromPath[str], host: HostIn) -> Count:
    """Take what is new of K(i), without following it."""
    return Count(acts=pull(host.node(coop), host.transport(coop)))


@post("/follow", sync_to_thread=True, status_code=200, summary="跟账 Follow K(i)")
def follow_now(coop: FromPath[str], host: HostIn) -> Count:
    """Follow what was pulled and is due."""
    return Count(acts=follow(host.node(coop)))


@post("/sync", sync_to_thread=True, status_code=200, summary="收发 Send and receive")
def sync_now(coop: FromPath[str], host: HostIn) -> api.Synchronised:
    """Deliver, pull and follow."""
    return api.synchronise(host.node(coop), host.transport(coop))


def strict(body: bytes, kind: type[_T]) -> _T:
    """The body as its type, no number taken for text nor text for a number.

    ``data`` beside it is what OpenAPI shows; the framework would turn "1" into 1. Raises
    msgspec.DecodeError, ValidationError.
    """
    return decode(body, kind)


def act_route(process: str, name: str, facts: type[Facts]) -> HTTPRouteHandler:
    """The route of one act: ``POST /acts/{process}/{act}`` with its typed body."""
    words = "".join(part.title() for part in f"{process}_{name}".split("_"))
    asked = msgspec.defstruct(
        f"{words}Request",
        [
            ("id", Plain),
            ("case", Plain),
            ("actor", Actor),
            ("facts", facts),
            ("value_date", date | None, None),
        ],
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )

    def perform_act(
        coop: FromPath[str],
        data: Any,  # noqa: ARG001 - told to OpenAPI
        body: RawBody,
        host: HostIn,
    ) -> api.ActDone:
        command = _command(coop, process, name, strict(body, asked))
        return api.done(acting.act(host.node(coop), command))

    perform_act.__annotations__["data"] = JSONBody[asked]  # type: ignore[misc,valid-type]
    perform_act.__name__ = f"{process}_{name}"
    perform_act.__doc__ = facts.__doc__
    route: Callable[..., HTTPRouteHandler] = post(
        f"/acts/{process}/{name}",
        sync_to_thread=True,
        status_code=200,
        operation_id=words,
        tags=[process],
    )
    return route(perform_act)


def _command(coop: str, process: str, name: str, data: Any) -> Command:
    return Command(
        id=data.id,
        process=process,
        case=data.case,
        act=name,
        actor=data.actor,
        facts=msgspec.to_builtins(data.facts),
        parties={"coop": coop},
        value_date=data.value_date,
    )


def router() -> Router:
    """Every route of the door, under the token guard."""
    acts = [act_route(*key, facts) for key, facts in api.human_acts().items()]
    steps = [
        node_state, key_card, all_cases, pool_now, keep_person, close_days, deliver_now, pull_now,
        follow_now, sync_now,
    ]  # fmt: skip
    return Router(
        PATH,
        route_handlers=[*steps, *acts],
        guards=[token_guard],
        exception_handlers={Exception: as_json},
    )
