"""Guarantee messages (tsrv.*): what is written is what was meant, by golden files and refusals."""

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.money import FEN_MAX
from services.federation.bank_files.faults import BankFileRefused, Fault, FaultCode, Place
from services.federation.guarantee_messages.exchange import (
    FROM_BANK,
    kind_of,
    read_guarantee_message,
    write_guarantee_message,
)
from services.federation.guarantee_messages.forms import ENCLOSURE_MAX
from services.federation.guarantee_messages.messages import (
    Borrower,
    DemandRefusal,
    DemandWithdrawal,
    EndReason,
    GuaranteeMessage,
    Reason,
    Termination,
)
from tests.federation.guarantee_builders import (
    MESSAGES,
    a_demand,
    a_guarantee,
    a_part_acceptance,
    a_refusal,
    a_termination,
    a_withdrawal,
    an_amendment,
    an_answer_to_a_line,
    an_answer_to_an_amendment,
    changed,
    golden,
)

ALL = sorted(MESSAGES)


def faults_of(message: GuaranteeMessage) -> tuple[Fault, ...]:
    with pytest.raises(BankFileRefused) as refused:
        write_guarantee_message(message)
    return refused.value.faults


def codes_of(message: GuaranteeMessage) -> set[FaultCode]:
    return {fault.code for fault in faults_of(message)}


@pytest.mark.parametrize("name", ALL)
def test_a_message_is_written_as_its_golden_file(name: str) -> None:
    kind, build = MESSAGES[name]
    assert kind_of(build()) is kind
    assert write_guarantee_message(build()).decode() == golden(name).decode()


@pytest.mark.parametrize("name", ALL)
def test_a_golden_file_reads_as_its_struct(name: str) -> None:
    kind, build = MESSAGES[name]
    assert read_guarantee_message(golden(name), [kind]) == build()


def test_every_field_of_every_message_is_told_by_a_golden_file() -> None:
    told: dict[type, set[str]] = {}
    for _, build in MESSAGES.values():
        message = build()
        fields = msgspec.structs.fields(message)
        said = {f.name for f in fields if f.required or getattr(message, f.name) != f.default}
        told.setdefault(type(message), set()).update(said)
    for makes, said in told.items():
        assert {field.name for field in msgspec.structs.fields(makes)} - said - NOT_TOLD == set()


NOT_TOLD = {"increase_fen"}
"""Told by the test of amounts below: an amendment lowers or raises, never both."""


def test_only_what_a_bank_sends_is_taken_unless_asked() -> None:
    assert {MESSAGES[name][0] for name in ("tsrv.013", "tsrv.017", "tsrv.019")} == set(FROM_BANK)
    for name in ALL:
        if MESSAGES[name][0] not in FROM_BANK:
            with pytest.raises(BankFileRefused) as refused:
                read_guarantee_message(golden(name))
            assert refused.value.codes == (FaultCode.WRONG_KIND,)


@given(st.integers(1, FEN_MAX), st.integers(0, FEN_MAX))
def test_any_amount_arrives_to_the_fen(principal: int, interest: int) -> None:
    demand = changed(a_demand(), amount_fen=principal, interest_fen=interest)
    assert read_guarantee_message(write_guarantee_message(demand)) == demand


@given(st.integers(1, 1_000_000))
def test_any_cover_arrives_to_the_millionth(cover: int) -> None:
    message = changed(a_guarantee(), cover_ppm=cover)
    assert read_guarantee_message(write_guarantee_message(message), [kind_of(message)]) == message


@given(st.text("保函 ab\n<>&\"'", min_size=1, max_size=400))
def test_any_narrative_arrives_letter_by_letter(text: str) -> None:
    demand = changed(a_demand(), narrative=text)
    if text != text.strip():
        assert codes_of(demand) == {FaultCode.TEXT_CHARACTERS}
    else:
        assert read_guarantee_message(write_guarantee_message(demand)) == demand


@given(st.text("a b银", min_size=1, max_size=1050))
def test_a_long_reason_is_put_together_again_whatever_its_blanks(text: str) -> None:
    status = changed(an_answer_to_a_line(), reasons=(Reason(code="X", text=text.strip()),))
    assert read_guarantee_message(write_guarantee_message(status)) == status


def test_more_cover_reads_back_as_more() -> None:
    message = changed(an_amendment(), decrease_fen=0, increase_fen=1)
    body = write_guarantee_message(message)
    assert b'<IncrAmt Ccy="CNY">0.01</IncrAmt>' in body
    assert read_guarantee_message(body, [kind_of(message)]) == message


@pytest.mark.parametrize("reason", EndReason)
def test_every_reason_to_end_arrives(reason: EndReason) -> None:
    message = changed(a_termination(), reason=reason)
    assert read_guarantee_message(write_guarantee_message(message), [kind_of(message)]) == message


def test_what_may_be_left_out_may_be_left_out() -> None:
    whole: list[GuaranteeMessage] = [
        changed(a_termination(), applicant_reference="", text=""),
        changed(a_demand(), bank_reference="", account=""),
        changed(a_refusal(), applicant_reference="", documents=""),
        changed(a_withdrawal(), bank_reference=""),
        changed(an_answer_to_a_line(), bank_reference="", reasons=()),
        changed(a_guarantee(), borrower=Borrower(masked_id="**1")),
    ]
    for message in whole:
        body = write_guarantee_message(message)
        assert read_guarantee_message(body, [kind_of(message)]) == message


@pytest.mark.parametrize(
    "shown", ["642222198001011234", "13800001234", "64222219800101****", "王某某", ""]
)
def test_an_id_number_that_is_not_masked_is_never_written(shown: str) -> None:
    message = changed(a_guarantee(), borrower=Borrower(masked_id=shown))
    assert FaultCode.NOT_MASKED in codes_of(message)


def test_cover_above_the_loan_is_refused() -> None:
    assert faults_of(changed(a_guarantee(), amount_fen=2_000_001)) == (
        Fault(
            FaultCode.COVER_ABOVE_LOAN,
            Place(field="UdrtkgAmt/Amt"),
            {"cover": "2000001", "loan": "2000000"},
        ),
    )


@pytest.mark.parametrize("cover", [0, -1, 1_000_001])
def test_a_rate_that_is_none_is_refused(cover: int) -> None:
    assert codes_of(changed(a_guarantee(), cover_ppm=cover)) == {FaultCode.NOT_A_RATE}


def test_an_amendment_that_changes_nothing_or_both_ways_is_refused() -> None:
    nothing = changed(an_amendment(), decrease_fen=0, expires_on=None)
    both = changed(an_amendment(), increase_fen=1)
    assert FaultCode.NOTHING_CHANGES in codes_of(nothing)
    assert FaultCode.NOTHING_CHANGES in codes_of(both)


def test_a_reason_to_end_without_its_day_is_refused() -> None:
    message = changed(an_amendment(), end_reason=EndReason.REPAID)
    assert faults_of(message)[0].place.field.endswith("TermntnDtls/FctvDt")
    assert codes_of(message) == {FaultCode.MISSING}


@pytest.mark.parametrize("digest", ["", "9F" * 32, "9f" * 31, "sha256:" + "9f" * 32])
def test_a_digest_that_is_none_is_refused(digest: str) -> None:
    assert codes_of(changed(a_demand(), package_digest=digest)) == {FaultCode.NOT_A_DIGEST}
    assert codes_of(changed(a_guarantee(), package_digest=digest)) == {FaultCode.NOT_A_DIGEST}


def test_a_demand_without_its_documents_is_refused() -> None:
    assert codes_of(changed(a_demand(), enclosures=())) == {FaultCode.MISSING}


def test_a_kind_of_document_comes_once_because_a_claim_keeps_one_digest_of_each() -> None:
    first = a_demand().enclosures[0]
    (fault,) = faults_of(changed(a_demand(), enclosures=(first, first)))
    assert (fault.code, fault.facts["element"]) == (
        FaultCode.ELEMENT_REPEATED,
        "NclsdFile contract",
    )


def test_an_empty_or_too_large_enclosure_is_refused() -> None:
    first = a_demand().enclosures[0]
    for content, code in (
        (b"", FaultCode.MISSING),
        (b"x" * (ENCLOSURE_MAX + 1), FaultCode.TOO_LARGE),
    ):
        message = changed(a_demand(), enclosures=(msgspec.structs.replace(first, content=content),))
        assert codes_of(message) == {code}


def test_a_rejection_without_a_reason_is_refused() -> None:
    assert codes_of(changed(an_answer_to_an_amendment(), reasons=())) == {FaultCode.REASON_MISSING}
    assert codes_of(changed(a_refusal(), discrepancies=())) == {FaultCode.MISSING}


def test_an_answer_says_what_it_answers() -> None:
    assert codes_of(changed(an_answer_to_an_amendment(), amendment=None)) == {FaultCode.MISSING}
    assert codes_of(changed(a_part_acceptance(), demand_id="")) == {FaultCode.MISSING}


def test_an_empty_reason_code_is_refused() -> None:
    message = changed(an_answer_to_a_line(), reasons=(Reason(code=""),))
    assert codes_of(message) == {FaultCode.MISSING}


def test_every_fault_of_a_message_is_told_at_once_and_by_element() -> None:
    message = changed(a_demand(), demand_id="x" * 36, amount_fen=0, narrative="", account="a" * 35)
    faults = faults_of(message)
    told = [(fault.place.field.split("UdrtkgDmndDtls/")[-1], fault.code) for fault in faults]
    assert told == [
        ("Id", FaultCode.TEXT_TOO_LONG),
        ("DmndAmt/Amt", FaultCode.AMOUNT_NOT_POSITIVE),
        ("SttlmAcct/Id/Othr/Id", FaultCode.TEXT_TOO_LONG),
        ("DmndDcmnttn/DmndNrrtv", FaultCode.MISSING),
    ]


def test_a_control_character_is_refused_not_written() -> None:
    assert codes_of(changed(a_demand(), narrative="a\x00b")) == {FaultCode.TEXT_CHARACTERS}
    assert codes_of(changed(a_withdrawal(), demand_id="a\nb")) == {FaultCode.TEXT_CHARACTERS}


def test_a_withdrawal_and_a_refusal_repeat_the_demand() -> None:
    demand = a_demand()
    for message in (a_withdrawal(), a_refusal()):
        assert isinstance(message, DemandRefusal | DemandWithdrawal)
        assert message.demand_id == demand.demand_id
        assert message.amount_fen == demand.amount_fen
        assert message.submitted_on == demand.presented_on


def test_the_same_facts_are_the_same_bytes() -> None:
    assert len({write_guarantee_message(a_demand()) for _ in range(3)}) == 1
    other = changed(a_termination(), ends_on=dt.date(2011, 3, 3))
    assert isinstance(other, Termination)
    assert write_guarantee_message(other) != golden("tsrv.012")
