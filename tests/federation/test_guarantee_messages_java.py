"""Guarantee messages read by Prowide ISO 20022, a Java library, and written by it anew.

The library comes from Maven Central by `make test` (tests/support/iso20022_java.py); without Java
or without it these tests are left out and counted aloud.
"""

import subprocess
from pathlib import Path

import pytest

from services.federation.guarantee_messages.exchange import (
    read_guarantee_message,
    write_guarantee_message,
)
from tests.federation.guarantee_builders import DEMAND, GUARANTEE, MESSAGES
from tests.support.iso20022_java import FOLDER, environ, jars_folder, wrong_jars

pytestmark = pytest.mark.iso20022_java
_SECONDS = 120

UNDERSTOOD = {
    "tsrv.001": [GUARANTEE, "20000.00", "CNY", "2011-05-30", "642222********1234", "80.0000"],
    "tsrv.005": [GUARANTEE, "1", "4000.00"],
    "tsrv.005-end": [GUARANTEE, "2", "-"],
    "tsrv.012": [GUARANTEE, "2011-03-02", "BUFI"],
    "tsrv.013": [DEMAND, GUARANTEE, "20000.00", "INTEREST 123.45", "HT-1.pdf", "%PDF-1.7"],
    "tsrv.016": [DEMAND, "20000.00", "REFUSED", "2", "CLAIM_TOO_EARLY"],
    "tsrv.017": [DEMAND, "20000.00"],
    "tsrv.019": [GUARANTEE, "APPL", "ACCP", "CONDITION"],
    "tsrv.019-demand": [GUARANTEE, "DEMD", "ACCP", "BANK_PART"],
    "tsrv.019-amendment": [GUARANTEE, "AMND", "REJT", "COVER_TOO_LOW"],
}
"""What the library's own getters must find in each message."""


def read_by_java(folder: Path, files: list[Path]) -> dict[str, list[str]]:
    """File name without ending → kind and values understood; each is rewritten into the folder."""
    jars = jars_folder(environ())
    assert wrong_jars(jars) == []
    program = str(FOLDER / "ReadGuaranteeMessages.java")
    done = subprocess.run(
        ["java", "-cp", str(jars / "*"), program, str(folder), *map(str, files)],
        capture_output=True,
        encoding="utf-8",
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return {name.removesuffix(".xml"): said for name, *said in lines}


def test_another_library_understands_every_message_and_writes_what_we_meant(
    tmp_path: Path,
) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    files = []
    for name, (_, build) in MESSAGES.items():
        files.append(ours / f"{name}.xml")
        files[-1].write_bytes(write_guarantee_message(build()))
    damaged = ours / "damaged.xml"
    demand = (ours / "tsrv.013.xml").read_bytes()
    damaged.write_bytes(demand.replace(b"DmndNrrtv", b"DmndNarrative"))
    said = read_by_java(theirs, [*files, damaged])
    for name, (kind, build) in MESSAGES.items():
        assert said[name] == [kind.value, *UNDERSTOOD[name]]
        # Its classes drop what they do not know: equal means that nothing was dropped.
        assert read_guarantee_message((theirs / f"{name}.xml").read_bytes(), [kind]) == build()
    # So the comparison can fail: of a name that is not ISO's nothing comes back.
    assert b"DmndN" not in (theirs / "damaged.xml").read_bytes()
