"""Requests drawn by schemathesis from the OpenAPI document a service serves.

Used by the tests of both services' doors: what a document allows is never unreadable, what it
forbids is never done, and no request is a fault of ours.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import hypothesis.strategies as st
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

Case = Any
POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE


def operations(document: Mapping[str, Any], among: str = "") -> Iterator[Any]:
    """Every operation of the document, or those whose path has ``among`` in it."""
    for found in schemathesis.openapi.from_dict(dict(document)).get_all_operations():
        operation: Any = found
        if among in operation.ok().path:
            yield operation.ok()


def each(cases: st.SearchStrategy[Case], check: Callable[[Case], None]) -> None:
    """Draw a few cases and check each; `make soak` draws five times as many."""

    @settings(max_examples=settings().max_examples // 20, suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def drawn(case: Case) -> None:
        check(case)

    drawn()


def told(case: Case) -> dict[str, Any]:
    """A drawn request as an httpx client takes it."""
    asked: dict[str, Any] = case.as_transport_kwargs(base_url="http://testserver.local")
    asked.pop("cookies", None)
    if isinstance(asked.get("data"), bytes):
        asked["content"] = asked.pop("data")
    return asked
