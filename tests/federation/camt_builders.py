"""camt and pain.002 messages as text, so that a test can spoil one thing in them."""

from services.federation.bank_files.safe_xml import NAMESPACE


def entry(
    line_id: str = "L1",
    amount: str = "1.00",
    sign: str = "CRDT",
    *,
    currency: str = "CNY",
    status: str = "BOOK",
    details: str = "",
) -> str:
    reference = f"<AcctSvcrRef>{line_id}</AcctSvcrRef>" if line_id else ""
    return f"""
<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>
<Sts><Cd>{status}</Cd></Sts><ValDt><Dt>2010-01-29</Dt></ValDt>{reference}
<BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd>{details}</Ntry>"""


def details(*transactions: str) -> str:
    return "<NtryDtls>" + "".join(f"<TxDtls>{one}</TxDtls>" for one in transactions) + "</NtryDtls>"


def balance(code: str, amount: str, *, currency: str = "CNY", sign: str = "CRDT") -> str:
    return f"""
<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount}</Amt>
<CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>2010-01-29</Dt></Dt></Bal>"""


def statement_xml(
    *entries: str,
    opening: str = "0.00",
    closing: str = "0.00",
    balances: str | None = None,
    summary: str = "",
    more: str = "",
    account: str = "62001",
    parent: str = "",
) -> str:
    """One Stmt element."""
    related = f"<RltdAcct><Id><Othr><Id>{parent}</Id></Othr></Id></RltdAcct>" if parent else ""
    if balances is None:
        balances = balance("OPBD", opening) + balance("CLBD", closing)
    return f"""
<Stmt><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>2010-01-29T23:00:00</CreDtTm>
<Acct><Id><Othr><Id>{account}</Id></Othr></Id>{more}</Acct>{related}
{balances}{summary}{"".join(entries)}</Stmt>"""


def camt053(*statements: str) -> bytes:
    return _message("camt.053.001.08", "BkToCstmrStmt", "".join(statements))


def camt054(*entries: str) -> bytes:
    return _message(
        "camt.054.001.08",
        "BkToCstmrDbtCdtNtfctn",
        f"""<Ntfctn><Id>N1</Id><CreDtTm>2010-01-29T12:00:00</CreDtTm>
<Acct><Id><Othr><Id>62001</Id></Othr></Id></Acct>{"".join(entries)}</Ntfctn>""",
    )


def answer(reference: str = "pay_001", status: str = "ACSC", reason: str = "") -> str:
    named = f"<OrgnlEndToEndId>{reference}</OrgnlEndToEndId>" if reference else ""
    said = f"<TxSts>{status}</TxSts>" if status else ""
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    return f"<TxInfAndSts>{named}{said}{why}</TxInfAndSts>"


def pain002(*answers: str, group: str = "", block: str = "") -> bytes:
    blocks = (
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>F1</OrgnlPmtInfId>{block}{''.join(answers)}"
        "</OrgnlPmtInfAndSts>"
        if answers or block
        else ""
    )
    return _message(
        "pain.002.001.12",
        "CstmrPmtStsRpt",
        "<OrgnlGrpInfAndSts><OrgnlMsgId>F1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09"
        f"</OrgnlMsgNmId>{group}</OrgnlGrpInfAndSts>{blocks}",
    )


def _message(kind: str, name: str, body: str) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{NAMESPACE}{kind}"><{name}>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2010-01-29T12:00:00</CreDtTm></GrpHdr>
{body}</{name}></Document>""".encode()
