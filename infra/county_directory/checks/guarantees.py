"""Guarantee groups: the size and leaders of the county's mode, one live group a member (R-041)."""

from collections import defaultdict
from datetime import date

from infra.county_directory.limits import Limits
from infra.county_directory.problems import Problems
from infra.county_directory.table import Row
from infra.county_directory.tables import Tables

LEADER = "leader"


def check_guarantees(tables: Tables, limits: Limits | None, problems: Problems) -> None:
    """Note groups of a wrong size or make-up and members in two live groups."""
    if limits is not None:
        for row in tables["guarantee_groups.csv"]:
            if row.several("households") and row.was_read("leaders"):
                _make_up(row, tables, limits, problems)
    _overlaps(tables, problems)


def _make_up(row: Row, tables: Tables, limits: Limits, problems: Problems) -> None:
    households, leaders = row.several("households"), row.several("leaders")
    mode = limits.guarantee_mode
    if mode != LEADER:
        need = limits.guarantee_households
        if len(households) != need:
            facts = {"have": len(households), "mode": mode, "need": need}
            problems.note(row.place("households"), "GUARANTEE_SIZE", **facts)
        if leaders:
            problems.note(row.place("leaders"), "GUARANTEE_LEADERS_UNWANTED", mode=mode)
        return
    fewest, most = limits.leaders
    if not fewest <= len(leaders) <= most:
        facts = {"have": len(leaders), "fewest": fewest, "most": most}
        problems.note(row.place("leaders"), "GUARANTEE_LEADERS", **facts)
    for leader in leaders:
        if leader not in households:
            problems.note(row.place("leaders"), "GUARANTEE_LEADER_OUTSIDE", value=leader)
    led = [household for household in households if household not in leaders]
    fewest, most = limits.led
    if not fewest <= len(led) <= most:
        need = f"{limits.leaders[0]}-{limits.leaders[1]} + {fewest}-{most}"
        problems.note(
            row.place("households"), "GUARANTEE_SIZE", have=len(households), mode=mode, need=need
        )
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
