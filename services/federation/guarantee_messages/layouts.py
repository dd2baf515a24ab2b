"""The seven message definitions, tsrv.*.001.01 of 2013, as tables: element → field.

Read by exchange.py and by the test that keeps docs/guarantee-messages.md true. Elements of a
definition that are not here are not used: another party's use of one is refused by name, unless it
is `Passed`. The definitions are ISO's; nothing of their schema files is copied.
"""

import msgspec

from services.federation.bank_files.safe_xml import MessageKind
from services.federation.guarantee_messages.forms import (
    Amount,
    Code,
    Digest,
    Flag,
    Rate,
    Text,
    Whole,
)
from services.federation.guarantee_messages.layout import Branch, Fixed, Leaf, Part, Passed
from services.federation.guarantee_messages.messages import (
    About,
    Amendment,
    Answer,
    Demand,
    DemandDocument,
    DemandRefusal,
    DemandWithdrawal,
    Discrepancy,
    Guarantee,
    Status,
    Termination,
)
from services.federation.guarantee_messages.parts import (
    BORROWER,
    DAY,
    DOCUMENTS_MAX,
    ENCLOSED,
    ID,
    LONG,
    MOMENT,
    OTHERS_REFERENCES,
    REASON,
    REASONS_MAX,
    end,
    expiry,
    own,
    party,
    undertaking,
    words,
    yuan,
)


class GuaranteeKind(MessageKind):
    """The fixed message versions."""

    ISSUE = "tsrv.001.001.01"
    AMENDMENT = "tsrv.005.001.01"
    TERMINATION = "tsrv.012.001.01"
    DEMAND = "tsrv.013.001.01"
    DEMAND_REFUSAL = "tsrv.016.001.01"
    DEMAND_WITHDRAWAL = "tsrv.017.001.01"
    STATUS = "tsrv.019.001.01"


class Layout(msgspec.Struct, frozen=True):
    """What stands below ``Document`` of a kind, and the struct it tells."""

    makes: type[msgspec.Struct]
    parts: tuple[Part, ...]


_ABOUT = {
    About.ISSUE: "APPL",  # the list of categories has none nearer to an issued undertaking
    About.AMENDMENT: "AMND",
    About.END: "TERM",
    About.DEMAND: "DEMD",
}
_ANSWERS = {Answer.ACCEPTED: "ACCP", Answer.REJECTED: "REJT", Answer.WITHDRAWN: "WTHD"}


def _below(message: str, details: str, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return (Branch(message, (Branch(details, parts),)),)


_UNDERLYING = (
    Branch(
        "UndrlygTx",
        (
            own("AGREEMENT"),
            Leaf("Id", "agreement_id", ID),
            Leaf("AddtlInf", "agreement_version", Whole("VERSION ")),
        ),
    ),
    Branch(
        "UndrlygTx",
        (
            own("LOAN"),
            Leaf("Id", "loan_id", ID),
            yuan("TxAmt", "loan_fen"),
            Leaf("CtrctAmtPctg", "cover_ppm", Rate()),
        ),
    ),
    Branch(
        "UndrlygTx",
        (
            own("PACKAGE"),
            Leaf("Id", "package_id", ID),
            Leaf("AddtlInf", "package_digest", Digest()),
        ),
    ),
)

_ISSUE: tuple[Part, ...] = (
    Leaf("Id", "guarantee_id", ID),
    Fixed("Nm", "DGAR"),
    Branch("Tp", (Fixed("Cd", "FINC"),)),
    Fixed("IssncTp", "ISSU"),
    party("Applcnt", "applicant"),
    party("Issr", "issuer"),
    party("Bnfcry", "beneficiary"),
    Leaf("DtOfIssnc", "issued_on", DAY),
    Branch("UdrtkgAmt", (yuan("Amt", "amount_fen"),)),
    expiry("XpryDtls"),
    # OBLG: the party that owes the guarantor whatever it pays, here the borrower (P6.6).
    Branch("AddtlPty", (Branch("Tp", (Fixed("Cd", "OBLG"),)), BORROWER)),
    Branch(
        "GovncRulesAndLaw",
        (
            Branch("RuleId", (Fixed("Cd", "NONE"),)),
            Branch("AplblLaw", (Fixed("Ctry", "CN"),)),
        ),
    ),
    *_UNDERLYING,
    Branch(
        "PresntnDtls",
        (
            Branch("Mdm", (Fixed("Cd", "ELEC"),)),
            Branch(
                "Doc",
                (
                    Branch("Tp", (Branch("Prtry", (Leaf("Id", "kind", ID),)),)),
                    words("Wrdg", "text"),
                ),
                "demand_documents",
                DemandDocument,
                most=DOCUMENTS_MAX,
            ),
        ),
    ),
    Branch("UdrtkgTermsAndConds", (Leaf("Txt", "terms", LONG, most=5),)),
    Leaf("MltplDmndInd", "multiple_demands", Flag()),
    Leaf("PrtlDmndInd", "partial_demands", Flag()),
)

_AMENDMENT: tuple[Part, ...] = (
    Leaf("SeqNb", "sequence", Whole()),
    Leaf("DtOfIssnc", "issued_on", DAY),
    undertaking(),
    end("TermntnDtls", "end_reason", least=0),
    Branch(
        "UdrtkgAmtAdjstmnt",
        (
            Branch(
                "AmtChc",
                (
                    yuan("IncrAmt", "increase_fen", least=0),
                    yuan("DcrAmt", "decrease_fen", least=0),
                ),
                choice=True,
            ),
        ),
        least=0,
    ),
    expiry("NewXpryDtls", least=0),
    Leaf("BnfcryCnsntReqInd", "needs_consent", Flag()),
    words("AddtlInf", "text"),
)

_TERMINATION: tuple[Part, ...] = (
    undertaking(words("ApplcntRefNb", "applicant_reference", ID)),
    end("TermntnDtls", "reason", least=1),
    words("AddtlInf", "text"),
)

_DEMAND: tuple[Part, ...] = (
    Leaf("Id", "demand_id", ID),
    Fixed("Tp", "PAYM"),  # "extend or pay" (PAEX) is not part of any agreement here
    undertaking(words("BnfcryRefNb", "bank_reference", ID)),
    Branch(
        "DmndAmt",
        (
            yuan("Amt", "amount_fen"),
            Leaf("AddtlInf", "interest_fen", Amount(tag="INTEREST ", zero=True)),
        ),
    ),
    *OTHERS_REFERENCES,
    Branch(
        "SttlmAcct",
        (
            Branch("Id", (Branch("Othr", (Leaf("Id", "account", Text(34)), Passed("SchmeNm"))),)),
            Passed("Tp"),
            Passed("Ccy"),
            Passed("Nm"),
            Passed("Ownr"),
            Passed("Svcr"),
        ),
        least=0,
    ),
    Branch("PresntnDtls", (Passed("Presntr"), Leaf("BnfcryPresntnDt", "presented_on", DAY))),
    Branch(
        "DmndDcmnttn",
        (
            Fixed("CmpltInd", "true"),  # a demand comes with all its documents or not at all
            ENCLOSED,
            Leaf("DmndNrrtv", "narrative", LONG),
        ),
    ),
    Leaf("AddtlInf", "package_digest", Digest("PACKAGE ")),
)

_DEMANDED = (
    Leaf("Id", "demand_id", ID),
    Leaf("SubmissnDtTm", "submitted_on", MOMENT),
    yuan("Amt", "amount_fen"),
)

_DEMAND_REFUSAL: tuple[Part, ...] = (
    undertaking(words("ApplcntRefNb", "applicant_reference", ID)),
    *OTHERS_REFERENCES,
    Branch("DmndDtls", _DEMANDED),
    Fixed("Sts", "REFUSED"),
    Branch(
        "Dscrpncy",
        (Leaf("Id", "code", ID), Leaf("Nrrtv", "text", LONG)),
        "discrepancies",
        Discrepancy,
        most=REASONS_MAX,
    ),
    words("DspstnOfDocs", "documents"),
)

_DEMAND_WITHDRAWAL: tuple[Part, ...] = (
    undertaking(words("BnfcryRefNb", "bank_reference", ID)),
    Passed("AdvsgPtyRefNb"),
    Branch("DmndDtls", _DEMANDED),
    Passed("CnfrmrRefNb"),
)

_STATUS: tuple[Part, ...] = (
    party("InitgPty", "sender"),
    undertaking(
        Passed("ApplcntRefNb"),
        words("BnfcryRefNb", "bank_reference", ID),
    ),
    Leaf("AmdmntSeqNb", "amendment", Whole(), least=0),
    Passed("AdvsgPtyRefNb"),
    Passed("CnfrmrRefNb"),
    Leaf("StsCtgy", "about", Code(_ABOUT)),
    Leaf("Sts", "answer", Code(_ANSWERS)),
    REASON,
    Branch(
        "RptdAmt",
        (
            Leaf("Id", "demand_id", ID),
            Fixed("Tp", "REDC"),  # what is accepted of a demand lowers the guarantee
            yuan("Amt", "amount_fen"),
        ),
        least=0,
    ),
)

LAYOUTS = {
    GuaranteeKind.ISSUE: Layout(Guarantee, _below("UdrtkgIssnc", "UdrtkgIssncDtls", _ISSUE)),
    GuaranteeKind.AMENDMENT: Layout(
        Amendment, _below("UdrtkgAmdmnt", "UdrtkgAmdmntDtls", _AMENDMENT)
    ),
    GuaranteeKind.TERMINATION: Layout(
        Termination, _below("UdrtkgTermntnNtfctn", "UdrtkgTermntnNtfctnDtls", _TERMINATION)
    ),
    GuaranteeKind.DEMAND: Layout(Demand, _below("UdrtkgDmnd", "UdrtkgDmndDtls", _DEMAND)),
    GuaranteeKind.DEMAND_REFUSAL: Layout(
        DemandRefusal, _below("DmndRfslNtfctn", "DmndRfslNtfctnDtls", _DEMAND_REFUSAL)
    ),
    GuaranteeKind.DEMAND_WITHDRAWAL: Layout(
        DemandWithdrawal, _below("DmndWdrwlNtfctn", "DmndWdrwlNtfctnDtls", _DEMAND_WITHDRAWAL)
    ),
    GuaranteeKind.STATUS: Layout(Status, _below("UdrtkgStsRpt", "UdrtkgStsRptDtls", _STATUS)),
}
