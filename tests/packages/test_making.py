"""Keys, masks, rare names, amounts in words, and a package of a thousand borrowers."""

import stat
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import fields

from contracts import package as said
from contracts.package_values import mask_card, mask_id
from journal import data
from kernel.errors import InvariantViolation
from services.federation.packages.build import build_files, build_package
from services.federation.packages.document import in_words
from services.federation.packages.keys import load_signing_keys, save_signing_keys
from tests.packages import samples
from verifier import container, package, sheet


def test_document_keys_are_kept_for_their_owner_alone(tmp_path: Path) -> None:
    made = samples.keys()
    save_signing_keys(made, tmp_path / "keys")
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "keys").iterdir()}
    assert modes == dict.fromkeys(("authority.key", "documents.key", "documents.pem"), 0o600)
    loaded = load_signing_keys(tmp_path / "keys")
    assert loaded.fingerprint == made.signing.fingerprint
    with pytest.raises(FileExistsError):
        save_signing_keys(made, tmp_path / "keys")
    (tmp_path / "keys/documents.key").chmod(0o644)
    with pytest.raises(InvariantViolation, match="key_file_is_private"):
        load_signing_keys(tmp_path / "keys")


def test_r088_every_part_of_pkg_items_stands_in_the_package() -> None:
    """The parameter's words and the set the verifier proves are the same list."""
    parts = {
        "guarantee_letter": ("letter",), "cooperative_certificate": ("village",),
        "county_match_receipt": ("stake_receipts", "match_receipts"), "borrower_list": ("lines",),
        "pool_headroom": ("headroom",), "recovery_statistics": ("recovery",),
        "contact_and_signatures": ("contact", "signers"),
    }  # fmt: skip
    of_a_line = {"applications_and_guarantees": "papers", "notice_proof": "notice"}
    listed = set(data.policy("DEFAULT").list("pkg.items"))
    assert listed == {*parts, *of_a_line, "manifest"}
    required = {one.name for one in fields(said.GuaranteePackage) if one.required}
    assert {name for names in parts.values() for name in names} <= required
    lines = {one.name for one in fields(said.BorrowerLine) if one.required}
    assert set(of_a_line.values()) <= lines
    assert package.MANIFEST in package.FILES


def test_a_key_that_does_not_fit_its_certificate_is_not_used(tmp_path: Path) -> None:
    for name in ("one", "two"):
        save_signing_keys(samples.keys(name), tmp_path / name)
    other = (tmp_path / "two/documents.pem").read_bytes()
    (tmp_path / "one/documents.pem").write_bytes(other)
    with pytest.raises(InvariantViolation, match="document_key_and_certificate_fit"):
        load_signing_keys(tmp_path / "one")


def test_keys_are_a_function_of_their_randomness() -> None:
    assert samples.keys().signing.pem == samples.keys().signing.pem
    assert samples.keys("other").signing.fingerprint != samples.keys().signing.fingerprint


def test_masks_hide_the_birth_date_and_the_middle_of_the_card() -> None:
    assert mask_id("11010519491231002X") == "110105********002X"
    assert mask_card("6217991234567890123") == "6217***********0123"
    for false in ("", "11010519491231002", "11010519491231002x", "1101051949123100２X"):
        with pytest.raises(ValueError, match="id number"):
            mask_id(false)
    for false in ("", "12345678901", "6217 9912 3456 7890", "1" * 20):
        with pytest.raises(ValueError, match="card number"):
            mask_card(false)


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (6_000_000, "陆万元整"),
        (2_000_050, "贰万元伍角"),
        (100_000_000, "壹佰万元整"),
        (123_456_789, "壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分"),
        (1, "壹分"),
    ],
)
def test_amounts_stand_in_words_to_the_fen(fen: int, words: str) -> None:
    assert in_words(fen) == words


def test_a_name_the_fonts_lack_is_shown_by_its_code_and_kept_in_the_data() -> None:
    rare = samples.a_line(1, name="张𠮷䶮")
    said = samples.a_package(1, lines=(rare,))
    files = build_files(said, samples.keys().signing, samples.AT)
    package.check(files, samples.keys().signing.fingerprint)
    assert "张𠮷䶮".encode() in files[package.PACKAGE]


def test_text_that_looks_like_a_formula_or_markup_stays_text() -> None:
    hostile = '=1+1 #let x = "</t>&" *_$'
    said = samples.a_package(1, lines=(samples.a_line(1, name=hostile, purpose="@SUM(A1)"),))
    files = build_files(said, samples.keys().signing, samples.AT)
    package.check(files, samples.keys().signing.fingerprint)
    plain = msgspec.json.decode(files[package.PACKAGE])
    assert sheet.grids(plain)[sheet.LIST][sheet.FIRST_LINE - 1][2] == hostile


def test_a_thousand_borrowers_make_one_package_that_is_true() -> None:
    """How long it takes stands in docs/guarantee-package.md."""
    keys = samples.keys().signing
    body = build_package(samples.a_package(1000), keys, samples.AT)
    proven = package.check(container.unpack(body, "zip"), keys.fingerprint)
    assert len(proven.package["lines"]) == 1000
    assert len(body) < 4 * 1024 * 1024
