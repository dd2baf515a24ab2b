"""`lianhe message`: what a bank's engineer sees of his own message."""

import hashlib
from pathlib import Path

from click.testing import CliRunner

from lianhe.__main__ import lianhe
from services.federation.guarantee_messages.exchange import read_guarantee_message
from services.federation.guarantee_messages.layouts import GuaranteeKind
from services.federation.guarantee_messages.messages import Guarantee
from services.federation.packages.build import build_package
from tests.federation.guarantee_builders import GOLDEN, MESSAGES
from tests.packages import samples
from verifier.container import unpack
from verifier.package import MANIFEST


def test_every_golden_message_is_explained() -> None:
    files = [str(GOLDEN / f"{name}.xml") for name in MESSAGES]
    shown = CliRunner().invoke(lianhe, ["message", "read", *files])
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
    shown = CliRunner().invoke(lianhe, ["message", "read", str(wrong)])
    assert shown.exit_code == 1
    assert "wrong.xml\t不收 refused\n  NOT_A_CHOICE\t" in shown.output
    assert "应为:PAYM" in shown.output
    assert "it is one of: PAYM" in shown.output


def test_a_package_gives_one_message_for_each_of_its_lines(tmp_path: Path) -> None:
    package, into = tmp_path / "package.zip", tmp_path / "messages"
    said = samples.a_package()
    package.write_bytes(build_package(said, samples.keys().signing, samples.AT))
    asked = ["message", "write", str(package), "--into", str(into), "--issuer", "union"]
    shown = CliRunner().invoke(lianhe, [*asked, "--late-days", "365"])
    assert shown.exit_code == 0, shown.output
    manifest = hashlib.sha256(unpack(package.read_bytes(), "p")[MANIFEST]).hexdigest()
    for line in said.lines:
        body = (into / f"tsrv.001-{line.guarantee}.xml").read_bytes()
        message = read_guarantee_message(body, [GuaranteeKind.ISSUE])
        assert isinstance(message, Guarantee)
        assert (message.amount_fen, message.package_digest) == (line.principal_fen, manifest)
    assert len(list(into.iterdir())) == len(said.lines)


def test_what_is_no_package_gives_no_message(tmp_path: Path) -> None:
    wrong, into = tmp_path / "package.zip", tmp_path / "messages"
    wrong.write_bytes(b"PK")
    asked = ["message", "write", str(wrong), "--into", str(into), "--issuer", "union"]
    shown = CliRunner().invoke(lianhe, [*asked, "--late-days", "365"])
    assert shown.exit_code == 2
    assert "no guarantee package" in shown.output
    assert not into.exists()
