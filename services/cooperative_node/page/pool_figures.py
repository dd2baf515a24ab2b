"""What the pool page shows beside its figures: guarantees, claims, packages, what is to be said.

Read models of the pool's pages and papers, from the village's cases and its copy of the county's.
Reads only. Amounts are fen.
"""

from datetime import date

import msgspec
import sqlalchemy as sa

from contracts.facts.guarantees import BankLoanApply
from journal import store
from journal.registry import registry
from kernel import pool
from kernel.cases import Case
from kernel.claims import MET, owed_to_bank
from kernel.pool_agreement import AGREED
from kernel.rules_application import application_of
from services.cooperative_node.page import queries
from services.cooperative_node.page.visit import Visit
from services.cooperative_node.page.words import matches
from services.cooperative_node.pool_state import PoolState, agreement_of

COUNCIL, MEETING = "council@node", "meeting@node"
_WIDTH = 1000


class Gauge(msgspec.Struct, frozen=True, kw_only=True):
    """The line as a picture: where running, reserved and free end, in thousandths of its width."""

    used: int
    reserved: int
    line: int

    @property
    def known(self) -> bool:
        """Whether there is anything to draw."""
        return self.line > 0 or self.reserved > 0


class BankLoan(msgspec.Struct, frozen=True, kw_only=True):
    """An application for a guaranteed bank loan and the guarantee that came of it, if any.

    ``running`` and ``reserved`` are what of the line it uses now, ``paid_for`` what guarantors
    paid the bank and the borrower owes them (907).
    """

    case: Case
    name: str
    told: BankLoanApply
    guarantee: Case | None
    claim: Case | None
    running: int
    reserved: int
    paid_for: int

    def overdue(self, today: str) -> int:
        """Days since the bank reported arrears; 0 for none."""
        arrears = (self.guarantee.terms.get("arrears") or {}) if self.guarantee else {}
        since = str(arrears.get("since") or "")
        return (date.fromisoformat(today) - date.fromisoformat(since)).days if since else 0


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the village may say now on a county case: which act, by whom, under what terms.

    ``roster`` are the persons who vote, empty for a meeting that speaks by its minutes.
    """

    case: Case
    act: str
    role: str
    digest: str = ""
    roster: tuple[str, ...] = ()
    money: bool = False


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A claim (代偿) on the village's pool, its borrower, and what is owed of it (N 11304)."""

    case: Case
    name: str
    owed: int

    @property
    def to_bank(self) -> int:
        """What the bank is still owed, as far as it told (P6.6); 0 before the pool has paid."""
        return owed_to_bank(self.case, 0) if self.case.state in MET else 0

    @property
    def paid(self) -> int:
        """What left the pool, or will: every layer (fen); 0 before acceptance."""
        terms = self.case.terms
        if "own_deposit" not in terms:
            return 0
        own = sum(int(terms[name]) for name in ("own_deposit", "stake", "match"))
        return own + sum(int(part) for part in terms["others"].values())


def gauge(state: PoolState) -> Gauge:
    """The picture of a line; used beyond the line it is drawn to what is used."""
    whole = max(state.line, state.used + state.reserved, 1)
    return Gauge(
        used=state.used * _WIDTH // whole,
        reserved=(state.used + state.reserved) * _WIDTH // whole,
        line=state.line * _WIDTH // whole,
    )


def bank_loans(
    conn: sa.Connection, visit: Visit, *, member: str = "", query: str = ""
) -> list[BankLoan]:
    """Applications in id order, of one member if named, found by number, name or pinyin."""
    used = store.rows(conn, visit.node.custody, ["904", "9041"])
    paid_for = store.rows(conn, visit.node.book, ["907"])["907"]
    rows = []
    for case in queries.of_process(conn, visit.node.book, "bank_loan"):
        name = visit.person(str(case.terms["person"]))
        if member and case.terms["member"] != member:
            continue
        if query and not matches(query, {"name": name, "case": case.id}):
            continue
        line = guarantee_of(conn, case.id)
        rows.append(
            BankLoan(
                case=case,
                name=name,
                told=application_of(case),
                guarantee=line,
                claim=claim_of(conn, line.id) if line else None,
                running=used["904"].get(line.id, 0) if line else 0,
                reserved=used["9041"].get(line.id, 0) if line else 0,
                paid_for=paid_for.get(line.id, 0) if line else 0,
            )
        )
    return rows


def waiting(conn: sa.Connection, visit: Visit) -> list[BankLoan]:
    """Applications on which the village still has something to do."""
    asked = ("applied", "endorsed", "approved", "noticed", "objected")
    return [row for row in bank_loans(conn, visit) if row.case.state in asked]


def due(conn: sa.Connection, visit: Visit) -> list[BankLoan]:
    """Guaranteed loans in arrears at the bank or due there by the end of this month."""
    month = visit.today[:7]
    found = [
        row
        for row in bank_loans(conn, visit)
        if row.running
        and row.guarantee is not None
        and (row.overdue(visit.today) or str(row.guarantee.terms.get("due_on", "9"))[:7] <= month)
    ]
    return sorted(found, key=lambda row: (-row.overdue(visit.today), row.case.id))


def guarantee_of(conn: sa.Connection, application: str) -> Case | None:
    """What the county made of an application: the live line, else the newest that was."""
    found = _county(conn).linked("guarantee", "application", application)
    live = [case for case in found if case.state in pool.LIVE]
    return max(live or found, key=lambda one: str(one.opened), default=None)


def claim_of(conn: sa.Connection, guarantee: str) -> Case | None:
    """The newest claim under a guarantee."""
    found = _county(conn).linked("claim", "guarantee", guarantee)
    return max(found, key=lambda one: str(one.opened), default=None)


def claims(conn: sa.Connection, visit: Visit) -> list[Claim]:
    """Every claim on this village's pool, newest first, with what is still owed of it."""
    owed = store.rows(conn, visit.node.book, ["11304"])["11304"]
    members = {one.id: one for one in queries.of_process(conn, visit.node.book, "member")}
    found = _county(conn).all("claim", visit.node.cooperative)
    return [
        Claim(case=case, name=_name(visit, members, case), owed=owed.get(case.id, 0))
        for case in sorted(found, key=lambda one: str(one.opened), reverse=True)
    ]


def of_county(conn: sa.Connection, visit: Visit, process: str) -> list[Case]:
    """Every county case of a process that this village is a party of, newest first."""
    found = _county(conn).all(process, visit.node.cooperative)
    return sorted(found, key=lambda one: (str(one.opened), one.id), reverse=True)


def lines_of(conn: sa.Connection, package: Case) -> list[Case]:
    """The guarantees of a package in line order."""
    found = _county(conn).some([str(one) for one in package.terms["lines"]])
    return [found[str(one)] for one in package.terms["lines"] if str(one) in found]


def said_on(conn: sa.Connection, visit: Visit, case: str) -> list[Case]:
    """What this village has said about a county case, oldest first."""
    voices = queries.of_process(conn, visit.node.book, "voice")
    return [voice for voice in voices if voice.terms.get("for") == case]


def sayings(conn: sa.Connection, visit: Visit) -> list[Saying]:
    """Everything the village may say about its pool now: what waits for it first.

    A signature is offered until its people have spoken under these very terms; a wish to stake or
    to get stake back may be said at any time, by the member meeting.
    """
    found: list[Saying] = []
    for case in of_county(conn, visit, "agreement"):
        if case.state == "proposed":
            digest = str(case.terms["digest"])
            found += _signing(conn, visit, case, "sign", MEETING, digest)
            found += _signing(conn, visit, case, "sign", COUNCIL, digest)
        if case.state == "open" and (offer := case.terms.get("offer")):
            found += _signing(conn, visit, case, "amend", COUNCIL, str(offer["digest"]))
    for case in of_county(conn, visit, "package"):
        if case.state == "drafting":
            found += _signing(conn, visit, case, "sign", COUNCIL, str(case.terms["digest"]))
    agreement = agreement_of(conn, visit.node)
    if agreement is not None and agreement.terms["variant"] == pool.V2:
        if agreement.state == "open":
            found.append(Saying(case=agreement, act="stake", role=MEETING, money=True))
        if agreement.state in AGREED:
            found.append(Saying(case=agreement, act="release", role=MEETING, money=True))
    return found


def to_be_signed(conn: sa.Connection, visit: Visit) -> list[Saying]:
    """What waits for a signature of meeting or council: agreement, new version, package."""
    return [one for one in sayings(conn, visit) if one.act in ("sign", "amend")]


def _signing(
    conn: sa.Connection, visit: Visit, case: Case, act: str, role: str, digest: str
) -> list[Saying]:
    """A signature with its refusal beside it, or nothing when these people have spoken."""
    mine = [
        voice
        for voice in said_on(conn, visit, case.id)
        if voice.hands and voice.hands[0].role == role and voice.terms.get("terms") == digest
    ]
    if any(voice.terms["act"] == "decline" for voice in mine):
        return []
    roster = council(conn, visit) if role == COUNCIL else ()
    votes: dict[str, str] = {}
    for voice in mine:
        votes |= voice.terms.get("votes") or {}
    left = tuple(one for one in roster if one not in votes)
    if role == MEETING and mine:
        return []
    if role == COUNCIL and (not left or _carried(votes, len(roster))):
        return []
    no = "decline" if case.state in ("proposed", "drafting") and not mine else ""
    acts = (act, no) if no else (act,)
    return [Saying(case=case, act=one, role=role, digest=digest, roster=left) for one in acts]


def _carried(votes: dict[str, str], council_size: int) -> bool:
    """Whether more than half of the council that did not abstain has said yes already."""
    given = list(votes.values())
    return given.count("yes") * 2 > council_size - given.count("abstain")


def council(conn: sa.Connection, visit: Visit) -> tuple[str, ...]:
    """The persons who are the council today."""
    lookup = store.DatabaseLookup(conn, visit.node.book)
    empty = Case(id="", process="voice", version=1, home="node")
    parties = {"coop": visit.node.cooperative}
    return tuple(registry().roster(COUNCIL, empty, parties, lookup) or ())


def _county(conn: sa.Connection) -> store.DatabaseLookup:
    return store.DatabaseLookup(conn, store.COUNTY_SCOPE)


def _name(visit: Visit, members: dict[str, Case], case: Case) -> str:
    member = members.get(str(case.terms.get("member", "")))
    return visit.person(str(member.terms["person"])) if member else str(case.terms.get("member"))
