"""A village's node over its JSON door: what the demonstration's people use.

Implements ``doors.VillageDoor`` against the node host's process. A refusal by rule is an answer;
anything else that is not an answer raises.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import httpx
import msgspec

from contracts.codec import encode
from contracts.persons import Person
from infra.demonstration.doors import Refused
from infra.demonstration.life import Wish
from kernel.cases import Case

_REFUSALS = range(400, 500)
_TIMEOUT = 60.0


class _Problem(msgspec.Struct, frozen=True):
    code: str
    zh: str
    en: str


class NoAnswer(Exception):
    """The node, or the county behind it, did not do what was asked; the text is its problem."""


class HttpVillage:
    """One cooperative's node at ``address`` under its bearer token."""

    def __init__(self, address: str, cooperative: str, token: str) -> None:
        self.cooperative = cooperative
        self.http = httpx.Client(
            base_url=f"{address}/n/{cooperative}/api",
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT,
        )

    def register(self, people: Mapping[str, Person]) -> dict[str, str]:
        """Keep every person under a fresh id."""
        return {
            key: str(self._post("/persons", msgspec.to_builtins(person))["person"])
            for key, person in people.items()
        }

    def perform(self, wish: Wish, on: date) -> Refused | None:
        """Do one act under an id made of case, act and day: asked twice, it happens once."""
        body = {
            "id": f"{wish.case}/{wish.act}/{on.isoformat()}",
            "case": wish.case,
            "actor": {"role": wish.role, "operator": wish.operator, "persons": wish.persons},
            "facts": wish.facts,
        }
        answer = self.http.post(f"/acts/{wish.process}/{wish.act}", content=encode(body))
        if answer.status_code in _REFUSALS:
            problem = msgspec.json.decode(answer.content, type=_Problem)
            return Refused(code=problem.code, zh=problem.zh, en=problem.en)
        answer.raise_for_status()
        return None

    def cases(self) -> dict[str, Case]:
        """Every case the node knows."""
        answer = self.http.get("/cases").raise_for_status()
        return {case.id: case for case in msgspec.json.decode(answer.content, type=list[Case])}

    def close_through(self, on: date) -> None:
        """Close every open day through a date."""
        self._post("/close-day", {"through": on.isoformat()})

    def last_act(self) -> int:
        """Sequence of the newest act of the book."""
        answer = self.http.get("/state").raise_for_status()
        return int(msgspec.json.decode(answer.content)["seq"])

    def synchronise(self) -> None:
        """Send and receive."""
        self._post("/sync", {})

    def _post(self, path: str, body: Any) -> Any:
        answer = self.http.post(path, content=encode(body))
        if answer.is_error:
            raise NoAnswer(f"{self.cooperative} {path}: {answer.text}")
        return msgspec.json.decode(answer.content)
