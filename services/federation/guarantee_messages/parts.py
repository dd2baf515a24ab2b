"""Pieces that several message definitions share: parties, the undertaking, files, reasons.

Used by layouts.py only.
"""

from services.federation.guarantee_messages.forms import (
    CURRENCY_ATTRIBUTE,
    Amount,
    Code,
    Day,
    File,
    Form,
    Masked,
    Text,
)
from services.federation.guarantee_messages.layout import (
    Branch,
    Fixed,
    Leaf,
    Part,
    Passed,
    Pieces,
)
from services.federation.guarantee_messages.messages import (
    Borrower,
    Enclosure,
    EndReason,
    Format,
    Party,
    Reason,
)

ID = Text(35)
LINE = Text(2000)
LONG = Text(20_000, lines=True)
_REASON_PIECE = 105
_REASON_PIECES = 10
DOCUMENTS_MAX = 50
REASONS_MAX = 50
DAY = Day()
MOMENT = Day(midnight=True)
_YUAN = Amount()
_PARTY_SAYS_MORE = (Passed("CtryOfRes"), Passed("CtctDtls"))
OTHERS_REFERENCES = (
    Passed("AdvsgPtyRefNb"),
    Passed("ScndAdvsgPtyRefNb"),
    Passed("CnfrmrRefNb"),
)
_FORMATS = {Format.PDF: "DPDF", Format.SHEET: "SDSH", Format.XML: "DXML"}
_END_CODES = {EndReason.REPAID: "BUFI"}  # the underlying business is finished
_END_WORDS = {reason: reason.name for reason in EndReason if reason not in _END_CODES}


def yuan(name: str, attr: str, *, least: int = 1) -> Leaf:
    """An amount in yuan and its currency."""
    return Leaf(name, attr, _YUAN, least=least, attributes=CURRENCY_ATTRIBUTE)


def words(name: str, attr: str, form: Form = LINE) -> Leaf:
    """A text that may be left out."""
    return Leaf(name, attr, form, least=0)


def party(name: str, attr: str) -> Branch:
    """An organisation by id and name; where it lives and how to reach it is passed over."""
    other = Branch("Othr", (Leaf("Id", "id", ID), Passed("SchmeNm"), Passed("Issr")))
    identity = Branch("Id", (Branch("OrgId", (Passed("AnyBIC"), other)),))
    parts = (Leaf("Nm", "name", Text(140)), Passed("PstlAdr"), identity, *_PARTY_SAYS_MORE)
    return Branch(name, parts, attr, Party)


def undertaking(*references: Part) -> Branch:
    """Which guarantee, by whom, and a party's own id of it."""
    parts = (Leaf("Id", "guarantee_id", ID), party("Issr", "issuer"), *references)
    return Branch("UdrtkgId", parts)


def own(word: str) -> Branch:
    """A choice of code or own word, always this own word."""
    return Branch("Tp", (Branch("Prtry", (Fixed("Id", word),)),))


def expiry(name: str, *, least: int = 1) -> Branch:
    """The last day on which a demand may be presented."""
    date = Branch("DtTm", (Leaf("Dt", "expires_on", DAY),))
    return Branch(name, (Branch("XpryTerms", (date,)),), least=least)


def end(name: str, reason: str, *, least: int) -> Branch:
    """The day on which the guarantee ends, and why."""
    word = Branch("Prtry", (Leaf("Id", reason, Code(_END_WORDS)),), least=0)
    code = Leaf("Cd", reason, Code(_END_CODES), least=0)
    return Branch(
        name,
        (
            Leaf("FctvDt", "ends_on", DAY),
            Branch("Rsn", (code, word), least=least, choice=True),
        ),
        least=least,
    )


BORROWER = Branch(
    "Pty",
    (
        words("Nm", "name", Text(140)),
        Branch(
            "Id",
            (
                Branch(
                    "PrvtId",
                    (
                        Branch(
                            "Othr",
                            (
                                Leaf("Id", "masked_id", Masked()),
                                Branch("SchmeNm", (Fixed("Prtry", "MASKED"),)),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    ),
    "borrower",
    Borrower,
)

ENCLOSED = Branch(
    "NclsdFile",
    (
        Branch("Tp", (Branch("Prtry", (Leaf("Id", "kind", ID),)),)),
        Leaf("Id", "file_id", ID),
        Branch("Frmt", (Leaf("Cd", "format", Code(_FORMATS)),)),
        Leaf("Nclsr", "content", File()),
    ),
    "enclosures",
    Enclosure,
    most=DOCUMENTS_MAX,
)

REASON = Branch(
    "StsRsn",
    (
        Passed("Orgtr"),
        Branch(
            "Rsn",
            (
                Leaf("Cd", "code", Text(4), least=0, heard_only=True),
                Leaf("Prtry", "code", ID, least=0),
            ),
            choice=True,
        ),
        Pieces(
            "AddtlInf", "text", _REASON_PIECE, Text(_REASON_PIECE * _REASON_PIECES), _REASON_PIECES
        ),
    ),
    "reasons",
    Reason,
    least=0,
    most=REASONS_MAX,
)
