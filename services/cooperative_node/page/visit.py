"""A visit: who asks for a page, of which village, in which language; the door every page has.

Provided to every page route. Without a session there is no visit but the way to the sign-in;
every form carries the session's own token and comes from the page's own origin.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa
from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath

from contracts.persons import Person
from contracts.rejections import Rejection
from journal import heads as journal_heads
from journal import store
from journal.engine import reading
from kernel.cases import Case
from kernel.loans import contract_number
from kernel.organs import organs_of
from services.cooperative_node import people, queries
from services.cooperative_node.host import Host
from services.cooperative_node.page import sign_ins
from services.cooperative_node.page.words import LANGUAGES, ZH, Words
from services.cooperative_node.world import Node, policy_of

HostIn = NamedDependency[Host]
"""The host, as every route is handed it."""
_PERSON = re.compile(r"p-[0-9a-f]{16}")
_CASE = re.compile(r"\b(?:member|loan|bank_loan|group)-[a-z0-9][a-z0-9_-]*")
_NEVER_SHOWN_AGAIN = ("csrf", "act_id", "pin", "own_pin")
LANGUAGE_COOKIE = "lianhe-language"
CASHIER = "cashier@node"
SUPERVISOR = "supervisor@node"
SUPERVISORS = ("supervisor_head", "supervisor")


class SignInNeeded(Exception):
    """Nobody is signed in; ``cooperative`` says at whose door."""

    def __init__(self, cooperative: str) -> None:
        super().__init__(cooperative)
        self.cooperative = cooperative


class FormRefused(Exception):
    """A form that does not come from a page of this session."""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """What every page knows of its visitor. ``posts`` are the visitor's own.

    ``day`` is the ISO date a figure is asked for by ``?day=``: the open day without a true one.
    ``unsent`` acts are not held by the county, which has heard through ``held_seq``.
    ``typed`` is what the form of this visit said, for the page that refuses it to show again.
    """

    host: Host
    node: Node
    name: str
    session: sign_ins.Session
    words: Words
    people: dict[str, Person]
    posts: tuple[str, ...]
    any_accountant: bool
    today: str
    day: str
    trouble: str
    unsent: int
    held_seq: int
    typed: dict[str, list[str]] = msgspec.field(default_factory=dict)

    @property
    def base(self) -> str:
        """The address of the village's pages."""
        return f"/n/{self.node.cooperative}"

    @property
    def keeps_books(self) -> bool:
        """The accountant types what others decided; before one is elected, whoever set up."""
        return "accountant" in self.posts or not self.any_accountant

    def may_type(self, role: str) -> bool:
        """Whether the visitor may enter an act of this role (its persons decide, not he)."""
        if role == CASHIER or self.keeps_books:
            # A payment asks for the cashier's own PIN whoever opened the form.
            return True
        return role == SUPERVISOR and any(post in SUPERVISORS for post in self.posts)

    def tell(self, refusal: Rejection) -> str:
        """A refusal in the visitor's language, persons and their cases by name instead of id."""
        labelled = {
            name: self.words.label(value) if name in ("where", "what") else value
            for name, value in refusal.facts.items()
        }
        text = msgspec.structs.replace(refusal, facts=labelled).text(self.words.language)
        if _CASE.search(text):
            with reading(self.node.engine).connect() as conn:
                text = _CASE.sub(lambda found: self.called(conn, found[0]), text)
        return _PERSON.sub(lambda found: self.person(found[0]), text)

    def called(self, conn: sa.Connection, case: str) -> str:
        """What people call a case: a member by name, a loan by contract, a group by its members."""
        found = store.load(conn, self.node.book, case)
        if found is None:
            return case
        if found.process == "group":
            members = [store.load(conn, self.node.book, one) for one in found.terms["group_member"]]
            return "、".join(self.person(str(one.terms["person"])) for one in members if one)
        name = self.person(str(found.terms["person"]))
        return f"{name} {contract_number(found)}".strip() if found.process == "loan" else name

    def person(self, person: str) -> str:
        """A person's name, or the id of one whose record is gone."""
        found = self.people.get(person)
        return found.name if found else person


VisitIn = NamedDependency[Visit]
FormIn = NamedDependency[FormMultiDict]
"""The visit and the checked form, as page routes are handed them."""


def cookie_name(cooperative: str) -> str:
    """Each village's pages have a cookie of their own."""
    return f"lianhe-{cooperative}"


def provide_visit(request: Request[Any, Any, Any], coop: FromPath[str], host: HostIn) -> Visit:
    """The visit of a request. Raises SignInNeeded, UnknownNode."""
    node = host.node(coop)
    token = request.cookies.get(cookie_name(coop), "")
    with reading(node.engine).connect() as conn:
        session = sign_ins.read(conn, node.ports.now(), token)
        if session is None:
            raise SignInNeeded(coop)
        posts = store.in_states(conn, node.book, "post", ["held"])
        head = journal_heads.read(conn, node.book)
        policy, _ = policy_of(conn)
        heard = queries.read_sync(conn, coop)
        return Visit(
            host=host,
            node=node,
            name=queries.read_setting(conn, queries.NAME),
            session=session,
            words=Words(language_of(request), organs_of(policy)),
            people=people.everyone(conn, node),
            posts=_held_by(posts, session.person),
            any_accountant=any(post.terms["post"] == "accountant" for post in posts),
            today=head.open_date,
            day=_day_asked(request, head.open_date),
            trouble=heard.trouble,
            unsent=max(head.seq - heard.held_seq, 0),
            held_seq=heard.held_seq,
        )


async def provide_form(request: Request[Any, Any, Any], visit: VisitIn) -> FormMultiDict:
    """The fields of a form of this very session. Raises FormRefused."""
    form = await request.form()
    check_origin(request)
    if not sign_ins.same_token(str(form.get("csrf", "")), visit.session.csrf):
        raise FormRefused
    for name, value in form.multi_items():
        if isinstance(value, str) and name not in _NEVER_SHOWN_AGAIN:
            visit.typed.setdefault(name, []).append(value)
    return form


def check_origin(request: Request[Any, Any, Any]) -> None:
    """A browser says which site a form comes from; another site's is refused."""
    origin = request.headers.get("origin", "")
    if origin and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise FormRefused


def language_of(request: Request[Any, Any, Any]) -> str:
    """Chinese unless the visitor chose English."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, ZH)
    return chosen if chosen in LANGUAGES else ZH


def _day_asked(request: Request[Any, Any, Any], otherwise: str) -> str:
    try:
        return date.fromisoformat(request.query_params.get("day", "")).isoformat()
    except ValueError:
        return otherwise


def _held_by(posts: Sequence[Case], person: str) -> tuple[str, ...]:
    return tuple(str(post.terms["post"]) for post in posts if post.terms["person"] == person)
