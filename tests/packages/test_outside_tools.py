"""What a bank has already checks the package: openssl, a PDF reader, a validator, a spreadsheet."""

import csv
import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.money import yuan
from tests.packages import samples
from tests.support import verapdf
from verifier.sheet import FIRST_LINE


@pytest.fixture
def folder(files: dict[str, bytes], tmp_path: Path) -> Path:
    """The package unpacked in a folder."""
    for name, body in files.items():
        (tmp_path / name).write_bytes(body)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """A program run in the unpacked package; its output as text."""

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=240, check=False
        )

    return run


Run = Callable[..., subprocess.CompletedProcess[str]]
ALONE = ("openssl", "x509", "-in", "county.pem", "-out", "county-authority.pem")
"""The first certificate of ``county.pem``, the one on paper, in a file of its own."""


def verifying(name: str, into: str) -> tuple[str, ...]:
    """The guide's openssl command: nobody but the county's own certificate is trusted."""
    return (
        *("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", f"{name}.p7s"),
        *("-content", name, "-CAfile", "county-authority.pem", "-no-CApath", "-no-CAstore"),
        *("-out", into),
    )


@pytest.mark.openssl
@pytest.mark.parametrize("name", ["manifest.json", "package.json"])
def test_openssl_checks_the_signature_of_the_json(name: str, folder: Path, run: Run) -> None:
    assert run(*ALONE).returncode == 0
    verify = verifying(name, "checked")
    done = run(*verify)
    assert done.returncode == 0, done.stderr
    assert "Verification successful" in done.stderr
    assert (folder / "checked").read_bytes() == (folder / name).read_bytes()
    body = bytearray((folder / name).read_bytes())
    body[40] ^= 1
    (folder / name).write_bytes(body)
    assert run(*verify).returncode != 0


@pytest.mark.openssl
def test_openssl_refuses_a_forger_who_put_his_certificate_behind_the_countys(
    folder: Path, run: Run
) -> None:
    forger = (
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
        *("-nodes", "-keyout", "forger.key", "-out", "forger.pem", "-subj", "/CN=forger"),
    )
    assert run(*forger).returncode == 0
    assert run(*ALONE).returncode == 0
    body = (folder / "package.json").read_bytes().replace(b'_fen":2000000', b'_fen":9000000')
    (folder / "package.json").write_bytes(body)
    mine = (folder / "county-authority.pem").read_bytes() + (folder / "forger.pem").read_bytes()
    (folder / "county.pem").write_bytes(mine)
    signed = run(
        *("openssl", "cms", "-sign", "-binary", "-in", "package.json", "-signer", "forger.pem"),
        *("-inkey", "forger.key", "-outform", "DER", "-out", "package.json.p7s"),
    )
    assert signed.returncode == 0, signed.stderr
    assert run(*ALONE).returncode == 0
    careless = ["county.pem" if one == "county-authority.pem" else one
                for one in verifying("package.json", "checked")]  # fmt: skip
    assert run(*careless).returncode == 0, "trusting the whole file would believe the forger"
    assert run(*verifying("package.json", "checked")).returncode != 0


@pytest.mark.openssl
def test_openssl_refuses_another_county_and_prints_the_fingerprint_on_paper(
    folder: Path, run: Run, fingerprint: str
) -> None:
    told = run("openssl", "x509", "-in", "county.pem", "-noout", "-fingerprint", "-sha256").stdout
    assert told.strip().rpartition("=")[2].replace(":", "").lower() == fingerprint
    (folder / "other.pem").write_bytes(samples.keys("other").signing.pem)
    done = run(
        *("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "manifest.json.p7s"),
        *("-content", "manifest.json", "-CAfile", "other.pem", "-out", "checked"),
    )
    assert done.returncode != 0


@pytest.mark.pdfsig
def test_a_pdf_reader_finds_one_valid_signature_over_the_whole_document(
    folder: Path, run: Run
) -> None:
    told = run("pdfsig", "guarantee.pdf").stdout
    assert "Signature is Valid." in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told
    assert f"O={samples.COUNTY}" in told
    assert "Signature #2" not in told
    body = bytearray((folder / "guarantee.pdf").read_bytes())
    body[2000] ^= 1
    (folder / "guarantee.pdf").write_bytes(body)
    assert "Signature is Valid." not in run("pdfsig", "guarantee.pdf").stdout


@pytest.mark.pdfsig
def test_the_pdf_carries_the_json_and_says_what_it_says(folder: Path, run: Run) -> None:
    assert run("pdfdetach", "-save", "1", "-o", "inside.json", "guarantee.pdf").returncode == 0
    body = (folder / "package.json").read_bytes()
    assert (folder / "inside.json").read_bytes() == body
    text = run("pdftotext", "-layout", "guarantee.pdf", "-").stdout
    flat = "".join(text.split())
    for said in (
        *("担保函", "互助社证明", "社员大会与理事会决议", "缴存与配套到账回执", "借款人清单"),
        *("公示证明", "额度说明", "回收统计", "签章页", "核验方法"),
        *("人民币陆万元整（¥60,000.00）", "640322********0011", "1,000,000.00"),
        *("5倍", "30%", "六联保函〔2026〕第1号", hashlib.sha256(body).hexdigest()),
        samples.keys().signing.fingerprint,
        "opensslcms-verify-binary",
    ):
        assert said in flat, said
    fonts = run("pdffonts", "guarantee.pdf").stdout.splitlines()[2:]
    assert len(fonts) >= 2
    assert all(" yes yes " in line for line in fonts), "every font is embedded and a subset"


@pytest.mark.verapdf
def test_the_signed_pdf_is_fit_for_archives(folder: Path) -> None:
    assert verapdf.validate(folder / "guarantee.pdf", "3b").startswith("PASS ")


@pytest.mark.libreoffice
def test_a_spreadsheet_opens_the_list_and_adds_it_up(folder: Path, run: Run) -> None:
    # Every sheet, comma, quotes, UTF-8, cells as they are shown turned off: what they hold.
    options = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
    done = run(
        *("soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless"),
        *("--convert-to", options, "borrowers.xlsx"),
    )
    assert done.returncode == 0, done.stderr
    with (folder / "borrowers-借款人清单.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    said = samples.a_package()
    lines = rows[FIRST_LINE - 1 : FIRST_LINE - 1 + len(said.lines)]
    told = [(row[1], row[2], row[3], yuan(row[5])) for row in lines]
    assert told == [(x.guarantee, x.name, x.id_masked, x.principal_fen) for x in said.lines]
    total = rows[FIRST_LINE - 1 + len(said.lines)]
    assert (total[0], yuan(total[5])) == ("合计", said.letter.amount_fen)
