"""The JSON door against its own OpenAPI: it reads what it describes, refuses what it forbids."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import hypothesis.strategies as st
from litestar.testing import TestClient

from journal.registry import registry
from tests.node.test_api import door
from tests.node.village import COOP, Village
from tests.support.described import NEGATIVE, POSITIVE, Case, each, operations, told

__all__ = ["door"]
Door = TestClient[Any]
AWAY = 502
"""What sending answers where no county can be reached: said so, and no fault."""


def document(door: Door) -> Mapping[str, Any]:
    found: Mapping[str, Any] = door.get("/api-docs/openapi.json").json()
    return found


def asked(door: Door, case: Case) -> Any:
    case.path_parameters["coop"] = COOP
    return door.request(**told(case))


def test_what_the_document_allows_is_never_unreadable(door: Door) -> None:
    answers: Counter[int] = Counter()

    def check(case: Case) -> None:
        answer = asked(door, case)
        answers[answer.status_code] += 1
        assert answer.status_code in (200, 201, 403, 409, 422, AWAY), answer.text

    for operation in operations(document(door)):
        each(operation.as_strategy(generation_mode=POSITIVE), check)
    assert min(answers[200], answers[201], answers[403], answers[409]) > 0


def test_what_the_document_forbids_is_never_done(door: Door) -> None:
    def check(case: Case) -> None:
        if case.body is not None:
            answer = asked(door, case)
            assert 400 <= answer.status_code < 500, (case.body, answer.text)

    for operation in operations(document(door), "/acts/"):
        each(operation.as_strategy(generation_mode=NEGATIVE), check)


def test_any_described_facts_about_a_running_case_are_answered(
    door: Door, village: Village
) -> None:
    village.paid_loan()
    known: dict[str, list[str]] = {}
    for one in door.get(f"/n/{COOP}/api/cases").json():
        known.setdefault(one["process"], []).append(one["id"])
    answers: Counter[str] = Counter()

    def check(case: Case) -> None:
        case.body["id"] = f"drawn-{answers.total()}"
        answer = asked(door, case)
        answers[answer.json().get("code", "done")] += 1
        assert answer.status_code in (200, 403, 409, 422), answer.text

    for operation in operations(document(door), "/acts/"):
        act = operation.path.split("/")[-2:]
        drawn = operation.as_strategy(generation_mode=POSITIVE)
        each(drawn.flatmap(lambda case, act=act: about(case, act, village, known)), check)
    assert answers["ACT_NOT_ALLOWED_NOW"] > 50
    assert answers["done"] > 0


def about(
    case: Case, act: Sequence[str], village: Village, known: Mapping[str, Sequence[str]]
) -> st.SearchStrategy[Case]:
    """The same facts by somebody of the village, in a role of the act, about a running case."""
    process, name = act
    rows = registry().table[process].rows
    roles = sorted({role for row in rows if row.act == name for role in row.who})
    chosen = st.tuples(
        st.sampled_from([*known.get(process, ()), f"{process}-{COOP}-new"]),
        st.sampled_from(roles),
        st.sampled_from(sorted(village.person.values())),
    )

    def said(drawn: tuple[str, str, str]) -> Case:
        one, role, person = drawn
        actor = {"role": role, "operator": village.person["accountant"], "persons": [person]}
        case.body |= {"case": one, "actor": actor}
        return case

    return chosen.map(said)
