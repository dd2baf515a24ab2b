"""A policy is refused with every fault at once, and a village only tightens (1.13)."""

from typing import Any

import pytest

from contracts.rejections import RejectionCode
from journal import data
from kernel import policy_schema
from kernel.policy import (
    PolicyProblem,
    PolicyRefused,
)
from kernel.policy_kinds import Misread, read

SCHEMA = policy_schema.load(data.kernel_file("policies/default.toml"))


def problems(
    profile: str,
    county: dict[str, object] | None = None,
    village: dict[str, object] | None = None,
) -> tuple[PolicyProblem, ...]:
    with pytest.raises(PolicyRefused) as refused:
        data.policy(profile, county, village)
    return refused.value.problems


def keys_refused(*args: Any) -> list[tuple[str, str]]:
    return [(one.place, one.key) for one in problems(*args)]


def test_every_error_of_county_and_village_comes_at_once_in_both_languages() -> None:
    found = problems(
        "LINYI",
        {
            "loan.cap": "40000",
            "loan.kap": "1",
            "loan.term_max": "24",
            "recovery.min": 70.0,
            "rating.weights": {"organisation": "15"},
            "pool": {"leverage": 4},
            "intercoop.mode": "agent",
            "overdue.steps": [7, 1],
        },
        {"notice.days": 2, "purpose.list": ["种植", "炒股"], "labels.coop": "会"},
    )
    assert [(one.place, one.key) for one in found] == [
        ("county", "loan.cap"),
        ("county", "loan.kap"),
        ("county", "loan.term_max"),
        ("county", "recovery.min"),
        ("county", "rating.weights"),
        ("county", "pool.leverage"),
        ("county", "intercoop.mode"),
        ("county", "overdue.steps"),
        ("village", "notice.days"),
        ("village", "purpose.list"),
        ("village", "labels.coop"),
    ]
    cap, unknown = found[0], found[1]
    assert cap.value == "40000"
    assert "0.01..30000" in cap.zh
    assert "Y §二(二)三" in cap.zh
    assert "0.01..30000" in cap.en
    assert "loan.cap" in unknown.en
    assert "没有这个参数" in unknown.zh


@pytest.mark.parametrize("last", ["flat", "nested"])
def test_a_parameter_told_flat_and_nested_is_refused_in_either_order(last: str) -> None:
    flat, nested = {"notice.days": 5}, {"notice": {"days": 9}}
    given = {**nested, **flat} if last == "flat" else {**flat, **nested}
    (found,) = problems("DEFAULT", given)
    assert (found.place, found.key) == ("county", "notice.days")
    assert "twice" in found.en


def test_a_refused_policy_travels_as_a_refusal_with_its_count() -> None:
    with pytest.raises(PolicyRefused) as refused:
        data.policy("DEFAULT", {"x": 1, "y": 2})
    told = refused.value.as_struct()
    assert told.code is RejectionCode.POLICY_INVALID
    assert told.facts["count"] == "2"
    assert "共 2 处" in told.text("zh")
    assert "2 problems" in told.text("en")


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("fen", 200.0),
        ("fen", True),
        ("fen", "1e3"),
        ("fen", "-1"),
        ("fen", "1.005"),
        ("fen", "20,000"),
        ("fen", "9" * 30),
        ("fen", None),
        ("percent", 70.5),
        ("percent", "70.00001"),
        ("permille", "7.0001"),
        ("permille", "七"),
        ("factor", "0.1234567"),
        ("count", "5"),
        ("count", -1),
        ("count", True),
        ("flag", "true"),
        ("flag", 1),
        ("text", 1),
        ("choice", ["a"]),
        ("date", "2017-02-30"),
        ("date", 20170101.0),
        ("month_day", "02-30"),
        ("month_day", "1-31"),
        ("list", "A,B"),
        ("list", ["A", "A"]),
        ("list", ["A", 1]),
        ("day_list", []),
        ("factors", ["1.0", "0.6"]),
        ("percents", ["40"]),
        ("counts", {"A": "90"}),
        ("words", {"A": 1}),
        ("day_ranges", {"normal": "a..b"}),
        ("day_ranges", {"normal": 0}),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(kind: str, raw: object) -> None:
    with pytest.raises(Misread):
        read(kind, raw)


def test_a_county_keeps_within_what_its_document_says() -> None:
    assert data.policy("LINYI", {"loan.cap": "30000"}).fen("loan.cap") == 30_000_00
    assert data.policy("DEFAULT", {"loan.cap": "30000.01"}).fen("loan.cap") == 30_000_01
    assert keys_refused("LINYI", {"loan.cap": "30000.01"}) == [("county", "loan.cap")]
    assert keys_refused("LANZHOU", {"loan.cap": "20000.01"}) == [("county", "loan.cap")]
    assert keys_refused("LANZHOU", {"loan.term_max": 25}) == [("county", "loan.term_max")]
    assert keys_refused("LINYI", {"liq.priority": "fiscal_first"}) == [("county", "liq.priority")]
    assert data.policy("NINGXIA", {"liq.priority": "fiscal_first"}).text("liq.priority")
    assert keys_refused("NINGXIA", {"borrower.exclude_wealthy": False}) == [
        ("county", "borrower.exclude_wealthy")
    ]


def test_leverage_and_match_out_of_range_are_refused_and_the_ends_are_included() -> None:
    """R-083, R-085: 5 to 10 times, 30 to 50 %, both ends included."""
    for times in (5, 10):
        assert data.policy("NINGXIA", {"pool.leverage": times}).count("pool.leverage") == times
    for percent in ("30", "50"):
        data.policy("NINGXIA", {"pool.match_pct": percent})
    for key, value in (
        ("pool.leverage", 4),
        ("pool.leverage", 11),
        ("pool.match_pct", "29.9999"),
        ("pool.match_pct", "50.0001"),
    ):
        assert keys_refused("NINGXIA", {key: value}) == [("county", key)]


@pytest.mark.parametrize(
    ("key", "county", "tighter", "looser"),
    [
        ("loan.cap", "15000", "14999.99", "15000.01"),
        ("loan.over_cap", "consent", "refuse", None),
        ("loan.over_cap", "refuse", "refuse", "consent"),
        ("borrower.exclude_wealthy", True, True, False),
        ("borrower.exclude_wealthy", False, True, None),
        ("intercoop.enabled", True, False, None),
        ("intercoop.enabled", False, False, True),
        ("purpose.list", ["种植", "养殖"], ["养殖"], ["养殖", "农机"]),
        ("recovery.min", "70", "80", "69.9999"),
        ("intercoop.lender_floor", "20", "25", "19"),
        ("notice.days", 5, 7, 4),
        ("level.factors", ["0.6", "1.0"], ["0.5", "1.0"], ["0.6", "0.9", "1.0"]),
        ("level.factors", ["0.6", "1.0"], ["0.6", "0.9"], ["0.7", "1.0"]),
        ("account.cutover", "2017-12-31", "2016-06-30", "2018-01-01"),
        ("account.cutover", "2017-12-31", "2017-12-31", ""),
        ("report.due_annual", "01-31", "01-15", "02-01"),
        ("labels.coop", "协会", "协会", "互助社"),
        ("account.cutover", "", "2016-06-30", None),
        ("fee.by_purpose", {"种植": "6"}, {"种植": "6"}, {"种植": "5"}),
        ("provision.extended_at_least", "attention", "substandard", "normal"),
    ],
)
def test_a_village_may_only_tighten(
    key: str, county: object, tighter: object, looser: object
) -> None:
    policy = data.policy("DEFAULT", {key: county}, {key: tighter})
    assert policy.get(key) == read(SCHEMA[key].kind, tighter)
    if looser is not None:
        (found,) = problems("DEFAULT", {key: county}, {key: looser})
        assert (found.place, found.key) == ("village", key)
        assert "放宽了县定" in found.zh or "村级不得改动" in found.zh


def test_a_village_tightens_tables_name_by_name() -> None:
    rates = {
        "normal": "1",
        "attention": "2",
        "substandard": "25",
        "doubtful": "50",
        "loss": "100",
    }
    higher = {**rates, "doubtful": "60"}
    lower = {**higher, "normal": "0"}
    policy = data.policy("DEFAULT", None, {"provision.rates": higher})
    assert policy.table("provision.rates")["doubtful"] == 600_000
    assert keys_refused("DEFAULT", None, {"provision.rates": lower}) == [
        ("village", "provision.rates")
    ]


@pytest.mark.parametrize(
    ("county", "key"),
    [
        ({"loan.term_default": 18, "loan.term_max": 12}, "loan.term_default"),
        (
            {
                "surplus.div_parts": {
                    "reserve": "40",
                    "welfare": "10",
                    "risk": "10",
                    "dividend": "39",
                }
            },
            "surplus.div_parts",
        ),
        ({"rating.cuts": {"A": 80, "B": 80, "C": 60}}, "rating.cuts"),
        ({"fee.by_purpose": {"炒股": "6"}}, "fee.by_purpose"),
        (
            {
                "provision.rates": {
                    "normal": "1",
                    "attention": "2",
                    "substandard": "60",
                    "doubtful": "50",
                    "loss": "100",
                }
            },
            "provision.rates",
        ),
    ],
)
def test_values_that_contradict_each_other_are_refused(county: dict[str, object], key: str) -> None:
    assert keys_refused("DEFAULT", county) == [("county", key)]


@pytest.mark.parametrize(
    ("key", "value"),
    [("account.mode", "cash"), ("coa.presentation", "non_profit")],
)
def test_what_this_release_does_not_play_is_refused_and_not_silently_played_otherwise(
    key: str, value: str
) -> None:
    """P16 cash, domain.md 4: no rule or page acts on these values."""
    (found,) = problems("DEFAULT", {key: value})
    assert (found.place, found.key) == ("county", key)
    assert "not played by this release" in found.en


def test_r088_a_package_is_whole_whatever_part_a_county_would_leave_out() -> None:
    """pkg.items: fewer parts would not verify at the bank, unknown ones nobody could make."""
    whole = list(data.policy("DEFAULT").list("pkg.items"))
    for name in whole:
        (found,) = problems("DEFAULT", {"pkg.items": [one for one in whole if one != name]})
        assert (found.place, found.key) == ("county", "pkg.items")
        assert name in found.zh
        assert "not played by this release" in found.en
    assert keys_refused("DEFAULT", {"pkg.items": [*whole, "photographs"]}) == [
        ("county", "pkg.items")
    ]
    assert keys_refused("DEFAULT", {"pkg.items": [*whole, "manifest"]}) == [("county", "pkg.items")]
    assert data.policy("DEFAULT", {"pkg.items": whole[::-1]}).list("pkg.items") == tuple(
        whole[::-1]
    )


@pytest.mark.parametrize(
    ("attention", "why"),
    [
        ("2..90", "day 1 is in no class"),
        ("0..90", "day 0 is in two classes"),
        ("1..91", "day 91 is in two classes"),
        ("1..89", "day 90 is in no class"),
        ("1..", "day 91 is in two classes"),
    ],
)
def test_days_overdue_that_no_class_or_two_classes_cover_are_refused(
    attention: str, why: str
) -> None:
    """L11: an age outside every range would silently drop the loan from the provision."""
    ranges = {
        "normal": "0",
        "attention": attention,
        "substandard": "91..180",
        "doubtful": "181..360",
        "loss": "361..",
    }
    (found,) = problems("DEFAULT", {"provision.days": ranges})
    assert why in found.en


def test_a_contradiction_is_laid_to_the_place_that_made_it() -> None:
    found = problems("DEFAULT", {"loan.term_default": 12}, {"loan.term_max": 6})
    assert [(one.place, one.key) for one in found] == [("village", "loan.term_max")]
