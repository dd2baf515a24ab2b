"""The chart is that of domain.md section 4: every account it names, blocked where it says so."""

from journal.data import kernel_file
from kernel.chart import load

CHART = load(kernel_file("chart.toml"))
# Written from domain.md section 4, not from chart.toml.
NODE = """
101 10201 10202 10901 11301 11302 11303 11304 11309 114 115 116 117 118 131 151 152 181
20101 20102 20103 21101 21102 21103 21104 21105 21106 21109 212 214 222 231 23501 23502 23503
30101 30102 31101 31102 31103 31104 31105 31106 31107 31108 31109 321 32201 32202 32203
331 33201 33202 33203 33204 33205 50101 50102 50103 50104 50201 50202 50203 50301 50302 511
52101 52102 52103 52104 52201 52202 52203 52204 523 529 901 902 905 906 907 909
"""
CUSTODY = "701 702 703 709 80101 80102 802 8021 803 8031 804 805 8051 903 9039 9041 904 906 909"
FEDERATION = """
10201 10202 11301 11302 11303 11304 11305 115 118 131 20101 20102 21101 231 241 311 322 331 332
501 502 503 521 522 523 529
"""
OURS = {"N": {"191"}, "K": {"80108", "80109"}, "F": {"10203", "10204", "21109", "902", "909"}}
"""Accounts that the design adds: crossing of fundings, receipts nobody has claimed or named
and the money they are, own money held for a settlement, what was written off and is still owed."""


def test_every_account_of_section_4_stands_in_the_chart_and_no_other() -> None:
    wanted = {"N": NODE.split(), "K": CUSTODY.split(), "F": FEDERATION.split()}
    assert {kind: set(codes) | OURS[kind] for kind, codes in wanted.items()} == {
        kind: set(accounts) for kind, accounts in CHART.items()
    }


def test_investment_and_village_cash_are_blocked() -> None:
    """R-023, R-033: floor and ceiling are both nothing, so no amount can ever stand there."""
    blocked = [("N", "101"), ("N", "131"), ("N", "511"), ("F", "131")]
    found = [CHART[kind][code] for kind, code in blocked]
    assert [(one.floor, one.ceiling) for one in found] == [(0, 0)] * len(blocked)


def test_costs_and_what_is_owned_stand_in_debit_and_income_and_what_is_owed_in_credit() -> None:
    credit_among_assets = {"118", "152"}
    for kind in ("N", "F"):
        for code, account in CHART[kind].items():
            if code[0] in "235":
                debit = code.startswith("52")
            elif code[0] == "1":
                debit = code not in credit_among_assets
            else:
                debit = code != "909"
            assert (account.side == 1) == debit, code


def test_every_account_is_named_in_both_languages_and_once_a_book() -> None:
    for accounts in CHART.values():
        for names in ([one.zh for one in accounts.values()], [one.en for one in accounts.values()]):
            assert all(names)
            assert len(set(names)) == len(names)
