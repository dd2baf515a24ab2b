"""What is read from the bank's messages (pain.002, camt.053, camt.054), and what refuses them."""

import datetime as dt

import pytest

from services.federation.bank_files.faults import BankFileRefused, FaultCode
from services.federation.bank_files.inbox import read_bank_file
from services.federation.bank_files.messages import AnswerStatus, Direction, SubAccountBalance
from services.federation.bank_files.statement import read_camt053, read_camt054
from services.federation.bank_files.status_report import read_pain002
from tests.federation.camt_builders import (
    answer,
    balance,
    camt053,
    camt054,
    details,
    entry,
    pain002,
    statement_xml,
)

DAY = dt.date(2010, 1, 29)


def refused_camt053(*statements: str) -> tuple[FaultCode, ...]:
    with pytest.raises(BankFileRefused) as refused:
        read_camt053(camt053(*statements))
    return refused.value.codes


def party(role: str, name: str, account: str) -> str:
    return (
        f"<{role}><Pty><Nm>{name}</Nm></Pty></{role}>"
        f"<{role}Acct><Id><Othr><Id>{account}</Id></Othr></Id></{role}Acct>"
    )


def test_a_statement_is_read_with_every_field_of_its_lines() -> None:
    paid = details(
        "<Refs><EndToEndId>pay_001</EndToEndId></Refs><RltdPties>"
        + party("Dbtr", "白果", "62001-01")
        + party("Cdtr", "张三", "6228")
        + "</RltdPties><RmtInf><Ustrd>借款</Ustrd></RmtInf>"
    )
    back = details(
        "<Refs><EndToEndId>pay_000</EndToEndId></Refs><RltdPties>"
        + party("Dbtr", "李四", "6229")
        + party("Cdtr", "白果", "62001-01")
        + "</RltdPties><RtrInf><Rsn><Cd>AC07</Cd></Rsn></RtrInf>"
    )
    body = camt053(
        statement_xml(
            entry("L1", "5000.00", "DBIT", details=paid),
            entry("L2", "7.50", details=back),
            opening="6000.00",
            closing="1007.50",
        )
    )
    (statement,) = read_camt053(body)
    assert (statement.account, statement.date, statement.sequence) == ("62001", DAY, 1)
    assert (statement.opening_fen, statement.closing_fen) == (600_000, 100_750)
    out, returned = statement.lines
    assert (out.line_id, out.direction, out.amount_fen) == ("L1", Direction.OUT, 500_000)
    assert (out.sub_account, out.reference, out.returned_reference) == ("62001-01", "pay_001", None)
    assert (out.counterparty_name, out.counterparty_account) == ("张三", "6228")
    assert (out.text, out.value_date) == ("借款", DAY)
    assert (returned.direction, returned.reference) == (Direction.IN, None)
    assert (returned.returned_reference, returned.counterparty_name) == ("pay_000", "李四")


def test_a_line_that_names_no_sub_account_belongs_to_none() -> None:
    own = details("<RltdPties>" + party("Cdtr", "专户", "62001") + "</RltdPties>")
    body = camt053(statement_xml(entry("L1"), entry("L2", details=own), closing="2.00"))
    assert [line.sub_account for line in read_camt053(body)[0].lines] == [None, None]


def test_a_reference_that_was_not_provided_is_none() -> None:
    said_nothing = details("<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>")
    body = camt053(statement_xml(entry(details=said_nothing), closing="1.00"))
    assert read_camt053(body)[0].lines[0].reference is None


def test_a_joint_booking_is_one_line_for_each_transaction() -> None:
    def transaction(amount: str, reference: str) -> str:
        return (
            f"<Refs><EndToEndId>{reference}</EndToEndId></Refs>"
            f'<Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        )

    joint = entry("L1", "3.00", details=details(transaction("1.00", "a"), transaction("2.00", "b")))
    (statement,) = read_camt053(camt053(statement_xml(joint, closing="3.00")))
    assert [(line.line_id, line.amount_fen, line.reference) for line in statement.lines] == [
        ("L1/1", 100, "a"),
        ("L1/2", 200, "b"),
    ]


def test_a_joint_booking_whose_parts_do_not_sum_is_refused() -> None:
    part = '<Amt Ccy="CNY">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
    joint = entry("L1", "3.00", details=details(part, part))
    assert refused_camt053(statement_xml(joint, closing="2.00")) == (FaultCode.SUM_DIFFERS,)


def test_the_parts_of_a_joint_booking_must_say_their_amounts() -> None:
    nothing = "<Refs><EndToEndId>a</EndToEndId></Refs>"
    joint = entry("L1", "3.00", details=details(nothing, nothing))
    assert FaultCode.MISSING in refused_camt053(statement_xml(joint, closing="3.00"))


def test_statements_of_sub_accounts_become_balances_of_their_account() -> None:
    inward = details("<RltdPties>" + party("Cdtr", "白果", "62001-01") + "</RltdPties>")
    body = camt053(
        statement_xml(entry(details=inward), opening="5.00", closing="6.00"),
        statement_xml(account="62001-01", parent="62001", opening="2.00", closing="3.00"),
        statement_xml(account="62001-02", parent="62001", opening="3.00", closing="3.00"),
    )
    assert read_camt053(body)[0].sub_accounts == (
        SubAccountBalance(sub_account="62001-01", opening_fen=200, closing_fen=300),
        SubAccountBalance(sub_account="62001-02", opening_fen=300, closing_fen=300),
    )


def test_a_closing_balance_that_opening_and_lines_do_not_make_is_refused() -> None:
    assert refused_camt053(statement_xml(entry(), closing="1.01")) == (
        FaultCode.BALANCE_NOT_PROVEN,
    )


def test_sub_accounts_that_do_not_prove_are_refused_by_name() -> None:
    inward = details("<RltdPties>" + party("Cdtr", "白果", "62001-01") + "</RltdPties>")
    codes = refused_camt053(
        statement_xml(entry("L1", details=inward), entry("L2"), closing="2.00"),
        statement_xml(account="62001-01", parent="62001", opening="0.00", closing="2.00"),
        statement_xml(account="62001-01", parent="62001", opening="0.00", closing="2.00"),
        statement_xml(account="62009-01", parent="62009"),
    )
    assert set(codes) == {
        FaultCode.SUB_ACCOUNT_UNKNOWN,  # line L2 names none; 62009 is not in the file
        FaultCode.SUB_ACCOUNT_REPEATED,
        FaultCode.SUB_ACCOUNT_NOT_PROVEN,
        FaultCode.SUB_ACCOUNTS_SUM,
    }


def test_all_faults_of_a_statement_are_told_at_once_by_line_and_entry() -> None:
    body = camt053(
        statement_xml(
            entry("L1", "1.005"),
            entry("L1", "0"),
            entry("", currency="USD"),
            entry("L4", status="PDNG"),
            entry("L5", "90071992547409.92"),
            closing="5.00",
        )
    )
    with pytest.raises(BankFileRefused) as refused:
        read_camt053(body)
    found = [(fault.place.entry, fault.code) for fault in refused.value.faults]
    assert found[:-1] == [
        (1, FaultCode.AMOUNT_NOT_IN_FEN),
        (2, FaultCode.AMOUNT_NOT_POSITIVE),
        (2, FaultCode.LINE_REPEATED),
        (3, FaultCode.CURRENCY),
        (3, FaultCode.MISSING),
        (4, FaultCode.NOT_BOOKED),
        (5, FaultCode.AMOUNT_TOO_LARGE),
    ]
    assert found[-1] == (0, FaultCode.BALANCE_NOT_PROVEN)
    text = body.decode().splitlines()
    assert "1.005" in text[refused.value.faults[0].place.line - 1]


def test_decimals_beyond_the_fen_are_read_when_they_are_nought() -> None:
    (statement,) = read_camt053(camt053(statement_xml(entry("L1", "1.23000"), closing="1.23")))
    assert statement.lines[0].amount_fen == 123


def test_an_overdrawn_balance_is_read_as_negative() -> None:
    balances = balance("OPBD", "5.00", sign="DBIT") + balance("CLBD", "4.00", sign="DBIT")
    (statement,) = read_camt053(camt053(statement_xml(entry(), balances=balances)))
    assert (statement.opening_fen, statement.closing_fen) == (-500, -400)


def test_the_balance_last_closed_serves_as_opening() -> None:
    balances = balance("PRCD", "5.00") + balance("CLBD", "6.00")
    (statement,) = read_camt053(camt053(statement_xml(entry(), balances=balances)))
    assert statement.opening_fen == 500


@pytest.mark.parametrize(
    "balances",
    [
        balance("OPBD", "0.00"),
        balance("OPBD", "0.00") + balance("CLBD", "1.00") + balance("CLBD", "1.00"),
        balance("ITBD", "0.00") + balance("CLBD", "1.00"),
    ],
)
def test_a_missing_or_second_balance_is_refused(balances: str) -> None:
    codes = refused_camt053(statement_xml(entry(), balances=balances))
    assert FaultCode.BALANCE_COUNT in codes


def test_foreign_money_is_refused_wherever_it_stands() -> None:
    balances = balance("OPBD", "0.00", currency="USD") + balance("CLBD", "1.00")
    assert refused_camt053(statement_xml(entry(), balances=balances, more="<Ccy>USD</Ccy>")) == (
        FaultCode.CURRENCY,
        FaultCode.CURRENCY,
    )


def test_totals_the_bank_adds_must_be_true() -> None:
    summary = """<TxsSummry>
<TtlNtries><NbOfNtries>2</NbOfNtries><Sum>1.00</Sum></TtlNtries>
<TtlCdtNtries><NbOfNtries>1</NbOfNtries><Sum>1.01</Sum></TtlCdtNtries>
<TtlDbtNtries><NbOfNtries>0</NbOfNtries><Sum>0</Sum></TtlDbtNtries></TxsSummry>"""
    assert refused_camt053(statement_xml(entry(), closing="1.00", summary=summary)) == (
        FaultCode.COUNT_DIFFERS,
        FaultCode.SUM_DIFFERS,
    )


def test_a_file_with_statements_of_sub_accounts_alone_is_refused() -> None:
    codes = refused_camt053(statement_xml(account="62001-01", parent="62001"))
    assert codes == (FaultCode.SUB_ACCOUNT_UNKNOWN, FaultCode.NO_LINES)


def test_a_reversal_names_the_line_it_undoes() -> None:
    quoted = details(
        "<Refs><EndToEndId>pay_001</EndToEndId>"
        "<Prtry><Tp>REVERSED_LINE</Tp><Ref>L7</Ref></Prtry></Refs>"
    )
    one = entry(details=quoted).replace("<Sts>", "<RvslInd>true</RvslInd><Sts>")
    (statement,) = read_camt053(camt053(statement_xml(one, closing="1.00")))
    assert statement.lines[0].reverses_line == "L7"


def test_a_notification_tells_lines_before_the_statement() -> None:
    (notification,) = read_camt054(camt054(entry("L1"), entry("L2", "2.00", "DBIT")))
    assert (notification.account, notification.created_on) == ("62001", DAY)
    assert [line.signed_fen for line in notification.lines] == [100, -200]


def test_answers_are_read_line_by_line() -> None:
    report = read_pain002(
        pain002(
            answer("pay_001", "ACSC"),
            answer("pay_002", "RJCT", "AC07"),
            answer("pay_003", "PDNG"),
            group="<GrpSts>PART</GrpSts>",
        )
    )
    assert (report.file_id, report.status) == ("F1", AnswerStatus.PARTLY)
    found = [report.answer(f"pay_00{n}") for n in (1, 2, 3, 4)]
    assert [one and (one.status.value, one.reason) for one in found] == [
        ("accepted", ""),
        ("rejected", "AC07"),
        ("pending", ""),
        None,
    ]


def test_a_rejected_file_that_lists_lines_says_nothing_of_the_others() -> None:
    later = answer("pay_002", "RJCT", "AC07")
    report = read_pain002(pain002(later, group="<GrpSts>RJCT</GrpSts>"))
    rejected = report.answer("pay_002")
    assert rejected is not None
    assert rejected.status is AnswerStatus.REJECTED
    assert report.answer("pay_001") is None, "it may have been paid"


@pytest.mark.parametrize("where", ["group", "block"])
def test_a_file_refused_as_a_whole_answers_for_every_line(where: str) -> None:
    said = "{}RJCT{}<StsRsnInf><Rsn><Cd>AM10</Cd></Rsn><AddtlInf>合计不符</AddtlInf></StsRsnInf>"
    group = said.format("<GrpSts>", "</GrpSts>") if where == "group" else ""
    block = said.format("<PmtInfSts>", "</PmtInfSts>") if where == "block" else ""
    found = read_pain002(pain002(group=group, block=block)).answer("pay_001")
    assert found is not None
    assert (found.status, found.reason, found.text) == (AnswerStatus.REJECTED, "AM10", "合计不符")


def test_every_fault_of_a_report_is_told_at_once() -> None:
    body = pain002(
        answer("pay_001", "WHAT"),
        answer("pay_001"),
        answer("", ""),
        answer("pay_004", "PART"),
        group="<GrpSts>HUH</GrpSts>",
    )
    with pytest.raises(BankFileRefused) as refused:
        read_pain002(body)
    assert [(fault.place.entry, fault.code) for fault in refused.value.faults] == [
        (0, FaultCode.STATUS_UNKNOWN),
        (1, FaultCode.STATUS_UNKNOWN),
        (2, FaultCode.REFERENCE_REPEATED),
        (3, FaultCode.MISSING),
        (3, FaultCode.MISSING),
        (4, FaultCode.STATUS_UNKNOWN),
    ]


def test_the_kind_of_a_bank_file_is_found_out() -> None:
    names = [
        type(read_bank_file(body)[0]).__name__
        for body in (
            pain002(answer()),
            camt053(statement_xml(entry(), closing="1.00")),
            camt054(entry()),
        )
    ]
    assert names == ["StatusReport", "Statement", "Notification"]


def test_dates_with_a_zone_or_a_year_beyond_the_calendar() -> None:
    good = camt053(statement_xml(entry(), closing="1.00"))
    zoned = good.replace(b"<ValDt><Dt>2010-01-29</Dt>", b"<ValDt><Dt>2010-01-29+08:00</Dt>")
    assert read_camt053(zoned)[0].lines[0].value_date == DAY
    beyond = good.replace(b"<ValDt><Dt>2010-01-29</Dt>", b"<ValDt><Dt>12010-01-29</Dt>")
    with pytest.raises(BankFileRefused) as refused:
        read_camt053(beyond)
    assert FaultCode.NOT_A_DATE in refused.value.codes
