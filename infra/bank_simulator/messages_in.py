"""How the bank reads a payment file: its own eyes, so that our writer meets a second reader.

Called by Bank.receive. Shares only the safe XML parser and the schema with the county's codec.
"""

import datetime as dt
from decimal import Decimal

import msgspec
from lxml import etree

from contracts.money import FEN_MAX
from services.federation.bank_files.safe_xml import Kind, read_document


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """One transfer asked for; amount in fen."""

    reference: str
    sub_account: str
    payee_name: str
    payee_account: str
    amount: int
    remark: str
    account: str
    execute_on: dt.date


class PaymentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A payment file as the bank understood it. ``refusal`` is the reason it takes none of it."""

    file_id: str
    created_on: dt.date
    instructions: tuple[Instruction, ...]
    refusal: str = ""


def read_request(body: bytes) -> PaymentRequest:
    """The request in a pain.001; raises BankFileRefused when the bytes are not one.

    A year beyond the calendar, which the schema allows, raises ValueError.
    """
    kind, root = read_document(body, [Kind.PAIN_001])
    names = {"i": kind.namespace}

    def one(path: str, under: etree._Element = root) -> str:
        return str(under.xpath(f"string({path})", namespaces=names))

    header = "i:CstmrCdtTrfInitn/i:GrpHdr"
    instructions: list[Instruction] = []
    refusal = ""
    for block in root.findall(".//i:PmtInf", names):
        account = one("i:DbtrAcct/i:Id/i:Othr/i:Id", block)
        day = dt.date.fromisoformat(one("i:ReqdExctnDt/*", block)[:10])
        for transfer in block.findall("i:CdtTrfTxInf", names):
            amount = Decimal(one("i:Amt/i:InstdAmt", transfer) or "0").scaleb(2)
            if one("i:Amt/i:InstdAmt/@Ccy", transfer) != "CNY":
                refusal = refusal or "AM03"
            if amount != int(amount) or not 0 < amount <= FEN_MAX:
                refusal = refusal or "AM12"
            instructions.append(
                Instruction(
                    reference=one("i:PmtId/i:EndToEndId", transfer),
                    sub_account=one("i:UltmtDbtr/i:Id/i:OrgId/i:Othr/i:Id", transfer),
                    payee_name=one("i:Cdtr/i:Nm", transfer),
                    payee_account=one("i:CdtrAcct/i:Id/i:Othr/i:Id", transfer),
                    amount=int(amount),
                    remark=one("i:RmtInf/i:Ustrd", transfer),
                    account=account,
                    execute_on=day,
                )
            )
    stated = Decimal(one(f"{header}/i:CtrlSum") or "-1").scaleb(2)
    if int(one(f"{header}/i:NbOfTxs")) != len(instructions):
        refusal = refusal or "AM18"
    if stated >= 0 and stated != sum(instruction.amount for instruction in instructions):
        refusal = refusal or "AM10"
    if len({instruction.reference for instruction in instructions}) != len(instructions):
        refusal = refusal or "AM05"
    return PaymentRequest(
        file_id=one(f"{header}/i:MsgId"),
        created_on=dt.date.fromisoformat(one(f"{header}/i:CreDtTm")[:10]),
        instructions=tuple(instructions),
        refusal=refusal,
    )
