"""What goes out of the bank, and what gets lost or doubled on the way.

Called by Bank inside its transaction. Every message has a number; its file name sorts by it.
"""

import datetime as dt
from collections.abc import Callable

from sqlalchemy import Connection

from infra.bank_simulator import mail_queries as m
from infra.bank_simulator import queries as q
from infra.bank_simulator import tables as t
from infra.bank_simulator.messages_out import (
    Answer,
    Entry,
    Span,
    StatementPaper,
    write_notification,
    write_report,
    write_statement,
)
from infra.bank_simulator.orders import FaultKind

KINDS = ("pain.002", "camt.053", "camt.054")


def send(conn: Connection, kind: str, cause: str, write: Callable[[str], bytes]) -> None:
    """Number a message, write it, and put it out, or lose it, or put it out twice."""
    number = m.next_output(conn)
    body = write(f"B{number:08d}")
    lost = m.take_fault(conn, FaultKind.LOSE_FILE, file=kind) is not None
    m.put_output(conn, kind, cause, body, lost=lost)
    if not lost and m.take_fault(conn, FaultKind.DOUBLE_FILE, file=kind):
        m.put_output(conn, kind, cause, body, lost=False)


def answer(
    conn: Connection,
    file_id: str,
    on: dt.date,
    answers: tuple[Answer, ...] = (),
    *,
    file_reason: str = "",
    cause: str = "",
    later: bool = False,
) -> None:
    """pain.002 to a payment file: refused as a whole for a reason, or line by line."""
    send(
        conn,
        "pain.002",
        cause or f"file:{file_id}",
        lambda name: write_report(name, file_id, on, file_reason, answers, later=later),
    )


def notify(conn: Connection, account: str, on: dt.date, entries: tuple[Entry, ...]) -> None:
    """camt.054 of bookings just made."""
    cause = f"notice:{entries[0].line_id}"
    send(conn, "camt.054", cause, lambda name: write_notification(name, account, on, entries))


def state(conn: Connection, until: dt.date) -> None:
    """camt.053 of each special account, continuing its last; a false one goes out first."""
    for account in q.accounts(conn):
        entries = q.unstated(conn, account["number"], until)
        moved: dict[str, int] = {}
        for entry in entries:
            moved[entry.sub_account] = moved.get(entry.sub_account, 0) + entry.signed
        opening = account["stated_balance"]
        paper = StatementPaper(
            number=account["stated_number"] + 1,
            since=min(account["stated_on"] + dt.timedelta(days=1), until),
            until=until,
            account=Span(
                number=account["number"],
                name=account["name"],
                opening=opening,
                closing=opening + sum(moved.values()),
            ),
            sub_accounts=tuple(q.sub_account_spans(conn, account["number"], moved)),
            entries=tuple(entries),
        )
        _send_statement(conn, paper)
        q.mark_stated(conn, paper.account, paper.sub_accounts, paper.number, until)


def _send_statement(conn: Connection, paper: StatementPaper) -> None:
    cause = f"close:{paper.until}"
    fault = m.take_fault(conn, FaultKind.FALSE_STATEMENT)
    if fault is None:
        send(conn, "camt.053", cause, lambda name: write_statement(name, paper))
        return
    # The false one is sent; the true one waits, as a lost file does, until it is asked for.
    for wrong_by, lost in ((fault.amount_fen, False), (0, True)):
        name = f"B{m.next_output(conn):08d}"
        m.put_output(
            conn, "camt.053", cause, write_statement(name, paper, wrong_by=wrong_by), lost=lost
        )


def again(conn: Connection, file: str) -> None:
    """Send what was lost, of one kind or all."""
    kinds = t.output.c.kind.in_([file] if file else KINDS)
    m.send_again(conn, t.output.c.lost & kinds)
