"""Tests that need something this machine may lack: left out where it does, and counted aloud.

A pytest plugin, registered by tests/conftest.py. A test says by a marker what it needs; where that
is absent the test is deselected, and the run ends with a line that says how many, why, and how to
have them run. Nothing else may be left out, and nothing is left out in silence.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import iso20022_java, programs

SCHEMAS_SETTING = "LIANHE_ISO20022"
_OUTPUT = "left_out"
_left_out = pytest.StashKey[Counter[str]]()


def schemas_folder(config: pytest.Config) -> Path:
    """Where the ISO 20022 schemas of the guarantee messages lie: setting, else pytest option."""
    environ = iso20022_java.environ()
    return config.rootpath / (environ.get(SCHEMAS_SETTING) or config.getini("iso20022_folder"))


def _no_schemas(config: pytest.Config) -> str:
    folder = schemas_folder(config)
    if (folder / "tsrv.001.001.01.xsd").is_file():
        return ""
    return f"no ISO 20022 schemas in {folder}; name their folder by {SCHEMAS_SETTING}"


def _no_java(_config: pytest.Config) -> str:
    return iso20022_java.missing(iso20022_java.environ())


NEEDS: dict[str, Callable[[pytest.Config], str]] = {
    "iso20022_schemas": _no_schemas,
    "iso20022_java": _no_java,
    "openssl": programs.needs("openssl"),
    "pdfsig": programs.needs("pdfsig"),
    "libreoffice": programs.needs("soffice"),
    "verapdf": programs.needs_verapdf,
}
"""Marker → why the need is not met, empty when it is."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what cannot run, and remember how much and why; what `-m` left out is not asked."""
    absent = {marker: why for marker, look in NEEDS.items() if (why := look(config))}
    counts = config.stash.setdefault(_left_out, Counter())
    kept: list[pytest.Item] = []
    gone: list[pytest.Item] = []
    for item in items:
        reasons = [why for marker, why in absent.items() if item.get_closest_marker(marker)]
        counts.update(reasons[:1])
        (gone if reasons else kept).append(item)
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = kept


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands its counts to the main process."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output[_OUTPUT] = dict(session.config.stash.get(_left_out, None) or {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every worker collects the same tests: the counts are not added up."""
    counts = node.config.stash.setdefault(_left_out, Counter())
    counts |= Counter(getattr(node, "workeroutput", {}).get(_OUTPUT, {}))
    node.config.stash[_left_out] = counts


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say it aloud."""
    counts = config.stash.get(_left_out, None)
    for why, count in (counts or Counter()).items():
        terminalreporter.write_line(f"NOT RUN: {count} tests: {why}", red=True, bold=True)
