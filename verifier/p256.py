"""ECDSA over P-256 with SHA-256 (FIPS 186-5): verification only, with Python's integers.

Called by certificates and CMS signatures. There is no secret here, so constant time is not
asked for; no key is made and nothing is signed.
"""

import hashlib

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Point = tuple[int, int]
# x = X/Z², y = Y/Z³; Z = 0 is the point at infinity.
_Jacobian = tuple[int, int, int]
_INFINITY: _Jacobian = (1, 1, 0)


def point(encoded: bytes) -> Point | None:
    """A public key from its uncompressed form; None unless it is a point of the curve."""
    if len(encoded) != 65 or encoded[0] != 4:
        return None
    x, y = int.from_bytes(encoded[1:33], "big"), int.from_bytes(encoded[33:], "big")
    if x >= P or y >= P or (y * y - (x * x * x - 3 * x + _B)) % P:
        return None
    return x, y


def verify(public: Point, message: bytes, r: int, s: int) -> bool:
    """True when (r, s) is a signature of the message's SHA-256 by this key."""
    if not (0 < r < N and 0 < s < N):
        return False
    hashed = int.from_bytes(hashlib.sha256(message).digest(), "big")
    inverse = pow(s, -1, N)
    x, _, z = _two_products(hashed * inverse % N, _G, r * inverse % N, public)
    return z != 0 and x * pow(z * z, -1, P) % P % N == r


def _two_products(first: int, a: Point, second: int, b: Point) -> _Jacobian:
    """first·a + second·b, both scalars read together from the top bit."""
    either = (_INFINITY, (*a, 1), (*b, 1), _add((*a, 1), (*b, 1)))
    total = _INFINITY
    for bit in range(255, -1, -1):
        total = _double(total)
        total = _add(total, either[(first >> bit & 1) | (second >> bit & 1) << 1])
    return total


def _double(a: _Jacobian) -> _Jacobian:
    x, y, z = a
    if not z or not y:
        return _INFINITY
    square = y * y % P
    cross = 4 * x * square % P
    slope = 3 * (x - z * z) * (x + z * z) % P
    out = (slope * slope - 2 * cross) % P
    return out, (slope * (cross - out) - 8 * square * square) % P, 2 * y * z % P


def _add(a: _Jacobian, b: _Jacobian) -> _Jacobian:
    if not a[2]:
        return b
    if not b[2]:
        return a
    a_square, b_square = a[2] * a[2] % P, b[2] * b[2] % P
    left, right = a[0] * b_square % P, b[0] * a_square % P
    up, down = a[1] * b_square * b[2] % P, b[1] * a_square * a[2] % P
    if left == right:
        return _double(a) if up == down else _INFINITY
    run, rise = (right - left) % P, (down - up) % P
    square = run * run % P
    cube, base = run * square % P, left * square % P
    x = (rise * rise - cube - 2 * base) % P
    return x, (rise * (base - x) - up * cube) % P, a[2] * b[2] * run % P
