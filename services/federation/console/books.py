"""From a figure to its vouchers, from a voucher to its act, from an act to its case.

An act is shown with its facts, its signatures, its digest and the check of the chain there; an
act of a village also with the batch it came in and the node's key. Read only.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from contracts.ids import cooperative_of, kind_of, node_book
from contracts.ledger import Act
from journal import store
from journal.read import Entry
from kernel.cases import HANDS, Case, Hand
from kernel.processes import SYSTEM
from services.federation.cases import intercoop, registers
from services.federation.console import acting, deeds, page, receipts, words
from services.federation.console.desk import AT, Visitor
from services.federation.console.lists import CODE, FEN, SHOWN, Cell, Column, Listing
from services.federation.console.queries import books, naming, villages
from services.federation.console.queries.naming import Names
from services.federation.console.words import Pair

SIGN, VOTES, COOP = "sign", "votes", "coop"
HIDDEN = ("_due", "_full", HANDS, "names")
"""Names the fold keeps for itself; what they say is shown in words elsewhere."""
FIRST = (
    "lender", "borrower", "member", "household", "person", "post", "amount", "rate_ppm",
    "term_months", "purpose", "project", "poor", "wealthy", "group", "group_member", "funding",
    "kind", "for", "claim", "bank", "line",
    "approved_on", "contracted_on", "paid_on", "funded_on", "due_on",
    "suspended_for", "written_off_on", "written_off", "fee_written_off", "waived_on", "waived",
    "fee_waived",
    "outstanding", "fee_paid", "slices", "elected_on", "until", "nets", "items", "grades",
    "own_fund", "reason",
)  # fmt: skip
"""Terms a reader looks for, in the order he asks for them; a case page folds the others away."""
BY_COOPERATIVE = frozenset({"own_fund", "grades", "nets"})
"""Facts that are a table of cooperatives."""


@get("/books/{book:str}/accounts/{account:str}", sync_to_thread=True)
def ledger(
    visitor: NamedDependency[Visitor], book: FromPath[str], account: FromPath[str]
) -> Response[Any]:
    """Every movement of an account with the balance after it, newest first."""
    asked = visitor.request.query_params
    key = asked.get("key")
    limit = None if asked.get("as") else SHOWN
    with visitor.reading() as conn:
        _book(visitor, conn, book)
        if account not in visitor.desk.county.world.registry.chart[kind_of(book)]:
            raise NotFoundException
        count, entries = books.ledger(conn, book, account, key, limit)
        labels = villages.labels(conn, visitor.scope)
        organs = visitor.organs(conn, {COOP: cooperative_of(book)})
        head = villages.county_head(conn)
    name = words.account(book, account)
    return page.show_list(
        visitor,
        "ledger.html",
        ledger_list(book, account, name, entries),
        book=book,
        book_name=words.book_name(book, labels.get(cooperative_of(book))),
        cooperative=cooperative_of(book),
        account=account,
        account_name=name,
        key=key,
        count=count,
        balance=entries[0].balance_fen if entries else 0,
        organs=organs,
        head=head,
    )


@get("/books/{book:str}/acts/{seq:int}", sync_to_thread=True)
def one_act(
    visitor: NamedDependency[Visitor], book: FromPath[str], seq: FromPath[int]
) -> Response[Any]:
    """One act wholly: what it says, who decided, what moved, and what proves it."""
    with visitor.reading() as conn:
        _book(visitor, conn, book)
        opened = books.one_act(conn, book, seq)
        if opened is None:
            raise NotFoundException
        act = opened.act
        scope = node_book(cooperative_of(book)) if kind_of(book) == "N" else store.COUNTY_SCOPE
        case = store.load(conn, scope, act.case)
        delivered = books.batches(conn, book, seq) if kind_of(book) == "N" else []
        names = _names(conn, visitor, [cooperative_of(book), *act.parties.values()])
        organs = visitor.organs(conn, act.parties or {COOP: cooperative_of(book)})
        head = villages.county_head(conn)
        seen = case is not None and (
            scope != store.COUNTY_SCOPE or acting.sees(conn, visitor, case)
        )
    return page.show_page(
        visitor,
        "act.html",
        act=act,
        opened=opened,
        case=case if seen else None,
        scope=scope,
        hands=hands_of(act),
        deciders=deciders(act),
        facts=facts_of(visitor, act.facts, names),
        terms=facts_of(
            visitor, {k: v for k, v in act.terms.items() if act.facts.get(k) != v}, names
        ),
        movements=[
            (movement, words.account(book, movement.debit), words.account(book, movement.credit))
            for movement in act.movements
        ],
        batch=delivered[0] if delivered else None,
        names=names,
        organs=organs,
        book=book,
        book_name=words.book_name(book, names.get(cooperative_of(book))),
        cooperative=cooperative_of(book),
        head=head,
    )


@get("/cases/{home:str}/{case_id:path}", sync_to_thread=True)
def one_case(
    visitor: NamedDependency[Visitor], home: FromPath[str], case_id: FromPath[str]
) -> Response[Any]:
    """One case on its way: its terms, where it stands, at whose desk, and every act."""
    name = case_id.removeprefix("/")
    with visitor.reading() as conn:
        if home == store.COUNTY_SCOPE:
            case = acting.seen_case(conn, visitor, "", name)
            waits_for = _signed_now(visitor, case)
            desks = acting.tallies(conn, visitor, case, waits_for) if waits_for else []
        else:
            _book(visitor, conn, home)
            found = store.load(conn, home, name) if kind_of(home) == "N" else None
            if found is None:
                raise NotFoundException
            case, desks = found, []
        history = books.history(conn, case)
        names = _names(conn, visitor, [cooperative_of(home), *case.parties.values()])
        organs = visitor.organs(conn, case.parties or {COOP: cooperative_of(home)})
        labels = villages.labels(conn, visitor.scope)
        head = villages.county_head(conn)
        gone = receipts.open_line(conn, case) if home == store.COUNTY_SCOPE else ""
        unidentified = receipts.unidentified(conn, case) if home == store.COUNTY_SCOPE else ""
        offered = (
            deeds.offered(conn, visitor, case, names)
            if case.process in deeds.ON_ITS_OWN_PAGE
            else []
        )
    process = visitor.desk.county.world.registry.table[case.process]
    terms = facts_of(visitor, case.terms, names)
    return page.show_page(
        visitor,
        "case.html",
        case=case,
        scope=home,
        ended=process.ended(case.state),
        next_acts=process.offered(case.state),
        desks=desks,
        offered=offered,
        signatures=signatures_of(case),
        history=[(act, facts_of(visitor, act.facts, names)) for act in history],
        terms=[(name, value) for name, value in terms if name in FIRST],
        more_terms=[(name, value) for name, value in terms if name not in FIRST],
        digest=acting.terms_digest(case) if home == store.COUNTY_SCOPE else "",
        names=names,
        organs=organs,
        deciders=deciders,
        unidentified=unidentified,
        gone=gone,
        labels=labels,
        head=head,
    )


def ledger_list(book: str, account: str, name: Pair, entries: list[Entry]) -> Listing:
    """Movements as an account sees them; each opens its act."""
    return Listing(
        name=f"ledger-{book}-{account}",
        title=(f"{book} {account} {name[0]}", f"{book} {account} {name[1]}"),
        columns=(
            Column(zh="序号", en="Seq", kind=CODE),
            Column(zh="业务日", en="Business date"),
            Column(zh="起息日", en="Value date"),
            Column(zh="案件", en="Case", kind=CODE),
            Column(zh="动作", en="Act"),
            Column(zh="对方科目", en="Other account"),
            Column(zh="明细", en="Key", kind=CODE),
            Column(zh="资金性质", en="Funding"),
            Column(zh="增减", en="Change", kind=FEN),
            Column(zh="余额", en="Balance", kind=FEN),
        ),
        rows=tuple(
            (
                Cell(value=str(entry.act.seq), href=f"{AT}/books/{book}/acts/{entry.act.seq}"),
                Cell(value=entry.act.business_date.isoformat()),
                Cell(value=entry.act.value_date.isoformat()),
                Cell(value=entry.act.case),
                Cell(value=words.word("acts", entry.act.act)),
                Cell(
                    value=tuple(f"{entry.other} {one}" for one in words.account(book, entry.other))
                ),
                Cell(value=entry.key or None),
                Cell(value=words.funding(entry.funding)),
                Cell(value=entry.change_fen, tone="bad" if entry.change_fen < 0 else ""),
                Cell(value=entry.balance_fen),
            )
            for entry in entries
        ),
        empty=("这个科目没有分录。", "This account has no movement."),
    )


def hands_of(act: Act) -> tuple[Hand, ...]:
    """Who signed or decided by this act, as the book keeps it."""
    return msgspec.convert(act.terms.get(HANDS, ()), tuple[Hand, ...])


def signatures_of(case: Case) -> list[tuple[str, list[Hand]]]:
    """Role → whoever signed in it, in the order they signed; also once the case has gone on."""
    signed: dict[str, list[Hand]] = {}
    for hand in case.hands:
        if hand.act == SIGN:
            signed.setdefault(hand.role, []).append(hand)
    return list(signed.items())


def facts_of(visitor: Visitor, facts: Mapping[str, Any], names: Names) -> list[tuple[str, Any]]:
    """Facts worth showing, the looked-for first; of other villages' figures none."""
    order = {name: place for place, name in enumerate(FIRST)}
    ordered = sorted(facts, key=lambda name: (order.get(name, len(order)), name))
    shown = {name: facts[name] for name in ordered if name not in HIDDEN}
    if not visitor.county_wide:
        for name in BY_COOPERATIVE & shown.keys():
            told = shown[name]
            shown[name] = {one: told[one] for one in told if one in names}
    return list(shown.items())


def deciders(act: Act) -> list[tuple[str, str]]:
    """The persons who decided an act, each with his vote ("" where nothing was voted on)."""
    if act.actor.role.startswith(SYSTEM):
        return []
    votes = act.facts.get(VOTES, {})
    told = votes if isinstance(votes, dict) and votes else dict.fromkeys(act.actor.persons, "")
    return [(str(person), str(vote)) for person, vote in told.items()] or [(act.actor.operator, "")]


def _signed_now(visitor: Visitor, case: Case) -> str:
    """The act whose signatures the case waits for; "" where it waits for none."""
    process = visitor.desk.county.world.registry.table[case.process]
    if any(row.act == SIGN for row in process.offered(case.state)):
        return SIGN
    return next(iter(intercoop.begun(case)), "") if case.process == intercoop.PROCESS else ""


def _names(conn: Any, visitor: Visitor, about: Iterable[str]) -> dict[str, Pair]:
    """Names, with those of the people of the villages this is about that the visitor sees."""
    mine = villages.labels(conn, visitor.scope)
    banks = {one: (name, name) for one, name in registers.bank_names(conn).items()}
    return banks | naming.names(conn, visitor.scope, sorted(set(about) & mine.keys()))


def _book(visitor: Visitor, conn: Any, book: str) -> None:
    """A book the visitor may open. Raises NotFoundException, whyever not."""
    if not acting.sees_book(conn, visitor, book) or not books.is_book(conn, book):
        raise NotFoundException
