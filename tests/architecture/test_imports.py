"""Every file of the product is used by the product."""

import ast
import re

import pytest

from tests.architecture.source import Source, parse, product, texts

# Found by name when they are asked for.
_ENTRIES = ("lianhe.commands.", "infra.migrations.")
_RUN_BY_HAND = re.compile(r"-m ((?:\w+\.)+\w+)")


def unused(sources: tuple[Source, ...]) -> list[str]:
    """The modules that nothing in ``sources`` imports, runs by name or ships as an entry."""
    modules = {
        source.module
        for source in sources
        if source.path.name not in {"__init__.py", "__main__.py"}
    }
    used: set[str] = set()
    for source in sources:
        used |= {name for name in _names_used(source) if name != source.module}
    return sorted(module for module in modules - used if not f"{module}.".startswith(_ENTRIES))


def _names_used(source: Source) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # `python -m infra.temporal_fetch`, `services.federation.app:create`, `warden.py`
            name = node.value.partition(":")[0]
            found |= {name, ".".join((*source.module.split(".")[:-1], name.removesuffix(".py")))}
    return found


def test_no_file_of_the_product_is_imported_by_nothing() -> None:
    # The Makefile, CI and the documents may tell people to run a module.
    told = {
        name
        for path, text in texts()
        if path.suffix != ".py"
        for name in _RUN_BY_HAND.findall(text)
    }
    assert "\n".join(name for name in unused(product()) if name not in told) == ""


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("import infra.alone", []),
        ("from infra import alone", []),
        ("from infra.alone import f", []),
        ("run('-m', 'infra.alone')", []),
        ("Path(__file__).with_name('alone.py')", []),
        ("from infra.alone_too import f", ["infra.alone"]),
    ],
)
def test_a_file_that_nothing_uses_is_found(user: str, expected: list[str]) -> None:
    sources = (parse("infra/alone.py", "x = 1"), parse("infra/migrations.py", user))
    assert unused(sources) == expected
