"""`lianhe message`: what a bank's engineer sees of his own message."""

from pathlib import Path

from click.testing import CliRunner

from lianhe.__main__ import lianhe
from tests.federation.guarantee_builders import GOLDEN, MESSAGES


def test_every_golden_message_is_explained() -> None:
    files = [str(GOLDEN / f"{name}.xml") for name in MESSAGES]
    shown = CliRunner().invoke(lianhe, ["message", *files])
    assert shown.exit_code == 0
    for name, (kind, build) in MESSAGES.items():
        assert f"{name}.xml\t{kind.value}\t{type(build()).__name__}\n" in shown.output
    assert "  amount\t20,000.00 元\n" in shown.output
    assert "  enclosures[1].content\t8 bytes, SHA-256 " in shown.output
    assert "  borrower.masked_id\t642222********1234\n" in shown.output


def test_a_refused_message_is_told_why_in_both_languages(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.xml"
    body = (GOLDEN / "tsrv.013.xml").read_text(encoding="utf-8")
    wrong.write_text(body.replace("PAYM", "PAEX"), encoding="utf-8")
    shown = CliRunner().invoke(lianhe, ["message", str(wrong)])
    assert shown.exit_code == 1
    assert "wrong.xml\t不收 refused\n  NOT_A_CHOICE\t" in shown.output
    assert "应为:PAYM" in shown.output
    assert "it is one of: PAYM" in shown.output
