"""Corrections between bank and county: asked by one side, agreed or refused by the other (L21).

Called by the bank portal, its API and the console. An agreed correction is followed by acts of
the guarantee in the same transaction, each under its own rule; nothing is ever edited.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from contracts.ledger import Actor
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import Performed, World
from kernel.cases import Case
from kernel.errors import Rejected, ensure
from services.federation.cases import guarantees, packages
from services.federation.cases.actors import CORRECTIONS
from services.federation.cases.county_acts import act_on

PROCESS = "correction"
ASKED_COUNTY, ASKED_BANK = "asked_county", "asked_bank"
BY_BANK, BY_COUNTY = "ask", "query"


def ask(
    conn: sa.Connection, world: World, act: str, said: Mapping[str, Any], actor: Actor
) -> Performed:
    """Ask for a correction: ``ask`` by the bank, ``query`` by the county.

    Raises LINE_UNKNOWN and what kernel.rules_correction.correctable raises.
    """
    about = str(said.get("about", ""))
    line = store.load(conn, store.COUNTY_SCOPE, about)
    if line is None or line.process != packages.LINE or line.terms["bank"] != said.get("bank"):
        raise Rejected(RejectionCode.LINE_UNKNOWN, line=about)
    before = store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked(PROCESS, "about", about)
    name = f"correction-{about.removeprefix('guarantee-')}-{len(before) + 1}"
    return act_on(
        conn, world, PROCESS, name, act, actor, said,
        act_id=f"{name}/{act}", parties=line.parties,
    )  # fmt: skip


def accept(
    conn: sa.Connection, world: World, case: Case, terms: str, actor: Actor, remark: str = ""
) -> Performed:
    """Agree under the digest shown; what follows happens at once or the whole is refused."""
    facts = {"terms": terms} | ({"remark": remark} if remark else {})
    done = act_on(
        conn, world, PROCESS, case.id, "accept", actor, facts,
        act_id=f"{case.id}/accept",
    )  # fmt: skip
    if done.fresh:
        _follow(conn, world, done.case)
    return done


def settle(
    conn: sa.Connection, world: World, case: Case, act: str, actor: Actor, reason: str
) -> Performed:
    """Refuse, or take back. Raises FACTS_INVALID without a reason."""
    if not reason.strip():
        raise Rejected(RejectionCode.FACTS_INVALID, where="reason 原因", problem="missing")
    return act_on(
        conn, world, PROCESS, case.id, act, actor, {"reason": reason.strip()},
        act_id=f"{case.id}/{act}",
    )  # fmt: skip


def _follow(conn: sa.Connection, world: World, case: Case) -> None:
    """The acts of the line an agreed correction means; raises what their rules raise."""
    line = store.load(conn, store.COUNTY_SCOPE, str(case.terms["about"]))
    ensure(line is not None, "a_correction_is_about_a_line", correction=case.id)
    if line is None:
        return
    act, facts = _meant(case, line)
    done = packages.line_act(
        conn, world, line, act, CORRECTIONS, {"bank": case.terms["bank"], **facts},
        act_id=f"{line.id}/{act}/{case.id}",
    )  # fmt: skip
    guarantees.finish(conn, world, done.case)


def _meant(case: Case, line: Case) -> tuple[str, dict[str, Any]]:
    """Which act of the line a correction is, and its facts."""
    terms, stands = case.terms, line.terms
    field, new = str(terms["field"]), terms["new"]
    if field in ("drawn", "repaid"):
        more = int(new) - int(terms["old"])
        if more < 0:
            act = "less_paid" if field == "drawn" else "less_repaid"
            return act, {"amount": -more, "by": case.id}
        if field == "drawn":
            told = {name: stands[name] for name in ("paid_on", "due_on", "contract")}
            return "paid", {"amount": more, **told}
        on = case.since.isoformat() if case.since else ""
        return "repaid", {"amount": more, "repaid_on": on, "report": case.id}
    if field.startswith("arrears_"):
        found = {"since": None, "principal": 0, "interest": 0, **(stands.get("arrears") or {})}
        found |= {field.removeprefix("arrears_"): new, "report": case.id}
        return "arrears", {**found, "since": found["since"] or None}
    return "restate", {field: new, "by": case.id}
