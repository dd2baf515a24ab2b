"""The JSON door against its own OpenAPI: what it describes is read, what it refuses is described.

schemathesis draws the requests from the document the door serves. A request the document allows is
never unreadable, one it forbids is never done, and no request is a fault of ours.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import hypothesis.strategies as st
import schemathesis
from hypothesis import HealthCheck, given, settings
from litestar.testing import TestClient
from schemathesis import GenerationMode

from journal.registry import registry
from tests.node.test_api import door
from tests.node.village import COOP, Village

__all__ = ["door"]
Door = TestClient[Any]
Case = Any
POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
AWAY = 502
"""What sending answers where no county can be reached: said so, and no fault."""


def operations(door: Door, among: str = "") -> Iterator[Any]:
    """Every operation of the document, or those whose path has ``among`` in it."""
    document = door.get("/api-docs/openapi.json").json()
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation: Any = found
        if among in operation.ok().path:
            yield operation.ok()


def each(cases: st.SearchStrategy[Case], check: Callable[[Case], None]) -> None:
    """Draw some cases and check each."""

    @settings(max_examples=10, suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def drawn(case: Case) -> None:
        check(case)

    drawn()


def asked(door: Door, case: Case) -> Any:
    case.path_parameters["coop"] = COOP
    told = case.as_transport_kwargs(base_url=str(door.base_url))
    told.pop("cookies", None)
    if isinstance(told.get("data"), bytes):
        told["content"] = told.pop("data")
    return door.request(**told)


def test_what_the_document_allows_is_never_unreadable(door: Door) -> None:
    told: Counter[int] = Counter()

    def check(case: Case) -> None:
        answer = asked(door, case)
        told[answer.status_code] += 1
        assert answer.status_code in (200, 201, 403, 409, 422, AWAY), answer.text

    for operation in operations(door):
        each(operation.as_strategy(generation_mode=POSITIVE), check)
    assert min(told[200], told[201], told[403], told[409]) > 0


def test_what_the_document_forbids_is_never_done(door: Door) -> None:
    def check(case: Case) -> None:
        if case.body is not None:
            answer = asked(door, case)
            assert 400 <= answer.status_code < 500, (case.body, answer.text)

    for operation in operations(door, "/acts/"):
        each(operation.as_strategy(generation_mode=NEGATIVE), check)


def about(case: Case, act: Sequence[str], village: Village, known: dict[str, list[str]]) -> Any:
    """The same facts by somebody of the village, in a role of the act, about a running case."""
    process, name = act
    rows = registry().table[process].rows
    roles = sorted({role for row in rows if row.act == name for role in row.who})
    chosen = st.tuples(
        st.sampled_from([*known.get(process, ()), f"{process}-{COOP}-new"]),
        st.sampled_from(roles),
        st.sampled_from(sorted(village.person.values())),
    )

    def told(drawn: tuple[str, str, str]) -> Case:
        one, role, person = drawn
        actor = {"role": role, "operator": village.person["accountant"], "persons": [person]}
        case.body |= {"case": one, "actor": actor}
        return case

    return chosen.map(told)


def test_any_described_facts_about_a_running_case_are_answered(
    door: Door, village: Village
) -> None:
    village.paid_loan()
    known: dict[str, list[str]] = {}
    for one in door.get(f"/n/{COOP}/api/cases").json():
        known.setdefault(one["process"], []).append(one["id"])
    told: Counter[str] = Counter()

    def check(case: Case) -> None:
        case.body["id"] = f"drawn-{told.total()}"
        answer = asked(door, case)
        told[answer.json().get("code", "done")] += 1
        assert answer.status_code in (200, 403, 409, 422), answer.text

    for operation in operations(door, "/acts/"):
        act = operation.path.split("/")[-2:]
        drawn = operation.as_strategy(generation_mode=POSITIVE)
        each(drawn.flatmap(lambda case, act=act: about(case, act, village, known)), check)
    assert told["ACT_NOT_ALLOWED_NOW"] > 100
    assert told["done"] > 0
