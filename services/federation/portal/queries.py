"""What stands behind a page of the portal: balances of lines, acts of a case, what waits for whom.

Called by the pages with the window's own cases; reads only. Amounts are fen.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from contracts.codec import decode
from contracts.ids import custody_book
from contracts.ledger import Act
from journal import store
from journal.registry import registry
from kernel.cases import Case
from kernel.organs import Organs
from kernel.processes import SYSTEM
from services.federation.console import words
from services.federation.console.words import Pair
from services.federation.portal import door
from services.federation.portal.window import CHECKER, MAKER, Window

RUNNING = "904"


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """One act of a case as its log shows it; ``digest`` is hex."""

    seq: int
    on: str
    act: str
    role: str
    person: str
    state: str
    facts: dict[str, Any]


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """One act as a page's log tells it; ``by`` says who did it, as a bank may know him."""

    on: str
    act: str
    by: Pair
    facts: dict[str, Any]


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that waits for the bank: what, where to do it, until when, whose turn."""

    what: Pair
    case: str
    path: str
    due: str
    role: str
    note: Pair = ("", "")


def balances(conn: sa.Connection, lines: Sequence[Case]) -> dict[str, int]:
    """Line → what is outstanding under its guarantee, as K(i) says."""
    found: dict[str, int] = {}
    wanted = {line.id for line in lines}
    for coop in {line.parties["coop"] for line in lines}:
        rows = store.rows(conn, custody_book(coop), [RUNNING])[RUNNING]
        found |= {name: fen for name, fen in rows.items() if name in wanted}
    return found


def acts(conn: sa.Connection, case: Case) -> list[Done]:
    """Every act of a case in order, each once."""
    found: dict[int, Done] = {}
    for _, _, body in store.history(conn, case):
        act = decode(body, Act)
        found.setdefault(
            act.step,
            Done(
                seq=act.seq,
                on=str(act.business_date),
                act=act.act,
                role=act.actor.role,
                person=", ".join(act.actor.persons) or act.actor.operator,
                state=act.state,
                facts=act.facts,
            ),
        )
    return [found[step] for step in sorted(found)]


def log(conn: sa.Connection, case: Case, names: Mapping[str, Pair], organs: Organs) -> list[Logged]:
    """Every act of a case for its page; ``names`` are what cooperatives and officers are called."""
    return [
        Logged(on=one.on, act=one.act, by=_by(one, case, names, organs), facts=one.facts)
        for one in acts(conn, case)
    ]


def _by(done: Done, case: Case, names: Mapping[str, Pair], organs: Organs) -> Pair:
    """An officer by office and name; a villager, whose name is no bank's to read, by whose office.

    A village's office signs for its side of the case (``council@coop``), which is no role of the
    register; a system has no person.
    """
    role, place = words.role(done.role), done.role.partition("@")[2]
    if done.role.startswith(SYSTEM):
        return role
    if done.role not in registry().roles and place in case.parties:
        village = names.get(case.parties[place], (case.parties[place],) * 2)
        return (f"{village[0]} {organs.said(role[0])}", f"{village[1]}: {role[1]}")
    persons = [names.get(one, (one, one)) for one in done.person.split(", ")]
    return (
        f"{role[0]} · {'、'.join(zh for zh, _ in persons)}",
        f"{role[1]} · {', '.join(en for _, en in persons)}",
    )


def inbox(conn: sa.Connection, window: Window) -> list[Waits]:
    """What waits for the bank, soonest first."""
    found: list[Waits] = []
    lines = window.all(conn, "guarantee")
    orders = [one for one in window.all(conn, "bank_order") if one.state == "prepared"]
    prepared = {
        line for one in orders for line, *_ in one.terms["content"].get("answers", ())
    }  # fmt: skip
    for package in window.all(conn, "package"):
        if package.state != "sent":
            continue
        due = str(package.due or "")
        path = f"/packages/{package.id}"
        if not package.terms.get("received_on"):
            found.append(_waits("收件并核验", "receive and verify", package, path, due, MAKER))
        open_lines = [
            one
            for one in lines
            if one.terms["package"] == package.id
            and one.state in ("sent", "conditioned")
            and one.id not in prepared
        ]
        if open_lines:
            note = (f"{len(open_lines)} 笔", f"{len(open_lines)} lines")
            found.append(_waits("逐笔答复", "answer its lines", package, path, due, MAKER, note))
    for line in lines:
        if line.state == "accepted":
            until = str(line.terms["draw_until"])
            path = f"/lines/{line.id}"
            found.append(_waits("放款并报送", "pay out and report", line, path, until, MAKER))
    for report in window.all(conn, "bank_report"):
        if report.state in ("expected", "overdue"):
            zh, en = door.KINDS[str(report.terms["kind"])]
            period = str(report.terms["period"])
            path = f"/reports/{report.id}"
            due = str(report.terms["due_on"])
            note = (
                ("逾期未报", "overdue") if report.state == "overdue" else ("待报送", "to be sent")
            )
            found.append(_waits(f"{zh} {period}", f"{en} {period}", report, path, due, MAKER, note))
    for order in orders:
        zh, en = door.ORDERS[str(order.terms["kind"])]
        path = f"/orders/{order.id}"
        found.append(_waits(f"复核:{zh}", f"release: {en}", order, path, "", CHECKER))
    for one in window.all(conn, "correction"):
        if one.state == "asked_bank":
            path = f"/corrections/{one.id}"
            due = str(one.due or "")
            found.append(_waits("答复更正", "answer a correction", one, path, due, CHECKER))
    for case in window.signable(conn):
        if case.state == "suspended" or any(hand.role == CHECKER for hand in case.signed):
            continue  # a stop is lifted when both sides wish it; what was signed waits for others
        path, due = "/approvals", str(case.due or "")
        found.append(_waits("签署", "sign", case, path, due, CHECKER))
    return sorted(found, key=lambda one: (one.due or "9", one.case))


def _waits(
    zh: str, en: str, case: Case, path: str, due: str, role: str, note: Pair = ("", "")
) -> Waits:
    return Waits(what=(zh, en), case=case.id, path=path, due=due, role=role, note=note)
