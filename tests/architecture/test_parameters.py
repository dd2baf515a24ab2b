"""A policy parameter is read by a rule, a row or a page, or says which process will read it."""

import ast
import re

import pytest

from journal import data
from kernel import policy_schema
from tests.architecture.source import product, texts

_READERS = re.compile(r"(kernel|journal|services|workflows|infra|lianhe)/.*\.(toml|html)")
_COMMENT = re.compile(r"(?m)^\s*#.*$")
_SAYERS = re.compile(r"kernel/policies/(?!signatures)|infra/counties/")
_BUILT = {
    "guarantee.g3_households": "guarantee.{mode}_households",
    "guarantee.g5_households": "guarantee.{mode}_households",
    "pool.v1_grades": "pool.{facts.variant}_grades",
}
"""Keys whose reader puts them together, and how they stand there."""
SCHEMA = policy_schema.load(data.kernel_file("policies/default.toml"))


def readers() -> str:
    """All text in which a key stands where it is read: a mention in a docstring reads nothing."""
    said = [
        _COMMENT.sub("", text)
        for path, text in texts()
        if _READERS.fullmatch(str(path)) and not _SAYERS.match(str(path))
    ]
    for source in product():
        if source.room != "simulation":
            said += _strings(source.tree)
    return "\n".join(said)


def _strings(tree: ast.Module) -> list[str]:
    """Every string of a module but its docstrings; an f-string as it is written."""
    told = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found.append(ast.unparse(node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [] if id(node) in told else [node.value]
    return found


@pytest.mark.parametrize("waiting", [False, True])
def test_a_parameter_is_read_or_says_what_will_read_it(waiting: bool) -> None:
    text = readers()
    assert len(text) > 500_000, "the product was looked at"
    keys = [key for key, spec in SCHEMA.items() if bool(spec.waits) is waiting]
    assert len(keys) > 40
    assert [key for key in keys if (_BUILT.get(key, key) in text) is waiting] == []
