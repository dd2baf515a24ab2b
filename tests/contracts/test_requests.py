"""Signed requests: any change, a strange key, an old time and a second use are refused by name."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.codec import public_bytes
from contracts.rejections import RejectionCode
from contracts.requests import (
    KEY,
    NONCE,
    SIGNATURE,
    TIME,
    WINDOW,
    RequestRefused,
    sign_request,
    verify_request,
)

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOW = datetime(2017, 1, 3, 8, tzinfo=UTC)
NONCE_TEXT = "n" * 32
TARGET = "/sync/baiguo/acts?after=3&limit=10"


class Nonces:
    """Nonces in memory."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], datetime] = {}

    def first_use(self, key: str, nonce: str, until: datetime) -> bool:
        known = (key, nonce) in self.seen
        self.seen[key, nonce] = until
        return not known


def signed(body: bytes = b"body", at: datetime = NOW) -> dict[str, str]:
    return sign_request(PRIVATE, "key-1", "POST", TARGET, body, now=at, nonce=NONCE_TEXT)


def check(
    headers: Mapping[str, str],
    method: str = "POST",
    target: str = TARGET,
    body: bytes = b"body",
    nonces: Nonces | None = None,
) -> str:
    known = {"key-1": public_bytes(PRIVATE)}
    return verify_request(
        headers, method, target, body, public_of=known.get, now=NOW, nonces=nonces or Nonces()
    )


def refused(code: RejectionCode, headers: Mapping[str, str], **changes: str) -> None:
    with pytest.raises(RequestRefused) as error:
        check(headers, **changes)  # type: ignore[arg-type]
    assert error.value.rejection.code is code


def test_a_request_as_signed_is_its_key_s() -> None:
    assert check(signed()) == "key-1"


@pytest.mark.parametrize(
    "change",
    [
        {"method": "GET"},
        {"target": TARGET + "0"},
        {"target": "/sync/houba/acts?after=3&limit=10"},
        {"body": b"bodY"},
        {"body": b""},
    ],
)
def test_any_change_of_what_was_asked_is_refused(change: dict[str, str]) -> None:
    refused(RejectionCode.SIGNATURE_INVALID, signed(), **change)


@pytest.mark.parametrize("header", [TIME, NONCE, SIGNATURE])
@pytest.mark.parametrize("value", ["", "x" * 32, "2017-01-03T08:00:01+00:00", "é" * 20])
def test_any_change_of_a_header_is_refused(header: str, value: str) -> None:
    refused(RejectionCode.SIGNATURE_INVALID, signed() | {header: value})


def test_an_unknown_key_is_refused() -> None:
    refused(RejectionCode.KEY_UNKNOWN, signed() | {KEY: "key-2"})
    refused(RejectionCode.KEY_UNKNOWN, {})


@pytest.mark.parametrize("sign", [1, -1])
def test_a_time_outside_the_window_is_refused_and_its_edge_is_not(sign: int) -> None:
    assert check(signed(at=NOW + sign * WINDOW)) == "key-1"
    late = NOW + sign * (WINDOW + timedelta(seconds=1))
    refused(RejectionCode.REQUEST_STALE, signed(at=late))


def test_a_second_use_is_refused_and_a_refused_request_uses_nothing_up() -> None:
    nonces = Nonces()
    with pytest.raises(RequestRefused):
        check(signed(), body=b"changed", nonces=nonces)
    assert check(signed(), nonces=nonces) == "key-1"
    with pytest.raises(RequestRefused) as error:
        check(signed(), nonces=nonces)
    assert error.value.rejection.code is RejectionCode.REQUEST_REPLAYED


def test_a_nonce_is_kept_longer_than_its_request_can_live() -> None:
    nonces = Nonces()
    check(signed(at=NOW + WINDOW), nonces=nonces)
    assert nonces.seen["key-1", NONCE_TEXT] > NOW + 2 * WINDOW
