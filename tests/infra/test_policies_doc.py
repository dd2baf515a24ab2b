"""docs/policies.md is what the policy files say today."""

from pathlib import Path

from infra.policies_doc import render
from journal import data

DOC = Path(__file__).parents[2] / "docs" / "policies.md"


def test_the_document_is_current() -> None:
    """If this fails: ``python -m infra.policies_doc docs/policies.md``."""
    assert DOC.read_text(encoding="utf-8") == render()


def test_every_parameter_set_and_role_stands_in_the_document() -> None:
    text = DOC.read_text(encoding="utf-8")
    policy = data.policy("WENXIAN")
    for name in (*policy.settings, *policy.sets, *data.roles()):
        assert f"| `{name}` |" in text
