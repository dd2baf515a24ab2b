"""The verifier's own arithmetic: official vectors, agreement with a library, hostile numbers."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier import ed25519, p256

# RFC 8032, section 7.1: public key, message, signature.
_RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]
# RFC 6979, A.2.5: the P-256 key and its signatures with SHA-256.
_KEY = (
    0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6,
    0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299,
)
_RFC_6979 = [
    (
        b"sample",
        0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
        0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
    ),
    (
        b"test",
        0xF1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367,
        0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083,
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), _RFC_8032)
def test_ed25519_holds_for_the_vectors_of_rfc_8032(
    public: str, message: str, signature: str
) -> None:
    told = (bytes.fromhex(public), bytes.fromhex(message))
    assert ed25519.verify(*told, bytes.fromhex(signature))
    for at in (0, 31, 32, 63):
        false = bytearray.fromhex(signature)
        false[at] ^= 1
        assert not ed25519.verify(*told, bytes(false))


@pytest.mark.parametrize(("message", "r", "s"), _RFC_6979)
def test_p256_holds_for_the_vectors_of_rfc_6979(message: bytes, r: int, s: int) -> None:
    assert p256.verify(_KEY, message, r, s)
    assert not p256.verify(_KEY, message + b".", r, s)
    assert not p256.verify(_KEY, message, r ^ 1, s)
    assert not p256.verify(_KEY, message, r, s ^ 1)


@settings(max_examples=30)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200))
def test_both_agree_with_the_library(seed: bytes, message: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert ed25519.verify(public, message, key.sign(message))
    assert not ed25519.verify(public, message + b"x", key.sign(message))
    curve = ec.derive_private_key(int.from_bytes(seed, "big") % (p256.N - 1) + 1, ec.SECP256R1())
    numbers = curve.public_key().public_numbers()
    r, s = decode_dss_signature(curve.sign(message, ec.ECDSA(SHA256())))
    assert p256.verify((numbers.x, numbers.y), message, r, s)
    assert not p256.verify((numbers.x, numbers.y), message + b"x", r, s)


@pytest.mark.parametrize(
    ("r", "s"), [(0, 1), (1, 0), (0, 0), (p256.N, 1), (1, p256.N), (2**256, 2**256)]
)
def test_a_signature_outside_its_range_never_holds(r: int, s: int) -> None:
    assert not p256.verify(_KEY, b"sample", r, s)


def test_only_a_point_of_the_curve_is_a_key() -> None:
    x, y = (number.to_bytes(32, "big") for number in _KEY)
    assert p256.point(b"\x04" + x + y) == _KEY
    for encoded in (
        b"",
        b"\x04" + x,
        b"\x02" + x + y,
        b"\x04" + y + x,
        b"\x04" + bytes(64),
        b"\x04" + p256.P.to_bytes(32, "big") + y,
    ):
        assert p256.point(encoded) is None


def test_an_ed25519_signature_has_one_form() -> None:
    public, message, signature = (bytes.fromhex(part) for part in _RFC_8032[1])
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little")
    assert not ed25519.verify(public, message, signature[:32] + (s + order).to_bytes(32, "little"))
    assert not ed25519.verify(public, message, signature + b"\x00")
    assert not ed25519.verify(public[:31], message, signature)
    # 2^255 - 18 encodes no point: its y is not below the prime.
    assert not ed25519.verify((2**255 - 18).to_bytes(32, "little"), message, signature)
