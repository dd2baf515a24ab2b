"""A village computer carries neither Temporal nor PostgreSQL: checked by importing the node."""

import re
import subprocess
import sys
import tomllib

from tests.architecture.source import ROOT, product

COUNTY_ONLY = ("temporalio", "psycopg", "granian", "highspy", "numpy", "lxml", "workflows")


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
    assert not names & {"temporalio", "psycopg", "granian", "highspy", "numpy", "lxml", "pytest"}


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
