"""A small deterministic bank: payment files in, statements and answers out, a day at a time.

It has no clock and no chance; what it does wrong it is told to. Its own bookings are the truth
the invariants hold the county against. What it reads and writes is bank_papers'. Called by the
world; knows nothing of books or cases.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import msgspec

from services.federation.bank_files.messages import (
    AnswerStatus,
    Direction,
    PaymentAnswer,
    StatementLine,
)
from services.federation.cases.registers import BankAccount
from simulation import bank_papers
from simulation.bank_orders import BankFault, BankFile, Booking, Order, Pending, Truth

ONE_DAY = timedelta(days=1)
LATER = timedelta(days=2)
"""After how long the bank notices what it did wrong."""
_OTHER_CARD = "6217000000000000000"
_OPPOSITE = {Direction.IN: Direction.OUT, Direction.OUT: Direction.IN}


class Bank:
    """One bank that keeps one special account (专户) with its sub-accounts."""

    def __init__(self, account: BankAccount, sub_accounts: Iterable[str], opened: date) -> None:
        self.account = account
        self.balances = dict.fromkeys(
            (
                *sub_accounts,
                account.unallocated,
                account.settlement,
                account.pool,
                account.federation,
            ),
            0,
        )
        self.stated = dict(self.balances)
        self.cards: dict[str, str] = {}
        self.today = opened
        self.bookings: list[Booking] = []
        self.rejected: list[str] = []
        self.armed: list[BankFault] = []
        self.happened: list[BankFault] = []
        self._untold: list[tuple[date, StatementLine]] = []
        self._orders: list[Order] = []
        self._pending: list[Pending] = []
        self._files: set[str] = set()
        self._number = 0
        self._withheld: list[tuple[date, BankFile]] = []
        self._lost: list[tuple[date, bytes]] = []

    def know_cards(self, cards: Mapping[str, str]) -> None:
        """Cards (number → holder) the bank has issued."""
        self.cards.update(cards)

    def take(self, body: bytes) -> None:
        """A payment file from the county; one that came before changes nothing."""
        if self._fails(BankFault.LOSE_PAYMENT_FILE):
            self._lost.append((self.today + LATER, body))
            return
        file, orders = bank_papers.orders_of(body)
        if file not in self._files:
            self._files.add(file)
            self._orders += orders

    def money_in(self, sub_account: str, amount: int, card: str, text: str, reference: str) -> None:
        """Somebody pays to a sub-account; one the bank does not know goes to the unallocated."""
        known = sub_account in self.balances
        line = StatementLine(
            line_id=self._next_line(),
            sub_account=sub_account if known else self.account.unallocated,
            direction=Direction.IN,
            amount_fen=amount,
            value_date=self.today,
            reference=reference or None,
            counterparty_name=self.cards.get(card, "付款人"),
            counterparty_account=card,
            text=text,
        )
        self._book(line, Truth.CAME_IN)

    def arm(self, fault: BankFault) -> None:
        """Let this go wrong once, at the next thing it can be done to."""
        self.armed.append(fault)

    def close_day(self, on: date) -> list[BankFile]:
        """Do what is due by ``on``, end that day, give what goes to the county that night."""
        self.today = on
        for entry in [one for one in self._lost if one[0] <= on]:
            self._lost.remove(entry)
            self.take(entry[1])
        for pending in [one for one in self._pending if one.on <= on]:
            self._pending.remove(pending)
            self._happen(pending)
        files = [*bank_papers.answers(self._execute(), self.today), *self._statement()]
        files += [file for due, file in self._withheld if due <= on]
        self._withheld = [one for one in self._withheld if one[0] > on]
        self.today = on + ONE_DAY
        return files

    def heal(self) -> None:
        """From here on nothing goes wrong, and what was held back comes with the next day."""
        now = self.today
        self.armed.clear()
        self._lost = [(now, body) for _, body in self._lost]
        self._withheld = [(now, file) for _, file in self._withheld]
        self._untold = [(now, line) for _, line in self._untold]
        self._pending = [msgspec.structs.replace(one, on=now) for one in self._pending]
        self._orders = [msgspec.structs.replace(one, execute_on=now) for one in self._orders]

    @property
    def quiet(self) -> bool:
        """Nothing is under way here."""
        return not (self._lost or self._withheld or self._pending or self._orders or self._untold)

    def _execute(self) -> list[tuple[str, PaymentAnswer]]:
        """Carry out what is due; (file id, answer) of each instruction."""
        due = [one for one in self._orders if one.execute_on <= self.today]
        self._orders = [one for one in self._orders if one.execute_on > self.today]
        answers = []
        for order in due:
            reason = self._refuses(order)
            if reason:
                self.rejected.append(order.reference)
                status = AnswerStatus.REJECTED
            else:
                status = self._carry_out(order)
            answer = PaymentAnswer(reference=order.reference, status=status, reason=reason)
            answers.append((order.file_id, answer))
        return answers

    def _refuses(self, order: Order) -> str:
        """Why an instruction cannot be carried out (ISO reason), "" when it can."""
        if not order.again and self._fails(BankFault.BOUNCE):
            return "AC04"
        inside = order.payee_card in self.balances
        if not inside and self.cards.get(order.payee_card) != order.payee_name:
            return "AC01"
        return "AM04" if self.balances[order.sub_account] < order.amount else ""

    def _carry_out(self, order: Order) -> AnswerStatus:
        inside = order.payee_card in self.balances
        right = Truth.MOVED if inside else Truth.PAID
        if not order.again and self._fails(BankFault.DELAY):
            later = msgspec.structs.replace(order, execute_on=self.today + LATER, again=True)
            self._orders.append(later)
            return AnswerStatus.PENDING
        covered_twice = self._free(order.sub_account) >= 2 * order.amount
        if order.again:
            self._pay(order, right)
        elif covered_twice and self._fails(BankFault.DOUBLE):
            self._pay(order, right)
            self._take_back(self._pay(order, Truth.DOUBLED))
        elif inside:
            self._pay(order, right)
        elif order.amount > 1 and self._fails(BankFault.WRONG_AMOUNT):
            wrong = msgspec.structs.replace(order, amount=order.amount - 1)
            self._take_back(self._pay(wrong, Truth.WRONG), order)
        elif self._fails(BankFault.WRONG_CARD):
            wrong = msgspec.structs.replace(order, payee_card=_OTHER_CARD)
            self._take_back(self._pay(wrong, Truth.WRONG), order)
        elif self._fails(BankFault.RETURN):
            (paid,) = self._pay(order, Truth.PAID)
            back = _back(paid, returned_reference=order.reference)
            self._pending.append(Pending(on=self.today + LATER, truth=Truth.RETURNED, line=back))
        else:
            self._pay(order, Truth.PAID)
        return AnswerStatus.ACCEPTED

    def _free(self, sub_account: str) -> int:
        """What an account holds beyond what the bank will take back (fen): no error overdraws."""
        to_go = [
            -one.line.signed_fen for one in self._pending if one.line.sub_account == sub_account
        ]
        return self.balances[sub_account] - sum(part for part in to_go if part > 0)

    def _pay(self, order: Order, truth: Truth) -> tuple[StatementLine, ...]:
        """Book one payment; between two sub-accounts it has two lines."""
        out = StatementLine(
            line_id=self._next_line(),
            sub_account=order.sub_account,
            direction=Direction.OUT,
            amount_fen=order.amount,
            value_date=self.today,
            reference=order.reference,
            counterparty_name=order.payee_name,
            counterparty_account=order.payee_card,
            text=order.remark,
        )
        self._book(out, truth)
        if order.payee_card not in self.balances:
            return (out,)
        into = msgspec.structs.replace(
            out,
            line_id=self._next_line(),
            sub_account=order.payee_card,
            direction=Direction.IN,
            counterparty_account=order.sub_account,
        )
        self._book(into, truth)
        return (out, into)

    def _take_back(self, lines: tuple[StatementLine, ...], again: Order | None = None) -> None:
        """The bank will undo lines it made in error, and do it right if it has not yet."""
        on = self.today + LATER
        for line in lines:
            back = _back(line, reverses_line=line.line_id)
            self._pending.append(Pending(on=on, truth=Truth.TAKEN_BACK, line=back))
        if again is not None:
            self._orders.append(msgspec.structs.replace(again, execute_on=on, again=True))

    def _happen(self, pending: Pending) -> None:
        line = msgspec.structs.replace(
            pending.line, line_id=self._next_line(), value_date=self.today
        )
        self._book(line, pending.truth)

    def _book(self, line: StatementLine, truth: Truth) -> None:
        late = truth is not Truth.MOVED and self._fails(BankFault.LATE_LINE)
        self.balances[str(line.sub_account)] += line.signed_fen
        self.bookings.append(Booking(line=line, truth=truth))
        self._untold.append((self.today + ONE_DAY if late else self.today, line))

    def _next_line(self) -> str:
        return f"B{self.today:%y%m%d}{len(self.bookings) + 1:05}"

    def _statement(self) -> list[BankFile]:
        """The statement of today; nothing, one file or two, as the bank was told to fail."""
        lines = tuple(line for due, line in self._untold if due <= self.today)
        self._untold = [one for one in self._untold if one[0] > self.today]
        before = dict(self.stated)
        for line in lines:
            self.stated[str(line.sub_account)] += line.signed_fen
        self._number += 1
        file = bank_papers.statement(
            self.account.account, self.today, before, self.stated, lines, self._number
        )
        if self._fails(BankFault.LOSE_STATEMENT):
            self._withheld.append((self.today + LATER, file))
            return []
        if lines and self._fails(BankFault.FALSE_STATEMENT):
            self._withheld.append((self.today + ONE_DAY, file))
            return [bank_papers.without_a_line(file)]
        if self._fails(BankFault.DOUBLE_STATEMENT):
            return [file, bank_papers.again(file)]
        return [file]

    def _fails(self, fault: BankFault) -> bool:
        """Whether this goes wrong now; each armed fault happens once."""
        if fault not in self.armed:
            return False
        self.armed.remove(fault)
        self.happened.append(fault)
        return True


def _back(line: StatementLine, **why: str) -> StatementLine:
    """The same money the other way."""
    return msgspec.structs.replace(line, direction=_OPPOSITE[line.direction], reference=None, **why)
