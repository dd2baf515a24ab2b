"""Payment instructions as pain.001 (customer credit transfer initiation): how a file is written.

Called by the case that builds payment files. The bytes are a function of the struct alone: no
clock, no random id. Which field carries what: docs/bank-exchange.md. Never reads an answer.
"""

from pyiso20022.pain import pain_001_001_09 as iso
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.formats.dataclass.serializers.config import SerializerConfig
from xsdata.models.datatype import XmlDate, XmlDateTime

from kernel.errors import ensure
from services.federation.bank_files.faults import FaultCode, Faults, Place
from services.federation.bank_files.messages import PaymentFile, PaymentLine
from services.federation.bank_files.safe_xml import Kind, schema_errors
from services.federation.bank_files.values import (
    ACCOUNT_MAX,
    CURRENCY,
    REFERENCE_MAX,
    TEXT_MAX,
    check_amount,
    check_text,
    yuan_cell,
)

NOT_PROVIDED = "NOTPROVIDED"
"""ISO's word for a mandatory field that says nothing: the bank knows its own branch."""
_LAYOUT = SerializerConfig(indent="  ", encoding="UTF-8")


def write_pain001(file: PaymentFile) -> bytes:
    """Schema-valid bytes of a payment file; raises BankFileRefused with every fault by entry."""
    check_payment_file(file).refuse_if_any()
    header = iso.GroupHeader85(
        msg_id=file.file_id,
        cre_dt_tm=XmlDateTime(*file.created_on.timetuple()[:3], 0, 0, 0),
        nb_of_txs=str(len(file.lines)),
        ctrl_sum=yuan_cell(file.total_fen),
        initg_pty=iso.PartyIdentification135(nm=file.initiator),
    )
    document = iso.Document(
        cstmr_cdt_trf_initn=iso.CustomerCreditTransferInitiationV09(
            grp_hdr=header, pmt_inf=[_block(file)]
        )
    )
    text = XmlSerializer(config=_LAYOUT).render(document, {None: Kind.PAIN_001.namespace})
    body = text.encode()
    errors = schema_errors(Kind.PAIN_001, body)
    ensure(not errors, "payment_file_is_valid", file=file.file_id, errors=errors)
    return body


def check_payment_file(file: PaymentFile) -> Faults:
    """Everything that keeps a file from being written, by entry (the lines count from 1)."""
    faults = Faults()
    check_text(file.file_id, Place(field="file_id"), faults, limit=REFERENCE_MAX)
    check_text(file.debtor_account, Place(field="debtor_account"), faults, limit=ACCOUNT_MAX)
    check_text(file.initiator, Place(field="initiator"), faults, limit=TEXT_MAX)
    if not file.lines:
        faults.add(FaultCode.NO_LINES)
    first: dict[str, int] = {}
    for entry, line in enumerate(file.lines, 1):
        _check_line(line, entry, faults)
        if (earlier := first.setdefault(line.reference, entry)) != entry:
            faults.add(
                FaultCode.REFERENCE_REPEATED,
                Place(0, entry, "reference"),
                reference=line.reference,
                first=earlier,
            )
    if not faults:
        check_amount(file.total_fen if file.lines else 1, Place(field="total_fen"), faults)
    return faults


def _check_line(line: PaymentLine, entry: int, faults: Faults) -> None:
    limits = {
        "reference": REFERENCE_MAX,
        "cooperative_sub_account": ACCOUNT_MAX,
        "payee_name": TEXT_MAX,
        "payee_card": ACCOUNT_MAX,
    }
    for field, limit in limits.items():
        check_text(getattr(line, field), Place(0, entry, field), faults, limit=limit)
    check_text(line.remark, Place(0, entry, "remark"), faults, limit=TEXT_MAX, required=False)
    check_amount(line.amount_fen, Place(0, entry, "amount_fen"), faults)


def _block(file: PaymentFile) -> iso.PaymentInstruction30:
    day = file.execute_on or file.created_on
    return iso.PaymentInstruction30(
        pmt_inf_id=file.file_id,  # one special account a file, so one block a file
        pmt_mtd=iso.PaymentMethod3Code.TRF,
        btch_bookg=False,  # each payment is a line of the statement, to be matched by itself
        nb_of_txs=str(len(file.lines)),
        ctrl_sum=yuan_cell(file.total_fen),
        reqd_exctn_dt=iso.DateAndDateTime2Choice(dt=XmlDate.from_date(day)),
        dbtr=iso.PartyIdentification135(nm=file.initiator),
        dbtr_acct=_account(file.debtor_account, CURRENCY),
        dbtr_agt=iso.BranchAndFinancialInstitutionIdentification6(
            fin_instn_id=iso.FinancialInstitutionIdentification18(
                othr=iso.GenericFinancialIdentification1(id=NOT_PROVIDED)
            )
        ),
        cdt_trf_tx_inf=[_transfer(line) for line in file.lines],
    )


def _transfer(line: PaymentLine) -> iso.CreditTransferTransaction34:
    owner = iso.OrganisationIdentification29(
        othr=[iso.GenericOrganisationIdentification1(id=line.cooperative_sub_account)]
    )
    return iso.CreditTransferTransaction34(
        pmt_id=iso.PaymentIdentification6(end_to_end_id=line.reference),
        amt=iso.AmountType4Choice(
            instd_amt=iso.ActiveOrHistoricCurrencyAndAmount(
                value=yuan_cell(line.amount_fen), ccy=CURRENCY
            )
        ),
        ultmt_dbtr=iso.PartyIdentification135(id=iso.Party38Choice(org_id=owner)),
        cdtr=iso.PartyIdentification135(nm=line.payee_name),
        cdtr_acct=_account(line.payee_card, None),
        rmt_inf=iso.RemittanceInformation16(ustrd=[line.remark]) if line.remark else None,
    )


def _account(number: str, currency: str | None) -> iso.CashAccount38:
    other = iso.GenericAccountIdentification1(id=number)
    return iso.CashAccount38(id=iso.AccountIdentification4Choice(othr=other), ccy=currency)
