"""What the worker registers is what the workflows call: port by port, name by name."""

from collections.abc import Callable
from typing import Any

import pytest
from temporalio.activity import _Definition

from services.federation.activities import CaseActivities, CloseActivities, PackageActivities
from services.federation.cases import night, packages
from workflows import ports

WIRE_NAMES: dict[type, tuple[str, ...]] = {
    CaseActivities: ("case.advance",),
    PackageActivities: ports.EFFECTS,
    CloseActivities: ("close.plan", *ports.CLOSE_STEPS, ports.QUIET_STEP),
}
PORTS: dict[type, type] = {
    CaseActivities: ports.CasePort,
    PackageActivities: ports.PackagePort,
    CloseActivities: ports.ClosePort,
}


def _registered(kind: type) -> list[Callable[..., Any]]:
    """What the worker is handed; none of it is called, so the county stays away."""
    found: list[Callable[..., Any]] = object.__new__(kind).all()
    return found


@pytest.mark.parametrize("kind", list(WIRE_NAMES))
def test_every_wire_name_is_registered_once(kind: type) -> None:
    names = [_Definition.must_from_callable(one).name for one in _registered(kind)]
    assert tuple(names) == WIRE_NAMES[kind]


@pytest.mark.parametrize(("kind", "port"), PORTS.items())
def test_a_port_is_implemented_whole(kind: type, port: type) -> None:
    asked = {name for name in vars(port) if not name.startswith("_")}
    assert {one.__name__ for one in _registered(kind)} == asked
    assert asked <= set(vars(kind)), "nothing is inherited from the port"


def test_a_case_names_its_effects_and_a_night_its_steps_as_the_ports_do() -> None:
    assert (packages.RENDER, packages.SEND) == ports.EFFECTS
    assert tuple(f"close.{step}" for step in night.STEPS) == ports.CLOSE_STEPS
