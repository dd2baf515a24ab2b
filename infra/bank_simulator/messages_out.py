"""What the bank writes: pain.002, camt.053 and camt.054, element by element, schema-checked.

Called by Bank. Built by hand, apart from the county's data classes, so that our readers are
tried on files they did not write. Bytes are a function of the arguments alone.
"""

import datetime as dt

import msgspec
from lxml import etree

from kernel.errors import ensure
from services.federation.bank_files.safe_xml import Kind, schema_errors


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Status and reason (ISO external codes) for one reference."""

    reference: str
    status: str
    reason: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One booking as a statement shows it; ``signed`` in fen, in positive."""

    line_id: str
    sub_account: str
    signed: int
    booked_on: dt.date
    value_date: dt.date
    reference: str
    returned: str
    reverses: str
    counterparty_name: str
    counterparty_account: str
    text: str


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """An account or sub-account over the time of a statement: balances in fen."""

    number: str
    name: str
    opening: int
    closing: int


class StatementPaper(msgspec.Struct, frozen=True, kw_only=True):
    """All that a camt.053 of one special account says."""

    number: int
    since: dt.date
    until: dt.date
    account: Span
    sub_accounts: tuple[Span, ...]
    entries: tuple[Entry, ...]


def write_report(
    message_id: str,
    file_id: str,
    on: dt.date,
    file_reason: str,
    answers: tuple[Answer, ...],
    *,
    later: bool = False,
) -> bytes:
    """pain.002: the whole file refused for ``file_reason``, or an answer to each reference.

    A ``later`` report speaks of single payments of a file: it never says all of it is rejected.
    """
    root, report = _document(Kind.PAIN_002, "CstmrPmtStsRpt", message_id, on)
    original = _add(report, "OrgnlGrpInfAndSts")
    _add(original, "OrgnlMsgId", file_id)
    _add(original, "OrgnlMsgNmId", Kind.PAIN_001.value)
    if file_reason:
        _add(original, "GrpSts", "RJCT")
        _add(original, "StsRsnInf/Rsn/Cd", file_reason)
        return _finish(Kind.PAIN_002, root)
    rejected = sum(answer.status == "RJCT" for answer in answers)
    if rejected == len(answers) and not later:
        _add(original, "GrpSts", "RJCT")
    else:
        _add(original, "GrpSts", "PART" if rejected else "ACCP")
    block = _add(report, "OrgnlPmtInfAndSts")
    _add(block, "OrgnlPmtInfId", file_id)
    for answer in answers:
        transfer = _add(block, "TxInfAndSts")
        _add(transfer, "OrgnlEndToEndId", answer.reference)
        _add(transfer, "TxSts", answer.status)
        if answer.reason:
            _add(transfer, "StsRsnInf/Rsn/Cd", answer.reason)
    return _finish(Kind.PAIN_002, root)


def write_statement(message_id: str, paper: StatementPaper, *, wrong_by: int = 0) -> bytes:
    """camt.053: the special account with its entries, then each sub-account's balances.

    ``wrong_by`` (fen) makes a false statement: its closing balance is that much too high.
    """
    span = paper.account
    stated = msgspec.structs.replace(span, closing=span.closing + wrong_by)
    root, message = _document(Kind.CAMT_053, "BkToCstmrStmt", message_id, paper.until)
    statement = _statement_head(message, paper, stated, f"S{paper.number:08d}")
    summary = _add(statement, "TxsSummry/TtlNtries")
    _add(summary, "NbOfNtries", str(len(paper.entries)))
    _add(summary, "Sum", _yuan(sum(abs(entry.signed) for entry in paper.entries)))
    for entry in paper.entries:
        _entry(statement, entry)
    for position, span in enumerate(paper.sub_accounts, 1):
        _statement_head(
            message, paper, span, f"S{paper.number:08d}-{position}", paper.account.number
        )
    return _finish(Kind.CAMT_053, root)


def write_notification(
    message_id: str, account: str, on: dt.date, entries: tuple[Entry, ...]
) -> bytes:
    """camt.054: entries told before the statement."""
    root, message = _document(Kind.CAMT_054, "BkToCstmrDbtCdtNtfctn", message_id, on)
    notification = _add(message, "Ntfctn")
    _add(notification, "Id", f"N{message_id}")
    _add(notification, "CreDtTm", f"{on}T12:00:00")
    _add(notification, "Acct/Id/Othr/Id", account)
    for entry in entries:
        _entry(notification, entry)
    return _finish(Kind.CAMT_054, root)


def _statement_head(
    message: etree._Element, paper: StatementPaper, span: Span, name: str, parent: str = ""
) -> etree._Element:
    statement = _add(message, "Stmt")
    _add(statement, "Id", name)
    _add(statement, "ElctrncSeqNb", str(paper.number))
    _add(statement, "CreDtTm", f"{paper.until}T23:00:00")
    period = _add(statement, "FrToDt")
    _add(period, "FrDtTm", f"{paper.since}T00:00:00")
    _add(period, "ToDtTm", f"{paper.until}T23:00:00")
    account = _add(statement, "Acct")
    _add(account, "Id/Othr/Id", span.number)
    _add(account, "Ccy", "CNY")
    _add(account, "Nm", span.name)
    if parent:
        _add(statement, "RltdAcct/Id/Othr/Id", parent)
    for code, fen, day in (
        ("OPBD", span.opening, paper.since),
        ("CLBD", span.closing, paper.until),
    ):
        balance = _add(statement, "Bal")
        _add(balance, "Tp/CdOrPrtry/Cd", code)
        _amount(balance, abs(fen))
        _add(balance, "CdtDbtInd", "CRDT" if fen >= 0 else "DBIT")
        _add(balance, "Dt/Dt", day.isoformat())
    return statement


def _entry(parent: etree._Element, entry: Entry) -> None:
    inward = entry.signed > 0
    node = _add(parent, "Ntry")
    _amount(node, abs(entry.signed))
    _add(node, "CdtDbtInd", "CRDT" if inward else "DBIT")
    if entry.reverses:
        _add(node, "RvslInd", "true")
    _add(node, "Sts/Cd", "BOOK")
    _add(node, "BookgDt/Dt", entry.booked_on.isoformat())
    _add(node, "ValDt/Dt", entry.value_date.isoformat())
    _add(node, "AcctSvcrRef", entry.line_id)
    domain = _add(node, "BkTxCd/Domn")
    _add(domain, "Cd", "PMNT")
    family = _add(domain, "Fmly")
    _add(family, "Cd", "RCDT" if inward and not entry.returned else "ICDT")
    _add(family, "SubFmlyCd", "RRTN" if entry.returned else "DMCT")
    detail = _add(node, "NtryDtls/TxDtls")
    references = _add(detail, "Refs")
    _add(references, "EndToEndId", entry.reference or "NOTPROVIDED")
    if entry.reverses:
        proprietary = _add(references, "Prtry")
        _add(proprietary, "Tp", "REVERSED_LINE")
        _add(proprietary, "Ref", entry.reverses)
    _parties(detail, entry, inward=inward)
    if entry.text:
        _add(detail, "RmtInf/Ustrd", entry.text)
    if entry.returned:
        _add(detail, "RtrInf/Rsn/Cd", entry.returned)


def _parties(detail: etree._Element, entry: Entry, *, inward: bool) -> None:
    # Order is the schema's: debtor and his account, then creditor and his.
    parties = _add(detail, "RltdPties")
    theirs = (entry.counterparty_name, entry.counterparty_account)
    ours = ("", entry.sub_account)
    for role, (name, number) in zip(
        ("Dbtr", "Cdtr"), (theirs, ours) if inward else (ours, theirs), strict=True
    ):
        if name:
            _add(parties, f"{role}/Pty/Nm", name)
        if number:
            _add(parties, f"{role}Acct/Id/Othr/Id", number)


def _document(
    kind: Kind, message: str, message_id: str, on: dt.date
) -> tuple[etree._Element, etree._Element]:
    root = etree.Element(f"{{{kind.namespace}}}Document", nsmap={None: kind.namespace})
    body = _add(root, message)
    header = _add(body, "GrpHdr")
    _add(header, "MsgId", message_id)
    _add(header, "CreDtTm", f"{on}T12:00:00")
    return root, body


def _add(parent: etree._Element, path: str, text: str = "") -> etree._Element:
    """Make the elements of the path below ``parent``; the last one gets the text."""
    namespace = etree.QName(parent).namespace
    element = parent
    for name in path.split("/"):
        element = etree.SubElement(element, f"{{{namespace}}}{name}")
    if text:
        element.text = text
    return element


def _amount(parent: etree._Element, fen: int) -> None:
    _add(parent, "Amt", _yuan(fen)).set("Ccy", "CNY")


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _finish(kind: Kind, root: etree._Element) -> bytes:
    body = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    errors = schema_errors(kind, body)
    ensure(not errors, "bank_message_is_valid", kind=kind.value, errors=errors)
    return body
