"""Guarantee packages (P6.3, P6.4): lines reserved, approved as one, sent, answered line by line.

Called by the console, the bank portal, the pool's sweep and by intake for a council's voice. A
package that comes to nothing releases its lines in the same transaction. Rules decide; what the
bank receives is rendered elsewhere from ``services.federation.packages``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.codec import decode, digest, encode
from contracts.facts.guarantees import PackageRendered
from contracts.ids import custody_book, node_book
from contracts.ledger import Act, Actor
from contracts.rejections import Rejection, RejectionCode
from journal import heads as journal_heads
from journal import store
from journal.perform import Performed, World
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.cases import registers
from services.federation.cases.actors import COUNTY, PACKAGES
from services.federation.cases.county_acts import act_on
from services.federation.cases.voices import COUNCIL, allow, heard

PROCESS, LINE = "package", "guarantee"
RENDER, SEND = "package.render", "package.send"
"""Wire names of the two effects by which an approved package leaves."""
OPEN_LINES = ("reserved", "sent", "conditioned")
SIGNED = ("agreement", "application", "person", "amount", "term_months", "purpose", "version")
"""What of a line its signers sign; one fen changed is another package (I14)."""


class LinesRefused(Exception):
    """A borrower list with every refusal at once: application → why."""

    def __init__(self, refusals: Mapping[str, Rejection]) -> None:
        super().__init__(", ".join(f"{name}: {one.code}" for name, one in refusals.items()))
        self.refusals = dict(refusals)


def cleared(conn: sa.Connection, cooperative: str) -> list[Case]:
    """Applications of a village that went through its procedure and are in no live guarantee."""
    found = store.in_states(conn, node_book(cooperative), "bank_loan", ("cleared",))
    lookup = store.DatabaseLookup(conn, store.COUNTY_SCOPE)
    return [
        one
        for one in found
        if all(
            case.state in ("released", "refused")
            for case in lookup.linked(LINE, "application", one.id)
        )
    ]


def draft(
    conn: sa.Connection, world: World, agreement: Case, applications: Sequence[str], name: str,
    actor: Actor,
) -> Performed:  # fmt: skip
    """Reserve head-room for every application and draft the package, or nothing at all.

    Raises LinesRefused with the refusal of each line, Rejected for the package itself.
    """
    cooperative = agreement.parties["coop"]
    grade = registers.find_cooperative(conn, cooperative).grade
    refusals: dict[str, Rejection] = {}
    lines: list[Case] = []
    relatives: set[str] = set()
    with conn.begin_nested():
        for number, application in enumerate(applications, 1):
            try:
                with conn.begin_nested():
                    line = _reserve(conn, world, agreement, application, name, number, grade, actor)
            except Rejected as refusal:
                refusals[application] = refusal.as_struct()
                continue
            lines.append(line)
            asked = store.load(conn, node_book(cooperative), application)
            relatives |= set(asked.terms.get("relatives", ())) if asked else set()
        if refusals:
            raise LinesRefused(refusals)
        facts = {
            "agreement": agreement.id,
            "bank": agreement.terms["bank"],
            "version": agreement.terms["version"],
            "lines": [line.id for line in lines],
            "amount": sum(int(line.terms["amount"]) for line in lines),
            "digest": lines_digest(agreement, lines),
            "relatives": sorted(relatives),
        }
        return act_on(conn, world, PROCESS, name, "draft", actor, facts, parties=agreement.parties)


def _reserve(
    conn: sa.Connection, world: World, agreement: Case, application: str, package: str,
    number: int, grade: str, actor: Actor,
) -> Case:  # fmt: skip
    case = f"guarantee-{package.removeprefix('package-')}-{number:04d}"
    facts = {
        "agreement": agreement.id, "application": application, "package": package,
        "line": number, "grade": grade,
    }  # fmt: skip
    return act_on(
        conn, world, LINE, case, "reserve", actor, facts,
        act_id=f"{case}/reserve", parties=agreement.parties,
    ).case  # fmt: skip


def lines_of(conn: sa.Connection, package: str) -> list[Case]:
    """The lines of a package, in line order."""
    found = store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked(LINE, "package", package)
    return sorted(found, key=lambda line: int(line.terms["line"]))


def line_of(conn: sa.Connection, package: str, line: str) -> Case:
    """One line of a package by case id or line number; raises LINE_UNKNOWN."""
    for one in lines_of(conn, package):
        if line in (one.id, str(one.terms["line"])):
            return one
    raise Rejected(RejectionCode.LINE_UNKNOWN, line=line)


def lines_digest(agreement: Case, lines: Sequence[Case]) -> str:
    """Hex digest of the agreement's version and every line's terms: what signers sign."""
    said = [
        {**{name: line.terms.get(name, line.terms["pinned"].get(name)) for name in SIGNED},
         "case": line.id}
        for line in lines
    ]  # fmt: skip
    return digest("terms.package", encode([agreement.terms["digest"], said])).hex()


def sign(
    conn: sa.Connection, world: World, case: Case, actor: Actor, *, terms: str, act_id: str,
    facts: Mapping[str, Any] | None = None,
) -> Performed:  # fmt: skip
    """Approve a package under the digest shown. Raises SIGNED_OTHER_TERMS."""
    if terms != case.terms["digest"]:
        raise Rejected(RejectionCode.SIGNED_OTHER_TERMS)
    return act_on(conn, world, PROCESS, case.id, "sign", actor, facts, act_id=act_id)


def drop(
    conn: sa.Connection, world: World, case: Case, act: str, actor: Actor, reason: str
) -> Performed:
    """Decline or withdraw a package; its lines are released with it."""
    done = act_on(conn, world, PROCESS, case.id, act, actor, {"reason": reason})
    release_lines(conn, world, done.case, act)
    return done


def release_lines(conn: sa.Connection, world: World, package: Case, reason: str) -> list[str]:
    """Give back the head-room of every line the bank has not accepted; which lines they were."""
    released = []
    for line in lines_of(conn, package.id):
        if line.state in OPEN_LINES:
            line_act(conn, world, line, "release", PACKAGES, {"reason": reason})
            released.append(line.id)
    return released


def send(conn: sa.Connection, world: World, case: Case, manifest: str, file: str) -> Performed:
    """The signed set leaves: package and every line stand under its manifest's digest (hex)."""
    facts = {"manifest": manifest, "file": file}
    done = act_on(conn, world, PROCESS, case.id, "send", PACKAGES, facts)
    for line in lines_of(conn, case.id):
        if line.state == "reserved":
            line_act(conn, world, line, "send", PACKAGES, {"manifest": manifest})
    return done


def rendered(conn: sa.Connection, world: World, case: Case, made: PackageRendered) -> Performed:
    """The signed set was made and kept: who was opened for it is counted in the book."""
    facts = msgspec.to_builtins(made)
    return act_on(
        conn, world, PROCESS, case.id, "render", PACKAGES, facts,
        act_id=f"{case.id}/render/{case.step + 1}",
    )  # fmt: skip


def rendering(conn: sa.Connection, case: Case) -> PackageRendered | None:
    """The set of an approved package that may leave today, if one was made today."""
    if case.process != PROCESS or case.state != "approved":
        return None
    custody = custody_book(case.parties["coop"])
    today = journal_heads.read(conn, custody).today
    for book, _, body in reversed(store.history(conn, case)):
        act = decode(body, Act)
        if book == custody and act.act == "render":
            made = msgspec.convert(act.facts, PackageRendered)
            return made if made.issued_on == today else None
    return None


def effect(conn: sa.Connection, case: Case) -> str:
    """What the outside still has to be done for this case: name of an activity, or ""."""
    if case.process != PROCESS or case.state != "approved":
        return ""
    return RENDER if rendering(conn, case) is None else SEND


def receive(
    conn: sa.Connection, world: World, case: Case, bank: str, actor: Actor, *, file: str,
    verified: bool,
) -> Performed:  # fmt: skip
    """The bank has the set and says whether every proof held.

    Raises NOT_YOUR_BANK, DOCUMENT_CHANGED when it holds another file than was sent.
    """
    _banks(case, bank)
    if file != case.terms.get("file"):
        raise Rejected(RejectionCode.DOCUMENT_CHANGED, paper="guarantee-package.zip")
    facts = {"bank": bank, "file": file, "verified": verified}
    return act_on(
        conn, world, PROCESS, case.id, "receive", actor, facts,
        act_id=f"{case.id}/receive/{case.step + 1}",
    )  # fmt: skip


def answer(
    conn: sa.Connection, world: World, package: Case, line: str, act: str, bank: str,
    actor: Actor, reason: str = "",
) -> Performed:  # fmt: skip
    """The bank's answer to one line: accept, condition or refuse; then the package may close.

    Raises NOT_YOUR_BANK, LINE_UNKNOWN, ACT_NOT_ALLOWED_NOW, FACTS_INVALID without a reason.
    """
    _banks(package, bank)
    if act not in ("accept", "condition", "refuse"):
        raise Rejected(RejectionCode.FACTS_INVALID, where="answer", problem=act)
    if act != "accept" and not reason:
        raise Rejected(RejectionCode.FACTS_INVALID, where="reason", problem="missing")
    facts = {"bank": bank, "reason": reason} if reason else {"bank": bank}
    done = line_act(conn, world, line_of(conn, package.id, line), act, actor, facts)
    close_answered(conn, world, package.id)
    return done


def close_answered(conn: sa.Connection, world: World, package: str) -> bool:
    """Close a package whose every line has an answer."""
    case = store.load(conn, store.COUNTY_SCOPE, package)
    if case is None or case.state != "sent":
        return False
    if any(line.state in OPEN_LINES for line in lines_of(conn, package)):
        return False
    act_on(conn, world, PROCESS, package, "close", COUNTY)
    return True


def line_act(
    conn: sa.Connection, world: World, line: Case, act: str, actor: Actor, facts: Mapping[str, Any],
    *, act_id: str = "",
) -> Performed:  # fmt: skip
    """One act of a line; its id is the line's next step, so a repeated wish is a new act."""
    act_id = act_id or f"{line.id}/{act}/{line.step + 1}"
    return act_on(conn, world, LINE, line.id, act, actor, facts, act_id=act_id)


def said(conn: sa.Connection, world: World, act: Act) -> Performed:
    """Take in what a council said on its package: signed or declined.

    Raises Rejected UNKNOWN_CASE, ROLE_NOT_ALLOWED, SIGNED_OTHER_TERMS.
    """
    voice = heard(conn, act)
    allow(act, (COUNCIL,))
    if voice.act == "decline":
        reason = str(act.facts.get("minutes", ""))
        return drop(conn, world, voice.case, "decline", act.actor, reason)
    told = {"votes": act.facts.get("votes", {}), "said": voice.id}
    terms = str(act.facts.get("terms", ""))
    return sign(conn, world, voice.case, voice.actor, terms=terms, act_id=voice.id, facts=told)


def _banks(case: Case, bank: str) -> None:
    if case.terms["bank"] != bank:
        raise Rejected(RejectionCode.NOT_YOUR_BANK, bank=bank, case=case.id)
