"""The bank: files and orders in, files out, a day at a time. It has no clock and no chance.

Used by the spool process (spool.py) on a database file and by the simulation in memory. Each
call is one transaction, so a bank killed at any moment has done a file wholly or not at all.
Today is the latest date it was told: by an order, or by the day a payment file was made.
"""

import datetime as dt
import hashlib

import msgspec
from sqlalchemy import Connection, Engine

from infra.bank_simulator import mail, payments, world
from infra.bank_simulator import mail_queries as m
from infra.bank_simulator import queries as q
from infra.bank_simulator import tables as t
from infra.bank_simulator.mail_queries import OutFile
from infra.bank_simulator.messages_in import PaymentRequest, read_request
from infra.bank_simulator.messages_out import Answer
from infra.bank_simulator.orders import CloseDay, FaultKind, Order, OrderRefused, encode_order
from infra.bank_simulator.queries import Books
from kernel.errors import ensure
from services.federation.bank_files.faults import BankFileRefused

UNREADABLE = "NOTPROVIDED"
"""File id in the answer to a file whose own id cannot be read."""
_DAY = dt.timedelta(days=1)


class Bank:
    """One bank on one database. ``Bank()`` keeps it in memory."""

    def __init__(self, engine: Engine | None = None) -> None:
        self._engine = engine or t.open_books("")

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def receive(self, body: bytes) -> tuple[OutFile, ...]:
        """A payment file from the county; the answers that go out now.

        The same file again gets its first answer again and pays nothing; the same file id with
        other content is refused (DU01). What is no payment file at all is refused (FF01).
        """
        with self._engine.begin() as conn:
            if m.take_fault(conn, FaultKind.LOSE_FILE, file="pain.001"):
                return ()
            digest = hashlib.sha256(body).digest()
            try:
                request = read_request(body)
            except (BankFileRefused, ValueError):
                request = None
            cause = f"file:{request.file_id if request else digest.hex()}"
            seen = m.digest_seen(conn, cause)
            if seen == digest:
                return m.send_again(conn, t.output.c.cause == cause)
            first = m.next_output(conn)
            if request is None:
                m.remember(conn, cause, digest)
                on = q.calendar(conn)[0] or dt.date(1970, 1, 1)
                mail.answer(conn, UNREADABLE, on, file_reason="FF01", cause=cause)
            elif seen is None:
                m.remember(conn, cause, digest)
                self._take(conn, request)
            else:
                other = f"file:{digest.hex()}"
                today = self._reach(conn, None)
                mail.answer(conn, request.file_id, today, file_reason="DU01", cause=other)
            self._prove(conn)
            return m.outputs(conn, t.output.c.position >= first)

    def order(self, order: Order) -> tuple[OutFile, ...]:
        """Let the world act; given twice, it acts once. Raises OrderRefused, nothing changed."""
        digest = hashlib.sha256(encode_order(order)).digest()
        with self._engine.begin() as conn:
            cause = f"order:{order.id}"
            if (seen := m.digest_seen(conn, cause)) is not None:
                if seen != digest:
                    raise OrderRefused(f"order id {order.id} was used for another order")
                return ()
            m.remember(conn, cause, digest)
            first = m.next_output(conn)
            lost = m.lost_positions(conn)
            today = self._reach(conn, order.on)
            if isinstance(order, CloseDay):
                self._close(conn, order.on)
            else:
                world.obey(conn, order, today)
            self._prove(conn)
            return m.outputs(conn, (t.output.c.position >= first) | t.output.c.position.in_(lost))

    def close_day(self, date: dt.date) -> tuple[OutFile, ...]:
        """End the bank's day: one statement for each special account; again, the same ones."""
        with self._engine.begin() as conn:
            _, closed = q.calendar(conn)
            if closed is None or date > closed:
                first = m.next_output(conn)
                self._reach(conn, date)
                self._close(conn, date)
                self._prove(conn)
                return m.outputs(conn, t.output.c.position >= first)
            return m.outputs(conn, t.output.c.cause == f"close:{date}")

    def books(self) -> Books:
        """All balances and payments as they stand."""
        with self._engine.begin() as conn:
            return q.books(conn)

    def undelivered(self) -> tuple[OutFile, ...]:
        """Files that are not known to stand in the county's folder."""
        with self._engine.begin() as conn:
            return m.outputs(conn, ~t.output.c.delivered)

    def delivered(self, files: tuple[OutFile, ...]) -> None:
        """These files stand in the county's folder."""
        if files:
            with self._engine.begin() as conn:
                m.mark_delivered(conn, [file.name for file in files])

    def _take(self, conn: Connection, request: PaymentRequest) -> None:
        known = q.calendar(conn)[0]
        if known is not None and request.created_on > known + payments.AHEAD_MAX:
            mail.answer(conn, request.file_id, known, file_reason="DT01")
            return
        today = self._reach(conn, request.created_on)
        if request.refusal:
            mail.answer(conn, request.file_id, today, file_reason=request.refusal)
            return
        answers = []
        for instruction in request.instructions:
            status, reason = payments.begin(conn, instruction, request.file_id, today)
            answers.append(Answer(reference=instruction.reference, status=status, reason=reason))
        mail.answer(conn, request.file_id, today, tuple(answers))

    def _reach(self, conn: Connection, on: dt.date | None) -> dt.date:
        """Come to a day, letting everything due until then happen on its own day."""
        today, closed = q.calendar(conn)
        if today is None and on is None:
            raise OrderRefused("the bank does not know the date yet; say it with `on`")
        today = max(day for day in (today, on) if day is not None)
        q.set_calendar(conn, today, closed)
        while (found := m.take_due(conn, today)) is not None:
            what: payments.Due = msgspec.json.decode(found["what"], type=payments.Due)
            outcome = payments.happen(conn, what, found["on"])
            if outcome is not None and isinstance(what, payments.DuePayment):
                status, reason = outcome
                told = Answer(reference=what.reference, status=status, reason=reason)
                mail.answer(conn, what.file_id, found["on"], (told,), later=True)
        return today

    def _close(self, conn: Connection, date: dt.date) -> None:
        today, closed = q.calendar(conn)
        if closed is not None and date <= closed:
            raise OrderRefused(f"{date} is closed already")
        mail.state(conn, date)
        q.set_calendar(conn, max(date + _DAY, today or date), date)

    def _prove(self, conn: Connection) -> None:
        """The sub-accounts sum to their special account: no money was made or lost."""
        for number, balance, total in q.totals(conn):
            ensure(balance == total, "sub_accounts_sum", account=number, balance=balance)
