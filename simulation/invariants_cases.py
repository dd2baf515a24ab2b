"""Invariants of cases: I14 (who decided) and I15 (only listed steps, state and terms are a fold).

The table of processes is parsed here anew, cases are folded here anew, votes are counted here
anew: the engine that is checked decides nothing. Called after every night by simulation.checks.
"""

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from journal.data import kernel_file
from simulation.queries import Files, Row, Told
from simulation.tally import Tally

RESERVED = ("_hands", "_due", "_full")
_COUNCIL = frozenset({"chair", "deputy", "accountant", "council"})
_VOTED = {("loan", "vote"), ("member", "admit"), ("member", "mark")}


@cache
def listed_steps() -> dict[tuple[str, str], list[tuple[frozenset[str], str, bool]]]:
    """(process, act) → its rows: origins, the state after, whether signatures repeat in a state."""
    table: dict[str, Any] = tomllib.loads(kernel_file("processes.toml").decode())
    found: dict[tuple[str, str], list[tuple[frozenset[str], str, bool]]] = {}
    for process, cells in table.items():
        for act, origins, to, who, *_ in cells["acts"] if isinstance(cells, dict) else ():
            row = (frozenset(origins.split("|")), to, "policy:" in who)
            found.setdefault((process, act), []).append(row)
    return found


def steps(here: Files) -> Iterator[tuple[str, str, list[Told]]]:
    """Scope, case and its acts in order of their steps, an act of several books once."""
    folded: dict[tuple[str, str], dict[int, Told]] = {}
    for book, rows in here.acts.items():
        scope = book if book.startswith("N-") else "K"
        for row in rows:
            case = folded.setdefault((scope, row.told["case"]), {})
            case.setdefault(row.told["step"], row.told)
    for (scope, name), by_step in folded.items():
        yield scope, name, [by_step[step] for step in sorted(by_step)]


def cases_are_folds(tally: Tally, here: Files, *, whole: Iterable[str]) -> None:
    """I15 of every case whose scope this file holds whole (a node sees only its part of K)."""
    scopes = set(whole)
    seen = set()
    for scope, name, acts in steps(here):
        if scope not in scopes:
            continue
        seen.add((scope, name))
        state, terms = "-", {}
        for place, act in enumerate(acts, 1):
            tally.hold(
                "I15", "steps follow one another", fine=act["step"] == place,
                case=name, step=act["step"], at=here.name,
            )  # fmt: skip
            tally.hold(
                "I15", "the step is listed", fine=_is_listed(act, state),
                case=name, act=act["act"], before=state, after=act["state"],
            )  # fmt: skip
            state = act["state"]
            told = act.get("terms", {})
            terms.update({k: v for k, v in told.items() if k not in RESERVED})
        stored = here.cases.get((scope, name), {})
        tally.hold(
            "I15", "a case is the fold of its acts",
            fine=(stored.get("state"), stored.get("step")) == (state, len(acts))
            and stored.get("terms", {}) == terms,
            case=name, at=here.name, state=state, stored=stored.get("state"),
        )  # fmt: skip
    strays = [key for key in here.cases if key[0] in scopes and key not in seen]
    tally.hold("I15", "no case without acts", fine=not strays, strays=strays[:3])


def _is_listed(act: Told, before: str) -> bool:
    for origins, to, signed in listed_steps().get((act["process"], act["act"]), ()):
        after = {to or before} | ({before} if signed else set())
        if before in origins and act["state"] in after:
            return True
    return False


def powers_are_apart(tally: Tally, here: Files) -> None:
    """I14: over a whole case one natural person used one of the four powers."""
    for _, name, acts in steps(here):
        used: dict[str, set[str]] = {}
        for act in acts:
            for person, _role, power, *_ in act.get("terms", {}).get("_hands", ()):
                if power and power != "none":
                    used.setdefault(person, set()).add(power)
        both = {person: powers for person, powers in used.items() if len(powers) > 1}
        tally.hold("I14", "one person, one power", fine=not both, case=name, used=both)


def votes_were_won(tally: Tally, here: Files, book: str) -> None:
    """I14: a council's decision had more than half of those who could vote and did not abstain.

    The roster is that of the posts held when the deciding vote was given; the person the case is
    about voted for nothing.
    """
    posts: dict[str, tuple[str, str]] = {}
    about: dict[str, Told] = {}
    given: dict[tuple[str, str], dict[str, str]] = {}
    states: dict[str, str] = {}
    for row in here.acts.get(book, ()):
        told = row.told
        process, act, case = told["process"], told["act"], told["case"]
        terms = about.setdefault(case, {})
        terms.update(told.get("terms", {}))
        if process == "post":
            held = told["state"] == "held"
            posts[case] = (terms.get("post", "") if held else "", terms.get("person", ""))
        if (process, act) in _VOTED:
            votes = given.setdefault((case, act), {})
            votes |= _council_votes(told)
            if told["state"] != states.get(case) or "_full" in told.get("terms", {}):
                _won(tally, case, votes, posts, str(terms.get("person", "")))
                given[case, act] = {}
        if told["state"] != states.get(case):
            given = {key: votes for key, votes in given.items() if key[0] != case}
        states[case] = told["state"]


def _council_votes(told: Told) -> dict[str, str]:
    hands = told.get("terms", {}).get("_hands", ())
    return {hand[0]: hand[4] for hand in hands if hand[1] == "council@node"}


def _won(
    tally: Tally,
    case: str,
    votes: dict[str, str],
    posts: dict[str, tuple[str, str]],
    person: str,
) -> None:
    roster = {holder for post, holder in posts.values() if post in _COUNCIL}
    said = list(votes.values())
    voters = len(roster | votes.keys()) - said.count("abstain")
    tally.hold(
        "I14", "a decision has its majority", fine=said.count("yes") * 2 > voters,
        case=case, yes=said.count("yes"), voters=voters,
    )  # fmt: skip
    tally.hold(
        "I14", "nobody votes on his own case",
        fine=votes.get(person, "abstain") == "abstain", case=case, person=person,
    )  # fmt: skip


def rows_reached(here: Files, book: str) -> Iterator[tuple[str, str, str]]:
    """(process, act, state after) of every act of a book: what a run really came to."""
    rows: list[Row] = here.acts.get(book, [])
    for row in rows:
        yield row.told["process"], row.told["act"], row.told["state"]
