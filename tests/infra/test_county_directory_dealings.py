"""What rows of a county directory must say together: groups, posts, loans, dealings, faults."""

from pathlib import Path

from infra.county_directory import load
from tests.support.county_files import add_row, copy_of, found_in, replace, set_cell


def test_dealings_between_cooperatives_are_checked(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    terms = {"rate_permille": "3", "term_months": "12", "offered_on": "2012-03-20"}
    pair = {"lender": "dongcun", "borrower": "xicun", "amount": "9000"}
    add_row(folder, "intercoop.csv", id="t1", repayments="", **terms, **pair)
    add_row(folder, "intercoop.csv", id="t2", **terms, **{**pair, "borrower": "dongcun"})
    add_row(folder, "intercoop.csv", id="t3", **{**terms, "rate_permille": "0"}, **pair)
    spoilt = {
        "t4": ("2012-04-10:9000.01", "DATED_EXCEEDS"),
        "t5": ("2012-04-10:all; 2012-04-11:1", "DATED_ORDER"),
        "t6": ("9000", "DATED_UNREADABLE"),
        "t7": ("2012-03-19:10", "DATE_TOO_EARLY"),
    }
    for name, (repayments, _) in spoilt.items():
        add_row(folder, "intercoop.csv", id=name, repayments=repayments, **terms, **pair)
    assert found_in(folder) == [
        ("intercoop.csv", 3, "borrower", "SAME_COOPERATIVE"),
        ("intercoop.csv", 4, "rate_permille", "RATE_UNREADABLE"),
        *(
            ("intercoop.csv", row, "repayments", code)
            for row, (_, code) in enumerate(spoilt.values(), start=5)
        ),
    ]


def test_money_lent_on_comes_from_a_line_of_the_same_cooperative(tmp_path: Path) -> None:
    folder = copy_of("liushu", tmp_path)
    set_cell(folder, "loans.csv", 12, "funding_id", "lw-f1")
    set_cell(folder, "loans.csv", 13, "funding", "intercoop")
    set_cell(folder, "loans.csv", 13, "funding_id", "lw-sj-1")
    assert found_in(folder) == [
        ("loans.csv", 12, "funding_id", "REFERENCE_UNKNOWN"),
        ("loans.csv", 13, "funding_id", "REFERENCE_ELSEWHERE"),
    ]


def test_nobody_stands_in_two_live_guarantee_groups(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    group = {"id": "dc-u2", "cooperative": "dongcun", "households": "dc-001 dc-002 dc-003"}
    row = add_row(folder, "guarantee_groups.csv", **group, formed_on="2012-05-03")
    overlap = ("guarantee_groups.csv", row, "households", "GUARANTEE_OVERLAP")
    assert found_in(folder) == [overlap] * 3
    set_cell(folder, "guarantee_groups.csv", 2, "dissolved_on", "2012-05-02")
    assert found_in(folder) == []


def test_leader_groups_have_leaders_and_poor_households(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    replace(folder, "county.toml", "WENXIAN", "LANZHOU")
    found = [row for row in found_in(folder) if row[0] == "guarantee_groups.csv"]
    assert found == [
        ("guarantee_groups.csv", row, column, code)
        for row in (2, 3)
        for column, code in (
            ("households", "GUARANTEE_NOT_POOR"),
            ("leaders", "GUARANTEE_LEADERS"),
        )
    ]
    set_cell(folder, "guarantee_groups.csv", 2, "leaders", "dc-003 xc-003")
    found = [row for row in found_in(folder) if row[:2] == ("guarantee_groups.csv", 2)]
    assert [code for *_, code in found] == [
        "GUARANTEE_SIZE",
        "GUARANTEE_LEADER_OUTSIDE",
        "REFERENCE_ELSEWHERE",
    ]


def test_a_deputy_is_cashier_only_where_the_county_allows_it(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    with (folder / "county.toml").open("a") as county:
        county.write('[parameters]\n"posts.deputy_is_cashier" = false\n')
    assert found_in(folder) == [("posts.csv", row, "post", "DEPUTY_IS_CASHIER") for row in (4, 10)]


def test_a_post_stands_once_for_a_person(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    post = {"cooperative": "dongcun", "person": "石正清", "post": "chair"}
    row = add_row(folder, "posts.csv", **post, elected_on="2012-03-01", term_months="36")
    assert found_in(folder) == [("posts.csv", row, "post", "POST_DOUBLED")]


def test_a_seat_has_one_holder(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    post = {"cooperative": "dongcun", "person": "石福海", "post": "chair"}
    row = add_row(folder, "posts.csv", **post, elected_on="2012-04-10", term_months="36")
    assert found_in(folder) == [("posts.csv", row, "post", "SEAT_TAKEN")]


def test_wealthy_households_are_warned_of_where_they_may_not_borrow(tmp_path: Path) -> None:
    folder = copy_of("liushu", tmp_path)
    set_cell(folder, "members.csv", 10, "wealthy", "yes")
    assert found_in(folder) == [("loans.csv", 2, "household", "BORROWER_WEALTHY")]


def test_nothing_is_paid_after_everything_was(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    row = add_row(folder, "repayments.csv", id="late", loan="xc-l1", date="2012-05-16", amount="1")
    assert found_in(folder) == [("repayments.csv", row, "amount", "REPAYMENT_AFTER_ALL")]


def test_faults_hit_what_they_can_and_are_said_once(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    good = [
        {"kind": "late_node", "what": "dongcun", "from": "2012-04-10", "to": "2012-04-12"},
        {"kind": "missing_bank_line", "what": "dc-001"},
        {"kind": "doubled_bank_line", "what": "dc-f1"},
        {"kind": "wrong_amount_line", "what": "xc-l1-r1", "amount": "3000"},
        {"kind": "unknown_bank_line", "what": "xicun", "from": "2012-04-10", "amount": "8.88"},
        {"kind": "wrong_card", "what": "dc-l1"},
        {"kind": "returned_payment", "what": "xc-l1"},
        {"kind": "lost_file", "what": "payments", "from": "2012-03-23"},
    ]
    for fault in good:
        add_row(folder, "faults.csv", **fault)
    assert found_in(folder) == []
    bad = [
        ({"kind": "late_node", "what": "dc-l1", "from": "2012-04-10", "to": "2012-04-12"}, "what"),
        ({"kind": "lost_file", "what": "letters", "from": "2012-03-23"}, "what"),
        ({"kind": "late_node", "what": "xicun", "from": "2012-04-10"}, "to"),
        ({"kind": "doubled_bank_line", "what": "xc-f1", "amount": "1"}, "amount"),
        ({"kind": "wrong_card", "what": "dc-l1"}, "what"),
        ({"kind": "late_node", "what": "xicun", "from": "2012-04-10", "to": "2012-04-09"}, "to"),
    ]
    codes = ["FAULT_TARGET"] * 2 + ["FAULT_NEEDS", "FAULT_UNWANTED", "FAULT_DOUBLED"]
    for fault, _ in bad:
        add_row(folder, "faults.csv", **fault)
    assert found_in(folder) == [
        ("faults.csv", row, column, code)
        for row, ((_, column), code) in enumerate(
            zip(bad, [*codes, "DATE_TOO_EARLY"], strict=True), start=len(good) + 2
        )
    ]


def test_a_loan_marked_to_bounce_and_a_wrong_card_are_the_same_fault(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    set_cell(folder, "loans.csv", 2, "bounce", "是")
    assert [(f.kind, f.what) for f in load(folder).faults] == [("wrong_card", "dc-l1")]
    add_row(folder, "faults.csv", kind="wrong_card", what="dc-l1")
    assert found_in(folder) == [("faults.csv", 2, "what", "FAULT_DOUBLED")]
    set_cell(folder, "loans.csv", 2, "bounce", "否")
    assert load(folder).loan["dc-l1"].bounce
