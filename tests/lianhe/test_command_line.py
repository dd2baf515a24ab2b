"""The command line: quick to start, honest about what is there."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from lianhe.__main__ import _COMMANDS, _module_exists, lianhe

HEAVY = ("sqlalchemy", "litestar", "temporalio", "psycopg", "rich", "lxml", "httpx")


def test_help_lists_what_is_there_and_nothing_else() -> None:
    listed = lianhe.list_commands(click.Context(lianhe))
    assert listed == [name for name in _COMMANDS if _module_exists(name)]
    shown = CliRunner().invoke(lianhe, ["--help"])
    assert shown.exit_code == 0
    assert all(f"  {name} " in shown.output for name in listed)


def test_help_imports_nothing_heavy() -> None:
    code = f"""
import sys
sys.argv = ["lianhe", "--help"]
from lianhe.__main__ import main
try:
    main()
except SystemExit:
    print("loaded:", sorted(set({HEAVY!r}) & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("loaded: []\n")


@pytest.mark.parametrize("name", [name for name in _COMMANDS if _module_exists(name)] or ["none"])
def test_every_listed_command_explains_itself(name: str) -> None:
    shown = CliRunner().invoke(lianhe, [name, "--help"] if name != "none" else ["--help"])
    assert shown.exit_code == 0
    assert "Usage:" in shown.output


def test_an_unknown_command_is_refused_by_name() -> None:
    shown = CliRunner().invoke(lianhe, ["lend-me-money"])
    assert shown.exit_code == 2
    assert "No such command 'lend-me-money'" in shown.output


def test_a_terminal_without_chinese_gets_question_marks_and_no_crash() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lianhe", "--help"],
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": "latin-1"},
    )
    assert b"?? Lianhe" in done.stdout
