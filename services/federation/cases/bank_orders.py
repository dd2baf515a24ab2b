"""Orders of a bank: its maker prepares, its checker releases exactly what was shown.

Called by the bank portal and its API. A release and the acts it means happen in one transaction,
under the checker's own hand; what a rule refuses is refused to the maker already, who tries it.
Lines of a package are answered all or none, every refusal told by line.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from contracts.bank import CellError
from contracts.ids import COUNTY_BOOK, custody_book
from contracts.ledger import Actor
from contracts.rejections import RejectionCode
from journal import heads as journal_heads
from journal import store
from journal.perform import Performed, World
from journal.tables import cases as cases_table
from kernel.cases import Case
from kernel.claims import PAPERS
from kernel.errors import Rejected
from kernel.rules_correction import terms_of_order
from services.federation.cases import bank_reports, claims, packages, papers
from services.federation.cases.county_acts import act_on

PROCESS = "bank_order"
PREPARED = "prepared"
ANSWERS, NOTICE, GUARANTORS, WITHDRAW, RECOVERY = (
    "answers", "notice", "guarantors", "withdraw", "recovery",
)  # fmt: skip
PURSUIT = ("cost", "method", "still_owed")
"""What a recovery tells beside its amount."""
_TRIAL = Actor(role="checker@bank", operator="p-trial", persons=("p-trial",))
"""The hand a maker's trial is signed with; nothing of a trial is ever kept."""


def prepare(
    conn: sa.Connection, world: World, kind: str, about: Case, content: Mapping[str, Any],
    actor: Actor,
) -> Case:  # fmt: skip
    """Prepare an order about a case of the bank; the same one waiting already is that one.

    Raises what its release would raise now: bank_reports.ReportRefused with every refused line,
    or Rejected.
    """
    bank = str(about.terms["bank"])
    _lock(conn, about)
    said = {"bank": bank, "kind": kind, "about": about.id, "content": dict(content)}
    found = store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked(PROCESS, "about", about.id)
    for one in found:
        if one.state == PREPARED and one.terms["digest"] == terms_of_order(said):
            return one
    trial = conn.begin_nested()
    try:
        _perform(conn, world, kind, about, content, _TRIAL)
    finally:
        trial.rollback()
    prefix = f"order-{bank}-"
    count = sa.select(sa.func.count()).select_from(cases_table).where(
        cases_table.c.scope == store.COUNTY_SCOPE,
        cases_table.c.id.startswith(prefix, autoescape=True),
    )  # fmt: skip
    name = f"{prefix}{(conn.scalar(count) or 0) + 1:05d}"
    return act_on(
        conn, world, PROCESS, name, "prepare", actor, said,
        act_id=f"{name}/prepare", parties={"county": ""},
    ).case  # fmt: skip


def release(conn: sa.Connection, world: World, order: Case, terms: str, actor: Actor) -> Performed:
    """Release an order under the digest shown and do what it says, or nothing.

    Raises SIGNED_OTHER_TERMS, SAME_PERSON, what the acts' own rules raise, and
    bank_reports.ReportRefused with every refused line.
    """
    about = store.load(conn, store.COUNTY_SCOPE, str(order.terms["about"]))
    if about is None:
        raise Rejected(RejectionCode.UNKNOWN_CASE, case=order.terms["about"])
    _lock(conn, about)
    facts = {"bank": order.terms["bank"], "terms": terms, "by": actor.operator}
    done = act_on(
        conn, world, PROCESS, order.id, "release", actor, facts,
        act_id=f"{order.id}/release",
    )  # fmt: skip
    if done.fresh:
        kind, content = str(order.terms["kind"]), order.terms["content"]
        _perform(conn, world, kind, about, content, actor)
    return done


def turn_back(
    conn: sa.Connection, world: World, order: Case, reason: str, actor: Actor
) -> Performed:
    """Give an order back with a reason; nothing of it is done."""
    facts = {"bank": order.terms["bank"], "reason": reason.strip()}
    return act_on(
        conn, world, PROCESS, order.id, "turn_back", actor, facts,
        act_id=f"{order.id}/turn_back",
    )  # fmt: skip


def _perform(
    conn: sa.Connection, world: World, kind: str, about: Case, content: Mapping[str, Any],
    actor: Actor,
) -> None:  # fmt: skip
    bank = str(about.terms["bank"])
    if kind == ANSWERS:
        _answer(conn, world, about, content["answers"], actor)
    elif kind == NOTICE:
        known = papers.names(conn, bank, list(content["papers"].values()))
        for name in PAPERS:
            told = content["papers"].get(name, "")
            if told and told not in known:
                raise Rejected(RejectionCode.DOCUMENT_CHANGED, paper=name)
        claims.notice(conn, world, about.id, {"bank": bank, **content}, actor)
    elif kind == RECOVERY:
        pursuit = {name: content[name] for name in PURSUIT if name in content}
        claims.recovered(conn, world, about, bank, int(content["amount"]), actor, pursuit)
    elif kind == GUARANTORS:
        claims.guarantors(conn, world, about, bank, int(content["amount"]), actor)
    else:
        facts = {"bank": bank, "reason": str(content.get("reason", ""))}
        claims.decide(conn, world, about, WITHDRAW, actor, facts)


def _answer(
    conn: sa.Connection, world: World, package: Case, answers: list[list[str]], actor: Actor
) -> None:
    """Answer lines of a package: ``[line, accept|condition|refuse, reason]``, all or none."""
    if not answers:
        raise Rejected(RejectionCode.FACTS_INVALID, where="answers", problem="none")
    lines = {line.id: line for line in packages.lines_of(conn, package.id)}
    bank, wrong, seen = str(package.terms["bank"]), [], dict[str, int]()
    for row, (name, act, reason) in enumerate(answers, 1):
        try:
            with conn.begin_nested():
                _sound(name, act, reason, lines, seen)
                facts = {"bank": bank} | ({"reason": reason} if reason else {})
                packages.line_act(conn, world, lines[name], act, actor, facts)
        except Rejected as refusal:
            wrong.append(_wrong(row, name, refusal))
        seen.setdefault(name, row)
    if wrong:
        raise bank_reports.ReportRefused(wrong)
    packages.close_answered(conn, world, package.id)


def _sound(
    name: str, act: str, reason: str, lines: Mapping[str, Case], seen: Mapping[str, int]
) -> None:
    """An answer names a line of the package once, and says why unless it accepts."""
    if name in seen:
        raise Rejected(RejectionCode.REPORT_ROW_TWICE, line=name, row=seen[name])
    if name not in lines:
        raise Rejected(RejectionCode.LINE_UNKNOWN, line=name[:80])
    if act != "accept" and not reason.strip():
        raise Rejected(RejectionCode.FACTS_INVALID, where="reason", problem="missing")


def _wrong(row: int, name: str, refusal: Rejected) -> CellError:
    told = refusal.as_struct()
    column = "reason" if told.facts.get("where") == "reason" else f"answer {name}"[:80]
    return CellError(
        row=row, column=column, code=told.code.value, zh=told.text("zh"), en=told.text("en")
    )


def _lock(conn: sa.Connection, about: Case) -> None:
    """Both books of what an order may do, in the one order of locks."""
    own = custody_book(about.parties["coop"])
    journal_heads.lock(conn, [own, COUNTY_BOOK])
