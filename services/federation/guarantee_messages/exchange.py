"""Guarantee messages as bytes: a struct to a file and back.

Called by the cases of the risk pool, which put the files into the guarantee package and take what
the bank sends. The bytes are a function of the struct alone: no clock, no random id. A message is
used as a whole or refused with every fault. Never looks whether the guarantee exists, whether a
demand is due or who sent it: that is the case's, in the transaction that writes.
"""

from collections import Counter
from collections.abc import Collection
from typing import cast

from lxml import etree

from kernel.errors import ensure
from services.federation.bank_files.faults import FaultCode, Faults, Place
from services.federation.bank_files.safe_xml import read_safe
from services.federation.guarantee_messages.hearing import read_struct
from services.federation.guarantee_messages.layouts import LAYOUTS, GuaranteeKind
from services.federation.guarantee_messages.messages import (
    About,
    Amendment,
    Answer,
    Demand,
    Guarantee,
    GuaranteeMessage,
    Status,
)
from services.federation.guarantee_messages.telling import write_parts

FROM_BANK = (GuaranteeKind.DEMAND, GuaranteeKind.DEMAND_WITHDRAWAL, GuaranteeKind.STATUS)
"""What a bank sends; the other kinds are ours to write and the bank's to read."""
_KINDS = {layout.makes: kind for kind, layout in LAYOUTS.items()}


def kind_of(message: GuaranteeMessage) -> GuaranteeKind:
    """The message version a struct is written as."""
    return _KINDS[type(message)]


def write_guarantee_message(message: GuaranteeMessage) -> bytes:
    """Bytes of one message; raises BankFileRefused with every fault by element."""
    kind, faults = kind_of(message), Faults()
    _check(message, faults)
    root = etree.Element(etree.QName(kind.namespace, "Document"), nsmap={None: kind.namespace})
    write_parts(root, LAYOUTS[kind].parts, message, "", faults)
    faults.refuse_if_any()
    body = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    said = read_guarantee_message(body, [kind])
    ensure(said == message, "guarantee_message_says_what_was_meant", kind=kind.value)
    return body


def read_guarantee_message(
    body: bytes, taken: Collection[GuaranteeKind] = FROM_BANK
) -> GuaranteeMessage:
    """What one file says, of the kinds ``taken``.

    Raises BankFileRefused with every fault by line and element; then nothing of it is used.
    """
    kind, root = read_safe(body, taken)
    faults, layout = Faults(), LAYOUTS[kind]
    message = cast("GuaranteeMessage", read_struct(root, layout.makes, layout.parts, faults))
    faults.refuse_if_any()
    _check(message, faults)
    faults.refuse_if_any()
    return message


def _check(message: GuaranteeMessage, faults: Faults) -> None:
    """Values against each other, within the message."""
    if isinstance(message, Guarantee):
        if message.amount_fen > message.loan_fen:
            loan, place = message.loan_fen, Place(field="UdrtkgAmt/Amt")
            faults.add(FaultCode.COVER_ABOVE_LOAN, place, cover=message.amount_fen, loan=loan)
    elif isinstance(message, Amendment):
        moved = bool(message.increase_fen) + bool(message.decrease_fen)
        if moved > 1 or not (moved or message.expires_on or message.ends_on):
            faults.add(FaultCode.NOTHING_CHANGES, Place(field="UdrtkgAmdmntDtls"))
    elif isinstance(message, Demand):
        kinds = Counter(one.kind for one in message.enclosures)
        for kind in [kind for kind, count in kinds.items() if count > 1]:
            place = Place(field="DmndDcmnttn/NclsdFile")
            faults.add(FaultCode.ELEMENT_REPEATED, place, element=f"NclsdFile {kind}", limit=1)
    elif isinstance(message, Status):
        _check_status(message, faults)


def _check_status(status: Status, faults: Faults) -> None:
    if status.answer is Answer.REJECTED and not status.reasons:
        faults.add(FaultCode.REASON_MISSING, Place(field="StsRsn"))
    if status.about is About.AMENDMENT and status.amendment is None:
        faults.add(FaultCode.MISSING, Place(field="AmdmntSeqNb"))
    if status.about is About.DEMAND and not status.demand_id:
        faults.add(FaultCode.MISSING, Place(field="RptdAmt/Id"))
