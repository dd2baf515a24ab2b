"""The book as vouchers: one line a movement, as CSV a spreadsheet or an auditor can read.

Called by `lianhe node export --books`. Acts, cases and persons appear by id only.
"""

import csv
import io

from contracts.codec import decode
from contracts.ledger import Act
from contracts.money import plain
from journal import heads as journal_heads
from journal.engine import reading
from services.cooperative_node import queries
from services.cooperative_node.world import Node

COLUMNS = (
    "序号 seq", "业务日 business_date", "起息日 value_date", "事项 case", "动作 act",
    "借方 debit", "借方户 debit_key", "贷方 credit", "贷方户 credit_key", "资金 funding",
    "金额 amount",
)  # fmt: skip


def vouchers(node: Node) -> bytes:
    """Every movement of N(i) in order, CSV in UTF-8 with a byte-order mark, amounts in yuan."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    with reading(node.engine).connect() as conn:
        end = journal_heads.read(conn, node.book).seq
        for one in queries.acts_between(conn, node.book, 1, end):
            act = decode(one.body, Act)
            for m in act.movements:
                writer.writerow(
                    (act.seq, act.business_date, act.value_date, act.case,
                     f"{act.process}.{act.act}", m.debit, m.debit_key, m.credit, m.credit_key,
                     m.funding, plain(m.amount))
                )  # fmt: skip
    return out.getvalue().encode("utf-8-sig")
