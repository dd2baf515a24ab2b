"""docs/processes.md is what the rows and recipes say today."""

from pathlib import Path

from infra.processes_doc import render
from journal.registry import registry

DOC = Path(__file__).parents[2] / "docs" / "processes.md"


def test_the_document_is_current() -> None:
    """If this fails: ``python -m infra.processes_doc docs/processes.md``."""
    assert DOC.read_text(encoding="utf-8") == render()


def test_every_act_and_recipe_stands_in_the_document() -> None:
    text = DOC.read_text(encoding="utf-8")
    for process in registry().table.values():
        assert f"## {process.name}\n" in text
        assert all(f"| {row.act} | " in text for row in process.rows)
    assert all(f"| `{name}` | " in text for name in registry().recipes)
