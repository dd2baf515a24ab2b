"""docs/bank-exchange.md says what the code does."""

import re
from pathlib import Path
from typing import get_args

from infra.bank_simulator import orders
from infra.bank_simulator.orders import FaultKind
from services.federation.bank_files.messages import (
    PaymentFile,
    PaymentLine,
    Statement,
    StatementLine,
    StatusReport,
)
from services.federation.bank_files.safe_xml import Kind
from services.federation.bank_files.simple_payments import ANSWER_COLUMNS, PAYMENT_COLUMNS
from services.federation.bank_files.simple_statement import STATEMENT_COLUMNS
from services.federation.bank_files.status_report import STATUSES

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/bank-exchange.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"\w+", DOCUMENT))


def test_every_field_of_every_message_is_explained() -> None:
    structs = (PaymentFile, PaymentLine, Statement, StatementLine, StatusReport)
    fields = {field for struct in structs for field in struct.__struct_fields__}
    assert fields - WORDS - {"lines", "answers"} == set()


def test_every_column_of_the_simple_layout_is_named_in_order() -> None:
    for columns in (PAYMENT_COLUMNS, ANSWER_COLUMNS, STATEMENT_COLUMNS):
        titles = [column.title for column in columns]
        row = next(line for line in DOCUMENT.splitlines() if f"· {titles[1]} ·" in line)
        said = [re.sub(r" \(.*", "", part.strip(" |")) for part in row.split("|")[2].split("·")]
        assert said == titles


def test_every_version_status_order_and_fault_is_named() -> None:
    kinds = {kind.value for kind in Kind}
    assert {kind for kind in kinds if kind not in DOCUMENT} == set()
    tags = {str(one.__struct_config__.tag) for one in get_args(orders.Order)}
    names = {*STATUSES, *tags, *(kind.value for kind in FaultKind)}
    assert names - WORDS == set()


def test_every_reason_the_bank_gives_is_explained() -> None:
    folder = ROOT / "infra/bank_simulator"
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    codes = set(re.findall(r'"((?:AC|AM|BE|DT|DU|FF|MS)\d\d)"', source))
    assert len(codes) > 10
    assert codes - WORDS == set()
