"""ISO 20022 messages a bank sends, turned into orders of its window (tsrv.013, 017, 019).

Called by pages and API with the bytes as they came. A demand's enclosures are kept as the bank's
papers; what a message asks is prepared like any other order and waits for the bank's checker.
"""

from litestar.exceptions import NotFoundException

from contracts.rejections import RejectionCode
from journal import store
from kernel.cases import Case
from kernel.claims import DEAD
from kernel.errors import Rejected
from services.federation.cases import bank_orders, claims, packages
from services.federation.guarantee_messages.exchange import (
    read_guarantee_message,
    write_guarantee_message,
)
from services.federation.guarantee_messages.messages import Demand, DemandWithdrawal, Status
from services.federation.guarantee_messages.translation import (
    line_answer,
    notice_facts,
    refusal_of,
)
from services.federation.portal.window import Window


class DemandRefused(Exception):
    """A demand a rule refuses; ``message`` is the tsrv.016 that says why."""

    def __init__(self, refusal: Rejected, message: bytes) -> None:
        super().__init__(refusal.code.value)
        self.refusal = refusal
        self.message = message


def take(window: Window, body: bytes) -> Case:
    """The order a bank's message asks for, prepared.

    Raises bank_files.faults.BankFileRefused with every fault of the bytes, LINE_UNKNOWN,
    DemandRefused, and for an answer what its rule refuses.
    """
    message = read_guarantee_message(body)
    if isinstance(message, Demand):
        return _demanded(window, message)
    if isinstance(message, DemandWithdrawal):
        return _withdrawn(window, message)
    if isinstance(message, Status):
        answer = line_answer(message)
        line = _line(window, answer.guarantee)
        content = {"answers": [[line.id, answer.act, answer.reason]]}
        return window.prepare(
            bank_orders.ANSWERS, packages.PROCESS, str(line.terms["package"]), content
        )
    raise Rejected(RejectionCode.FACTS_INVALID, where="message", problem=type(message).__name__)


def _demanded(window: Window, demand: Demand) -> Case:
    facts = notice_facts(demand, window.bank)
    line = _line(window, demand.guarantee_id)
    for one in demand.enclosures:
        window.keep(one.file_id, "application/octet-stream", one.content)
    content = {name: facts[name] for name in ("amount", "interest", "manifest", "papers")}
    try:
        return window.prepare(bank_orders.NOTICE, packages.LINE, line.id, content)
    except Rejected as refusal:
        said = refusal_of(demand, [refusal.as_struct()])
        raise DemandRefused(refusal, write_guarantee_message(said)) from refusal


def _withdrawn(window: Window, message: DemandWithdrawal) -> Case:
    line = _line(window, message.guarantee_id)
    with window.engine.connect() as conn:
        found = store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked(
            claims.PROCESS, "guarantee", line.id
        )
    live = [one for one in found if one.state not in DEAD]
    if not live:
        raise Rejected(RejectionCode.CLAIM_NOT_COVERED, guarantee=line.id)
    content = {"reason": f"tsrv.017 {message.demand_id}"}
    return window.prepare(bank_orders.WITHDRAW, claims.PROCESS, live[-1].id, content)


def _line(window: Window, name: str) -> Case:
    """A line of this bank by the id its messages use. Raises LINE_UNKNOWN."""
    try:
        with window.engine.connect() as conn:
            return window.own(conn, packages.LINE, name)
    except NotFoundException:
        raise Rejected(RejectionCode.LINE_UNKNOWN, line=name) from None
