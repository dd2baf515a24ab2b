"""Guarantee groups: the size and leaders of the county's mode, one live group a member (R-041)."""

from collections import defaultdict
from datetime import date

from infra.county_directory.problems import Problems
from infra.county_directory.table import Row
from infra.county_directory.tables import Tables
from kernel.policy import Policy

LEADER = "leader"


def check_guarantees(tables: Tables, policy: Policy | None, problems: Problems) -> None:
    """Note groups of a wrong size or make-up and members in two live groups."""
    if policy is not None:
        _make_up(tables, policy, problems)
    _overlaps(tables, problems)


def _make_up(tables: Tables, policy: Policy, problems: Problems) -> None:
    mode = policy.text("guarantee.mode")
    for row in tables["guarantee_groups.csv"]:
        if not row.several("households") or not row.was_read("leaders"):
            continue
        if mode == LEADER:
            _leader_group(row, tables, policy, problems)
        else:
            _equal_group(row, mode, policy.count(f"guarantee.{mode}_households"), problems)


def _equal_group(row: Row, mode: str, need: int, problems: Problems) -> None:
    """Three or five households, none of them first (R-038, R-039)."""
    have = len(row.several("households"))
    if have != need:
        problems.note(row.place("households"), "GUARANTEE_SIZE", have=have, mode=mode, need=need)
    if row.several("leaders"):
        problems.note(row.place("leaders"), "GUARANTEE_LEADERS_UNWANTED", mode=mode)


def _leader_group(row: Row, tables: Tables, policy: Policy, problems: Problems) -> None:
    """Leaders and the poor households they lead (R-040)."""
    households, leaders = row.several("households"), row.several("leaders")
    led = [household for household in households if household not in leaders]
    fewest, most = policy.count("guarantee.leaders_min"), policy.count("guarantee.leaders_max")
    led_fewest, led_most = policy.count("guarantee.led_min"), policy.count("guarantee.led_max")
    if not fewest <= len(leaders) <= most:
        facts = {"have": len(leaders), "fewest": fewest, "most": most}
        problems.note(row.place("leaders"), "GUARANTEE_LEADERS", **facts)
    for leader in leaders:
        if leader not in households:
            problems.note(row.place("leaders"), "GUARANTEE_LEADER_OUTSIDE", value=leader)
    if not led_fewest <= len(led) <= led_most:
        need, have = f"{fewest}-{most} + {led_fewest}-{led_most}", len(households)
        problems.note(row.place("households"), "GUARANTEE_SIZE", have=have, mode=LEADER, need=need)
    members = tables.by_id["members.csv"]
    for household in led:
        member = members.get(household)
        if member is not None and member.was_read("poor") and not member.flag("poor"):
            problems.note(row.place("households"), "GUARANTEE_NOT_POOR", value=household)


def _overlaps(tables: Tables, problems: Problems) -> None:
    live: dict[str, list[Row]] = defaultdict(list)
    for row in tables["guarantee_groups.csv"]:
        for household in row.several("households"):
            for other in live[household]:
                if _at_once(row, other):
                    facts = {"other": other.text("id"), "other_row": other.number}
                    problems.note(
                        row.place("households"), "GUARANTEE_OVERLAP", value=household, **facts
                    )
            live[household].append(row)


def _at_once(one: Row, other: Row) -> bool:
    """Whether two groups are live on a same day; a date that could not be read says no."""
    spans = []
    for row in (one, other):
        first = row.day("formed_on")
        if first is None or not row.was_read("dissolved_on"):
            return False
        spans.append((first, row.day("dissolved_on") or date.max))
    (first, last), (other_first, other_last) = spans
    return first <= other_last and other_first <= last
