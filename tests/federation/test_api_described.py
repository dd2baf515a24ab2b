"""The bank API against its own OpenAPI: what it describes is read, what it refuses is described."""

from collections import Counter
from typing import Any
from urllib.parse import quote

import hypothesis.strategies as st
import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from services.federation.core import Core
from tests.federation.portal_world import LINE, PACKAGE, SECOND, Machine, acts
from tests.support.described import NEGATIVE, POSITIVE, Case, each, operations, told

Client = TestClient[Litestar]
AT = "/bank-api/v1"
_NAMES = st.sampled_from([PACKAGE, LINE, SECOND, "package", "guarantee", "0" * 64])
_NAMED = _NAMES | st.text(min_size=1, max_size=8)


@pytest.fixture(params=["maker@bank", "checker@bank"])
def machine(core: Core, client: Client, request: pytest.FixtureRequest) -> Machine:
    return Machine(core, client, request.param)


def asked(machine: Machine, case: Case) -> Any:
    """The drawn request, signed with the machine's key, and its answer."""
    sent = told(case)
    body = sent.get("content") or sent.get("data")
    raw = body if isinstance(body, bytes | None) else str(body).encode()
    path = str(case.path)
    for name, value in (case.path_parameters or {}).items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    return machine.ask(case.method, path.removeprefix(AT), sent.get("json"), raw)


def named(case: Case) -> st.SearchStrategy[Case]:
    """The same request about a package or a line the bank has, or about anything."""
    wanted = st.fixed_dictionaries(dict.fromkeys(case.path_parameters or {}, _NAMED))

    def with_names(names: dict[str, str]) -> Case:
        case.path_parameters = names
        return case

    return wanted.map(with_names)


def test_any_described_request_of_a_bank_is_answered(client: Client, machine: Machine) -> None:
    answers: Counter[int] = Counter()

    def check(case: Case) -> None:
        answer = asked(machine, case)
        answers[answer.status_code] += 1
        if answer.status_code == 400:
            assert "\\u0000" in msgspec.json.encode(case.body).decode(), answer.text
        assert answer.status_code < 500, answer.text

    for operation in operations(client.get(f"{AT}/openapi.json").json()):
        each(operation.as_strategy(generation_mode=POSITIVE).flatmap(named), check)
    assert min(answers[200], answers[404], answers[422]) > 0


def test_what_the_document_forbids_changes_nothing(
    core: Core, client: Client, machine: Machine
) -> None:
    def check(case: Case) -> None:
        answer = asked(machine, case)
        assert 400 <= answer.status_code < 500, (case.path, case.body, answer.text)

    before = acts(core)
    for operation in operations(client.get(f"{AT}/openapi.json").json()):
        if operation.method == "post" and not operation.path.endswith(("/papers", "/messages")):
            each(operation.as_strategy(generation_mode=NEGATIVE).flatmap(named), check)
    assert acts(core) == before
