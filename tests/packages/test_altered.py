"""A package that was changed anywhere is refused, with the false fact named and its place."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.money import PPM
from services.federation.packages import build
from services.federation.packages.build import build_files
from services.federation.packages.signing import sign_detached
from tests.packages import samples
from verifier import container, package
from verifier.falsehood import Falsehood

FILES = build_files(samples.a_package(), samples.keys().signing, samples.AT)
ZIP = container.pack(FILES)
TRUST = samples.keys().signing.fingerprint


def judged(files: dict[str, bytes], trust: str = TRUST) -> Falsehood:
    """The false fact that was found."""
    with pytest.raises(Falsehood) as caught:
        package.check(files, trust)
    for language in ("zh", "en"):
        assert caught.value.text(language)
    return caught.value


def flipped(body: bytes, at: int, bits: int = 1) -> bytes:
    """The body with one byte changed."""
    changed = bytearray(body)
    changed[at] ^= bits
    return bytes(changed)


def test_the_true_package_is_true() -> None:
    proven = package.check(FILES, TRUST)
    assert (proven.trusted, proven.authority) == (True, TRUST)
    assert package.check(container.unpack(ZIP, "zip"), "").trusted is False


@pytest.mark.parametrize("name", package.FILES)
def test_one_byte_of_a_file_is_found_and_the_file_is_named(name: str) -> None:
    body = FILES[name]
    for at in (0, len(body) // 2, len(body) - 1):
        false = judged({**FILES, name: flipped(body, at)})
        if name in package.SIGNED_FILES:
            assert (false.name, false.place) == ("file_altered", name)
        else:
            # A change of the manifest shows at its signature.
            assert false.place.startswith(package.MANIFEST_SIGNATURE)


@settings(max_examples=250)
@given(data=st.data(), name=st.sampled_from(package.FILES), bits=st.integers(1, 255))
def test_any_single_byte_of_any_file_is_found(data: st.DataObject, name: str, bits: int) -> None:
    at = data.draw(st.integers(0, len(FILES[name]) - 1))
    judged({**FILES, name: flipped(FILES[name], at, bits)})


@settings(max_examples=250)
@given(at=st.integers(0, len(ZIP) - 1), bits=st.integers(1, 255))
def test_any_single_byte_of_the_zip_is_found(at: int, bits: int) -> None:
    with pytest.raises(Falsehood):
        package.check(container.unpack(flipped(ZIP, at, bits), "zip"), TRUST)


@settings(max_examples=250)
@given(at=st.integers(0, len(FILES[package.MANIFEST_SIGNATURE]) - 1), bits=st.integers(1, 255))
def test_no_byte_of_the_signature_is_without_meaning(at: int, bits: int) -> None:
    """Also when nobody was named to be trusted: every byte is explained."""
    body = flipped(FILES[package.MANIFEST_SIGNATURE], at, bits)
    judged({**FILES, package.MANIFEST_SIGNATURE: body}, "")


def test_a_zip_with_a_byte_before_after_or_between_is_refused() -> None:
    doubled = container.pack({"a": b"1"})[:-22] + ZIP
    for body in (b"x" + ZIP, ZIP + b"x", ZIP[:-1], doubled, b"PK", b""):
        with pytest.raises(Falsehood) as caught:
            container.unpack(body, "zip")
        assert caught.value.name == "container_altered"


def test_a_file_missing_or_added_is_named() -> None:
    for name in package.FILES:
        rest = {key: body for key, body in FILES.items() if key != name}
        assert judged(rest).name == "file_missing"
    assert judged({**FILES, "extra.exe": b""}).name == "file_unlisted"


def test_a_package_signed_again_by_another_key_is_refused_by_the_fingerprint() -> None:
    """Consistent in itself, by a county of the same name: only the paper tells them apart."""
    other = samples.keys("impostor").signing
    richer = samples.a_package()
    forged = build_files(richer, other, samples.AT)
    assert judged(forged).name == "another_key"
    told = package.check(forged, "")
    assert (told.trusted, told.authority) == (False, other.fingerprint)


def test_certificates_swapped_into_another_countys_signature_are_refused() -> None:
    other = samples.keys("impostor").signing
    forged = build_files(samples.a_package(), other, samples.AT)
    mixed = {**FILES, **{name: forged[name] for name in (package.PACKAGE_SIGNATURE, package.PDF)}}
    assert judged(mixed).name == "file_altered"
    relisted = signed_again(mixed)
    assert judged(relisted).name == "certificate_differs"


def test_one_file_of_another_package_is_refused_though_it_is_signed_too() -> None:
    """Every file stands as the county signed it, but not in one package."""
    larger = msgspec.structs.replace(samples.a_package(), id="pkg-baiguo-2026-002")
    other = build_files(larger, samples.keys().signing, samples.AT)
    for name, found in (
        (package.PACKAGE, "signs_other_content"),
        (package.PACKAGE_SIGNATURE, "signs_other_content"),
        (package.EXCEL, "cell_differs"),
        (package.PDF, "attachment_differs"),
    ):
        false = judged(signed_again({**FILES, name: other[name]}))
        assert false.name == found, name


def signed_again(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files under a new manifest of the county's own key: what only the county could do."""
    said, keys = samples.a_package(), samples.keys().signing
    manifest = build.manifest_of(said, keys, samples.AT, files)
    signature = sign_detached(keys, manifest, samples.AT)
    return {**files, package.MANIFEST: manifest, package.MANIFEST_SIGNATURE: signature}


def test_a_package_signed_when_its_certificate_was_not_valid_is_refused() -> None:
    for year in (2025, 2037):
        late = samples.AT.replace(year=year)
        files = build_files(samples.a_package(), samples.keys().signing, late)
        assert judged(files).name == "certificate_expired"


def test_leverage_beyond_ten_times_is_refused_though_signed() -> None:
    said = samples.a_package()
    agreement = msgspec.structs.replace(said.agreement, leverage_ppm=10 * PPM + 10_000)
    false = msgspec.structs.replace(said, agreement=agreement)
    files = build_files(false, samples.keys().signing, samples.AT)
    assert judged(files).name == "above"
