"""Guarantee messages from outside: a struct or a named refusal, never anything else."""

import random
import re

import pytest

from services.federation.bank_files.faults import BankFileRefused, FaultCode
from services.federation.guarantee_messages.exchange import read_guarantee_message
from services.federation.guarantee_messages.layouts import GuaranteeKind
from services.federation.guarantee_messages.messages import Demand, Reason, Status
from tests.federation.guarantee_builders import MESSAGES, a_demand, golden
from tests.support.damage import damaged

DEMAND = golden("tsrv.013").decode()
STATUS = golden("tsrv.019").decode()


def refused(body: str | bytes, *kinds: GuaranteeKind) -> BankFileRefused:
    text = body.encode() if isinstance(body, str) else body
    with pytest.raises(BankFileRefused) as found:
        read_guarantee_message(text, kinds or tuple(GuaranteeKind))
    assert all(fault.text("zh") and fault.text("en") for fault in found.value.faults)
    return found.value


def codes(body: str) -> tuple[FaultCode, ...]:
    return refused(body).codes


def put(old: str, new: str, body: str = DEMAND) -> str:
    assert old in body
    return body.replace(old, new, 1)


def demand_of(body: str) -> Demand:
    message = read_guarantee_message(body.encode())
    assert isinstance(message, Demand)
    return message


def test_a_document_type_is_refused_before_anything_is_read() -> None:
    attack = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n<Document'
    assert codes(put("<Document", attack)) == (FaultCode.DTD_FORBIDDEN,)


def test_a_payment_message_is_no_guarantee_message() -> None:
    assert codes(put("tsrv.013.001.01", "pain.002.001.12")) == (FaultCode.WRONG_KIND,)
    assert codes(put("tsrv.013.001.01", "tsrv.013.001.02")) == (FaultCode.WRONG_KIND,)


def test_an_element_not_understood_here_is_refused_by_name_and_line() -> None:
    asked = put("<DmndDcmnttn>", "<ReqdXpryDt>2012-01-01</ReqdXpryDt><DmndDcmnttn>")
    (fault,) = refused(asked).faults
    assert fault.code is FaultCode.ELEMENT_NOT_TAKEN
    assert fault.facts["element"] == "ReqdXpryDt"
    assert fault.place.line == 1 + DEMAND[: DEMAND.index("<DmndDcmnttn>")].count("\n")


def test_extend_or_pay_is_refused_because_no_agreement_knows_it() -> None:
    (fault,) = refused(put("<Tp>PAYM</Tp>", "<Tp>PAEX</Tp>")).faults
    assert (fault.code, fault.facts["found"]) == (FaultCode.NOT_A_CHOICE, "PAEX")


def test_an_element_missing_twice_or_misplaced_is_refused() -> None:
    demand_id = "<Id>DC-2010-0007</Id>"
    paid = "<Tp>PAYM</Tp>"
    assert codes(put(demand_id, "")) == (FaultCode.MISSING,)
    assert codes(put(demand_id, demand_id * 2)) == (FaultCode.ELEMENT_REPEATED,)
    moved = put(paid, paid + demand_id, put(demand_id, ""))
    assert codes(moved) == (FaultCode.ELEMENT_OUT_OF_ORDER, FaultCode.MISSING)


def test_what_an_element_does_not_hold_is_refused() -> None:
    assert codes(put("<DmndAmt>", "<DmndAmt>say")) == (FaultCode.SCHEMA,)
    assert codes(put("<DmndAmt>", '<DmndAmt kind="x">')) == (FaultCode.SCHEMA,)
    assert FaultCode.ELEMENT_NOT_TAKEN in codes(put("<Tp>PAYM", "<Tp><b/>PAYM"))
    other = put("<Tp>PAYM</Tp>", '<Tp xmlns="urn:other">PAYM</Tp>')
    assert FaultCode.MISSING in codes(other)


def test_an_element_that_changes_nothing_is_passed_over() -> None:
    more = put(
        "<Nm>盐池县农民互助联合社</Nm>",
        "<Nm>盐池县农民互助联合社</Nm><PstlAdr><Ctry>CN</Ctry></PstlAdr>",
    )
    more = put("<SttlmAcct>", "<CnfrmrRefNb>c</CnfrmrRefNb><SttlmAcct>", more)
    hint = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b" '
    more = put("<Document ", f"<Document {hint}", more)
    assert demand_of(more) == a_demand()


def test_prefixes_blanks_and_other_spellings_of_a_value_are_the_same_message() -> None:
    prefixed = re.sub(r"<(/?)(\w)", r"<\1t:\2", DEMAND).replace("<?t:", "<?")
    prefixed = prefixed.replace("xmlns=", "xmlns:t=")
    assert demand_of(prefixed) == a_demand()
    spelt = put(">20000.00<", "> +020000.00000\n<")
    spelt = put("2011-09-01", "2011-09-01+08:00", spelt)
    assert demand_of(spelt) == a_demand()


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("20000.001", FaultCode.AMOUNT_NOT_IN_FEN),
        ("2e4", FaultCode.NOT_AN_AMOUNT),
        ("NaN", FaultCode.NOT_AN_AMOUNT),
        ("20,000.00", FaultCode.NOT_AN_AMOUNT),
        ("２0000.00", FaultCode.NOT_AN_AMOUNT),
        ("0", FaultCode.AMOUNT_NOT_POSITIVE),
        ("-1", FaultCode.NOT_AN_AMOUNT),
        ("999999999999999999", FaultCode.AMOUNT_TOO_LARGE),
    ],
)
def test_an_amount_that_is_not_exactly_one_is_refused(amount: str, code: FaultCode) -> None:
    assert codes(put(">20000.00<", f">{amount}<")) == (code,)


def test_money_of_another_currency_or_none_is_refused() -> None:
    assert codes(put('Ccy="CNY"', 'Ccy="USD"')) == (FaultCode.CURRENCY,)
    assert codes(put(' Ccy="CNY"', "")) == (FaultCode.CURRENCY,)


def test_a_day_that_is_none_is_refused() -> None:
    assert codes(put("2011-09-01", "2011-02-30")) == (FaultCode.NOT_A_DATE,)
    withdrawal = golden("tsrv.017").decode()
    assert codes(put("2011-09-01T00:00:00", "2011-09-01", withdrawal)) == (FaultCode.NOT_A_DATE,)


def test_documents_that_are_not_complete_or_not_base64_are_refused() -> None:
    assert codes(put("<CmpltInd>true<", "<CmpltInd>false<")) == (FaultCode.NOT_A_CHOICE,)
    assert codes(put("<Nclsr>", "<Nclsr>*")) == (FaultCode.NOT_BASE64,)


def test_a_demand_tells_interest_and_package_under_their_words() -> None:
    assert codes(put("INTEREST 123.45", "123.45")) == (FaultCode.NOT_AN_AMOUNT,)
    assert codes(put("PACKAGE 9f", "9f")) == (FaultCode.NOT_A_DIGEST,)
    assert FaultCode.MISSING in codes(put("<AddtlInf>INTEREST 123.45</AddtlInf>", ""))


def test_numbers_flags_and_rates_are_held_to_their_form() -> None:
    issue, amended = golden("tsrv.001").decode(), golden("tsrv.005").decode()
    assert codes(put("VERSION 2", "VERSION 0", issue)) == (FaultCode.NOT_A_NUMBER,)
    assert codes(put("VERSION 2", "2", issue)) == (FaultCode.NOT_A_NUMBER,)
    assert codes(put("80.0000", "80.00001", issue)) == (FaultCode.NOT_A_RATE,)
    assert codes(put(">false<", ">no<", issue)) == (FaultCode.NOT_A_CHOICE,)
    assert codes(put("642222********1234", "642222198001011234", issue)) == (FaultCode.NOT_MASKED,)
    assert codes(put("<SeqNb>1<", "<SeqNb>A1<", amended)) == (FaultCode.NOT_A_NUMBER,)


def test_an_empty_choice_is_refused() -> None:
    amended = golden("tsrv.005").decode()
    nothing = re.sub(r"<AmtChc>.*?</AmtChc>", "<AmtChc/>", amended, flags=re.DOTALL)
    assert codes(nothing) == (FaultCode.MISSING,)
    both = put("</DcrAmt>", '</DcrAmt><DcrAmt Ccy="CNY">1.00</DcrAmt>', amended)
    assert FaultCode.ELEMENT_REPEATED in codes(both)


def test_a_status_code_of_a_bank_is_taken_as_code_or_own_word() -> None:
    short = put("<Prtry>CONDITION</Prtry>", "<Cd>NARR</Cd>", STATUS)
    message = read_guarantee_message(short.encode())
    assert isinstance(message, Status)
    assert message.reasons[0].code == "NARR"
    assert message.reasons[1] == Reason(code="NOTE")
    assert codes(put("<Sts>ACCP", "<Sts>NCON", STATUS)) == (FaultCode.NOT_A_CHOICE,)


def test_a_piece_of_a_reason_is_held_to_its_size() -> None:
    long = put("<AddtlInf>", "<AddtlInf>xx", STATUS)
    assert codes(long) == (FaultCode.TEXT_TOO_LONG,)


def test_a_message_cut_short_anywhere_is_refused_whole() -> None:
    body = DEMAND.encode()
    for cut in range(len(body) - 2, 0, -11):
        assert refused(body[:cut]).faults


def test_random_damage_ends_in_a_struct_or_a_named_refusal() -> None:
    chance = random.Random(20100301)
    bodies = [golden(name) for name in sorted(MESSAGES)]
    found = 0
    for _ in range(1500):
        body = damaged(chance, chance.choice(bodies), hits=6, back=60)
        if refusal := refusal_of(body):
            found += 1
            assert all(fault.text("zh") and fault.text("en") for fault in refusal.faults)
    assert found > 1000


def refusal_of(body: bytes) -> BankFileRefused | None:
    try:
        read_guarantee_message(body, tuple(GuaranteeKind))
    except BankFileRefused as refusal:
        return refusal
    return None
