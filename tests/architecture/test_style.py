"""Every file keeps the style rules, and every rule is shown to find its fault."""

import pytest

from tests.architecture.rules import FILE_LINES, FUNCTION_LINES, RULES
from tests.architecture.source import parse, python

DOC = '"""What this is, in three words."""\n'

# rule, where it would stand, what would stand there
PLANTED = [
    ("file_length", "kernel/a.py", DOC + "x = 1\n" * FILE_LINES),
    ("function_length", "kernel/a.py", "def f():\n" + "    x = 1\n" * FUNCTION_LINES),
    ("line_length", "tests/kernel/a.py", "x = '" + "a" * 100 + "'\n"),
    ("docstring", "infra/a.py", "x = 1\n"),
    ("docstring", "infra/a.py", '"""Utilities."""\n'),
    ("float", "kernel/a.py", "x: float = y"),
    ("float", "contracts/a.py", "fee = 3 * 0.5"),
    ("float", "kernel/a.py", "fee = amount_fen / 2"),
    ("float", "kernel/a.py", "fee /= 2"),
    ("chance", "journal/a.py", "at = datetime.datetime.now(tz)"),
    ("chance", "kernel/a.py", "today = date.today()"),
    ("chance", "kernel/a.py", "from uuid import uuid4"),
    ("chance", "workflows/a.py", "id = uuid.uuid4()"),
    ("chance", "workflows/a.py", "x = random.choice(villages)"),
    ("set_order", "kernel/a.py", "for village in set(villages): pass"),
    ("set_order", "workflows/a.py", "x = [v for v in {1, 2}]"),
    ("assert", "services/federation/a.py", "assert amount > 0"),
    ("sql", "services/federation/routes/a.py", "from sqlalchemy import select"),
    ("sql", "services/federation/console/a.py", "import sqlalchemy as sa\nq = sa.text(x)"),
    ("sql", "lianhe/commands/a.py", "q = 'SELECT act FROM act'"),
    ("left_open", "kernel/a.py", "x = 1  # TODO: later"),
    ("left_open", "kernel/a.py", "def f():\n    raise NotImplementedError"),
    ("left_open", "tests/kernel/test_a.py", "@pytest.mark.skipif(True)\ndef test_a(): pass"),
    ("forwarding", "kernel/__init__.py", DOC + "from kernel.pool import headroom\n__all__ = []"),
    ("sleep", "tests/kernel/test_a.py", "import time\ntime.sleep(1)"),
    ("mock", "tests/kernel/test_a.py", "from unittest.mock import patch"),
    ("mock", "tests/kernel/test_a.py", "from unittest import mock"),
]


@pytest.mark.parametrize("name", RULES)
def test_the_repository_keeps_the_rule(name: str) -> None:
    rule = RULES[name]
    faults = [
        f"{source.path}:{line}: {what}"
        for source in python()
        if rule.holds_for(source)
        for line, what in rule.find(source)
    ]
    assert not faults, f"{rule.says}, but:\n" + "\n".join(faults)


@pytest.mark.parametrize(("name", "path", "text"), PLANTED)
def test_the_rule_finds_a_planted_fault(name: str, path: str, text: str) -> None:
    source = parse(path, text)
    assert RULES[name].holds_for(source)
    assert list(RULES[name].find(source))


def test_every_rule_has_a_planted_fault() -> None:
    assert {name for name, _, _ in PLANTED} == set(RULES)


@pytest.mark.parametrize(
    ("name", "path", "text"),
    [
        ("float", "kernel/a.py", "fee = amount_fen // 2"),
        ("chance", "workflows/a.py", "now = workflow.now()\nid = workflow.uuid4()"),
        ("chance", "journal/a.py", "day = datetime.date(2008, 1, 1)"),
        ("set_order", "kernel/a.py", "for village in sorted(set(villages)): pass"),
        ("sql", "services/federation/routes/a.py", "x = 'Select the village'"),
        ("forwarding", "kernel/__init__.py", DOC),
    ],
)
def test_the_rule_lets_good_code_pass(name: str, path: str, text: str) -> None:
    assert not list(RULES[name].find(parse(path, text)))
